"""Effects become rows: every effect has its arm, and a stop is stronger than whatever is said with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args

import pytest
import sqlalchemy as sa

from flows.actions import SetPin
from flows.effects import (
    Button,
    CallHuman,
    ClearTimer,
    Do,
    Effect,
    FlowEnded,
    Keep,
    OptIn,
    OptOut,
    Say,
    SetLanguage,
    SetTimer,
    Silent,
)
from storage import attention, outbox, people, points, timers
from storage.apply import Decided, Stamp, apply, record
from storage.points import Point
from storage.tables import Message, Timer, table
from tests.storage.samples import NOW, minutes, someone, talk

MESSAGE, TIMER = table(Message), table(Timer)


def decided(
    connection: sa.Connection, point: Point, *effects: Effect, stamp: Stamp | None = None, drawn: str = "sms"
) -> Decided:
    def due(kind: str) -> datetime:
        return NOW if kind == "crisis" else minutes(60)

    return Decided(
        conversation=talk(connection, point),
        effects=effects,
        drawn=drawn,  # type: ignore[arg-type]
        now=NOW,
        due=due,
        stamp=stamp or Stamp(),
    )


def queued(connection: sa.Connection) -> Sequence[sa.Row[object]]:
    return connection.execute(sa.select(MESSAGE).order_by(MESSAGE.c.id)).all()


def test_what_is_said_is_queued_as_the_phone_draws_it(connection: sa.Connection) -> None:
    ray = someone(connection)
    say = Say("Coming?", options=(Button(1, "yes"), Button(2, "no")), prompt=4, step="day.coming")
    apply(connection, [decided(connection, ray, say), decided(connection, ray, say, drawn="telegram")])
    sms, telegram = queued(connection)
    assert (sms.body, sms.options, sms.prompt, sms.step, sms.parts) == (
        "Coming? 1 yes 2 no", None, 4, "day.coming", 1,
    )  # fmt: skip
    assert telegram.body == "Coming?"
    assert telegram.options == [{"n": 1, "label": "yes"}, {"n": 2, "label": "no"}]
    assert (sms.sender, sms.kind, sms.state, sms.due_at, sms.epoch) == ("bot", "reply", "queued", NOW, 0)


def test_news_carries_what_it_is_about(connection: sa.Connection) -> None:
    stamp = Stamp(
        kind="reminder", sender="schedule", subject="interview:5", version=2, useful_until=minutes(60)
    )
    say = (Say("Tomorrow", kind="news"), Say("And?", kind="nudge"))
    apply(connection, [decided(connection, someone(connection), *say, stamp=stamp)])
    news, nudge = queued(connection)
    assert (news.kind, news.sender, news.subject, news.version) == ("reminder", "schedule", "interview:5", 2)
    assert (news.useful_until, nudge.kind) == (minutes(60), "nudge")


def test_a_request_for_consent_is_noted_and_may_leave(connection: sa.Connection) -> None:
    ray = someone(connection, opted_in=False)
    apply(connection, [decided(connection, ray, Say("OK if we text you?", kind="consent"))])
    assert talk(connection, ray).consent == "asked"
    (one,) = outbox.claim(connection, NOW, 10)
    assert outbox.before_send(connection, one, NOW) is None


@pytest.mark.parametrize("stop_first", [True, False])
def test_a_stop_drops_what_waits_and_lets_its_confirmation_go(
    connection: sa.Connection, stop_first: bool
) -> None:
    ray = someone(connection)
    apply(connection, [decided(connection, ray, Say("old"))])
    stop, confirmation = OptOut("stop"), Say("You are out.", kind="consent")
    effects = (stop, confirmation) if stop_first else (confirmation, stop)
    apply(connection, [decided(connection, ray, Say("older turn")), decided(connection, ray, *effects)])
    assert [(one.body, one.state) for one in queued(connection)] == [
        ("old", "dropped"),
        ("older turn", "dropped"),
        ("You are out.", "queued"),
    ]
    (one,) = outbox.claim(connection, NOW, 10)
    assert outbox.before_send(connection, one, NOW) is None
    assert talk(connection, ray).consent == "withdrawn"


def test_start_brings_back(connection: sa.Connection) -> None:
    ray = someone(connection)
    apply(connection, [decided(connection, ray, OptOut("stop"))])
    apply(connection, [decided(connection, ray, OptIn("start"), Say("Welcome back"))])
    assert [line.change for line in points.consents(connection, ray.id)] == ["given", "withdrawn", "given"]
    (one,) = outbox.claim(connection, NOW, 10)
    assert outbox.before_send(connection, one, NOW) is None


def test_timers_end_as_the_last_word_says(connection: sa.Connection) -> None:
    ray, dee = someone(connection), someone(connection, "+15555550102")
    first: list[Effect] = [
        SetTimer("a", minutes(5)),
        SetTimer("b", minutes(5)),
        ClearTimer("b"),
        SetTimer("c", minutes(5)),
    ]
    apply(connection, [decided(connection, ray, *first), decided(connection, dee, SetTimer("a", minutes(5)))])
    second: list[Effect] = [ClearTimer("a"), ClearTimer("c"), SetTimer("c", minutes(9), nudge=True)]
    apply(connection, [decided(connection, ray, *second)])
    rung = timers.claim(connection, minutes(60), 10)
    assert [(one.conversation_id, one.name, one.due_at, one.nudge) for one in rung] == [
        (dee.conversation_id, "a", minutes(5), False),
        (ray.conversation_id, "c", minutes(9), True),
    ]


def test_facts_and_language_go_on_the_record(connection: sa.Connection) -> None:
    ray = someone(connection)
    apply(connection, [decided(connection, ray, Keep({"first_name": "Ray"}), SetLanguage("es"))])
    found = people.person(connection, ray.person_id)
    assert found is not None
    assert (found.first_name, found.lang) == ("Ray", "es")


def test_a_call_for_a_human_is_on_the_list(connection: sa.Connection) -> None:
    ray = someone(connection)
    apply(connection, [decided(connection, ray, CallHuman("crisis", "their words"), CallHuman("stuck"))])
    items = attention.unfinished(connection, sa.select(people.PERSON.c.id))
    assert [(one.kind, one.reason, one.urgent, one.due_at) for one in items] == [
        ("crisis", "their words", True, NOW),
        ("stuck", "stuck", False, minutes(60)),
    ]


def test_someone_who_cannot_be_reached_needs_a_human(connection: sa.Connection) -> None:
    ray, stray = someone(connection), someone(connection, "+15555550199")
    points.move_point(connection, stray.id, ray.person_id)
    apply(connection, [decided(connection, stray, Say("hello?"))])
    assert queued(connection) == []
    (item,) = attention.unfinished(connection, sa.select(people.PERSON.c.id))
    assert (item.person_id, item.kind) == (stray.person_id, "unreachable")


def test_the_turn_row_keeps_silence_and_endings() -> None:
    effects: list[Effect] = [Silent("thanks"), FlowEnded("welcome", "done"), FlowEnded("intake", "no_reply")]
    assert record(effects) == {"silent": "thanks", "ended": "welcome=done intake=no_reply"}
    assert record([Say("hi")]) == {"silent": None, "ended": None}


def test_every_effect_can_be_applied(connection: sa.Connection) -> None:
    """A new effect without a sample here fails; mypy finds the missing arm."""
    samples: list[Effect] = [
        Say("hi"), Silent("thanks"), Do(1, SetPin(pin="1998")), SetTimer("a", NOW), ClearTimer("b"),
        Keep({"zip": "02118"}), SetLanguage("es"), OptOut("stop"), OptIn("start"), CallHuman("stuck"),
        FlowEnded("welcome", "done"),
    ]  # fmt: skip
    assert {type(one) for one in samples} == set(get_args(Effect))
    apply(connection, [decided(connection, someone(connection), *samples)])
    apply(connection, [])
