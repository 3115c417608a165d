"""What stands around a day and time changes nothing of it: shouting, signs, filler, a place, a thank you."""

from collections.abc import Callable
from unicodedata import combining, normalize

import pytest

from flows.answers import AskBack, Asked, Confirm, read
from tests.flows.test_answers_when import TUESDAY

ENGLISH = (
    "tomorrow at 8am",
    "tmrw 8 am",
    "friday 9:30 am",
    "mon mar 1 at 10 in the morning",
    "3/14 10am",
    "march 5th, 13:15",
    "the 4th at 3pm",
    "next monday at noon",
    "thursday at 4",
    "day after tomorrow 5pm",
    "in 2 weeks at 9am",
    "half past 3 pm on friday",
    "sat 11",
)
SPANISH = (
    "mañana a las 8 de la mañana",
    "el viernes a las 10 am",
    "el jueves 4 de marzo a las 3 y media de la tarde",
    "pasado mañana a las siete de la noche",
    "el lunes a la 1 pm",
    "5 de marzo a las 9",
    "el 28 a las 11 de la mañana",
    "miercoles a las doce del mediodia",
)
ANY = ("{} 👍", "{}!!!", "... {} ...", "{}.", "({})", '"{}"', "🎉 {} 🎉")
AROUND = {
    "en": (
        *ANY,
        "um so like {} i think",
        "its {} thx",
        "ok {} is my interview",
        "hey its ray. {}",
        "{} at the warehouse on 5th",
        "{} at 77 dale st",
        "they said {} but idk",
        "{}\nthank you",
        "prob {} lol",
        "{} gotta bring my id",
        "it moved to {}",
        "i have one {}",
        "{} call 617-555-0188",
    ),
    "es": (
        *ANY,
        "pues es {} creo",
        "hola, {} gracias",
        "mi entrevista es {}",
        "me dijeron que {}",
        "¿{}?",
        "{} en el hotel",
        "{} por favor",
        "la cambiaron para {}",
        "{} en la calle 5",
    ),
}


def without_accents(text: str) -> str:
    return "".join(each for each in normalize("NFD", text) if not combining(each))


TYPED: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.title,
    without_accents,
    lambda text: text.replace(" ", "  "),
)


@pytest.mark.parametrize(
    "lang, said", [*(("en", each) for each in ENGLISH), *(("es", each) for each in SPANISH)]
)
def test_noise_changes_nothing(lang: str, said: str) -> None:
    asked = Asked("datetime", lang, TUESDAY)
    plain = read(said, asked)
    assert isinstance(plain, Confirm)
    for noisy in (*(each.format(said) for each in AROUND[lang]), *(each(said) for each in TYPED)):
        reading = read(noisy, asked)
        assert isinstance(reading, Confirm), noisy
        assert reading.value == plain.value, noisy


@pytest.mark.parametrize(
    "lang, said, typed",
    [
        ("es", "el lunes a la 1 pm", "el lunnes a la 1 pm"),
        ("es", "el lunes a la 1 pm", "el lunse a la 1 pm"),
        ("es", "mañana a las 9 am", "maañna a las 9 am"),
        ("es", "pasado mañana a las 9 am", "psado manana a las 9 am"),
        ("es", "jueves a las 7 de la noche", "jueves a las 7 de la nohce"),
        ("es", "jueves a las 4 de la tarde", "jueves a las 4 de la trade"),
        ("es", "jueves a las 3 y media pm", "jueves a las 3 y meida pm"),
        ("en", "half past 3 pm friday", "haf past 3 pm friday"),
        ("en", "half past 3 pm friday", "half pas 3 pm friday"),
        ("en", "wednesday 9am", "wedensday 9am"),
        ("en", "saturday 9am", "saturdya 9am"),
        ("en", "tomorrow 9am", "tommorow 9am"),
    ],
)
def test_slips(lang: str, said: str, typed: str) -> None:
    asked = Asked("datetime", lang, TUESDAY)
    assert read(typed, asked) == read(said, asked)


def test_a_day_nobody_can_tell_is_not_taken_for_today() -> None:
    """Tursday is as near to Tuesday as to Thursday."""
    reading = read("tursday at 8 pm", Asked("datetime", "en", TUESDAY))
    assert isinstance(reading, AskBack)
    assert reading.sentence == "ask.date"
