"""What a programme needs before its first ride, from the command line: money (`onward fund add`) and cards
(`onward card add`).

The rule: what is made here is written into the audit; a code is printed once, here, to be put on a card.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Final

import sqlalchemy as sa

from bot.app import key_ring
from bot.clock import SystemClock
from bot.settings import Settings
from storage import audit, funds, invites, staff
from storage.database import BESIDE_A_SERVER, open_database

MOST_CENTS: Final = 10**12
MOST_CARDS: Final = 1000
CODE_LENGTHS: Final = range(3, 13)


class BadSupply(ValueError):
    """What was asked for cannot be made; the message says why."""


@dataclass(frozen=True, slots=True)
class NewFund:
    """Money for rides, US cents; a grant's money is for its own people, a limit is for one leg."""

    name: str
    cents: int
    grant: str | None = None
    limit_cents: int | None = None
    area: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewCards:
    """Cards to print: one with a chosen code, or so many with new codes; each brings so many people in."""

    code: str | None = None
    count: int = 1
    uses: int = 1
    caseworker: str | None = None
    grant: str | None = None
    lang: str | None = None


def cents_of(dollars: str) -> int:
    """Read an amount in dollars ("5000", "12.50") as cents; raises BadSupply."""
    try:
        cents = Decimal(dollars.replace(",", "").removeprefix("$")) * 100
    except InvalidOperation:
        raise BadSupply(f"{dollars} is not an amount in dollars.") from None
    if cents != cents.to_integral_value() or not 0 < cents <= MOST_CENTS:
        raise BadSupply(f"{dollars} is not an amount in dollars and cents above 0.")
    return int(cents)


async def add_fund(settings: Settings, new: NewFund) -> int:
    """Open a fund and return its id; raises BadSupply."""
    if not new.name.strip():
        raise BadSupply("A fund needs a name.")
    database = open_database(settings.database_url, key_ring(settings), patience=BESIDE_A_SERVER)
    try:
        return await database.run(partial(_add_fund, new))
    finally:
        await database.close()


async def add_cards(settings: Settings, new: NewCards) -> list[str]:
    """Make cards and return their codes; raises BadSupply."""
    if new.code is not None and (
        not new.code.isalnum() or len(new.code) not in CODE_LENGTHS or new.count != 1
    ):
        raise BadSupply("A code has 3 to 12 letters and digits, and is on one kind of card.")
    if not 1 <= new.count <= MOST_CARDS or new.uses < 1:
        raise BadSupply(f"1 to {MOST_CARDS} cards at a time, each for at least one person.")
    if new.lang not in (None, "en", "es"):
        raise BadSupply("The language is en or es.")
    database = open_database(settings.database_url, key_ring(settings), patience=BESIDE_A_SERVER)
    try:
        return await database.run(partial(_add_cards, new))
    finally:
        await database.close()


def _add_fund(new: NewFund, connection: sa.Connection) -> int:
    now = SystemClock().now()
    try:
        with connection.begin_nested():
            made = funds.add_fund(
                connection,
                name=new.name.strip(),
                budget_cents=new.cents,
                now=now,
                grant_code=new.grant,
                ride_limit_cents=new.limit_cents,
                area=new.area,
                starts_at=new.starts_at,
                ends_at=new.ends_at,
            )
    except sa.exc.IntegrityError:
        raise BadSupply(f"There is a fund named {new.name.strip()} already.") from None
    audit.append(connection, actor="cli", action="added_fund", object=f"fund:{made}", now=now)
    return made


def _add_cards(new: NewCards, connection: sa.Connection) -> list[str]:
    now = SystemClock().now()
    whose = staff.caseworker_by_email(connection, new.caseworker) if new.caseworker else None
    if new.caseworker and whose is None:
        raise BadSupply(f"Nobody signs in as {new.caseworker}.")
    codes = [new.code.upper()] if new.code else [invites.new_code() for _ in range(new.count)]
    for code in codes:
        try:
            with connection.begin_nested():
                invites.add_invite(
                    connection,
                    code,
                    now,
                    caseworker_id=whose.id if whose else None,
                    team=whose.team if whose else None,
                    grant_code=new.grant,
                    lang=new.lang,
                    uses=new.uses,
                )
        except sa.exc.IntegrityError:
            raise BadSupply(f"The code {code} is on a card already.") from None
    audit.append(connection, actor="cli", action="added_cards", object=f"cards:{len(codes)}", now=now)
    return codes
