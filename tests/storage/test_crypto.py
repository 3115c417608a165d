"""Sealed values: they open only where they belong, with a key on the ring, and only unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.crypto import (
    BadKeys,
    CannotOpen,
    KeyRing,
    fold,
    index,
    key_id_of,
    name_tokens,
    seal,
    search_token,
    unseal,
)
from tests.databases import KEYS

PLACE = "person.first_name"
OLD = KeyRing("old", {"old": KEYS.keys["old"]}, KEYS.index_key)


@given(st.binary(max_size=500))
def test_what_was_sealed_opens(plain: bytes) -> None:
    assert unseal(KEYS, PLACE, seal(KEYS, PLACE, plain)) == plain


def test_the_same_words_never_look_the_same() -> None:
    assert len({seal(KEYS, PLACE, b"Ray") for _ in range(200)}) == 200


def test_a_value_moved_to_another_column_does_not_open() -> None:
    with pytest.raises(CannotOpen, match=r"note\.body"):
        unseal(KEYS, "note.body", seal(KEYS, PLACE, b"Ray"))


def test_any_changed_byte_is_noticed() -> None:
    sealed = seal(KEYS, PLACE, b"Ray")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(CannotOpen):
            unseal(KEYS, PLACE, bytes(changed))


@pytest.mark.parametrize("cut", [b"", b"\1", b"plain text", b"\1\3new" + b"0" * 27])
def test_what_we_did_not_seal_is_refused(cut: bytes) -> None:
    with pytest.raises(CannotOpen):
        unseal(KEYS, PLACE, cut)


def test_a_new_key_in_front_seals_and_the_old_one_still_opens() -> None:
    before = seal(OLD, PLACE, b"Ray")
    assert unseal(KEYS, PLACE, before) == b"Ray"
    assert (key_id_of(before), key_id_of(seal(KEYS, PLACE, b"Ray"))) == ("old", "new")


def test_a_key_taken_off_the_ring_opens_nothing() -> None:
    with pytest.raises(CannotOpen, match="new"):
        unseal(OLD, PLACE, seal(KEYS, PLACE, b"Ray"))


def test_rotating_keys_changes_no_index() -> None:
    assert index(OLD, PLACE, "Ray") == index(KEYS, PLACE, "Ray")
    assert index(KEYS, "contact_point.address", "Ray") != index(KEYS, PLACE, "Ray")
    assert index(KeyRing("new", KEYS.keys, b"j" * 32), PLACE, "Ray") != index(KEYS, PLACE, "Ray")


def test_a_ring_shows_its_names_and_no_key() -> None:
    assert KEYS.current in repr(KEYS)
    assert str(KEYS.keys["old"]) not in repr(KEYS)
    assert str(KEYS.index_key) not in repr(KEYS)


@pytest.mark.parametrize(
    "current, keys, why",
    [
        ("b", {"a": b"k" * 32}, "not among the keys"),
        ("a", {"a": b"k" * 3}, "3 bytes, not 32"),
        ("a b", {"a b": b"k" * 32}, "no key id"),
    ],
)
def test_bad_keys_say_what_is_wrong(current: str, keys: dict[str, bytes], why: str) -> None:
    with pytest.raises(BadKeys, match=why):
        KeyRing(current, keys, b"i" * 32)


@pytest.mark.parametrize(
    "name, folded",
    [("José-Luis", "jose luis"), ("  RAY ", "ray"), ("O'Neil", "o neil"), ("Nuñez", "nunez"), ("", "")],
)
def test_names_are_folded(name: str, folded: str) -> None:
    assert fold(name) == folded


@pytest.mark.parametrize(
    "typed, found",
    [
        ("jo", True),
        ("JOSÉ", True),
        ("luis", True),
        ("jos", True),
        ("ose", False),
        ("j", False),
        ("maria", False),
    ],
)
def test_a_name_is_found_by_the_beginning_of_its_words(typed: str, found: bool) -> None:
    assert (search_token(KEYS, typed) in name_tokens(KEYS, "José-Luis")) == found
