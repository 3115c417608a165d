"""Rides to work: the plan of a job's first weeks, and the days in it that are made or differ.

The rule: one open plan for each person; a day's row says that its appointment was made, so that none is made
twice. Days and clocks are the place's own ("2027-03-08", "06:00").
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage.tables import WorkDay, WorkPlan, table

PLAN, DAY = table(WorkPlan), table(WorkDay)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan of rides to work as it stands; `weekdays` counts from Monday ("01234")."""

    id: int
    person_id: int
    place_id: int
    stop_place_id: int
    door: str | None
    rider: str
    employer: str | None
    zone: str
    first_day: str
    until: str
    weekdays: str
    starts: str
    ends: str
    onward: str | None
    paid_at: datetime | None
    taper_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of a plan: off, at other hours, or made."""

    id: int
    plan_id: int
    day: str
    off: bool
    starts: str | None
    ends: str | None
    interview_id: int | None
    made_at: datetime | None


_PLANS = sa.select(*(PLAN.c[name] for name in PlanRow.__dataclass_fields__)).order_by(PLAN.c.id)
_DAYS = sa.select(*(DAY.c[name] for name in DayRow.__dataclass_fields__)).order_by(DAY.c.day)


def add_plan(connection: sa.Connection, now: datetime, **values: Any) -> PlanRow:
    """Write a plan down; the person's former one is over."""
    connection.execute(
        sa.update(PLAN)
        .where(PLAN.c.person_id == values["person_id"], PLAN.c.state == "planned")
        .values(state="over", updated_at=now)
    )
    made = sa.insert(PLAN).values(**values, created_at=now, updated_at=now).returning(PLAN.c.id)
    found = plan(connection, int(connection.execute(made).scalar_one()))
    assert found is not None, "it was just written"
    return found


def plan(connection: sa.Connection, plan_id: int) -> PlanRow | None:
    """Return a plan by its id."""
    row = connection.execute(_PLANS.where(PLAN.c.id == plan_id)).mappings().first()
    return None if row is None else PlanRow(**row)


def open_plans(connection: sa.Connection) -> list[PlanRow]:
    """List the plans that are not over."""
    rows = connection.execute(_PLANS.where(PLAN.c.state == "planned")).mappings()
    return [PlanRow(**row) for row in rows]


def plan_of(connection: sa.Connection, person_id: int) -> PlanRow | None:
    """Return a person's open plan."""
    mine = _PLANS.where(PLAN.c.person_id == person_id, PLAN.c.state == "planned")
    row = connection.execute(mine).mappings().first()
    return None if row is None else PlanRow(**row)


def change_plan(connection: sa.Connection, plan_id: int, now: datetime, **values: Any) -> None:
    """Set columns of a plan."""
    connection.execute(sa.update(PLAN).where(PLAN.c.id == plan_id).values(**values, updated_at=now))


def days_of(connection: sa.Connection, plan_id: int) -> dict[str, DayRow]:
    """Give the days of a plan that are made or differ, by date."""
    rows = connection.execute(_DAYS.where(DAY.c.plan_id == plan_id)).mappings()
    return {row["day"]: DayRow(**row) for row in rows}


def first_shifts(connection: sa.Connection, interview_ids: Collection[int]) -> frozenset[int]:
    """Say which of these appointments are the first day of their plan."""
    first = sa.select(DAY.c.interview_id).join(PLAN, PLAN.c.id == DAY.c.plan_id)
    mine = first.where(DAY.c.interview_id.in_(interview_ids), DAY.c.day == PLAN.c.first_day)
    return frozenset(connection.execute(mine).scalars())


def set_day(connection: sa.Connection, plan_id: int, day: date, **values: Any) -> None:
    """Write down how one day is, over what was known of it."""
    row = {"plan_id": plan_id, "day": day.isoformat(), "off": False, **values}
    statement = insert(DAY).values(**row)
    changed = {name: statement.excluded[name] for name in values}
    connection.execute(statement.on_conflict_do_update(index_elements=["plan_id", "day"], set_=changed))
