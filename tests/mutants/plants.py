"""The planted bugs: what each one breaks, where, and the check that must notice.

The rule: a plant is a slip that a good programmer makes, in the place where they would make it, and the check
is one that `make test` runs. `old` stands in its file exactly once; a plant of several edits needs them all.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a file: `old`, which is there once, becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Plant:
    """A bug: `breaks` says what goes wrong then, `promise` is its number in docs/promises.md.

    Every one of `caught_by` must fail: pytest node ids, of which one case is enough. They fail by an
    assertion, or by the error that `symptom` names, where the bug itself raises or lets us wait in vain.
    """

    name: str
    breaks: str
    promise: int
    edits: tuple[Edit, ...]
    caught_by: tuple[str, ...]
    symptom: str = ""


CONVERSATION: Final = "tests/test_conversation.py::"
DOOR: Final = "tests/storage/test_database.py::"
OUTBOX: Final = "tests/storage/test_outbox.py::"
DELIVER: Final = "tests/worker/test_deliver.py::"
DUE: Final = "tests/storage/test_due.py::"
PEOPLE: Final = "tests/storage/test_people.py::"
PACE: Final = "tests/storage/test_pace.py::"
MANNERS: Final = "tests/worker/test_manners.py::"
TIMERS: Final = "tests/worker/test_timers.py::"
RIDES: Final = "tests/worker/test_rides_worker.py::"
CHANNELS: Final = "tests/channels/test_every_channel.py::"

IN: Final = (
    Plant(
        "no unique key",
        "the database keeps a second copy of a text, and it is handled twice",
        2,
        (
            Edit(
                "storage/messages.py",
                '    .on_conflict_do_nothing(index_elements=["channel", "direction", "provider_id"])\n',
                "",
            ),
            Edit(
                "storage/migrations/versions/0001_first_tables.py",
                "        sa.UniqueConstraint(\n"
                '            "channel", "direction", "provider_id", '
                'name=op.f("uq_message_channel_direction_provider_id")\n'
                "        ),\n",
                "",
            ),
        ),
        (
            f"{CONVERSATION}test_a_message_is_kept_and_handled_once",
            f"{PEOPLE}test_a_second_copy_of_a_text_changes_nothing",
        ),
    ),
    Plant(
        "200 after a lost batch",
        "a text that could not be kept is answered 200, and nobody sends it again",
        1,
        (
            Edit(
                "bot/channels/wire.py",
                '        log.exception("not kept", extra={"channel": channel})\n        return False\n',
                '        log.exception("not kept", extra={"channel": channel})\n',
            ),
        ),
        (
            f"{CHANNELS}test_what_was_not_kept_is_not_acknowledged_and_can_come_again",
            "tests/channels/test_over_http.py::test_what_was_not_kept_is_503",
        ),
    ),
    Plant(
        "answers before COMMIT",
        "a turn counts as kept before the COMMIT that then fails",
        1,
        (
            Edit(
                "storage/database.py",
                "                    done.append(self._turn(connection, raw, job))\n",
                "                    done.append(self._turn(connection, raw, job))\n"
                "                _tell(done)\n",
            ),
        ),
        (f"{DOOR}test_a_failed_commit_fails_every_turn_of_it",),
    ),
    Plant(
        "failed COMMIT left open",
        "after a COMMIT that failed nothing is kept any more: its transaction is still there",
        1,
        (
            Edit(
                "storage/database.py",
                "            if raw.in_transaction:\n                raw.rollback()\n",
                "",
            ),
        ),
        (f"{DOOR}test_a_failed_commit_fails_every_turn_of_it",),
        symptom="OperationalError",
    ),
    Plant(
        "in_transaction not looked at",
        "when SQLite rolled back by itself the turns before are answered as kept, and are gone",
        1,
        (
            Edit(
                "storage/database.py",
                "            if not raw.in_transaction:\n                raise\n",
                "            if not raw.in_transaction:\n                return job, None, error\n",
            ),
        ),
        (f"{DOOR}test_when_sqlite_rolled_back_by_itself_the_whole_batch_fails",),
    ),
    Plant(
        "run again after COMMIT",
        "a turn whose connection was lost during COMMIT, and may be kept, is run again",
        2,
        (
            Edit(
                "storage/database.py",
                "lost = error.connection_invalidated and not committing",
                "lost = error.connection_invalidated",
            ),
        ),
        (f"{DOOR}test_a_connection_lost_in_its_commit_is_not_run_again",),
    ),
    Plant(
        "Telegram's offset first",
        "an update that was not kept is acknowledged, and never comes again",
        1,
        (
            Edit(
                "bot/channels/telegram/__init__.py",
                "                inbound = [one for update in updates if (one := self._taken(update))]\n",
                "                offset = max([offset, *(update.update_id + 1 for update in updates)])\n"
                "                inbound = [one for update in updates if (one := self._taken(update))]\n",
            ),
        ),
        ("tests/channels/test_telegram.py::test_the_offset_moves_after_keeping",),
        symptom="TimeoutError",
    ),
    Plant(
        "no row lock",
        "two processes take turns of one person from the same standing, and one of them is lost",
        4,
        (
            Edit(
                "storage/conversations.py",
                "    .order_by(CONVERSATION.c.id)\n    .with_for_update(key_share=True)\n",
                "    .order_by(CONVERSATION.c.id)\n",
            ),
        ),
        (f"{PEOPLE}test_a_conversation_waits_for_its_turn_and_sees_the_last_one[postgres]",),
    ),
    Plant(
        "any lane",
        "texts of one person stand in several lines, and overtake each other",
        4,
        (
            Edit(
                "bot/conversation.py",
                'self._lane(f"{one.channel}:{one.address}").put(one) for one in inbound',
                "self._lane(one.provider_id).put(one) for one in inbound",
            ),
        ),
        (
            "tests/worker/test_two_processes.py::"
            "test_one_address_keeps_its_order_in_each_process_however_many_lanes",
        ),
    ),
    Plant(
        "NOTIFY before COMMIT",
        "the worker is woken before there is anything to see, and the answer waits for the next look",
        12,
        (
            Edit(
                "bot/conversation.py",
                "            try:\n                taken = await self.database.run(partial(_take, ",
                '            self._wake("deliver")\n'
                "            try:\n                taken = await self.database.run(partial(_take, ",
            ),
            Edit(
                "bot/conversation.py",
                "        for name in sorted(taken.work):\n            self._wake(name)\n",
                "",
            ),
        ),
        (f"{CONVERSATION}test_who_is_woken_finds_the_reply",),
    ),
)

OUT: Final = (
    Plant(
        "blind resend on 5xx",
        "a text that Twilio took before it answered 500 is sent once more",
        13,
        (
            Edit(
                "bot/channels/sms.py",
                '        return Unknown(f"answered {status}")\n',
                "        return TryLater(BUSY_PAUSE)\n",
            ),
        ),
        (f"{DELIVER}test_a_lost_answer_is_asked_for_and_nothing_sent_twice",),
    ),
    Plant(
        "resend where nobody can tell",
        "a list that does not come counts as one without our text, which is sent once more",
        13,
        (
            Edit(
                "bot/channels/sms.py",
                "            return CannotTell(type(error).__name__)\n        for one in listed:",
                "            return NotFound()\n        for one in listed:",
            ),
        ),
        (
            f"{DELIVER}test_where_nobody_can_tell_it_is_maybe_sent_after_two_minutes",
            "tests/channels/test_sms.py::test_a_list_that_does_not_come_proves_nothing",
        ),
    ),
    Plant(
        "not marked as begun",
        "who dies between the send and the note leaves a text that the next one sends again",
        13,
        (
            Edit(
                "storage/outbox.py",
                'values: dict[str, Any] = {"state": "sending", "sending_since": now}',
                'values: dict[str, Any] = {"state": "queued"}',
            ),
        ),
        (f"{DELIVER}test_a_crash_between_begin_and_note_asks_first",),
    ),
    Plant(
        "no lease",
        "two workers take the same row, and do it twice",
        13,
        (Edit("storage/due.py", "    until = now + lease\n", "    until = now\n"),),
        (
            f"{DUE}test_a_dead_workers_timer_comes_back",
            f"{OUTBOX}test_one_at_a_time_for_each_address_in_order",
        ),
    ),
    Plant(
        "a lost lease still writes",
        "a worker that was thought dead begins a text that another one is sending",
        13,
        (
            Edit(
                "storage/outbox.py",
                "mine = sa.and_(MESSAGE.c.id == message.id, MESSAGE.c.lease_until == message.lease.until)",
                "mine = MESSAGE.c.id == message.id",
            ),
        ),
        (f"{OUTBOX}test_a_lost_lease_changes_nothing",),
    ),
    Plant(
        "callbacks folded backwards",
        "a late report of sent takes back that a text was delivered",
        12,
        (
            Edit(
                "storage/outbox.py",
                ".where(_OURS, MESSAGE.c.state.in_(_BEFORE[to]))",
                ".where(_OURS)",
            ),
        ),
        (f"{OUTBOX}test_reports_only_fold_forward_even_the_early_ones",),
    ),
    Plant(
        "the younger overtakes",
        "a text that must be tried again does not hold those behind it",
        4,
        (
            Edit(
                "storage/claims.py",
                '            sa.and_(_OLDER.c.state == "queued", _OLDER.c.attempts > 0),\n',
                "",
            ),
        ),
        (f"{OUTBOX}test_one_that_must_be_tried_again_holds_those_behind_it",),
    ),
    Plant(
        "timer closed beside its turn",
        "who dies between a timer's turn and its closing has it ring twice",
        2,
        (
            Edit(
                "bot/turns.py",
                "    return timers.finish(connection, leases, now) if leases else set()\n",
                "    return {lease.id for lease in leases}\n",
            ),
            Edit(
                "bot/turns.py",
                "                rung |= timers.finish(connection, [item.rang], world.now)\n",
                "                rung.add(item.rang.id)\n",
            ),
            Edit(
                "bot/worker/timers.py",
                "    return len(rung)\n",
                "    await workshop.database.run(\n"
                "        partial(timers.finish, leases=[one.lease for one in rung], now=now)\n"
                "    )\n"
                "    return len(rung)\n",
            ),
        ),
        (f"{TIMERS}test_one_that_died_after_the_turn_does_not_ring_again",),
    ),
    Plant(
        "naive retry of a booking",
        "an order whose answer was lost is made again without a look by our ref: two cars",
        5,
        (
            Edit(
                "bot/worker/rides.py",
                'self._later(None)  # the row says "booking"',
                'self._later(None, {"state": "held"})  # ',
            ),
        ),
        (f"{RIDES}test_a_lost_answer_is_looked_for_before_anything_is_ordered_again",),
    ),
)

HOURS: Final = (
    Plant(
        "no look for a STOP",
        "a text that was claimed before a STOP leaves after it",
        7,
        (
            Edit(
                "storage/outbox.py",
                'elif row.consent != "given" and not (',
                'elif row.consent not in ("given", "withdrawn") and not (',
            ),
        ),
        (
            f"{OUTBOX}test_nothing_leaves_without_a_yes",
            f"{OUTBOX}test_a_send_waits_for_a_turn_under_way_and_sees_what_it_decided[stop-opted_out-postgres]",
        ),
    ),
    Plant(
        "STOP drops nothing",
        "what waited when somebody said STOP stays, and leaves when they come back",
        7,
        (
            Edit(
                "storage/apply.py",
                '    if change == "withdrawn":\n        drop_for_stop(connection, point, one.now)\n',
                "",
            ),
        ),
        ("tests/storage/test_apply.py::test_a_stop_drops_what_waits_and_lets_its_confirmation_go",),
    ),
    Plant(
        "no look at the epoch",
        "a reply of the bot begins after a caseworker took over",
        11,
        (
            Edit(
                "storage/outbox.py",
                '    if row.kind in ("reply", "nudge") and row.epoch != row.epoch_now:\n'
                '        return "taken_over"\n',
                "",
            ),
        ),
        (
            f"{OUTBOX}test_after_a_take_over_no_reply_begins",
            f"{DELIVER}test_a_take_over_drops_replies_and_lets_the_ride_through",
        ),
    ),
    Plant(
        "the machine's zone",
        "quiet hours are counted by the server's wall clock, not by the person's",
        8,
        (
            Edit(
                "bot/reminders/hours.py",
                "    local = wall_clock(moment, zone)\n    if hours.hold(local.time()):\n",
                "    local = moment.astimezone().replace(tzinfo=None)\n    if hours.hold(local.time()):\n",
            ),
        ),
        (
            f"{DELIVER}test_what_we_start_waits_for_the_persons_hours",
            "tests/reminders/test_plans.py::test_what_we_start_waits_for_the_hours",
        ),
    ),
    Plant(
        "a day's texts not counted",
        "a fourth text of ours comes on one day",
        8,
        (Edit("bot/worker/manners.py", "    if counted.since >= MOST_A_DAY:\n", "    if False:\n"),),
        (f"{MANNERS}test_three_a_day_and_the_fourth_tomorrow",),
    ),
    Plant(
        "nudges not counted",
        "nudges go on for ever to somebody who does not answer",
        8,
        (
            Edit(
                "bot/worker/manners.py",
                '    if message.kind == "nudge" and counted.unanswered >= MOST_NUDGES:\n'
                "        return Unanswered()\n",
                "",
            ),
        ),
        (f"{MANNERS}test_a_nudge_stops_after_three_without_an_answer",),
    ),
    Plant(
        "version not looked at",
        "a text about an interview that has moved names the old hour",
        9,
        (
            Edit(
                "storage/outbox.py",
                '    if not is_current(connection, row.subject, row.version):\n        return "moved_on"\n',
                "",
            ),
        ),
        (
            f"{OUTBOX}test_nothing_leaves_about_an_interview_that_moved",
            f"{DELIVER}test_nothing_leaves_for_an_interview_that_moved",
        ),
    ),
    Plant(
        "a timer's version not looked at",
        "what was planned for an interview that is off rings all the same",
        9,
        (
            Edit(
                "storage/timers.py",
                "        if (row.subject, row.version) not in holds:\n",
                "        if False:\n",
            ),
        ),
        (
            f"{DUE}test_a_timer_about_what_moved_on_never_rings",
            f"{TIMERS}test_a_timer_of_an_interview_that_changed_is_dropped",
        ),
    ),
    Plant(
        "useful_until not looked at",
        "a reminder leaves after the hour it was for",
        10,
        (
            Edit(
                "storage/outbox.py",
                "    if row.useful_until is not None and row.useful_until <= now:\n"
                '        return "too_late"\n',
                "",
            ),
        ),
        (
            f"{OUTBOX}test_a_late_one_expires_and_says_so",
            f"{DELIVER}test_a_reminder_put_off_past_its_use_expires",
        ),
    ),
    Plant(
        "a late timer rings",
        "after a day without us reminders of yesterday are decided and queued",
        10,
        (
            Edit(
                "storage/timers.py",
                "        elif row.useful_until is not None and row.useful_until <= now:\n",
                "        elif False:\n",
            ),
        ),
        (
            f"{DUE}test_a_late_timer_rings_only_while_it_is_useful",
            f"{TIMERS}test_a_late_reminder_goes_only_while_it_is_useful",
        ),
    ),
    Plant(
        "the pace not paid",
        "a burst leaves faster than the carrier allows, and the rest is refused",
        12,
        (Edit("storage/claims.py", "            bucket.take(row.parts or 1)\n", "            pass\n"),),
        (
            f"{PACE}test_a_claim_takes_no_more_than_the_bucket_has",
            f"{PACE}test_a_long_text_pays_for_each_of_its_parts",
        ),
    ),
    Plant(
        "each worker's own pace",
        "workers that do not wait for each other's claim spend the same tokens",
        12,
        (Edit("storage/pace.py", "_LOCKED if locked else _LOOK", "_LOOK"),),
        (f"{PACE}test_many_workers_keep_one_pace[postgres]",),
    ),
)

PLANTS: Final = (*IN, *OUT, *HOURS)
