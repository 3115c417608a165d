"""Who is on call when, and what wakes them: alarms, their calls, the link in each, what staff text back."""

from datetime import datetime
from typing import Literal, TypeAlias

import sqlalchemy as sa

from storage.tables.base import (
    Due,
    Row,
    args,
    digest_of,
    link,
    moment,
    number,
    one_of,
    partial,
    row_id,
    sealed,
    words,
)

AlarmState: TypeAlias = Literal["ringing", "answered", "over", "unanswered"]
Answered: TypeAlias = Literal["link", "text", "console"]
CallState: TypeAlias = Literal["queued", "sending", "unsure", "sent", "maybe_sent", "failed", "dropped"]


class Shift(Row, table=True):
    """Hours on call: every day, each week on a `weekday` (0 is Monday), or on one `day` ("2027-12-25").

    `starts` and `ends` are clocks ("22:00") in `zone`; what does not end later ends on the next day. `place`
    is the place in line, 1 is called first.
    """

    __table_args__ = args(
        sa.CheckConstraint("weekday IS NULL OR day IS NULL", name="one_kind_of_day"),
        sa.CheckConstraint("weekday IS NULL OR weekday BETWEEN 0 AND 6", name="weekday"),
    )
    id: int = row_id()
    caseworker_id: int = link("caseworker")
    weekday: int | None = number(null=True)
    day: str | None = words(null=True)
    starts: str = words()
    ends: str = words()
    zone: str = words()
    place: int = number(1)
    created_at: datetime = moment()


class Alarm(Row, Due, table=True):
    """An urgent item that is to wake somebody; `due_at` is when the next in line is called."""

    __table_args__ = args(
        one_of("state", AlarmState),
        one_of("how", Answered),
        sa.UniqueConstraint("item_id"),
        partial("ix_alarm_due", "due_at", where="state = 'ringing'"),
    )
    id: int = row_id()
    item_id: int = link("attention_item", index=False)
    state: str = words("ringing")
    answered_by: int | None = link("caseworker", null=True, gone="SET NULL", index=False)
    answered_at: datetime | None = moment(null=True)
    how: str | None = words(null=True)
    created_at: datetime = moment()


class AlarmCall(Row, Due, table=True):
    """One text of an alarm to the phone of one caseworker."""

    __table_args__ = args(
        one_of("state", CallState),
        partial("ix_alarm_call_due", "due_at", where="state IN ('queued', 'sending', 'unsure')"),
        sa.UniqueConstraint("channel", "provider_id"),
    )
    id: int = row_id()
    alarm_id: int = link("alarm")
    caseworker_id: int = link("caseworker")
    state: str = words("queued")
    channel: str | None = words(null=True)
    provider_id: str | None = words(null=True)
    error: str | None = words(null=True)
    sending_since: datetime | None = moment(null=True)
    created_at: datetime = moment()


class AlarmLink(Row, table=True):
    """The link of one call: it opens this one alarm until then; only its token's hash is here."""

    __table_args__ = args()
    id: int = row_id()
    call_id: int = link("alarm_call")
    token_hash: bytes = digest_of(unique=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()


class StaffText(Row, table=True):
    """What came from the phone of a caseworker: never a conversation of a person's."""

    __table_args__ = args(sa.UniqueConstraint("channel", "provider_id"))
    id: int = row_id()
    caseworker_id: int = link("caseworker")
    channel: str = words()
    provider_id: str = words()
    body: str = sealed("staff_text.body")
    at: datetime = moment()
