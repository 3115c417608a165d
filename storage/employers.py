"""Employers and what is known of their hiring.

The rule: every claim has its source, its day and who wrote it down; it counts for eighteen months. The
strongest claim that still counts is the employer's policy; a later "unknown" takes back what was said before.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage.tables import Employer, EmployerEvidence, table
from storage.tables.jobs import Policy

EMPLOYER, EVIDENCE = table(Employer), table(EmployerEvidence)

STALE = timedelta(days=548)
"""Eighteen months: who hired people with records then may have other owners by now."""

STRONGEST: tuple[Policy, ...] = ("has_hired_ours", "told_us_hires", "says_fair_chance")

_COMPANY = frozenset({"inc", "llc", "ltd", "co", "corp", "corporation", "company", "incorporated", "the"})


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One thing somebody learned of an employer's hiring."""

    policy: Policy
    source: str
    at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class EmployerRow:
    """An employer as it stands; `policy` as it was last worked out (`policy_now` says what counts)."""

    id: int
    name: str
    policy: Policy
    policy_source: str | None
    policy_at: datetime | None
    policy_by: str | None


_SELECT = sa.select(*(EMPLOYER.c[name] for name in EmployerRow.__dataclass_fields__))


def employer_key(name: str) -> str:
    """Fold a company's name, so that "Sample Foods, Inc." and "sample foods" are one."""
    parts = re.findall(r"\w+", name.casefold().replace("'", "").replace("’", "").replace("&", " and "))
    return " ".join([part for part in parts if part not in _COMPANY] or parts)


def policy_now(policy: Policy, at: datetime | None, now: datetime) -> Policy:
    """Say what counts of a policy: one whose evidence is older than eighteen months is unknown."""
    return policy if at is not None and now - at <= STALE else "unknown"


def employer(connection: sa.Connection, id_: int) -> EmployerRow | None:
    """Return an employer by id."""
    row = connection.execute(_SELECT.where(EMPLOYER.c.id == id_)).one_or_none()
    return None if row is None else EmployerRow(*row)


def employer_named(connection: sa.Connection, name: str) -> EmployerRow | None:
    """Return the employer of this name, however it is spelt."""
    row = connection.execute(_SELECT.where(EMPLOYER.c.key == employer_key(name))).one_or_none()
    return None if row is None else EmployerRow(*row)


def ensure_employers(
    connection: sa.Connection, names: Iterable[str], now: datetime, *, sample: bool = False
) -> Mapping[str, int]:
    """Write down the employers that are new; return the id of each by `employer_key`."""
    wanted = {employer_key(name): name for name in names}
    known = _ids(connection, wanted)
    new = [
        {"key": key, "name": name, "policy": "unknown", "sample": sample, "created_at": now}
        for key, name in wanted.items()
        if key not in known
    ]
    if not new:
        return known
    connection.execute(insert(EMPLOYER).on_conflict_do_nothing(index_elements=["key"]), new)
    return _ids(connection, wanted)


def _ids(connection: sa.Connection, keys: Iterable[str]) -> dict[str, int]:
    rows = connection.execute(sa.select(EMPLOYER.c.key, EMPLOYER.c.id).where(EMPLOYER.c.key.in_(list(keys))))
    return {row[0]: row[1] for row in rows}


def add_evidence(
    connection: sa.Connection, employer_id: int, policy: Policy, *, source: str, at: datetime, who: str
) -> Policy:
    """Append what was learned, and return the employer's policy as it stands after it (at that moment)."""
    values = {"employer_id": employer_id, "policy": policy, "source": source, "at": at, "who": who}
    connection.execute(sa.insert(EVIDENCE).values(**values))
    return _work_out(connection, employer_id, at)


def evidence_of(connection: sa.Connection, employer_id: int) -> list[EvidenceRow]:
    """List what is known of an employer, the newest first."""
    rows = connection.execute(
        sa.select(EVIDENCE.c.policy, EVIDENCE.c.source, EVIDENCE.c.at, EVIDENCE.c.who)
        .where(EVIDENCE.c.employer_id == employer_id)
        .order_by(EVIDENCE.c.at.desc(), EVIDENCE.c.id.desc())
    )
    return [EvidenceRow(*row) for row in rows]


def say_fair_chance(connection: sa.Connection, ids: Iterable[int], *, source: str, now: datetime) -> None:
    """Keep that these employers' advertisements call them fair-chance.

    An advertisement seen again renews its claim once in thirty days.
    """
    lately = now - timedelta(days=30)
    enough = sa.select(EVIDENCE.c.employer_id).where(
        EVIDENCE.c.policy == "says_fair_chance", EVIDENCE.c.source == source, EVIDENCE.c.at > lately
    )
    chosen = sa.select(EMPLOYER.c.id).where(EMPLOYER.c.id.in_(list(ids)), EMPLOYER.c.id.not_in(enough))
    for id_ in connection.scalars(chosen).all():
        add_evidence(connection, id_, "says_fair_chance", source=source, at=now, who="import")


def refresh_policies(connection: sa.Connection, now: datetime) -> int:
    """Work out anew the policies whose evidence has grown too old; return how many."""
    old = sa.select(EMPLOYER.c.id).where(EMPLOYER.c.policy != "unknown", EMPLOYER.c.policy_at < now - STALE)
    ids = connection.scalars(old).all()
    for id_ in ids:
        _work_out(connection, id_, now)
    return len(ids)


def _work_out(connection: sa.Connection, employer_id: int, now: datetime) -> Policy:
    best = _best(evidence_of(connection, employer_id), now)
    connection.execute(
        sa.update(EMPLOYER)
        .where(EMPLOYER.c.id == employer_id)
        .values(
            policy=best.policy if best else "unknown",
            policy_source=best.source if best else None,
            policy_at=best.at if best else None,
            policy_by=best.who if best else None,
        )
    )
    return best.policy if best else "unknown"


def _best(newest_first: list[EvidenceRow], now: datetime) -> EvidenceRow | None:
    counting: list[EvidenceRow] = []
    for one in newest_first:
        if one.policy == "unknown" or now - one.at > STALE:
            break
        counting.append(one)
    return min(counting, key=lambda one: STRONGEST.index(one.policy), default=None)
