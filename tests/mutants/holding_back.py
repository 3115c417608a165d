"""Bugs of what must not go out: after a STOP, at night, too much, too late, about what has moved."""

from typing import Final

from tests.mutants.plant import Edit, Plant

OUTBOX: Final = "tests/storage/test_outbox.py::"
DELIVER: Final = "tests/worker/test_deliver.py::"
DUE: Final = "tests/storage/test_due.py::"
PACE: Final = "tests/storage/test_pace.py::"
MANNERS: Final = "tests/worker/test_manners.py::"
TIMERS: Final = "tests/worker/test_timers.py::"
CONVERSATION: Final = "tests/test_conversation.py::"

PLANTS: Final = (
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
                "        if (one.subject, one.version) not in holds:\n",
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
                "        elif one.useful_until is not None and one.useful_until <= now:\n",
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
    Plant(
        "no waiting for a STOP under way",
        "a text leaves while the turn that takes the STOP is being written",
        7,
        (
            Edit(
                "storage/outbox.py",
                "    .with_for_update(read=True, of=(CONVERSATION, POINT))\n",
                "",
            ),
        ),
        (f"{OUTBOX}test_a_send_waits_for_a_turn_under_way_and_sees_what_it_decided",),
    ),
    Plant(
        "a STOP at the carrier is not ours",
        "whom the carrier stopped is written to again and again, and refused",
        7,
        (
            Edit(
                "bot/worker/deliver.py",
                "    if isinstance(sent, Rejected) and sent.opted_out:\n",
                "    if False:\n",
            ),
        ),
        (f"{DELIVER}test_opted_out_at_the_carrier_is_opted_out_here",),
    ),
    Plant(
        "either zone will do",
        "somebody near a border of zones is texted in the evening of the other one",
        8,
        (
            Edit(
                "bot/reminders/hours.py",
                "allowed = max(next_allowed(at, zone, hours) for zone in zones)",
                "allowed = min(next_allowed(at, zone, hours) for zone in zones)",
            ),
        ),
        (f"{MANNERS}test_where_two_zones_may_be_theirs_both_must_allow_it",),
    ),
    Plant(
        "the second of two half past ones",
        "in the night the clocks go back everything is an hour late",
        8,
        (Edit("bot/reminders/hours.py", "tzinfo=ZoneInfo(zone), fold=0)", "tzinfo=ZoneInfo(zone), fold=1)"),),
        ("tests/reminders/test_plans.py::test_wall_clocks_over_a_clock_change",),
    ),
    Plant(
        "take-over drops nothing",
        "what the bot had not begun to say stays in line, and leaves when it is handed back",
        11,
        (
            Edit(
                "bot/staff_acts.py",
                "    messages.drop_for_take_over(connection, row.id, now)\n",
                "",
            ),
        ),
        (f"{CONVERSATION}test_a_take_over_leaves_nothing_in_line",),
    ),
    Plant(
        "the pace paid for nothing",
        "texts that do not leave use up what others should leave with",
        12,
        (
            Edit(
                "bot/worker/deliver.py",
                '    if why_not not in (None, "too_late"):  # what is too late paid nothing\n'
                "        _give_back(connection, message, settings)\n",
                "",
            ),
        ),
        (f"{DELIVER}test_what_waits_for_the_morning_pays_nothing",),
    ),
)
