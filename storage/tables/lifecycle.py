"""What became of interviews and rides, step by step: a ledger that is only appended to."""

from datetime import datetime

import sqlalchemy as sa

from storage.tables.base import Row, args, link, moment, number, row_id, words


class LifecycleStep(Row, table=True):
    """One step of an interview or a ride (`subject` is "ride:5"): from which state to which, what was wanted
    then, and who made it so. A first step comes from None; a step that only changes what is wanted stays.
    """

    __table_args__ = args(sa.Index(None, "subject", "id"))
    id: int = row_id()
    person_id: int = link("person")
    subject: str = words()
    before: str | None = words(null=True)
    after: str = words()
    wanted: str | None = words(null=True)
    version: int = number()
    actor: str = words()
    reason: str | None = words(null=True)
    at: datetime = moment()
