"""Bugs of what goes out, rings and is ordered: once, in its order, and to an end."""

from typing import Final

from tests.mutants.plant import Edit, Plant

OUTBOX: Final = "tests/storage/test_outbox.py::"
DELIVER: Final = "tests/worker/test_deliver.py::"
DUE: Final = "tests/storage/test_due.py::"
TIMERS: Final = "tests/worker/test_timers.py::"
RIDES: Final = "tests/worker/test_rides_worker.py::"

PLANTS: Final = (
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
                "bot/worker/ride_order.py",
                'later(held, None)  # the row says "booking"',
                'later(held, None, state="held")  # ',
            ),
        ),
        (f"{RIDES}test_a_lost_answer_is_looked_for_before_anything_is_ordered_again",),
    ),
    Plant(
        "429 holds one text",
        "a carrier that says wait gets every other text of the queue at once",
        12,
        (
            Edit(
                "bot/worker/deliver.py",
                "                pace.hold(connection, rate.sender, now + after)\n",
                "                pass\n",
            ),
        ),
        (f"{DELIVER}test_429_holds_its_sender_and_no_other",),
    ),
    Plant(
        "a lost lease lets go",
        "a worker that was thought dead closes what another one has in hand",
        13,
        (
            Edit(
                "storage/due.py",
                'columns.lease_until == sa.bindparam("lease", type_=UTCDateTime()))',
                'sa.bindparam("lease", type_=UTCDateTime()).is_not(None))',
            ),
        ),
        (f"{DUE}test_a_dead_workers_timer_comes_back",),
    ),
)
