"""Names, ZIP codes, phones, numbers, places, PINs and plain text."""

import pytest

from flows.answers import AskBack, Asked, Understood, read
from tests.flows.test_answers_when import TUESDAY


def answer(kind: str, text: str) -> object:
    match read(text, Asked(kind, "en", TUESDAY)):
        case Understood(value=value):
            return value
        case AskBack(sentence=sentence):
            return sentence
        case other:
            return other


@pytest.mark.parametrize(
    "text, expected",
    [
        ("ray", "Ray"),
        ("RAY", "Ray"),
        ("Ray", "Ray"),
        ("My name is dee", "Dee"),
        ("hi its Ray here", "Ray"),
        ("soy Lupita", "Lupita"),
        ("me llamo maria de la cruz", "Maria de la Cruz"),
        ("José Ángel", "José Ángel"),
        ("o'neil", "O'Neil"),
        ("mary-ann smith", "Mary-Ann Smith"),
        ("DeShawn", "DeShawn"),
        ("Nguyễn", "Nguyễn"),
        ("call me T", "T"),
        ("no its raymond", "Raymond"),
        ("sorry, my name is ray", "Ray"),
        ("no, Lo Van Binh", "no, Lo Van Binh"),
        ("RAY JONES", "Ray Jones"),
        ("call me DJ", "DJ"),
        ("ray 👍", "Ray"),
        ("李雷", "李雷"),
        ("mi nombre es José", "José"),
        ("its me", "unclear.name"),
        ("my name is", "unclear.name"),
        ("yes", "unclear.name"),
        ("why", "unclear.name"),
        ("no lo veo", "unclear.name"),
        ("i cant see it", "unclear.name"),
        ("Ray 52", "unclear.name"),
        ("who is this?", "unclear.name"),
        ("i do not want to say that to you", "unclear.name"),
        ("", "unclear.name"),
        ("👍", "unclear.name"),
    ],
)
def test_name(text: str, expected: str) -> None:
    assert answer("name", text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("02128", "02128"),
        ("my zip is 02128", "02128"),
        ("02128-1234", "02128"),
        ("0 2 1 2 8", "02128"),
        ("02128 east boston", "02128"),
        ("02128 or 02118", "unclear.zip"),
        ("2128", "unclear.zip"),
        ("6175550188", "unclear.zip"),
        ("$10000", "unclear.zip"),
        ("i forgot it", "ask.place_nearby"),
        ("no me acuerdo", "ask.place_nearby"),
        ("021288", "unclear.zip"),
        ("idk", "ask.place_nearby"),
        ("i don't know it", "ask.place_nearby"),
        ("no lo sé", "ask.place_nearby"),
        ("east boston", "unclear.zip"),
    ],
)
def test_zip(text: str, expected: str) -> None:
    assert answer("zip", text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("617-555-0188", "+16175550188"),
        ("mi hermana Ana 6175550188", "+16175550188"),
        ("(617) 555 0171 thanks", "+16175550171"),
        ("+1 617.555.0171", "+16175550171"),
        ("1 617 555 0171", "+16175550171"),
        ("6175550188 or 6175550199", "unclear.phone_two"),
        ("800-555-0199", "unclear.phone_toll_free"),
        ("877 555 0100", "unclear.phone_toll_free"),
        ("1-888-555-0100 is their line", "unclear.phone_toll_free"),
        ("6175550188 6175550188", "+16175550188"),  # said twice, still one
        ("02128 617-555-0188", "+16175550188"),
        ("617-555-0188 ext 4", "unclear.phone"),
        ("911", "unclear.phone"),
        ("5550188", "unclear.phone"),
        ("+52 55 1234 5678", "unclear.phone"),
        ("no phone", "unclear.phone"),
        ("123-456-7890", "unclear.phone"),
    ],
)
def test_phone(text: str, expected: str) -> None:
    assert answer("phone", text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2", 2),
        ("about two", 2),
        ("17.50", 17.5),
        ("$18 an hour", 18),
        ("1,200", 1200),
        ("two and a half", 2.5),
        ("dos y medio", 2.5),
        ("veintidós", 22),
        ("treinta y uno", 31),
        ("two hundred", 200),
        ("dos mil veinte", 2020),
        ("mil", 1000),
        ("ciento veinte", 120),
        ("none", 0),
        ("1750", 1750),
        ("10 to 12", "unclear.number"),
        ("two or three", "unclear.number"),
        ("a few", "unclear.number"),
        ("3/4", "unclear.number"),
        ("", "unclear.number"),
    ],
)
def test_number(text: str, expected: object) -> None:
    assert answer("number", text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("77 dale st", {"text": "77 dale st", "shape": "street"}),
        ("no 12 rowe st apt 4", {"text": "12 rowe st apt 4", "shape": "street", "unit": "4"}),
        ("its at 41 Cove St", {"text": "41 Cove St", "shape": "street"}),
        (
            "218 5th St, Boston MA 02118",
            {
                "text": "218 5th St, Boston MA 02118",
                "shape": "street",
                "zip": "02118",
                "city": "Boston",
                "state": "MA",
            },
        ),
        ("hope house on 5th", {"text": "hope house on 5th", "shape": "words"}),
        (
            "big warhouse by the airport fed x i think",
            {"text": "big warhouse by the airport fed x i think", "shape": "words"},
        ),
        (
            "por la plaza del sol en east boston",
            {"text": "por la plaza del sol en east boston", "shape": "words"},
        ),
        ("PO Box 12, Boston", "unclear.address_po_box"),
        ("apartado postal 9", "unclear.address_po_box"),
        ("02128", "unclear.address_zip"),
        ("zip 02128", "unclear.address_zip"),
        ("POB 12", "unclear.address_po_box"),
        ("box 44", "unclear.address_po_box"),
        ("02128-1234", "unclear.address_zip"),
        ("Boston MA 02118", "unclear.address_zip"),  # a town is as little a place for a car as its ZIP
        ("east boston, ma", "unclear.address_zip"),
        ("77 dale st front door", {"text": "77 dale st front door", "shape": "street"}),
        ("Main St and Elm Ave", {"text": "Main St and Elm Ave", "shape": "words"}),
        ("same place", "unclear.address"),
        ("front door", "unclear.address"),
        ("i dont know", "unclear.address"),
        ("here", "unclear.address"),
        ("my house", "unclear.address"),
        ("aqui en la casa", "unclear.address"),
        ("12", "unclear.address"),
        ("", "unclear.address"),
    ],
)
def test_address(text: str, expected: object) -> None:
    assert answer("address", text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1998", "1998"),
        ("its 1998", "1998"),
        ("1 9 9 8", "1998"),
        ("0007", "0007"),
        ("yes", "unclear.pin"),
        ("1", "unclear.pin"),
        ("19981", "unclear.pin"),
        ("1998 or 1999", "unclear.pin"),
    ],
)
def test_pin(text: str, expected: str) -> None:
    assert answer("pin", text) == expected


def test_text_is_kept_as_typed_but_for_spaces() -> None:
    assert answer("text", "  Dock  Co\n ") == "Dock Co"
    assert answer("text", "   ") == "unclear.text"
    assert answer("photo", "here") == "unclear.photo"


def test_a_kind_without_a_reader_is_an_authors_mistake() -> None:
    with pytest.raises(ValueError, match="no reader for a question of kind 'color'"):
        read("red", Asked("color", "en", TUESDAY))
