"""Money and cards from the command line: what a programme needs before its first ride."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from bot.app import key_ring
from bot.settings import Settings
from bot.supplies import BadSupply, NewCards, NewFund, add_cards, add_fund, cents_of
from storage import audit, funds, invites
from storage.database import open_database

NOW = datetime(2027, 2, 23, 23, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dollars", "cents"),
    [("5000", 500_000), ("12.50", 1250), ("$1,200", 120_000), ("0.01", 1)],
)
def test_amounts(dollars: str, cents: int) -> None:
    assert cents_of(dollars) == cents


@pytest.mark.parametrize("dollars", ["", "0", "-5", "1.234", "lots", "NaN", "1e999", "Infinity"])
def test_what_is_no_amount(dollars: str) -> None:
    with pytest.raises(BadSupply, match="is not an amount"):
        cents_of(dollars)


async def test_a_fund_pays_and_is_made_once(database_url: str) -> None:
    settings = Settings(env="test", database_url=database_url)
    new = NewFund("Rides 2027", 500_000, limit_cents=4_000)
    await add_fund(settings, new)
    with pytest.raises(BadSupply, match="already"):
        await add_fund(settings, replace(new, cents=1))
    database = open_database(database_url, key_ring(settings))
    (fund,) = await database.read(partial(funds.open_funds, now=NOW))
    assert fund.left_cents == 500_000
    rules = await database.read(partial(funds.rules_of, fund_id=fund.id))
    assert {rule.ride_limit_cents for rule in rules.values()} == {4_000}
    assert (await database.read(audit.verify)).lines == 1
    await database.close()


async def test_cards_bring_people_in(database_url: str) -> None:
    settings = Settings(env="test", database_url=database_url)
    assert await add_cards(settings, NewCards(code="ride9", uses=50, lang="es")) == ["RIDE9"]
    codes = await add_cards(settings, NewCards(count=3))
    assert len(set(codes)) == 3
    database = open_database(database_url, key_ring(settings))
    found = await database.read(partial(invites.find_invite, typed="Ride9 hola", now=LATER))
    assert found is not None
    assert (found.uses_left, found.lang) == (50, "es")
    await database.close()


@pytest.mark.parametrize(
    ("cards", "why"),
    [
        (NewCards(code="ab"), "3 to 12 letters"),
        (NewCards(code="rid e"), "3 to 12 letters"),
        (NewCards(count=0), "at a time"),
        (NewCards(uses=0), "at a time"),
        (NewCards(lang="fr"), "en or es"),
        (NewCards(caseworker="nobody@example.org"), "Nobody signs in"),
    ],
)
async def test_cards_that_cannot_be(database_url: str, cards: NewCards, why: str) -> None:
    with pytest.raises(BadSupply, match=why):
        await add_cards(Settings(env="test", database_url=database_url), cards)


async def test_a_code_is_on_one_kind_of_card(database_url: str) -> None:
    settings = Settings(env="test", database_url=database_url)
    await add_cards(settings, NewCards(code="RIDE9"))
    with pytest.raises(BadSupply, match="on a card already"):
        await add_cards(settings, NewCards(code="ride9"))
