"""Carrier words, words that work anywhere, and what people say while a car is coming."""

import pytest

from flows.keywords import Keywords, make_keywords
from tests.flows import words


@pytest.fixture(scope="module", name="known")
def shipped() -> Keywords:
    return make_keywords(words.load("keywords"))


@pytest.mark.parametrize(
    "word", "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT stop Stop. opt-out ALTO".split()
)
def test_the_carriers_stop_words_alone(known: Keywords, word: str) -> None:
    assert known.carrier(word) == "stop"


def test_a_word_that_does_not_exist_is_refused() -> None:
    data = words.load("keywords")
    data["anywhere"] = {**data["anywhere"], "fly": {"words": ["fly"]}}
    with pytest.raises(ValueError, match="'fly'"):
        make_keywords(data)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("hola", "es"),
        ("Buenas tardes, busco trabajo", "es"),
        ("me dieron este numero", "es"),
        ("hi", "en"),
        ("RIDE7", None),
        ("hola i need a ride", None),  # both: nobody guesses
        ("", None),
    ],
)
def test_the_language_of_a_first_text(known: Keywords, text: str, lang: str | None) -> None:
    assert known.language(text) == lang


@pytest.mark.parametrize(
    ("text", "found"), [("ES", True), ("es", True), ("no es", False), ("en", True), ("en el centro", False)]
)
def test_the_languages_short_names_count_alone(known: Keywords, text: str, found: bool) -> None:
    assert (known.anywhere(text, "en") is not None) == found
