"""The funds, from the command line: what each pays for, what is left, more or less of it, and its ledger.

The rule: whatever changes money is written into the audit, and no line here names a person.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from bot.app import key_ring
from bot.clock import SystemClock
from bot.settings import Settings
from bot.supplies import BadSupply
from storage import audit, funds, waitlist
from storage.database import BESIDE_A_SERVER, open_database
from storage.funds import PURPOSES, FundRow, Rule
from storage.tables.going import InterviewKind

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """One fund as it stands, with its rules and how many appointments wait for money."""

    fund: FundRow
    rules: dict[InterviewKind, Rule]


async def standing(settings: Settings) -> tuple[list[Standing], int]:
    """List every fund with its rules, and how many appointments are on the waitlist."""
    return await _at_the_door(settings, _standing)


async def adjust(settings: Settings, name: str, cents: int) -> FundRow:
    """Give a fund so much more (less below zero) to spend; raises BadSupply."""
    return await _at_the_door(settings, partial(_adjust, name, cents, SystemClock().now()))


async def set_rules(settings: Settings, name: str, purposes: Collection[str], rule: Rule) -> None:
    """Have a fund pay for these purposes by this rule; raises BadSupply."""
    await _at_the_door(settings, partial(_set_rules, name, purposes, rule, SystemClock().now()))


async def ledger(settings: Settings, name: str) -> list[sa.Row[tuple[object, ...]]]:
    """List a fund's ledger, the oldest entry first; raises BadSupply."""
    return await _at_the_door(settings, partial(_ledger, name))


async def _at_the_door(settings: Settings, work: Callable[[sa.Connection], T]) -> T:
    database = open_database(settings.database_url, key_ring(settings), patience=BESIDE_A_SERVER)
    try:
        return await database.run(work)
    finally:
        await database.close()


def _standing(connection: sa.Connection) -> tuple[list[Standing], int]:
    every = [Standing(one, funds.rules_of(connection, one.id)) for one in funds.every_fund(connection)]
    return every, len(waitlist.on_list(connection))


def _adjust(name: str, cents: int, now: datetime, connection: sa.Connection) -> FundRow:
    found = _named(connection, name)
    if not funds.adjust(connection, found.id, cents, "cli", now):
        raise BadSupply(
            f"{name} holds and has spent more than that would leave: {dollars(found.left_cents)} is free."
        )
    audit.append(connection, actor="cli", action="adjusted_fund", object=f"fund:{found.id}", now=now)
    return _named(connection, name)


def _set_rules(
    name: str, purposes: Collection[str], rule: Rule, now: datetime, connection: sa.Connection
) -> None:
    found, known = _named(connection, name), [one for one in PURPOSES if one in purposes]
    if len(known) != len(set(purposes)):
        raise BadSupply(f"A purpose is one of {', '.join(PURPOSES)}.")
    for purpose in known:
        funds.set_rule(connection, found.id, purpose, rule)
    audit.append(connection, actor="cli", action="set_fund_rules", object=f"fund:{found.id}", now=now)


def _ledger(name: str, connection: sa.Connection) -> list[sa.Row[tuple[object, ...]]]:
    return funds.entries(connection, _named(connection, name).id)


def _named(connection: sa.Connection, name: str) -> FundRow:
    found = next((one for one in funds.every_fund(connection) if one.name == name.strip()), None)
    if found is None:
        raise BadSupply(f"There is no fund named {name.strip()}.")
    return found


def dollars(cents: int) -> str:
    """Write cents as dollars: -1250 is "-12.50"."""
    return f"{cents / 100:.2f}"
