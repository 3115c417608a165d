"""Bugs of what comes in: kept once, in its order, before anybody says 200."""

from typing import Final

from tests.mutants.plant import Edit, Plant

CONVERSATION: Final = "tests/test_conversation.py::"
DOOR: Final = "tests/storage/test_database.py::"
PEOPLE: Final = "tests/storage/test_people.py::"
CHANNELS: Final = "tests/channels/test_every_channel.py::"

PLANTS: Final = (
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
    Plant(
        "swept before kept",
        "what was missed while we were down counts as fetched before it is kept, and is not asked for again",
        3,
        (
            Edit(
                "bot/worker/reconcile.py",
                "    await _hand_on(workshop, name, missed)\n    if not rest:\n",
                "    until = since + DAY if rest else now\n"
                "    await workshop.database.run(partial(_swept, name, until, now, rest))\n"
                "    await _hand_on(workshop, name, missed)\n    if not rest:\n",
            ),
        ),
        ("tests/worker/test_reconcile.py::test_what_was_fetched_and_not_kept_is_fetched_again",),
    ),
    Plant(
        "not waited for the disk",
        "what a power cut takes from SQLite was answered 200",
        1,
        (Edit("storage/database.py", '"synchronous=FULL"', '"synchronous=NORMAL"'),),
        (f"{DOOR}test_sqlite_is_new_enough_and_keeps_its_word",),
    ),
)
