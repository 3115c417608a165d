"""The conditions language: what it says, what it refuses, and what missing answers do."""

import re
from contextlib import suppress
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.conditions import BadCondition, compile_expression, look_up

NOW = datetime(2027, 2, 23, 17, 48)
SCOPE = {
    "now": NOW,
    "work": ["driving", "kitchen"],
    "has_car": True,
    "no_car": False,
    "years": 3,
    "pay": 17.5,
    "plan": "coming",
    "at": datetime(2027, 2, 24, 8, 0),
    "day": date(2027, 2, 24),
    "hour": time(8, 0),
    "interview": {"employer": "FedEx", "at": datetime(2027, 2, 24, 8, 0), "pickup_at": None},
    "zip": "02118",
    "empty": [],
}

HOLDS = [
    'work has "driving"',
    'not (work has "cleaning")',
    'plan == "coming"',
    'plan != "moved"',
    'plan in ["coming", "moved"]',
    'plan not in ["cant"]',
    "years == 3",
    "years >= 0 and years < 60",
    "0 < years <= 3",
    "-1 < years",
    "pay > 17",
    "has_car",
    "has_car == yes",
    "no_car == no",
    "not no_car",
    "at > now",
    "at >= day",
    "day == at",
    "hour == hour",
    'interview.employer == "FedEx"',
    "interview.at > now",
    "known(interview.employer)",
    "not known(interview.pickup_at)",
    "not known(interview.nothing)",
    "not known(nobody)",
    "count(work) == 2",
    "count(empty) == 0",
    "count(nobody) == 0",
    'first_of(nobody, plan) == "coming"',
    "days_until(day) == 1",
    "days_until(at) == 1",
    "hours_until(at) > 14 and hours_until(at) < 14.3",
    "served(zip)",
    'plan == "moved" or has_car',
    "true and not false",
    '"a" in ["a", 1]',
    "plan == 'coming'",
]

DOES_NOT_HOLD = [
    'nobody == "x"',
    "nobody > 1",
    "nobody < 1",
    "nobody",
    'nobody in ["x"]',
    'nobody has "x"',
    'work has "cleaning"',
    'plan has "com"',
    "interview.pickup_at > now",
    "plan > 3",
    "years == yes",
    "has_car == 1",
    "plan.employer",
    "days_until(nobody) < 3",
    "hours_until(day) < 100",
    "served(nobody)",
    "empty",
    "years < 2 < pay",
]

REFUSED = [
    ("", "empty"),
    ("   ", "empty"),
    ("years + 1 > 2", "arithmetic"),
    ("plan is 'x'", "write =="),
    ("interview.place.label", "one dot"),
    ("work[0]", "[ ]"),
    ("open('x')", "no function open"),
    ("plan.upper()", "no function plan.upper"),
    ("known()", "takes one value"),
    ("known(plan, work)", "takes one value"),
    ("first_of()", "one to nine"),
    ("known(x=1)", "takes one value"),
    ("1 if plan else 2", "if … else"),
    ("lambda: 1", "not allowed"),
    ("[x for x in work]", "not allowed"),
    ("f'{plan}'", "not allowed"),
    ("plan == [work]", "texts in quotes and numbers"),
    ("plan == none", "known(x)"),
    ("plan == None", "known(x)"),
    ("+years > 1", "this sign"),
    ("work has not 'x'", "before the whole"),
    ("plan = 'x'", "cannot be read"),
    ("plan ==", "cannot be read"),
    ("import os", "cannot be read"),
    ("plan == 'a' * 3", "arithmetic"),
    ("a" * 601, "longer than"),
    ("not " * 60 + "plan", "too deeply"),
    ("plan == b'x'", "not allowed"),
    ("x := 1", "cannot be read"),
    ("plan\x00", "cannot be read"),
]


@pytest.mark.parametrize("source", HOLDS)
def test_it_holds(source: str) -> None:
    assert compile_expression(source).holds(SCOPE), source


@pytest.mark.parametrize("source", DOES_NOT_HOLD)
def test_it_does_not_hold(source: str) -> None:
    assert not compile_expression(source).holds(SCOPE), source


@pytest.mark.parametrize(
    "source", ['nobody != "x"', "nobody != 3", 'nobody not in ["x"]', "not (nobody == 1)"]
)
def test_a_missing_answer_is_unlike_everything(source: str) -> None:
    assert compile_expression(source).holds({})


@pytest.mark.parametrize("source,why", REFUSED)
def test_the_rest_of_python_is_refused_in_plain_words(source: str, why: str) -> None:
    with pytest.raises(BadCondition, match=re.escape(why)):
        compile_expression(source)


def test_values_come_through() -> None:
    assert compile_expression("first_of(interview.pickup_at, plan)").value(SCOPE) == "coming"
    assert compile_expression('"interview"').value({}) == "interview"
    assert compile_expression("-4").value({}) == -4
    assert compile_expression("interview").value(SCOPE) == SCOPE["interview"]
    assert compile_expression("no").value({}) is False


def test_it_tells_its_names_and_which_may_be_missing() -> None:
    expression = compile_expression(
        'known(pickup) and interview.at > now and work has "x" and first_of(a, b.c)'
    )
    assert expression.names == {"pickup", "interview.at", "work", "a", "b.c"}
    assert expression.maybe == {"pickup", "a", "b.c"}
    assert expression.calls == {"known", "first_of"}


def test_quoted_words_are_left_alone() -> None:
    assert compile_expression('plan == "has is and"').holds({"plan": "has is and"})
    assert compile_expression("""'it is' == "it is" """).holds({})


def test_the_served_area_comes_with_the_scope() -> None:
    served = compile_expression("served(zip)")
    assert served.holds({"zip": "02118", "served": frozenset({"02118"})})
    assert not served.holds({"zip": "99999", "served": frozenset({"02118"})})
    assert not served.holds({"zip": "99999", "served": lambda code: code == "02118"})


def test_expressions_are_equal_by_what_was_written() -> None:
    assert compile_expression("a == 1") == compile_expression("a == 1") != compile_expression("a == 2")


def test_a_block_scalar_over_several_lines_is_one_condition() -> None:
    assert compile_expression('plan == "coming"\nand years == 3\n').holds(SCOPE)


@given(st.text(max_size=80))
def test_any_text_compiles_or_is_refused(source: str) -> None:
    with suppress(BadCondition):
        compile_expression(source).holds(SCOPE)


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.times(), st.datetimes(),
    st.lists(st.text()), st.dictionaries(st.text(), st.text()),
)  # fmt: skip


@given(_VALUES, _VALUES, st.sampled_from([*HOLDS, *DOES_NOT_HOLD]))
def test_no_value_makes_it_fail(one: object, other: object, source: str) -> None:
    scope = dict.fromkeys(("work", "plan", "years", "at", "zip", "interview"), one)
    compile_expression(source).holds({**scope, "now": other, "day": other, "served": None})


def test_look_up_takes_one_dot() -> None:
    assert look_up(SCOPE, "interview.employer") == "FedEx"
    assert look_up(SCOPE, "plan.employer") is None
    assert look_up(SCOPE, "nobody") is None
