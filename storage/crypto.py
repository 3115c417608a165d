"""Keep people's words unreadable at rest: encrypt, index for exact look-up, and token names for search.

The rule: keys are passed in, never read from anywhere; every value is sealed with a fresh random nonce
(never pooled) and bound to its place ("person.first_name"), so a value moved to another column does not
open.

Sealed bytes: version 1 · length of the key id · key id · 12 bytes of nonce · AES-256-GCM ciphertext and
tag. The header and the place are authenticated. Indexes are HMAC-SHA256 under a key of their own, which
does not rotate with the encryption keys, or every look-up would have to be rewritten.
"""

import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
NONCE_BYTES = 12
KEY_BYTES = 32
PREFIX_LENGTHS = range(2, 9)
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class CannotOpen(Exception):
    """The sealed bytes were changed, belong to another column, or name a key that is not on the ring."""


class BadKeys(ValueError):
    """The keys in the settings cannot be used; the message says which and why, never the key."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one installation: `current` seals, every key of the ring opens, `index_key` makes look-ups.

    To rotate: put a new key in front, keep the old one until nothing is sealed with it.
    """

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)
    ciphers: Mapping[str, AESGCM] = field(init=False, repr=False, compare=False)
    header: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise BadKeys(f"the current key {self.current!r} is not among the keys")
        for key_id, key in (*self.keys.items(), ("the index key", self.index_key)):
            if len(key) != KEY_BYTES:
                raise BadKeys(f"key {key_id!r} has {len(key)} bytes, not {KEY_BYTES}")
        for key_id in self.keys:
            if not _KEY_ID.fullmatch(key_id):
                raise BadKeys(f"{key_id!r} is no key id: 1 to 32 letters, digits, '_' or '-'")
        ciphers = {key_id: AESGCM(key) for key_id, key in self.keys.items()}
        object.__setattr__(self, "ciphers", ciphers)
        object.__setattr__(self, "header", bytes((VERSION, len(self.current))) + self.current.encode())


def seal(ring: KeyRing, place: str, plain: bytes) -> bytes:
    """Encrypt `plain` for `place` ("table.column") under the current key."""
    nonce = os.urandom(NONCE_BYTES)
    header = ring.header
    return header + nonce + ring.ciphers[ring.current].encrypt(nonce, plain, header + place.encode())


def unseal(ring: KeyRing, place: str, sealed: bytes) -> bytes:
    """Decrypt what `seal` made for the same place; raise CannotOpen if anything has changed."""
    header, rest = _split(sealed)
    cipher = ring.ciphers.get(header[2:].decode("ascii", "replace"))
    if cipher is None:
        raise CannotOpen(f"{place}: sealed with a key that is not on the ring: {header[2:]!r}")
    try:
        return cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], header + place.encode())
    except InvalidTag:
        raise CannotOpen(f"{place}: changed, or sealed for another column") from None


def key_id_of(sealed: bytes) -> str:
    """Say which key sealed this, so that a rotation knows what is left to do."""
    return _split(sealed)[0][2:].decode("ascii", "replace")


def _split(sealed: bytes) -> tuple[bytes, bytes]:
    if len(sealed) < 2 or sealed[0] != VERSION or len(sealed) < 2 + sealed[1] + NONCE_BYTES + 16:
        raise CannotOpen("these bytes were not sealed by us")
    end = 2 + sealed[1]
    return sealed[:end], sealed[end:]


def index(ring: KeyRing, place: str, value: str) -> bytes:
    """Make the exact look-up of `value` in `place`: 32 bytes, the same each time, others in another place."""
    return hmac.digest(ring.index_key, place.encode() + b"\0" + value.encode(), "sha256")


def fold(text: str) -> str:
    """Fold case, accents and punctuation away, so that "José-Luis" is found by "jose luis"."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain.casefold()))


def name_tokens(ring: KeyRing, name: str) -> frozenset[bytes]:
    """Make the search tokens of a name: each folded word, and its beginnings of 2 to 8 letters."""
    words = fold(name).split()
    beginnings = {word[:length] for word in words for length in PREFIX_LENGTHS if length <= len(word)}
    return frozenset(index(ring, "name_token", part) for part in beginnings | set(words))


def search_token(ring: KeyRing, typed: str) -> bytes:
    """Make the token that finds names having a word that is `typed` or begins with it (2 to 8 letters)."""
    return index(ring, "name_token", fold(typed))


def digest(text: str) -> bytes:
    """Hash a random token (a login's): it has its own entropy and needs no key or salt."""
    return hashlib.sha256(text.encode()).digest()
