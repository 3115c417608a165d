"""Going to work: the weeks in which every shift has its rides, and the days that are not as planned."""

from datetime import datetime
from typing import Literal, TypeAlias

import sqlalchemy as sa

from storage.tables.base import Row, args, flag, link, moment, one_of, row_id, sealed, words

WorkState: TypeAlias = Literal["planned", "over"]


class WorkPlan(Row, table=True):
    """Rides to a job from the first day on. Days and clocks are the place's own: `first_day` and `until` are
    dates ("2027-03-08", both included), `weekdays` counts from Monday ("01234"), `starts` and `ends` are
    "06:00".

    `onward` is how they get there afterwards, as staff entered it ("bus 7 from 5th & Main 5:02 am").
    """

    __table_args__ = args(
        one_of("state", WorkState),
        sa.Index("ix_work_plan_open", "until", sqlite_where=sa.text("state = 'planned'"),
                 postgresql_where=sa.text("state = 'planned'")),
    )  # fmt: skip
    id: int = row_id()
    person_id: int = link("person")
    place_id: int = link("place", gone="NO ACTION", index=False)
    stop_place_id: int = link("place", gone="NO ACTION", index=False)
    door: str | None = sealed("work_plan.door", null=True)
    rider: str = sealed("work_plan.rider")
    employer: str | None = sealed("work_plan.employer", null=True)
    zone: str = words()
    first_day: str = words()
    until: str = words()
    weekdays: str = words()
    starts: str = words()
    ends: str = words()
    onward: str | None = sealed("work_plan.onward", null=True)
    paid_at: datetime | None = moment(null=True)
    taper_at: datetime | None = moment(null=True)
    state: str = words("planned")
    created_at: datetime = moment()
    updated_at: datetime = moment()


class WorkDay(Row, table=True):
    """One day of a plan as it was made, or as it was said to differ: off, or at other hours."""

    __table_args__ = args(sa.UniqueConstraint("plan_id", "day"))
    id: int = row_id()
    plan_id: int = link("work_plan")
    day: str = words()
    off: bool = flag()
    starts: str | None = words(null=True)
    ends: str | None = words(null=True)
    interview_id: int | None = link("interview", null=True, gone="SET NULL")
    made_at: datetime | None = moment(null=True)
