"""One option, or several, of those on the phone."""

import pytest

from flows.answers import AskBack, Asked, Choice, Confirm, Understood, read
from tests.flows.test_answers_when import TUESDAY

COMING = (
    Choice("go", "coming"),
    Choice("moved", "it moved", ("changed", "later")),
    Choice("cant", "can't go", ("sick",)),
)
VOY = (Choice("go", "Voy"), Choice("moved", "Se cambio"), Choice("cant", "No puedo"))
PASS = (Choice("none", "no"), Choice("have", "yes, I have it"), Choice("later", "yes, not yet"))
PAGED = (
    Choice("hall", "Dock Co", n=4),
    Choice("farm", "Green Farms", n=5),
    Choice("laundry", "Acme Laundry", n=6),
)
WORK = tuple(
    Choice(key, label, words)
    for key, label, words in (
        ("warehouse", "Warehouse", ()),
        ("kitchen", "Kitchen or food", ("cook", "restaurant")),
        ("cleaning", "Cleaning", ("janitor",)),
        ("building", "Building or repair", ("construction",)),
        ("any", "Anything", ()),
    )
)


@pytest.mark.parametrize(
    "options, text, key",
    [
        (COMING, "1", "go"),
        (COMING, "1!!! empiezo el miercoles a las 8", "go"),
        (COMING, "[1 coming]", "go"),
        (COMING, "#2", "moved"),
        (COMING, "2.", "moved"),
        (COMING, "la 2", "moved"),
        (COMING, "the second one", "moved"),
        (COMING, "two", "moved"),
        (COMING, "dos", "moved"),
        (COMING, "last", "cant"),
        (COMING, "b", "moved"),
        (COMING, "COMING", "go"),
        (COMING, "comin", "go"),
        (COMING, "im coming", "go"),
        (COMING, "they changed it", "moved"),
        (COMING, "it mov", "moved"),
        (COMING, "im sick", "cant"),
        (COMING, "3 got to sign out", "cant"),
        (COMING, "2 pm", None),
        (COMING, "4", None),
        (COMING, "k", None),
        (COMING, "hello", None),
        (COMING, "", None),
        (COMING, "i cannot go", "cant"),
        (COMING, "can not go", "cant"),
        (COMING, "1 and 2", None),
        (COMING, "1 or 2", None),
        (COMING, "not coming", None),
        (COMING, "option 2", "moved"),
        (COMING, "(3)", "cant"),
        (COMING, "B)", "moved"),
        (COMING, "2\ufe0f\u20e3", "moved"),
        (COMING, "movd", "moved"),
        (COMING, "com", "go"),
        (COMING, "c", "cant"),
        (COMING, "not sick", None),
        (COMING, "im sick and it moved", None),
        (VOY, "perdon si voy", "go"),
        (VOY, "[1 Voy]", "go"),
        (VOY, "se cambió", "moved"),
        (VOY, "no puedo ir", "cant"),
        (PASS, "no", "none"),
        (PASS, "nope", "none"),
        (PASS, "none of these", "none"),
        (PASS, "yes", None),  # two of them begin with yes
        (PASS, "yes not yet", "later"),
        (PASS, "3", "later"),
        (PAGED, "5", "farm"),
        (PAGED, "2", None),  # that number was on an earlier page
        (PAGED, "green", "farm"),
        (PAGED, "dock co pls", "hall"),
        ((), "1", None),
    ],
)
def test_one(options: tuple[Choice, ...], text: str, key: str | None) -> None:
    reading = read(text, Asked("choice", "en", TUESDAY, options))
    assert reading == (Understood(key) if key else AskBack("unclear.choice"))


@pytest.mark.parametrize(
    "text, keys",
    [
        ("1 3", ["warehouse", "cleaning"]),
        ("1,3", ["warehouse", "cleaning"]),
        ("1 y 2", ["warehouse", "kitchen"]),
        ("la 1 y la 2", ["warehouse", "kitchen"]),
        ("3 and 1", ["warehouse", "cleaning"]),
        ("1-3", ["warehouse", "kitchen", "cleaning"]),
        ("one and three", ["warehouse", "cleaning"]),
        ("all", ["warehouse", "kitchen", "cleaning", "building"]),
        ("todas menos la 2", ["warehouse", "cleaning", "building"]),
        ("warehouse and cook", ["warehouse", "kitchen"]),
        ("janitor", ["cleaning"]),
        ("5", ["any"]),
        ("anything", ["any"]),
        ("[2]", ["kitchen"]),
        ("#1 #3", ["warehouse", "cleaning"]),
        ("1y3", ["warehouse", "cleaning"]),
        ("1, 2 & 4", ["warehouse", "kitchen", "building"]),
        ("1 al 3", ["warehouse", "kitchen", "cleaning"]),
        ("a c", ["warehouse", "cleaning"]),
        ("A, B and D", ["warehouse", "kitchen", "building"]),
        ("b", ["kitchen"]),
        ("wareh", ["warehouse"]),
        ("kitchn", ["kitchen"]),
        ("first and third", ["warehouse", "cleaning"]),
        ("la primera y la tercera", ["warehouse", "cleaning"]),
        ("the first two", ["warehouse", "kitchen"]),
        ("todo", ["warehouse", "kitchen", "cleaning", "building"]),
        ("all but 2", ["warehouse", "cleaning", "building"]),
        ("all except kitchen", ["warehouse", "cleaning", "building"]),
        ("everything but cleaning", ["warehouse", "kitchen", "building"]),
        ("1 2 and 3 but not 2", ["warehouse", "cleaning"]),
        ("all but the gardening", None),  # what is left out is not known
        ("a z", None),
        ("ninguna", None),
        ("1 9", None),
        ("none", None),
        ("not cleaning not warehouse", None),
        ("what", None),
    ],
)
def test_several(text: str, keys: list[str] | None) -> None:
    reading = read(text, Asked("choices", "en", TUESDAY, WORK, alone=frozenset(["any"])))
    assert reading == (Understood([*keys]) if keys else AskBack("unclear.choices"))


def test_numbers_run_together_are_read_back() -> None:
    reading = read("13", Asked("choices", "en", TUESDAY, WORK))
    assert reading == Confirm(
        ["warehouse", "cleaning"], "read_back.choices", {"labels": "Warehouse, Cleaning"}
    )


def test_what_stands_alone_is_not_mixed() -> None:
    reading = read("1 5", Asked("choices", "en", TUESDAY, WORK, alone=frozenset(["any"])))
    assert reading == AskBack("unclear.alone", {"label": "Anything"})


DOORS = (Choice("@0", "front, on 5th"), Choice("@1", "back, on Alley Ln"), Choice("other", "another place"))


@pytest.mark.parametrize(
    "text, key",
    [
        ("the back one", "@1"),
        ("front door", "@0"),
        ("the one on alley", "@1"),
        ("some other place", "other"),
        ("not the front", None),
        ("front or back", None),
        ("the side door", None),
    ],
)
def test_a_row_of_a_list_is_known_by_a_word_no_other_has(text: str, key: str | None) -> None:
    reading = read(text, Asked("choice", "en", TUESDAY, DOORS))
    assert reading == (Understood(key) if key else AskBack("unclear.choice"))
