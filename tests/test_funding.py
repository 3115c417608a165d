"""Which fund pays: its rules, staff's OK above a cost, trips left, and who waits for money."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.actions import Failed
from bot.funding import NEEDS_OK, answer_cost, hold_price, most_cents, trips_left
from bot.waiting import next_offers
from flows.actions import LookAtMoney, WaitForMoney
from storage import attention, funds, people, rides, staff, waitlist
from storage.funds import Rule
from tests.test_actions import Desk, rides_cost


@pytest.fixture
def desk(connection: sa.Connection) -> Desk:
    return Desk(connection)


def rule(desk: Desk, **limits: Any) -> None:
    funds.set_rule(desk.connection, desk.fund, "interview", Rule(**limits))


def everybody(desk: Desk) -> list[attention.Item]:
    chief = staff.add_caseworker(
        desk.connection, name="Chief", email="c@sample.invalid", now=desk.who.now, role="supervisor"
    )
    return attention.unfinished(desk.connection, staff.visible_people(chief))


# --- rules ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "booked"),
    [
        ({}, True),
        ({"max_miles": 50, "days_ahead": 3, "from_hour": 5, "until_hour": 9, "person_trips": 1}, True),
        ({"max_miles": 5}, False),
        ({"days_ahead": 1}, False),
        ({"from_hour": 9}, False),
        ({"until_hour": 6}, False),
        ({"person_trips": 0}, False),
        ({"ride_limit_cents": 900}, False),
    ],
    ids=str,
)
def test_a_fund_pays_by_its_rule(desk: Desk, limits: dict[str, int], booked: bool) -> None:
    rule(desk, **limits)
    answer = desk.does(desk.booking(desk.saved()))
    assert (answer != Failed("no_money_left")) is booked


@pytest.mark.parametrize(
    ("area", "zip_", "booked"),
    [("MA", "02128", True), ("NY 021", "02128", True), ("NY 100", "02128", False), ("MA", None, False)],
)
def test_a_fund_pays_where_the_person_lives(desk: Desk, area: str, zip_: str | None, booked: bool) -> None:
    desk.connection.execute(sa.update(funds.FUND).values(area=area))
    desk.connection.execute(sa.update(people.PERSON).values(zip=zip_))
    answer = desk.does(desk.booking(desk.saved()))
    assert (answer != Failed("no_money_left")) is booked


def test_the_trips_left_are_counted_and_said(desk: Desk) -> None:
    assert trips_left(desk.connection, desk.who.person_id, desk.who.settings, desk.who.now) is None
    rule(desk, person_trips=2)
    desk.booked()
    assert desk.did(LookAtMoney()) == {"trips": 1}


def test_the_price_is_held_with_its_margin_and_the_cancel_fee(desk: Desk) -> None:
    out, _ = rides.rides_of(desk.connection, desk.booked()["id"])
    assert hold_price(desk.connection, out, 3500, desk.who.settings, desk.who.now) == "held"
    held = rides.ride(desk.connection, out.id)
    assert held is not None
    assert held.hold_cents == most_cents(3500, desk.who.settings) == 4200 + 1000
    assert hold_price(desk.connection, held, 20_000, desk.who.settings, desk.who.now) == "no_money_left"


# --- staff's OK -------------------------------------------------------------------------------------


def test_a_dear_ride_is_held_and_waits_for_staff(desk: Desk) -> None:
    rule(desk, approval_over_cents=rides_cost(desk) - 1)
    view = desk.booked()
    assert float(view["waits_for_ok"]) == 2 * rides_cost(desk) / 100
    legs = rides.rides_of(desk.connection, view["id"])
    assert {(leg.state, leg.approval) for leg in legs} == {("held", "waiting")}
    assert all(leg.due_at is not None and leg.due_at > desk.who.now for leg in legs)
    (item,) = everybody(desk)
    assert item.kind == NEEDS_OK
    assert answer_cost(desk.connection, desk.who.person_id, True, desk.maria.id, desk.who.now) == 2
    legs = rides.rides_of(desk.connection, view["id"])
    assert {(leg.approval, leg.due_at) for leg in legs} == {("given", desk.who.now)}
    assert "waits_for_ok" not in desk.view(view["id"])
    assert hold_price(desk.connection, legs[0], 2500, desk.who.settings, desk.who.now) == "held"


def test_a_price_above_what_was_agreed_waits_too(desk: Desk) -> None:
    rule(desk, approval_over_cents=rides_cost(desk))
    out, _ = rides.rides_of(desk.connection, desk.booked()["id"])
    price = rides_cost(desk) + 1
    assert hold_price(desk.connection, out, price, desk.who.settings, desk.who.now) == "needs_approval"
    waiting = rides.ride(desk.connection, out.id)
    assert waiting is not None
    assert waiting.approval == "waiting"
    assert answer_cost(desk.connection, desk.who.person_id, False, desk.maria.id, desk.who.now) == 1
    refused = rides.ride(desk.connection, out.id)
    assert refused is not None
    assert (refused.approval, refused.due_at) == ("waiting", desk.who.now)  # due and unanswered: given up


# --- who waits --------------------------------------------------------------------------------------


def waits(desk: Desk, number: int) -> int:
    """Have somebody else ask for a ride there is no money for; returns their person's id."""
    at = desk.who.now
    other = people.add_person(
        desk.connection, channel="sms", address=f"+155555502{number:02}", lang="en", zone="UTC", now=at
    )
    desk.who = replace(desk.who, person_id=other.person_id, conversation_id=other.conversation_id)
    view = desk.saved(datetime(2027, 2, 24, 8 + number))
    assert desk.does(LookAtMoney(interview=view)) == Failed("no_money_left")
    desk.did(WaitForMoney(interview=view, pickup=desk.stop))
    desk.who = replace(desk.who, now=at + timedelta(minutes=1))
    return other.person_id


def test_who_waits_is_offered_a_ride_in_the_order_asked(desk: Desk) -> None:
    connection, settings, both = desk.connection, desk.who.settings, 2 * rides_cost(desk)
    funds.adjust(connection, desk.fund, -20_000, "test", desk.who.now)
    first, second, third = (waits(desk, number) for number in range(3))
    assert next_offers(connection, settings, desk.who.now) == []
    funds.adjust(connection, desk.fund, 2 * both, "test", desk.who.now)
    offers = next_offers(connection, settings, desk.who.now)
    assert [one.person_id for one, _ in offers] == [first, second]
    for one, fund in offers:
        assert waitlist.offer(connection, one.id, fund, desk.who.now + timedelta(hours=1), desk.who.now)
    assert desk.who.person_id == third
    view = desk.view(waitlist.on_list(connection)[-1].interview_id)
    assert desk.does(desk.booking(view)) == Failed("no_money_left")  # it is the others' to take
    desk.who = replace(desk.who, person_id=first)
    desk.did(desk.booking(desk.view(offers[0][0].interview_id)))
    desk.who = replace(desk.who, now=desk.who.now + timedelta(hours=2))  # the second did not answer
    assert [one.person_id for one, _ in next_offers(connection, settings, desk.who.now)] == [third]
    assert [one.person_id for one in waitlist.on_list(connection)] == [third]


def test_what_is_too_little_for_the_first_is_not_given_to_the_next(desk: Desk) -> None:
    funds.adjust(desk.connection, desk.fund, -20_000, "test", desk.who.now)
    waits(desk, 0)
    waits(desk, 1)
    desk.connection.execute(sa.update(waitlist.WAIT).where(waitlist.WAIT.c.id == 2).values(cents=1800))
    funds.adjust(desk.connection, desk.fund, 2000, "test", desk.who.now)
    assert next_offers(desk.connection, desk.who.settings, desk.who.now) == []


def test_nobody_is_offered_what_comes_too_late(desk: Desk) -> None:
    funds.adjust(desk.connection, desk.fund, -20_000, "test", desk.who.now)
    waits(desk, 0)
    funds.adjust(desk.connection, desk.fund, 20_000, "test", desk.who.now)
    desk.at(datetime(2027, 2, 24, 6, 45))
    assert next_offers(desk.connection, desk.who.settings, desk.who.now) == []
    assert waitlist.on_list(desk.connection) == []
