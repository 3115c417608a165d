"""Hours of the week that are taken: days and two clocks, read back before they count."""

from datetime import datetime

import pytest

from flows.answers import AskBack, Asked, Confirm, Reading, Understood, read

NOW = datetime(2027, 3, 1, 12)


def heard(text: str, lang: str = "en") -> Reading:
    return read(text, Asked("week_hours", lang, NOW))


@pytest.mark.parametrize(
    ("lang", "text", "told"),
    [
        ("en", "thursdays 2:30 to 4", "Thu 2:30 pm to 4:00 pm"),
        ("en", "Thu 2:30-4", "Thu 2:30 pm to 4:00 pm"),
        ("en", "mon wed fri 9-11am", "Mon Wed Fri 9:00 am to 11:00 am"),
        ("en", "class mon and wed 8:30 am to noon", "Mon Wed 8:30 am to 12:00 pm"),
        ("en", "Mon-Fri 5pm-6pm", "Mon Tue Wed Thu Fri 5:00 pm to 6:00 pm"),
        ("en", "weekdays 3 to 5", "Mon Tue Wed Thu Fri 3:00 pm to 5:00 pm"),
        ("en", "9 to 10 on tuesdays", "Tue 9:00 am to 10:00 am"),
        ("en", "tue 9-10, thu after 2:30", "Tue 9:00 am to 10:00 am, Thu from 2:30 pm"),
        ("en", "sundays 8am until 4 pm", "Sun 8:00 am to 4:00 pm"),
        ("en", "fri 11 - 1", "Fri 11:00 am to 1:00 pm"),
        ("en", "mon 6-8pm and 9-10am", "Mon 6:00 pm to 8:00 pm, Mon 9:00 am to 10:00 am"),
        ("en", "sat 18:00 to 20:00", "Sat 6:00 pm to 8:00 pm"),
        ("es", "jueves 2:30 a 4", "Jue 2:30 pm a 4:00 pm"),
        ("es", "los martes de 9 a 10", "Mar 9:00 am a 10:00 am"),
        ("es", "lunes y miercoles de 9 a 11 am", "Lun mie 9:00 am a 11:00 am"),
        ("es", "martes 9 a 10 y jueves mis hijos salen 2:30", "Mar 9:00 am a 10:00 am, jue desde 2:30 pm"),
        ("es", "lunes a viernes de 3 a las 5", "Lun mar mie jue vie 3:00 pm a 5:00 pm"),
        ("es", "entre semana 8am hasta mediodia", "Lun mar mie jue vie 8:00 am a 12:00 pm"),
    ],
)
def test_days_and_two_clocks_are_read_back(lang: str, text: str, told: str) -> None:
    reading = heard(text, lang)
    assert isinstance(reading, Confirm), reading
    assert (reading.sentence, reading.blanks) == ("read_back.fact", {"what": told})


def test_what_is_kept_has_no_reason() -> None:
    reading = heard("thursdays my kids get out 2:30 to 4 mon 9-10")
    assert isinstance(reading, Confirm)
    assert reading.value == [
        {"day": 3, "from": "14:30", "to": "16:00"},
        {"day": 0, "from": "09:00", "to": "10:00"},
    ]


@pytest.mark.parametrize("text", ["no", "NO", "nope.", "none", "nothing", "no tengo", "ninguna", "nada"])
def test_none_is_an_answer(text: str) -> None:
    assert heard(text) == Understood([])


@pytest.mark.parametrize(
    "text", ["", "yes", "thursdays", "2:30 to 4", "i have kids", "thu 25 to 30", "99-99"]
)
def test_the_rest_is_asked_again(text: str) -> None:
    assert heard(text) == AskBack("unclear.week_hours")
