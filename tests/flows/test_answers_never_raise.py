"""Whatever is typed, every reader answers; and it answers fast."""

import string
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.answers import AskBack, Asked, Choice, Confirm, Understood, crisis, not_an_answer, read
from flows.keywords import make_keywords
from tests.flows import typed, words
from tests.flows.test_answers_when import TUESDAY

KINDS = "text name yes_no choice choices zip number date time datetime phone address pin photo".split()
OPTIONS = (Choice("a", "Coming"), Choice("b", "It moved", ("changed",)), Choice("c", "Can't go"))
RULES = crisis.make_rules(words.load("crisis"))
KEYWORDS = make_keywords(words.load("keywords"))
PIECES = st.sampled_from(
    """
    1 2 12 230 1030 2027 3/14 14/3 2027-03-14 8:30 16h 8.30 3rd 31 0 00 -1 99 1e9 $12 5% am pm a.m.
    p. @ at on the of in next this last past ago from after half quarter to and a an o'clock
    tomorrow today tonight monday fri mar mar. march february feb noon midnight morning evening two
    twenty first second week days hours minutes year or between until las la a de del el que viene
    proximo mañana pasado hoy ayer lunes martes enero y media menos cuarto tarde noche mil veinte no
    yes si maybe not 👍 😀 1️⃣ ½ ² Ⅷ \u200b \u0301 ß İ ﬁ , . ; ( ) [ ] " ' / - — … \\ { } % #
    """.split()
)
TYPED = st.one_of(
    st.text(max_size=80),
    st.lists(PIECES, max_size=12).map(" ".join),
    st.lists(PIECES, max_size=8).map("".join),
    st.text(alphabet=string.digits + ":/-. apmh", max_size=24),
)


@settings(max_examples=400)
@given(
    text=TYPED,
    kind=st.sampled_from(KINDS),
    lang=st.sampled_from(["en", "es"]),
    now=st.datetimes(min_value=TUESDAY.replace(year=2000), max_value=TUESDAY.replace(year=2090)),
    draft=st.sampled_from(
        [None, {"date": TUESDAY.date()}, {"time": TUESDAY.time(), "sure": False}, "junk", []]
    ),
    exact=st.booleans(),
)
def test_read_never_raises(text: str, kind: str, lang: str, now: object, draft: object, exact: bool) -> None:
    asked = Asked(kind, lang, now, OPTIONS, frozenset("c"), draft, exact)  # type: ignore[arg-type]
    assert isinstance(read(text, asked), Understood | Confirm | AskBack)


@settings(max_examples=200)
@given(text=TYPED)
def test_the_words_that_come_first_never_raise(text: str) -> None:
    not_an_answer.reason(text, "en")
    crisis.tier(text, RULES)
    KEYWORDS.carrier(text)
    KEYWORDS.anywhere(text, "es")
    KEYWORDS.live_ride(text)


def test_thousands_of_drawn_texts_raise_nothing_and_take_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    """`make typed` draws a hundred thousand; here a few, the same every time."""
    raised, seconds = typed.read_all(seed=7, many=2500)
    assert not raised, raised[0]
    assert seconds[int(0.99 * len(seconds))] < 0.025  # 5 ms is the promise, on a machine that is not busy
    assert typed.main(["--texts", "20", "--seed", "3"]) == 0
    assert "20 texts of seed 3: 0 raised" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "1-1 " * 400,
        "1." * 800,
        "1," * 800,
        "0 " * 800,
        "haha" * 400,
        "a, b, " * 260,
        "all but " * 200,
        "new year's " * 145,
        "before christmas " * 94,
        "hour and a half " * 100,
        "monday week " * 130,
        "1 " * 800,
        "1" * 1600,
        "a " * 800,
        "@ " * 800,
        "at " * 530,
        "1:30 " * 320,
        "3/4 " * 400,
        "2 days and " * 145,
        "half past " * 160,
        "monday " * 228,
        "no " * 533,
        "a@" * 800,
        "12 main " * 200,
        "the 5th of " * 145,
        "want to " * 200,
        "i " * 800,
        "morning " * 200,
        "uno y " * 266,
        "mil " * 400,
        "wednesdya " * 160,
        "-" * 1600,
        "😀" * 1600,
        "á" * 1600,
        "½" * 1600,
        "i mean " * 228,
        "no wait " * 200,
        '"' * 1600,
        "Liked " + '"' * 1590,
    ],
)
def test_the_longest_texts_take_no_time(text: str) -> None:
    """50 ms is the promise; the bound is wide, for a slow machine, and still catches what is quadratic.

    It is the processor's time that is measured, so that a busy machine fails nothing.
    """
    for kind in KINDS:
        began = thread_time()
        read(text, Asked(kind, "en", TUESDAY, OPTIONS))
        assert thread_time() - began < 0.25, kind
    began = thread_time()
    crisis.tier(text, RULES)
    not_an_answer.reason(text, "en")
    KEYWORDS.live_ride(text)
    assert thread_time() - began < 0.25
