"""Carrier words, words that work anywhere, and what people say while a car is coming."""

import pytest

from flows.keywords import Anywhere, Keywords, make_keywords
from tests.flows import words


@pytest.fixture(scope="module", name="known")
def shipped() -> Keywords:
    return make_keywords(words.load("keywords"))


@pytest.mark.parametrize(
    "word", "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT stop Stop. opt-out ALTO".split()
)
def test_the_carriers_stop_words_alone(known: Keywords, word: str) -> None:
    assert known.carrier(word) == "stop"


@pytest.mark.parametrize(
    "text, meaning",
    [
        ("START", "start"),
        ("unstop", "start"),
        ("HELP", "help"),
        ("info", "help"),
        ("stop texting me", "stop"),
        ("please stop sending me texts", "stop"),
        ("dont text me", "stop"),
        ("take me off your list", "stop"),
        ("no me escriban más", "stop"),
        ("ya no me mande mensajes", "stop"),
        ("please stop", "stop"),
        ("fuck off", "stop"),
        ("déjeme en paz", "stop"),
        ("please stop at the corner", None),
        ("don't stop texting me", None),
        ("bus stop", None),
        ("can you help me", None),
        ("start mon 7am", None),
        ("cancel my ride", None),
        ("the end", None),
        ("", None),
    ],
)
def test_carrier(known: Keywords, text: str, meaning: str | None) -> None:
    assert known.carrier(text) == meaning


@pytest.mark.parametrize(
    "text, found",
    [
        ("MENU", Anywhere("menu")),
        ("menu please", Anywhere("menu")),
        ("BACK", Anywhere("back")),
        ("go back", Anywhere("back")),
        ("atrás", Anywhere("back")),
        ("PERSON", Anywhere("person")),
        ("persona", Anywhere("person")),
        ("i want to talk to a person", Anywhere("person")),
        ("necesito hablar con alguien por favor", Anywhere("person")),
        ("i need to speak with a person now", Anywhere("person")),
        ("AGAIN", Anywhere("again")),
        ("otra vez", Anywhere("again")),
        ("LANGUAGE", Anywhere("language")),
        ("idioma", Anywhere("language")),
        ("english", Anywhere("language", "en")),
        ("inglés", Anywhere("language", "en")),
        ("español", Anywhere("language", "es")),
        ("in spanish please", Anywhere("language", "es")),
        ("about me", Anywhere("about_me")),
        ("who dis", Anywhere("who")),
        ("who is this??", Anywhere("who")),
        ("who gave you my number", Anywhere("who")),
        ("is this real", Anywhere("who")),
        ("quien es", Anywhere("who")),
        ("how much does it cost", Anywhere("cost")),
        ("is this free", Anywhere("cost")),
        ("cuánto cuesta", Anywhere("cost")),
        ("this is bullshit", Anywhere("upset")),
        ("wrong number", Anywhere("wrong_number")),
        ("no you have the wrong number", Anywhere("wrong_number")),
        ("nah thats my cousin she moved out", Anywhere("wrong_number")),
        ("i didnt sign up for this", Anywhere("wrong_number")),
        ("no thats my cousins phone", None),
        ("feeling free on friday", None),
        ("huh?", Anywhere("again")),
        ("no entiendo", Anywhere("again")),
        ("SOBRE MI", Anywhere("about_me")),
        ("i dont want to talk to a person", None),
        ("back door", None),
        ("the person at the center", None),
        ("hola", None),
        ("", None),
    ],
)
def test_anywhere(known: Keywords, text: str, found: Anywhere | None) -> None:
    assert known.anywhere(text, "en") == found


@pytest.mark.parametrize(
    "text, meaning",
    [
        ("wheres my ride", "where"),
        ("where's my ride??", "where"),
        ("donde esta mi carro", "where"),
        ("im at the back door they locked the frunt", "at_door"),
        ("estoy afuera", "at_door"),
        ("i see him", "sees_car"),
        ("ya lo vi", "sees_car"),
        ("driver left", "driver_left"),
        ("se fue el chofer", "driver_left"),
        ("i dont see the car", "cant_find"),
        ("wrong car", "wrong_car"),
        ("done", "done"),
        ("finnished", "done"),
        ("done. went ok i think", "done"),
        ("done start mar 8 6am they need my ss card", "done"),
        ("ya sali del hotel", "done"),
        ("listo", "done"),
        ("cancel my ride", "cant_go"),
        ("im running late", "late"),
        ("hello", None),
        ("donuts", None),
        ("", None),
    ],
)
def test_live_ride(known: Keywords, text: str, meaning: str | None) -> None:
    assert known.live_ride(text, "en") == meaning


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
