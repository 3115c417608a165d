"""Read a job order as a job developer types it while the employer is on the phone: "5 for Thursday 6 am".

The rule: how many and when must be plain, and are read back; the rest may be left out. The same order typed
again is the same job.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.jobs.clean import with_digest
from bot.jobs.words import REQUIREMENTS, SETTINGS, find_words, read_shifts
from flows.answers import when
from flows.answers.reading import Asked, Confirm
from storage.employers import employer_key
from storage.jobs import JobRow, NewJob

SOURCE: Final = "order"
PLAIN: Final = ("read_back", "propose.odd_hour_at")  # a shift may begin at 10 pm
_COUNT: Final = re.compile(
    r"^\s*(?P<count>\d{1,3})\s*(?:x\s+)?(?P<what>.*?)\s*\b(?:for|on|para|el)\b\s*(?P<when>.+)$", re.IGNORECASE
)
_PAY: Final = re.compile(
    r",?\s*\$\s*(\d{1,3}(?:\.\d{1,2})?)(?:\s*(?:/|an?|per)\s*(?:hour|hr|h)\b)?", re.IGNORECASE
)
_UNTIL: Final = re.compile(r"\s*(?:-|–|to|until|till)\s*(\d{1,2}(?::?[0-5]\d)?\s*[ap]\.?m\.?)", re.IGNORECASE)
_FILLING: Final = re.compile(r"^(?:more )?(?:people|workers?|persons?|folks|of them)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OrderPlace:
    """Where an order's work is; the zone is its clock."""

    zone: str
    address: str | None = None
    city: str | None = None
    state_code: str | None = None
    zip: str | None = None
    lat: float | None = None
    lon: float | None = None


class BadOrder(ValueError):
    """What was typed is no order yet; the message says what is missing."""


def read_order(
    text: str, *, employer: str, place: OrderPlace, now: datetime, title: str | None = None, note: str = ""
) -> NewJob:
    """Read "5 pickers for Thursday 6 am to 2:30 pm, $19"; raises BadOrder.

    The shift's end, the kind of work and the pay may be missing; pay is by the hour.
    """
    pay = _PAY.search(text)
    plain = _PAY.sub(" ", text)
    parts = _COUNT.match(plain)
    if parts is None or int(parts["count"]) < 1:
        raise BadOrder('An order says how many and when: "5 for Thursday 6 am".')
    starts = _starts(_UNTIL.sub("", parts["when"]), ZoneInfo(place.zone), now)
    what = title or (
        "Helper" if _FILLING.match(parts["what"]) or not parts["what"] else parts["what"].capitalize()
    )
    said = f"{what}\n{note}"
    clock = f"{starts.astimezone(ZoneInfo(place.zone)):%H:%M}"
    until = _UNTIL.search(parts["when"])
    shifts = read_shifts(f"{clock}-{until[1]}", sure=True) if until else ()
    return with_digest(
        NewJob(
            external_id=f"{employer_key(employer)}|{starts:%Y-%m-%dT%H:%M}|{what.casefold()}",
            employer=employer.strip(),
            title=what[:120],
            description=note,
            address=place.address,
            city=place.city,
            state_code=place.state_code,
            zip=place.zip,
            lat=place.lat,
            lon=place.lon,
            zone=place.zone,
            days=(f"{starts.astimezone(ZoneInfo(place.zone)):%a}".casefold(),),
            shifts=shifts,
            pay_low_cents=round(float(pay[1]) * 100) if pay else None,
            pay_per="hour" if pay else None,
            requirements=find_words(REQUIREMENTS, said),
            settings=find_words(SETTINGS, said),
            apply_how={"kind": "staff", "value": ""},
            openings=int(parts["count"]),
            valid_through=starts,
            order_at=starts,
        )
    )


def _starts(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    here = now.astimezone(zone).replace(tzinfo=None)
    read = when.read(text, Asked("datetime", "en", here))
    plain = isinstance(read, Confirm) and read.sentence.startswith(PLAIN)
    if not (plain and isinstance(read, Confirm) and isinstance(read.value, datetime)):
        raise BadOrder(f'"{text.strip()}" is no day and time to come: say it like "Thursday 6 am".')
    at = read.value.replace(tzinfo=zone).astimezone(UTC)
    if at <= now:
        raise BadOrder(f'"{text.strip()}" is over.')
    return at


def in_words(job: JobRow) -> str:
    """Say where, when and for how much in one line, as staff read it."""
    pay = _pay_in_words(job)
    when_ = ", ".join(f"{begins}-{ends}" for begins, ends in job.shifts)
    days = "" if job.order_at else f"{job.days[0]}-{job.days[-1]}" if len(job.days) > 1 else "".join(job.days)
    starts = ""
    if job.order_at is not None:
        starts = f"{job.order_at.astimezone(ZoneInfo(job.zone or 'UTC')):%a %b %-d, %-I:%M %p}"
    where = ", ".join(part for part in (job.city, job.state_code, job.zip) if part)
    return "  ".join(part for part in (where, starts, days, when_, pay) if part)


def _pay_in_words(job: JobRow) -> str:
    if job.pay_low_cents is None or job.pay_per is None:
        return ""
    high = f"-{job.pay_high_cents / 100:,.2f}" if job.pay_high_cents else ""
    return f"${job.pay_low_cents / 100:,.2f}{high} a {job.pay_per}"
