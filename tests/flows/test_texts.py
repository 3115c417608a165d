"""What a person reads: blanks, dates as they are said, forms, and what a missing answer leaves behind."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.sms_parts import not_gsm7
from flows.texts import BadText, Blank, join, make_text, plain, span, split, write

NOW = datetime(2027, 2, 23, 17, 48)
AT = datetime(2027, 2, 24, 8, 0)
SCOPE = {
    "now": NOW,
    "at": AT,
    "tonight": datetime(2027, 2, 23, 20, 5),
    "later": datetime(2027, 3, 5, 13, 0),
    "noon": datetime(2027, 2, 24, 12, 0),
    "midnight": datetime(2027, 2, 24, 0, 30),
    "saturday": date(2027, 2, 27),
    "wednesday": date(2027, 2, 24),
    "hour": time(16, 5),
    "first_name": "Ray",
    "job": {"title": "Packer", "pay": 17.5},
    "pay": 18,
    "much": 1234.5,
    "yes": True,
    "no": False,
    "work": ["kitchen", "driving", "cleaning"],
    "two": ["Ana", "Inés"],
    "one": ["Ana"],
    "place": {"label": "Hope House"},
    "typed": "{job.title} {at | time}",
    "odd": object,
}

ENGLISH = [
    ("Hi {first_name}.", "Hi Ray."),
    ("{job.title}, {job.pay | money}", "Packer, $17.50"),
    ("{pay | money} {much | money}", "$18 $1,234.50"),
    ("{job.pay} {pay}", "17.5 18"),
    ("{at | date}", "Wed Feb 24"),
    ("{at | day}", "Wednesday"),
    ("{at | time}", "8:00 am"),
    ("{noon | time} {midnight | time}", "12:00 pm 12:30 am"),
    ("{at | when}?", "Tomorrow, Wed Feb 24, at 8:00 am?"),
    ("Is it {at | when}?", "Is it tomorrow, Wed Feb 24, at 8:00 am?"),
    ("Booked. {at | when}.", "Booked. Tomorrow, Wed Feb 24, at 8:00 am."),
    ("By {tonight | when}", "By today at 8:05 pm"),
    ("{later | when}", "Fri Mar 5 at 1:00 pm"),
    ("{at}", "Tomorrow, Wed Feb 24, at 8:00 am"),
    ("{saturday}", "Sat Feb 27"),
    ("{saturday | day}", "Saturday"),
    ("{hour}", "4:05 pm"),
    ("{work | list}", "kitchen, driving and cleaning"),
    ("{work}", "kitchen, driving and cleaning"),
    ("{one | list}", "Ana"),
    ("{yes} {no}", "yes no"),
    ("{place}", "Hope House"),
    ("{ first_name }", "Ray"),
    ("{typed}", "{job.title} {at | time}"),
]

SPANISH = [
    ("{at | date}", "mie 24 feb"),
    ("{at | day}", "miércoles"),
    ("{saturday | day}", "sabado"),
    ("{at | when}?", "Mañana, mie 24 feb, a las 8:00 am?"),
    ("Es {at | when}?", "Es mañana, mie 24 feb, a las 8:00 am?"),
    ("{later | when}", "Vie 5 mar a la 1:00 pm"),
    ("{tonight | when}", "Hoy a las 8:05 pm"),
    ("{work | list}", "kitchen, driving y cleaning"),
    ("{two | list}", "Ana e Inés"),
    ("{yes} {no}", "si no"),
]

MISSING = [
    ("Hi {nobody}, we go on.", "Hi, we go on."),
    ("{nobody}, your car is here.", "Your car is here."),
    ("Car {nobody} at {first_name}", "Car at Ray"),
    ("{nobody}", ""),
    ("Pick-up: {nobody}. OK?", "Pick-up. OK?"),
    ("Line one {nobody}\nline two", "Line one\nline two"),
    ("{nobody.field | time}", ""),
    ("{first_name.field}x", "x"),
]


@pytest.mark.parametrize("source,said", ENGLISH)
def test_english(source: str, said: str) -> None:
    assert plain(source).fill(SCOPE) == said


@pytest.mark.parametrize("source,said", SPANISH)
def test_spanish(source: str, said: str) -> None:
    assert make_text("k", {"en": {"all": "x"}, "es": {"all": source}}).fill(SCOPE, lang="es") == said


@pytest.mark.parametrize("source,said", MISSING)
def test_a_missing_blank_leaves_nothing_behind(source: str, said: str) -> None:
    assert plain(source).fill(SCOPE) == said


@pytest.mark.parametrize(
    "source", ["{", "}", "{}", "{a.b.c}", "{a | shout}", "{a b}", "{{a}}", "Hi {name", "{1}"]
)
def test_a_broken_blank_is_refused(source: str) -> None:
    with pytest.raises(BadText):
        plain(source)


def test_forms_by_channel_and_for_shared_phones() -> None:
    text = make_text(
        "intake.hello.text",
        {
            "en": {"all": "long {first_name}", "sms": "short", "discreet": "hush"},
            "es": {"telegram": "largo", "sms": "corto"},
        },
    )
    assert text.fill(SCOPE, channel="telegram") == "long Ray"
    assert text.fill(SCOPE, channel="sms") == "short"
    assert text.fill(SCOPE, channel="sms", discreet=True) == "hush"
    assert text.fill(SCOPE, lang="es", channel="telegram") == "largo"
    assert text.fill(SCOPE, lang="es", channel="sms", discreet=True) == "corto"
    assert text.fill(SCOPE, lang="fr", channel="telegram") == "long Ray"
    assert text.names == {"first_name"}
    assert text.key == "intake.hello.text"
    assert text.source("en", "sms") == "short"
    assert text.source("en", "telegram") == "long {first_name}"
    assert text.source("fr") == ""


def test_a_form_that_is_not_there_falls_back_to_one_that_is() -> None:
    text = make_text("k", {"en": {"telegram": "only here"}})
    assert text.fill({}, channel="sms") == "only here"
    assert make_text("k", {}).fill({}) == ""


def test_blanks_are_told_with_their_formats() -> None:
    assert plain("{at | time} {job.title}").blanks() == {Blank("at", "time"), Blank("job.title")}
    assert split("a {b} c") == ("a ", Blank("b"), " c")


def test_without_a_now_a_moment_is_a_date() -> None:
    assert plain("{at | when}").fill({"at": AT}) == "Wed Feb 24 at 8:00 am"


def test_what_is_written_stays_in_the_cheap_alphabet() -> None:
    every_day = [datetime(2027, 1, 1, 13) + timedelta(days=each * 8) for each in range(46)]
    for lang in ("en", "es"):
        for form in ("date", "day", "time", "when"):
            assert not [odd for day in every_day for odd in not_gsm7(write(day, form, lang, day))]


@pytest.mark.parametrize(
    "length,english,spanish",
    [
        (timedelta(minutes=30), "30 minutes", "30 minutos"),
        (timedelta(hours=1), "1 hour", "1 hora"),
        (timedelta(days=2), "2 days", "2 dias"),
        (timedelta(minutes=90), "90 minutes", "90 minutos"),
        (timedelta(0), "0 minutes", "0 minutos"),
    ],
)
def test_lengths_of_time(length: timedelta, english: str, spanish: str) -> None:
    assert (span(length, "en"), span(length, "es")) == (english, spanish)


@pytest.mark.parametrize(
    "words,said",
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a y b"),
        (["a", "hijos"], "a e hijos"),
        (["a", "hielo"], "a y hielo"),
    ],
)
def test_spanish_lists(words: list[str], said: str) -> None:
    assert join(words, "es") == said


@given(st.text(max_size=60), st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=20)))
def test_filling_never_fails_and_never_runs_what_was_typed(source: str, scope: dict[str, str]) -> None:
    try:
        text = plain(source)
    except BadText:
        return
    text.fill(scope)
    if scope.get("a"):
        assert plain("{a}").fill(scope) == scope["a"]


@given(st.datetimes(min_value=datetime(2000, 1, 2)), st.datetimes(min_value=datetime(2000, 1, 2)))
def test_any_moment_can_be_said(at: datetime, now: datetime) -> None:
    for lang in ("en", "es"):
        for form in (None, "date", "day", "time", "when", "money", "list"):
            assert write(at, form, lang, now)


@pytest.mark.parametrize(
    "form,english,spanish",
    [
        ("car", "gray Toyota Camry", "Toyota Camry gris"),
        ("car", "Silver Chevrolet Silverado", "Chevrolet Silverado plateado"),
        ("car", "Tesla Model 3", "Tesla Model 3"),
        ("car", "gray", "gray"),
        ("stop", "Hope House, front, on 5th", "Hope House, al frente, en 5th"),
        ("stop", "main gate, on Airport", "porton principal, en Airport"),
        ("stop", "Hotel Harbor, lobby", "Hotel Harbor, entrada"),
        ("stop", "Front Street Cafe, by the bus", "Front Street Cafe, by the bus"),
        ("stop", "puerta azul, en Main", "puerta azul, en Main"),
    ],
)
def test_a_car_and_a_stop_are_said_in_spanish(form: str, english: str, spanish: str) -> None:
    text = make_text("x", {"en": {"all": f"{{it | {form}}}."}, "es": {"all": f"{{it | {form}}}."}})
    assert text.fill({"it": english}, lang="en") == f"{english}."
    assert text.fill({"it": english}, lang="es") == f"{spanish}."
