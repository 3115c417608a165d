"""The pace of a sender: what may leave now, what waits, and that no reply waits behind a burst."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from storage import claims, due, messages, outbox, pace
from storage.messages import NewOutbound
from storage.pace import Rate
from storage.points import Point
from storage.tables import ContactPoint, Conversation, Message, Person, table
from tests.storage.samples import NOW, minutes, someone

MESSAGE = table(Message)
SMS = Rate("sms:+15555550100", per_second=3.75, burst=7.5, reserve=3.75)
RATES = {"sms": SMS}
_ids = count(10_000)
CHATS = {"telegram": Rate("telegram:", per_second=30, burst=30, reserve=10, a_chat=1)}


def seconds(number: float) -> datetime:
    return minutes(number / 60)


def text(point: Point, body: str, **values: Any) -> NewOutbound:
    plain = NewOutbound(
        conversation_id=point.conversation_id,
        contact_point_id=point.id,
        channel="sms",
        sender="bot",
        kind="reminder",
        body=body,
        at=NOW,
        due_at=NOW,
        epoch=0,
    )
    return replace(plain, **values)


def crowd(connection: sa.Connection, many: int, kind: str = "reminder", **values: Any) -> list[Point]:
    """Queue one text for each of so many new people."""
    ids = [next(_ids) for _ in range(many)]
    plain = {"lang": "en", "zone": "America/New_York", "facts": {}, "discreet": False, "pin_tries": 0}
    people = [{**plain, "id": n, "ref": str(n), "sample": True, "created_at": NOW} for n in ids]
    plain = {"channel": "sms", "address": "+1", "consent": "given", "state": "active", "failures": 0}
    addresses = [
        {**plain, "id": n, "person_id": n, "address_index": str(n).encode(), "created_at": NOW} for n in ids
    ]
    talks = [{"id": n, "person_id": n, "seq": 0, "epoch": 0, "updated_at": NOW} for n in ids]
    for model, rows in ((Person, people), (ContactPoint, addresses), (Conversation, talks)):
        connection.execute(sa.insert(table(model)), rows)
    points = [Point(n, n, n, "sms", "+1", "given", "active", "en", "America/New_York") for n in ids]
    messages.queue(
        connection, [text(one, f"{kind} {n}", kind=kind, **values) for n, one in enumerate(points)]
    )
    return points


def leave(connection: sa.Connection, after: float = 0, rates: Any = RATES, most: int = 100) -> list[str]:
    """Claim what may leave so many seconds from now, and note it as sent."""
    claimed = claims.claim(connection, seconds(after), most, rates)
    for one in claimed:
        assert outbox.before_send(connection, one, seconds(after)) is None
        outbox.sent(connection, one.id, f"SM{one.id}", seconds(after))
    return [one.body for one in claimed]


def test_a_claim_takes_no_more_than_the_bucket_has(connection: sa.Connection) -> None:
    crowd(connection, 20, "reply")
    assert len(leave(connection)) == 7
    assert leave(connection) == []
    assert len(leave(connection, 1)) == 4  # half a token was left, and 3.75 came
    assert len(leave(connection, 100)) == 7, "a bucket holds no more than its burst"


def test_reminders_leave_the_reserve_alone(connection: sa.Connection) -> None:
    crowd(connection, 20)
    assert len(leave(connection)) == 3
    ray = someone(connection)
    messages.queue(connection, [text(ray, "yes?", kind="reply")])
    assert leave(connection) == ["yes?"]
    assert leave(connection, 0.1) == []


def test_the_urgent_ones_come_first(connection: sa.Connection) -> None:
    kinds = ["nudge", "reminder", "ride", "reply", "crisis"]
    for kind in kinds:
        crowd(connection, 1, kind)
    soon = text(someone(connection), "today", useful_until=NOW + timedelta(hours=3))
    messages.queue(connection, [soon])
    left = [body.split(" ")[0] for after in range(4) for body in leave(connection, after, most=2)]
    assert left == ["crisis", "reply", "ride", "today", "reminder", "nudge"]


def test_a_long_text_pays_for_each_of_its_parts(connection: sa.Connection) -> None:
    crowd(connection, 20, "reply", parts=3)
    assert len(leave(connection)) == 3  # 7.5 tokens: the third overdraws a little
    assert leave(connection, 0.5) == []
    assert len(leave(connection, 1)) == 1


def test_a_crisis_text_leaves_at_once_and_is_paid_for_later(connection: sa.Connection) -> None:
    crowd(connection, 20, "reply")
    leave(connection)
    crowd(connection, 3, "crisis")
    assert len(leave(connection)) == 3
    assert leave(connection, 0.5) == []


def test_a_sender_that_is_told_to_wait_holds_no_other(connection: sa.Connection) -> None:
    rates = {**RATES, **CHATS}
    ray, dee = someone(connection), someone(connection, "9001")
    assert leave(connection, rates=rates) == []
    messages.queue(connection, [text(ray, "by sms"), text(dee, "by telegram", channel="telegram")])
    pace.lock(connection, RATES.values(), NOW)
    pace.hold(connection, SMS.sender, seconds(40))
    pace.hold(connection, SMS.sender, seconds(5))  # a shorter wait changes nothing
    assert leave(connection, rates=rates) == ["by telegram"]
    assert claims.next_room(connection, NOW, rates) == seconds(40)
    assert leave(connection, 39, rates=rates) == []
    assert leave(connection, 40, rates=rates) == ["by sms"]


def test_a_days_last_texts_are_for_replies(connection: sa.Connection) -> None:
    capped = {"sms": replace(SMS, per_second=1000, burst=1000, a_day=10)}
    crowd(connection, 20)
    left = [leave(connection, after, capped, most=1) for after in range(20)]
    assert len([one for one in left if one]) == 9
    crowd(connection, 4, "reply")
    assert len([n for n in range(20, 30) if leave(connection, n, capped, most=1)]) == 1
    midnight = claims.next_room(connection, seconds(30), capped)
    assert midnight is not None
    assert midnight.astimezone(pace.DAY).strftime("%H:%M") == "00:00"
    crowd(connection, 1, "crisis")
    assert leave(connection, 31, capped) == ["crisis 0"]
    after = (midnight - NOW).total_seconds()
    assert leave(connection, after - 1, capped) == []
    assert len(leave(connection, after, capped, most=5)) == 5


def test_one_chat_has_a_pace_of_its_own(connection: sa.Connection) -> None:
    ray, dee = someone(connection, "9001"), someone(connection, "9002")
    messages.queue(connection, [text(ray, f"Ray {n}", channel="telegram", kind="reply") for n in range(6)])
    messages.queue(connection, [text(dee, "Dee", channel="telegram", kind="reply")])
    at_once = [body for _ in range(5) for body in leave(connection, rates=CHATS)]
    assert sorted(at_once) == ["Dee", "Ray 0", "Ray 1", "Ray 2"]
    assert claims.next_room(connection, NOW, CHATS) == seconds(1)
    assert leave(connection, 0.9, CHATS) == []
    assert [leave(connection, n, CHATS) for n in (1, 1.5, 2, 3)] == [["Ray 3"], [], ["Ray 4"], ["Ray 5"]]


def test_what_waits_behind_a_text_in_doubt_does_not_wait_for_the_pace(connection: sa.Connection) -> None:
    """Else whoever looks again at that moment would do nothing else until the doubt is over."""
    ray = someone(connection)
    messages.queue(connection, [text(ray, "first", kind="reply"), text(ray, "second", kind="reply")])
    [first] = claims.claim(connection, NOW, 1, RATES)
    assert outbox.before_send(connection, first, NOW) is None
    outbox.unsure(connection, first, NOW, "no answer")
    assert leave(connection) == []
    assert claims.next_room(connection, NOW, RATES) is None
    assert due.next_due(connection, [outbox.OUTBOX], NOW) is not None


def test_a_reply_does_not_wait_behind_its_own_reminder(connection: sa.Connection) -> None:
    last = crowd(connection, 20)[-1]
    leave(connection)
    messages.queue(connection, [text(last, "yes?", kind="reply")])
    assert leave(connection) == ["reminder 19"], "their order is kept, and both are urgent now"
    assert leave(connection) == ["yes?"]


def test_what_does_not_leave_gives_back_what_it_paid(connection: sa.Connection) -> None:
    crowd(connection, 3, "reply")
    claimed = claims.claim(connection, NOW, 3, RATES)
    for one in claimed:
        outbox.put_off(connection, one, seconds(9))
        pace.give_back(connection, SMS.sender, 1)
    crowd(connection, 10, "staff")
    assert len(leave(connection)) == 7


def test_what_is_too_late_anyway_costs_nothing(connection: sa.Connection) -> None:
    crowd(connection, 3, useful_until=NOW)
    crowd(connection, 10, "nudge")
    claimed = claims.claim(connection, NOW, 20, RATES)
    assert [one.kind for one in claimed] == ["reminder"] * 3 + ["nudge"] * 3


def test_what_waits_for_a_held_sender_expires_in_time(connection: sa.Connection) -> None:
    pace.lock(connection, RATES.values(), NOW)
    pace.hold(connection, SMS.sender, seconds(3600))
    crowd(connection, 2, useful_until=seconds(600))
    crowd(connection, 1)
    assert leave(connection, 599) == []
    assert claims.expire(connection, seconds(599)) == 0
    assert claims.expire(connection, seconds(600)) == 2
    states = connection.scalars(sa.select(MESSAGE.c.state).order_by(MESSAGE.c.id))
    assert list(states) == ["expired", "expired", "queued"]


def test_a_clock_that_is_behind_fills_nothing_twice(connection: sa.Connection) -> None:
    crowd(connection, 30, "reply", due_at=minutes(-120))
    leave(connection, 30)
    assert leave(connection, 0) == []
    assert leave(connection, 30.1) == []
    assert len(leave(connection, 32)) == 7
    assert leave(connection, -3600) == []
    assert len(leave(connection, -3598)) == 7, "a clock that was put right an hour holds nobody up"


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_many_workers_keep_one_pace(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        crowd(connection, 40, "reply")

    def work(number: int) -> int:
        with engine.begin() as connection:
            return len(claims.claim(connection, seconds(number // 8), 4, RATES))

    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(work, range(32)))
    assert 7 <= sum(taken) <= 7.5 + 3 * 3.75


# --- a burst, in virtual time ---------------------------------------------------------------------


def replies(rng: random.Random, until: float, a_second: float) -> Iterator[float]:
    """Yield the moments at which people are answered, in seconds from now."""
    at = 0.0
    while (at := at + rng.expovariate(a_second)) < until:
        yield at


@pytest.mark.parametrize(
    ("database_kind", "reminders"), [("sqlite", 3700), ("postgres", 150)], indirect=["database_kind"]
)
def test_replies_leave_within_two_seconds_of_a_burst(connection: sa.Connection, reminders: int) -> None:
    """All reminders fall due at once, and people are answered meanwhile; a worker looks twice a second."""
    useful = timedelta(seconds=reminders / 3.75 * 1.2)  # less than sending all of them and the replies takes
    crowd(connection, reminders, useful_until=NOW + useful)
    rng = random.Random(7)
    coming = sorted(replies(rng, useful.total_seconds(), 1.2))
    talkers = [someone(connection, f"+1212{number:07d}") for number in range(40)]
    kept: dict[str, float] = {}
    left: list[tuple[float, str]] = []
    at, end = 0.0, useful.total_seconds() + 60
    while at < end:
        while coming and coming[0] <= at:
            came = coming.pop(0)
            body = f"reply {len(kept)}"
            kept[body] = came
            messages.queue(connection, [text(rng.choice(talkers), body, kind="reply", due_at=seconds(came))])
        claimed = claims.claim(connection, seconds(at), 32, RATES)
        late = [one for one in claimed if one.useful_until is not None and one.useful_until <= seconds(at)]
        left += [(at, one.body) for one in claimed if one not in late]
        _finish(connection, [one.id for one in claimed])
        at += 0.5 if claimed or coming else 30
    waited = [then - kept[body] for then, body in left if body in kept]
    assert len(waited) == len(kept)
    assert max(waited) <= 2, "a reply waited behind reminders"
    reminded = [then for then, body in left if body not in kept]
    assert max(reminded) < useful.total_seconds(), "a reminder left when it was of no use any more"
    assert len(reminded) + len(waited) >= 3.75 * useful.total_seconds() * 0.97, "and nothing was wasted"
    moments = [then for then, _ in left]
    for first in range(0, len(moments), 97):
        among = sum(1 for then in moments[first:] if then <= moments[first] + 60)
        assert among <= SMS.burst + 60 * SMS.per_second + 1


def _finish(connection: sa.Connection, ids: list[int]) -> None:
    final = {"state": "sent", "due_at": None, "lease_until": None}
    if ids:
        connection.execute(sa.update(MESSAGE).where(MESSAGE.c.id.in_(ids)).values(**final))
