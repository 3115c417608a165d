"""Yes and no as people text them."""

import pytest

from flows.answers import AskBack, Asked, Understood, read, yes_no
from tests.flows.test_answers_when import TUESDAY


@pytest.mark.parametrize(
    "text, label",
    [
        ("1", "yes"),
        ("#1", "yes"),
        ("1 its tomoro", "yes"),
        ("yes 52", "yes"),
        ("yes pls", "yes"),
        ("yes 1750 hr got first check thank god", "yes"),
        ("y", "yes"),
        ("YESSSS", "yes"),
        ("Si", "yes"),
        ("sí, claro", "yes"),
        ("si a 17 la hora", "yes"),
        ("perdon si voy", "yes"),
        ("por supuesto", "yes"),
        ("está bien", "yes"),
        ("no problem", "yes"),
        ("no worries", "yes"),
        ("that's not wrong", "yes"),
        ("sounds good", "yes"),
        ("absolutly", "yes"),
        ("👍", "yes"),
        ("that works for me", "yes"),
        ("why not", "yes"),
        ("creo que si", "yes"),
        ("i think so", "yes"),
        ("one", "yes"),
        ("you're right", "yes"),
        ("i believe so", "yes"),
        ("most definitely", "yes"),
        ("by all means", "yes"),
        ("i'd love to", "yes"),
        ("let's do it", "yes"),
        ("uh huh", "yes"),
        ("it is", "yes"),
        ("con mucho gusto", "yes"),
        ("sale", "yes"),
        ("i'd like to know how this works", None),
        ("eight", None),  # not a slip of "right"
        ("might be", "unsure"),
        ("it may or may not be", "unsure"),
        ("i haven't decided", "unsure"),
        ("fifty fifty", "unsure"),
        ("beats me", "unsure"),
        ("no sabría decirle", "unsure"),
        ("lo voy a pensar", "unsure"),
        ("más o menos", "unsure"),
        ("i decline", "no"),
        ("i doubt it", "no"),
        ("without a doubt", "yes"),
        ("unlikely", "no"),
        ("forget it", "no"),
        ("nuh uh", "no"),
        ("de ninguna manera", "no"),
        ("dos", "no"),
        ("claro que no", "no"),
        ("por supuesto que no", "no"),
        ("of course not", "no"),
        ("yes and no", "unsure"),
        ("probably", "unsure"),
        ("2", "no"),
        ("2 my cuzns", "no"),
        ("no 12 rowe st apt 4", "no"),
        ("nah", "no"),
        ("not now", "no"),
        ("maybe later", "no"),
        ("no thanks", "no"),
        ("that's not right", "no"),
        ("absolutely not", "no"),
        ("i don't want it", "no"),
        ("todavia no apenas voy saliendo", "no"),
        ("ahora no", "no"),
        ("nunca", "no"),
        ("so that's a no", "no"),
        ("👎", "no"),
        ("maybe", "unsure"),
        ("idk", "unsure"),
        ("i don't know", "unsure"),
        ("not sure", "unsure"),
        ("no se", "unsure"),
        ("No sé", "unsure"),
        ("quizas", "unsure"),
        ("depende", "unsure"),
        ("either one", "unsure"),
        ("yeah no", None),
        ("1 or 2", None),
        ("1:30", None),
        ("12", None),
        ("where is my ride", None),
        ("what do you mean", None),
        ("nose", None),  # three letters near "no": spelling is never stretched that far
        ("", None),
        ("👍👎", None),
    ],
)
def test_four_ways(text: str, label: str | None) -> None:
    assert yes_no.label(text) == label


@pytest.mark.parametrize(
    "text, expected",
    [
        ("YES", True),
        ("yes please", True),
        ("sí", True),
        ("si por favor", True),
        ("1", True),
        ("no", False),
        ("2", False),
        ("no gracias", False),
        ("ok", None),
        ("k", None),
        ("👍", None),
        ("sure", None),
        ("yes but who is this", None),
        ("1 its tomoro", None),
        ("thanks", None),
    ],
)
def test_consent_and_bookings_take_the_exact_list_only(text: str, expected: bool | None) -> None:
    reading = read(text, Asked("yes_no", "en", TUESDAY, exact=True))
    assert reading == (AskBack("unclear.yes_no") if expected is None else Understood(expected))


def test_unsure_is_asked_without_pressure() -> None:
    assert read("idk maybe", Asked("yes_no", "en", TUESDAY)) == AskBack("unsure.yes_no")
    assert read("where am i", Asked("yes_no", "en", TUESDAY)) == AskBack("unclear.yes_no")


@pytest.mark.parametrize(
    ("text", "older"),
    [
        ("1", True),
        ("2", False),
        ("yes", True),
        ("yes 52", True),
        ("52", True),
        ("im 16", False),
        ("yes im 17", False),
        ("1 im 17", False),
        ("si tengo 18 años", True),
        ("no tengo 17", False),
    ],
)
def test_a_number_decides_about_an_age(text: str, older: bool) -> None:
    asked = Asked("yes_no", "en", TUESDAY, least=18)
    assert read(text, asked) == Understood(older)
