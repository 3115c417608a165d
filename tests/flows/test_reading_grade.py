"""How hard texts are to read."""

import pytest

from flows.reading_grade import (
    english_grade,
    english_syllables,
    sentences,
    spanish_ease,
    spanish_syllables,
    words,
)


@pytest.mark.parametrize(
    "word, count",
    [
        ("car", 1), ("ride", 1), ("the", 1), ("table", 2), ("street", 1), ("people", 2), ("interview", 3),
        ("caseworker", 3), ("wanted", 2), ("worked", 1), ("places", 2), ("rides", 1), ("computer", 3),
        ("area", 3), ("8", 1), ("you're", 1), ("radio", 3), ("science", 2), ("quiet", 2),
    ],
)  # fmt: skip
def test_english_syllables(word: str, count: int) -> None:
    assert english_syllables(word) == count


@pytest.mark.parametrize(
    "word, count",
    [
        ("carro", 2), ("día", 2), ("hora", 2), ("entrevista", 4), ("que", 1), ("guerra", 2), ("pingüino", 3),
        ("leer", 2), ("ciudad", 2), ("y", 1), ("muy", 1), ("quiere", 2), ("teatro", 3), ("mañana", 3),
    ],
)  # fmt: skip
def test_spanish_syllables(word: str, count: int) -> None:
    assert spanish_syllables(word) == count


def test_short_plain_texts_are_easy() -> None:
    assert english_grade("Where should the car stop? Street and number, or the name of the place.") < 4
    assert spanish_ease("Donde lo recoge el carro? Calle y numero.") > 85


def test_officialese_is_hard() -> None:
    hard = (
        "Transportation eligibility determinations necessitate documentation verification by administration."
    )
    assert english_grade(hard) > 15
    assert (
        spanish_ease("La determinación administrativa de elegibilidad requiere documentación verificable.")
        < 40
    )


def test_nothing_to_read() -> None:
    assert english_grade("...") == 0.0
    assert spanish_ease("") == 100.0


def test_sentences_and_words() -> None:
    assert sentences("Hi. Is it 8:00 am? Yes: go") == ["Hi", "Is it 8:00 am", "Yes", "go"]
    assert words("You're in, $17.50!") == ["You're", "in", "17", "50"]
