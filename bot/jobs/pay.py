"""Read what a job pays, as sources write it: "$18.50 - $21/hr", "45k", a least and a most.

The rule: what is no amount is no pay; one that nobody is paid, or that does not say for how long, is wrong.
"""

import re
from collections.abc import Mapping
from typing import Final

from bot.jobs.raw import Wrong
from storage.tables.jobs import PayPer

_PAID: Final[Mapping[PayPer, tuple[int, int]]] = {
    "hour": (200, 20_000),
    "week": (5_000, 800_000),
    "month": (20_000, 3_500_000),
    "year": (300_000, 40_000_000),
}
"""The least and the most cents that a pay can be: beyond, somebody mistyped."""

_PER: Final[tuple[tuple[PayPer, re.Pattern[str]], ...]] = (
    ("hour", re.compile(r"\b(?:hour|hr|hora|hourly)|/ ?h\b|\bph\b")),
    ("week", re.compile(r"\b(?:week|wk|semana)")),
    ("month", re.compile(r"\b(?:month|mo\b|mes\b)")),
    ("year", re.compile(r"\b(?:year|yr|annu|annum|salary)|\bpa\b")),
)
_AMOUNT: Final = re.compile(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2}(?!\d))?\s*(k\b)?", re.IGNORECASE)


def read_pay(given: Mapping[str, str]) -> tuple[int | None, int | None, PayPer | None]:
    """Give the least and the most cents and what they are for; raises Wrong."""
    said = " ".join(given.get(name, "") for name in ("pay", "pay_low", "pay_high"))[:300].casefold()
    amounts = _amounts(given)
    if not amounts:
        return None, None, None
    if len(amounts) > 2:
        raise Wrong("has pay with more than two amounts: pay_low and pay_high")
    low, high = min(amounts), max(amounts)
    per = _per(f"{given.get('pay_per', '')} {said}".casefold(), low)
    least, most = _PAID[per]
    if not least <= low <= high <= most:
        raise Wrong(f"has pay that cannot be: {_dollars(low)} to {_dollars(high)} a {per}")
    return low, high if high > low else None, per


def _amounts(given: Mapping[str, str]) -> list[int]:
    texts = [given[name][:100] for name in ("pay_low", "pay_high") if given.get(name)]
    found = [cents for text in texts or [given.get("pay", "")[:200]] for cents in _cents(text)]
    return [cents for cents in found if cents > 0]


def _cents(text: str) -> list[int]:
    if re.match(r"\s*-\s*\$?\d", text):
        raise Wrong("has pay below nothing")
    text = re.sub(r"401 ?\(?k\)?", "", text, flags=re.IGNORECASE)
    return [
        round(float(whole.replace(",", "") + (part or "")) * (1000 if thousand else 1) * 100)
        for whole, part, thousand in _AMOUNT.findall(text)
        if len(whole) < 12
    ]


def _per(said: str, cents: int) -> PayPer:
    for per, pattern in _PER:
        if pattern.search(said):
            return per
    if cents <= _PAID["hour"][1]:
        return "hour"
    if cents >= 1_000_000:
        return "year"
    raise Wrong(f"does not say what {_dollars(cents)} is for: an hour, a week, a month, a year")


def _dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"
