"""Sending: in order for each address, once, only while it still should, and never blindly again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import conversations, due, interviews, messages, outbox, points
from storage.messages import NewOutbound
from storage.points import Point
from storage.subjects import subject
from storage.tables import Message, Person, table
from tests.storage.samples import NOW, a_caseworker, an_interview, minutes, someone

MESSAGE = table(Message)


def text(point: Point, body: str = "hello", **values: object) -> NewOutbound:
    plain = NewOutbound(
        conversation_id=point.conversation_id,
        contact_point_id=point.id,
        channel="sms",
        sender="bot",
        kind="reply",
        body=body,
        at=NOW,
        due_at=NOW,
        epoch=0,
    )
    return replace(plain, **values)  # type: ignore[arg-type]


def bodies(claimed: list[outbox.Claimed]) -> list[str]:
    return [one.body for one in claimed]


def state_of(connection: sa.Connection, message_id: int) -> str:
    return str(connection.execute(sa.select(MESSAGE.c.state).where(MESSAGE.c.id == message_id)).scalar_one())


def claim_one(connection: sa.Connection, now: float = 0) -> outbox.Claimed:
    (claimed,) = outbox.claim(connection, minutes(now), 10)
    return claimed


def test_one_at_a_time_for_each_address_in_order(connection: sa.Connection) -> None:
    ray, dee = someone(connection), someone(connection, "+15555550102")
    messages.queue(connection, [text(ray, "1"), text(ray, "2"), text(dee, "3"), text(ray, "4")])
    first = outbox.claim(connection, NOW, 10)
    assert bodies(first) == ["1", "3"]
    assert outbox.claim(connection, NOW, 10) == []
    for one in first:
        assert outbox.before_send(connection, one, NOW) is None
        outbox.sent(connection, one.id, f"SM{one.id}", NOW)
    assert bodies(outbox.claim(connection, NOW, 10)) == ["2"]


def test_the_claimed_text_has_all_that_sending_needs(connection: sa.Connection) -> None:
    ray = someone(connection)
    options = [{"n": 1, "label": "yes"}]
    messages.queue(connection, [text(ray, "Coming?", options=options, prompt=7)])
    one = claim_one(connection)
    assert (one.address, one.body, one.options, one.prompt) == (ray.address, "Coming?", options, 7)
    assert (one.channel, one.zone, one.look_first) == ("sms", "America/New_York", False)


def test_urgent_ones_leave_first(connection: sa.Connection) -> None:
    people = [someone(connection, f"+1555555011{n}") for n in range(4)]
    kinds = ["nudge", "reminder", "ride", "reply"]
    messages.queue(connection, [text(p, k, kind=k) for p, k in zip(people, kinds, strict=True)])
    assert bodies(outbox.claim(connection, NOW, 3)) == ["reply", "ride", "reminder"]


def test_a_later_one_does_not_hold_up_an_earlier_due_one(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(
        connection, [text(ray, "tomorrow", kind="reminder", due_at=minutes(600)), text(ray, "now")]
    )
    assert bodies(outbox.claim(connection, NOW, 10)) == ["now"]


def test_one_that_must_be_tried_again_holds_those_behind_it(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray, "1"), text(ray, "2")])
    one = claim_one(connection)
    assert outbox.before_send(connection, one, NOW) is None
    assert outbox.try_later(connection, one, minutes(5))
    assert outbox.claim(connection, minutes(4), 10) == []
    again = claim_one(connection, 5)
    assert (again.body, again.look_first, again.lease.attempts) == ("1", False, 2)


def test_a_crisis_text_passes_what_is_stuck(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray, "1")])
    assert outbox.before_send(connection, claim_one(connection), NOW) is None
    messages.queue(connection, [text(ray, "2"), text(ray, "call 988", kind="crisis")])
    assert bodies(outbox.claim(connection, NOW, 10)) == ["call 988"]


def test_a_worker_that_died_before_sending_leaves_it_to_the_next(connection: sa.Connection) -> None:
    messages.queue(connection, [text(someone(connection))])
    claim_one(connection)
    assert outbox.claim(connection, minutes(0.9), 10) == []
    assert not claim_one(connection, 1.1).look_first


def test_a_worker_that_died_while_sending_makes_the_next_one_look_first(connection: sa.Connection) -> None:
    messages.queue(connection, [text(someone(connection))])
    assert outbox.before_send(connection, claim_one(connection), NOW) is None
    assert claim_one(connection, 1.1).look_first


def test_one_nobody_is_sure_of_holds_its_address_two_minutes(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray, "1"), text(ray, "2")])
    one = claim_one(connection)
    assert outbox.before_send(connection, one, NOW) is None
    assert outbox.unsure(connection, one, NOW, "timeout")
    assert bodies(outbox.claim(connection, minutes(0.1), 10)) == []
    looked = claim_one(connection, 1)
    assert (looked.body, looked.look_first) == ("1", True)
    assert due.put_off(connection, outbox.OUTBOX, looked.lease, minutes(9), {"state": "unsure"})
    assert bodies(outbox.claim(connection, minutes(1.9), 10)) == []
    assert bodies(outbox.claim(connection, minutes(2.1), 10)) == ["2"]


def test_one_in_doubt_that_is_due_is_looked_at_before_the_next_leaves(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray, "1"), text(ray, "2")])
    assert outbox.before_send(connection, claim_one(connection), NOW) is None
    # Nobody ran for an hour: what was begun then may not have left, and is older than what waits behind it.
    assert bodies(outbox.claim(connection, minutes(60), 10)) == ["1"]
    assert bodies(outbox.claim(connection, minutes(60), 10)) == []


def test_one_in_doubt_is_looked_for_again_before_its_address_is_free(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray, "1"), text(ray, "2")])
    for hour in range(1, 9):  # killed again and again: its waits would be hours by now
        tried = claim_one(connection, hour * 60)
    assert outbox.before_send(connection, tried, minutes(480)) is None
    assert outbox.unsure(connection, tried, minutes(480), "timeout")
    assert bodies(outbox.claim(connection, minutes(481.9), 10)) == []
    assert bodies(outbox.claim(connection, minutes(482), 10)) == ["1"]


def test_a_lost_lease_changes_nothing(connection: sa.Connection) -> None:
    messages.queue(connection, [text(someone(connection))])
    slow = claim_one(connection)
    fast = claim_one(connection, 2)
    assert outbox.before_send(connection, slow, minutes(2)) == "already_begun"
    assert outbox.before_send(connection, fast, minutes(2)) is None
    assert not outbox.try_later(connection, slow, minutes(9))


@pytest.mark.parametrize(
    "consent, kind, why",
    [
        ("none", "reply", "not_opted_in"),
        ("none", "consent", None),
        ("asked", "ride", "not_opted_in"),
        ("asked", "consent", None),
        ("given", "reply", None),
        ("withdrawn", "reply", "opted_out"),
        ("withdrawn", "ride", "opted_out"),
        ("withdrawn", "crisis", "opted_out"),
    ],
)
def test_nothing_leaves_without_a_yes(
    connection: sa.Connection, consent: str, kind: str, why: str | None
) -> None:
    ray = someone(connection, opted_in=consent in ("given", "withdrawn"))
    messages.queue(connection, [text(ray, kind=kind)])
    one = claim_one(connection)
    if consent == "asked":
        points.asked_for_consent(connection, [ray.id])
    if consent == "withdrawn":
        points.set_consent(connection, ray.id, "withdrawn", wording="stop", method="text", now=NOW)
    assert outbox.before_send(connection, one, NOW) == why
    assert state_of(connection, one.id) == ("sending" if why is None else "dropped")


def test_after_a_stop_only_its_confirmation_leaves(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray, "old", kind="consent")])
    old = claim_one(connection)
    points.set_consent(connection, ray.id, "withdrawn", wording="stop", method="text", now=minutes(1))
    assert outbox.before_send(connection, old, minutes(1)) == "opted_out"
    messages.queue(connection, [text(ray, "stopped", kind="consent", at=minutes(1))])
    assert outbox.before_send(connection, claim_one(connection, 1), minutes(1)) is None


@pytest.mark.parametrize("kind, why", [("reply", "taken_over"), ("nudge", "taken_over"), ("ride", None)])
def test_after_a_take_over_no_reply_begins(connection: sa.Connection, kind: str, why: str | None) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray, kind=kind)])
    one = claim_one(connection)
    conversations.take_over(connection, ray.conversation_id, a_caseworker(connection).id, minutes(60))
    assert outbox.before_send(connection, one, NOW) == why


def test_a_take_over_drops_what_waits_but_not_rides(connection: sa.Connection) -> None:
    ray = someone(connection)
    kinds = ("reply", "nudge", "ride", "crisis", "reminder")
    messages.queue(connection, [text(ray, kind, kind=kind) for kind in kinds])
    assert messages.drop_for_take_over(connection, ray.conversation_id, NOW) == 2
    left = sa.select(MESSAGE.c.kind).where(MESSAGE.c.state == "queued").order_by(MESSAGE.c.id)
    assert list(connection.scalars(left)) == ["ride", "crisis", "reminder"]


def test_nothing_leaves_about_an_interview_that_moved(connection: sa.Connection) -> None:
    ray = someone(connection)
    meeting = an_interview(connection, ray)
    about = {"subject": subject("interview", meeting.id), "version": meeting.version, "kind": "reminder"}
    messages.queue(connection, [text(ray, "old", **about)])
    old = claim_one(connection)
    moved = interviews.move(
        connection, meeting.id, 1, at=meeting.at + timedelta(days=1), wall=meeting.wall, now=NOW
    )
    assert moved is not None
    assert outbox.before_send(connection, old, NOW) == "moved_on"
    messages.queue(connection, [text(ray, "new", **{**about, "version": moved.version})])
    assert outbox.before_send(connection, claim_one(connection), NOW) is None


def test_a_late_one_expires_and_says_so(connection: sa.Connection) -> None:
    messages.queue(connection, [text(someone(connection), kind="reminder", useful_until=minutes(30))])
    one = claim_one(connection, 31)
    assert outbox.before_send(connection, one, minutes(31)) == "too_late"
    assert state_of(connection, one.id) == "expired"


@pytest.mark.parametrize("state", ["blocked", "retired"])
def test_nothing_leaves_to_a_dead_address(connection: sa.Connection, state: str) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray)])
    one = claim_one(connection)
    points.set_point_state(connection, ray.id, state)  # type: ignore[arg-type]
    assert outbox.before_send(connection, one, NOW) == "unreachable"


def test_hours_put_a_text_off_without_holding_anybody_up(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray, "nudge", kind="nudge"), text(ray, "reply")])
    assert outbox.put_off(connection, claim_one(connection), minutes(600))
    assert bodies(outbox.claim(connection, NOW, 10)) == ["reply"]


@pytest.mark.parametrize(
    "reports, final",
    [
        (["sent", "delivered"], "delivered"),
        (["delivered", "sent"], "delivered"),
        (["delivered", "delivered"], "delivered"),
        (["undelivered", "sent"], "failed"),
        (["failed", "delivered"], "failed"),
        ([], "sent"),
    ],
)
@pytest.mark.parametrize("early", [True, False])
def test_reports_only_fold_forward_even_the_early_ones(
    connection: sa.Connection, reports: list[str], final: str, early: bool
) -> None:
    messages.queue(connection, [text(someone(connection))])
    one = claim_one(connection)
    assert outbox.before_send(connection, one, NOW) is None
    if not early:
        outbox.sent(connection, one.id, "SM1", NOW)
    for report in reports:
        outbox.fold_status(connection, "sms", "SM1", report, NOW)  # type: ignore[arg-type]
    if early:
        outbox.sent(connection, one.id, "SM1", NOW)
    assert state_of(connection, one.id) == final
    assert outbox.sweep_early(connection, minutes(1), NOW) == 0


def test_an_early_report_missed_by_both_sides_is_swept_in(connection: sa.Connection) -> None:
    messages.queue(connection, [text(someone(connection))])
    one = claim_one(connection)
    outbox.fold_status(connection, "sms", "SM1", "delivered", NOW)
    outbox.fold_status(connection, "sms", "not ours", "delivered", NOW)
    connection.execute(sa.update(MESSAGE).values(provider_id="SM1", state="sent"))
    assert outbox.sweep_early(connection, minutes(-60), NOW) == 1
    assert state_of(connection, one.id) == "delivered"
    assert outbox.sweep_early(connection, minutes(1), NOW) == 0


def test_a_rejected_or_doubtful_text_is_final(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray, "1"), text(ray, "2"), text(ray, "3")])
    first = claim_one(connection)
    outbox.rejected(connection, first.id, "30005", NOW)
    second = claim_one(connection)
    outbox.maybe_sent(connection, second.id, "timeout", NOW)
    assert bodies(outbox.claim(connection, NOW, 10)) == ["3"]
    assert [state_of(connection, one.id) for one in (first, second)] == ["failed", "maybe_sent"]


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_two_workers_never_claim_the_same_text(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for number in range(6):
            messages.queue(connection, [text(someone(connection, f"+1555555012{number}"), f"{number}")])
    with engine.begin() as one, engine.begin() as two:
        first, second = outbox.claim(one, NOW, 3), outbox.claim(two, NOW, 10)
        assert sorted(bodies(first) + bodies(second)) == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_two_workers_do_not_split_one_address(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        ray = someone(connection)
        messages.queue(connection, [text(ray, "1"), text(ray, "2")])
    with engine.begin() as one, engine.begin() as two:
        assert bodies(outbox.claim(one, NOW, 10)) == ["1"]
        assert outbox.claim(two, NOW, 10) == []


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
@pytest.mark.parametrize("what, why", [("stop", "opted_out"), ("take over", "taken_over")])
def test_a_send_waits_for_a_turn_under_way_and_sees_what_it_decided(
    engine: sa.Engine, what: str, why: str
) -> None:
    with engine.begin() as connection:
        ray, maria = someone(connection), a_caseworker(connection)
        messages.queue(connection, [text(ray)])
        one = claim_one(connection)

    def send() -> str | None:
        with engine.begin() as connection:
            return outbox.before_send(connection, one, NOW)

    with ThreadPoolExecutor(1) as threads:
        with engine.begin() as turn:
            conversations.load_conversations(turn, [ray.conversation_id])
            if what == "stop":
                points.set_consent(turn, ray.id, "withdrawn", wording="stop", method="text", now=minutes(1))
            else:
                conversations.take_over(turn, ray.conversation_id, maria.id, minutes(60))
            sending = threads.submit(send)
            with pytest.raises(TimeoutError):
                sending.result(timeout=0.3)
        assert sending.result(timeout=5) == why


def test_a_text_to_somebody_erased_meanwhile_is_not_sent(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray)])
    one = claim_one(connection)
    connection.execute(sa.delete(table(Person)))
    assert outbox.before_send(connection, one, NOW) == "already_begun"


def test_a_slow_worker_cannot_drop_what_another_is_sending(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray)])
    slow = claim_one(connection)
    fast = claim_one(connection, 2)
    assert outbox.before_send(connection, fast, minutes(2)) is None
    conversations.take_over(connection, ray.conversation_id, a_caseworker(connection).id, minutes(60))
    assert outbox.before_send(connection, slow, minutes(2)) == "already_begun"
    outbox.sent(connection, fast.id, "SM1", minutes(2))
    assert state_of(connection, fast.id) == "sent"


def test_what_turns_out_to_be_sent_is_sent(connection: sa.Connection) -> None:
    messages.queue(connection, [text(someone(connection))])
    one = claim_one(connection)
    assert outbox.before_send(connection, one, NOW) is None
    outbox.maybe_sent(connection, one.id, "timeout", NOW)
    outbox.sent(connection, one.id, "SM1", minutes(1))
    assert state_of(connection, one.id) == "sent"
    outbox.maybe_sent(connection, one.id, "timeout", minutes(2))
    outbox.rejected(connection, one.id, "30005", minutes(2))
    assert state_of(connection, one.id) == "sent"


def test_a_text_taken_for_another_of_the_same_words_is_in_doubt_again(connection: sa.Connection) -> None:
    messages.queue(connection, [text(someone(connection)), text(someone(connection, "+15555550102"))])
    lost, here = outbox.claim(connection, NOW, 2)
    for one in (lost, here):
        assert outbox.before_send(connection, one, NOW) is None
    outbox.sent(connection, lost.id, "SM1", minutes(1))
    assert outbox.ids_of_others(connection, lost.conversation_id, 0) == {"SM1"}
    assert outbox.ids_of_others(connection, lost.conversation_id, lost.id) == set()
    outbox.sent(connection, here.id, "SM1", minutes(2))  # the provider's own answer
    assert (state_of(connection, lost.id), state_of(connection, here.id)) == ("maybe_sent", "sent")


def test_of_two_in_doubt_with_the_same_words_neither_is_taken_for_the_one_that_is_there(
    connection: sa.Connection,
) -> None:
    ray = someone(connection)
    messages.queue(connection, [text(ray, "Next?"), text(ray, "Next?"), text(ray, "Bye.")])
    for _ in range(3):
        one = claim_one(connection)
        assert outbox.before_send(connection, one, NOW) is None
        outbox.maybe_sent(connection, one.id, "timeout", NOW)
    first, second, bye = outbox.doubtful(connection, "sms", minutes(-1), 9)
    assert not outbox.found_late(connection, first, "SM1", minutes(3))
    assert outbox.found_late(connection, bye, "SM2", minutes(3))
    outbox.never_sent(connection, second.id, minutes(3))
    assert not outbox.found_late(connection, first, "SM2", minutes(3))
    assert outbox.found_late(connection, first, "SM1", minutes(3))
