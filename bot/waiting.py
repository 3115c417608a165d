"""When there is no money for a ride: said before anything is asked, and offered to who waits once there is.

The rule: offers go out in the order people asked; what is too little for the first is not given to the next.
An offer is a soft promise that lapses: only the fund's hold is sure.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.acting import Acting, Answer, Done, Failed
from bot.funding import allows, can_pay, least, payers, put_on_list, trips_left
from bot.settings import Settings
from bot.views import held_leg
from flows.actions import LookAtMoney, WaitForMoney
from storage import funds, interviews, places, rides, waitlist
from storage.interviews import AHEAD, InterviewRow
from storage.waitlist import Waiting

LASTS: Final = timedelta(hours=12)
"""How long an offer keeps its money from those who asked later: one made by night is read in the morning."""


def look_at_money(connection: sa.Connection, action: LookAtMoney, who: Acting) -> Answer:
    """Say whether a fund can pay for a ride to an appointment, and how many trips are left where rules count
    them."""
    row = None if action.interview is None else _own(connection, action.interview, who)
    kind = "interview" if row is None else row.kind
    left = trips_left(connection, who.person_id, who.settings, who.now, kind)
    if row is not None and not _has_ride(connection, row):
        paid = can_pay(connection, row, who.settings, who.now)
    else:
        paid = row is not None or left != 0
    if not paid:
        return Failed("no_money_left")
    return Done({} if left is None else {"trips": left})


def wait_for_money(connection: sa.Connection, action: WaitForMoney, who: Acting) -> Answer:
    """Put an appointment on the waitlist, with our estimate of both ways where the road is known."""
    row = _own(connection, action.interview, who)
    if row is None:
        return Failed("gone")
    stop = None if action.pickup is None else places.place(connection, action.pickup["id"])
    there = places.place(connection, row.place_id)
    return (
        Done({}) if put_on_list(connection, row, stop, there, who.settings, who.now) else Failed("too_late")
    )


def _own(connection: sa.Connection, view: Mapping[str, Any], who: Acting) -> InterviewRow | None:
    row = interviews.interview(connection, view["id"])
    return row if row is not None and row.person_id == who.person_id and row.state in AHEAD else None


def _has_ride(connection: sa.Connection, row: InterviewRow) -> bool:
    return held_leg(rides.rides_of(connection, row.id), "out") is not None


def next_offers(connection: sa.Connection, settings: Settings, now: datetime) -> list[tuple[Waiting, int]]:
    """Say who on the waitlist can be offered a ride now, with the fund, in the order they asked.

    Nobody is passed over: what is too little for the first is not given to the next. Who needs none any
    more, or too late, is taken off.
    """
    left = {fund.id: fund.left_cents for fund in funds.every_fund(connection)}
    for fund_id, cents in waitlist.offered_cents(connection, now).items():
        left[fund_id] = left.get(fund_id, 0) - cents
    found = []
    for one in waitlist.on_list(connection):
        row = interviews.interview(connection, one.interview_id)
        lapsed = one.lapses_at is not None and one.lapses_at <= now
        if row is None or row.state not in AHEAD or one.until <= now or lapsed or _has_ride(connection, row):
            waitlist.end(connection, one.interview_id, now)
            continue
        if one.state == "offered":
            continue
        wish = replace(least(connection, row, settings, now), cents=(one.cents // 2,) * 2)
        able = [fund.id for fund, rule in payers(connection, wish) if allows(connection, fund, rule, wish)]
        payer = next((id_ for id_ in able if left[id_] >= one.cents), None)
        for id_ in able if payer is None else [payer]:
            left[id_] -= one.cents  # theirs, or kept for them
        if payer is not None:
            found.append((one, payer))
    return found
