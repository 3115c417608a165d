"""People, their addresses and consent, their turns, the codes on their cards, what is erased with them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from storage import conversations, invites, messages, people, photos, points
from storage.conversations import Saved, TurnRow
from storage.messages import NewInbound
from storage.tables import ContactPoint, Message, Person, metadata, table
from tests.storage.samples import NOW, PHONE, a_caseworker, a_ride, an_interview, minutes, someone, talk


def inbound(point: points.Point, provider_id: str, body: str = "hello") -> NewInbound:
    return NewInbound(
        conversation_id=point.conversation_id,
        contact_point_id=point.id,
        channel=point.channel,
        provider_id=provider_id,
        body=body,
        at=NOW,
    )


# --- addresses and consent ------------------------------------------------------------------------


def test_a_person_is_found_by_the_exact_address(connection: sa.Connection) -> None:
    ray = someone(connection)
    assert points.find_point(connection, "sms", PHONE) == points.point(connection, ray.id)
    assert points.find_point(connection, "telegram", PHONE) is None
    assert points.find_point(connection, "sms", "+15555550102") is None


def test_the_same_address_is_the_same_person(connection: sa.Connection) -> None:
    assert someone(connection).person_id == someone(connection).person_id


def test_two_first_texts_at_once_make_one_person(engine: sa.Engine) -> None:
    def first(_: int) -> int:
        with engine.begin() as connection:
            return someone(connection, opted_in=False).person_id

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(first, range(4)))) == 1


def test_every_yes_and_stop_is_a_line(connection: sa.Connection) -> None:
    ray = someone(connection, opted_in=False)
    points.asked_for_consent(connection, [ray.id])
    for change in ("given", "withdrawn", "given"):
        points.set_consent(connection, ray.id, change, wording="1", method="text", now=NOW)
    assert [line.change for line in points.consents(connection, ray.id)] == ["given", "withdrawn", "given"]
    now = points.point(connection, ray.id)
    assert now is not None
    assert now.consent == "given"


def test_asking_again_does_not_undo_a_yes(connection: sa.Connection) -> None:
    ray = someone(connection)
    points.asked_for_consent(connection, [ray.id])
    now = points.point(connection, ray.id)
    assert now is not None
    assert now.consent == "given"


def test_two_failures_in_a_row_make_an_address_failing_until_it_writes(connection: sa.Connection) -> None:
    ray = someone(connection)
    assert points.count_failure(connection, ray.id) == 1
    points.heard_from(connection, [ray.id], NOW)
    assert [points.count_failure(connection, ray.id) for _ in range(2)] == [1, 2]
    failing = points.point(connection, ray.id)
    points.heard_from(connection, [ray.id], NOW)
    active = points.point(connection, ray.id)
    assert failing is not None
    assert active is not None
    assert (failing.state, active.state) == ("failing", "active")


def test_a_number_given_to_somebody_else_is_a_new_person(connection: sa.Connection) -> None:
    before = someone(connection)
    points.retire_point(connection, before.id)
    assert points.find_point(connection, "sms", PHONE) is None
    after = someone(connection, opted_in=False)
    assert after.person_id != before.person_id
    assert after.consent == "none"
    assert len(points.points_of(connection, before.person_id)) == 1


def test_a_new_phone_is_moved_to_its_person_with_what_was_said(connection: sa.Connection) -> None:
    dee = someone(connection)
    stray = someone(connection, "+15555550199")
    messages.keep_inbound(connection, [inbound(stray, "SM1", "D7Q4")])
    points.move_point(connection, stray.id, dee.person_id)
    points.retire_point(connection, dee.id)
    found = points.find_point(connection, "sms", "+15555550199")
    assert found is not None
    assert (found.person_id, found.conversation_id) == (dee.person_id, dee.conversation_id)
    assert [line.body for line in messages.thread(connection, dee.conversation_id)] == ["D7Q4"]
    assert talk(connection, dee).contact_point_id == stray.id
    assert talk(connection, stray).contact_point_id is None


# --- the record -----------------------------------------------------------------------------------


def test_facts_add_up_and_fill_their_columns(connection: sa.Connection) -> None:
    ray = someone(connection)
    people.keep_facts(connection, {ray.person_id: {"first_name": "Ray", "zip": "02118", "adult": True}})
    people.keep_facts(
        connection, {ray.person_id: {"phone_use": "shared", "discreet": True, "work": ["driving"]}}
    )
    found = people.person(connection, ray.person_id)
    assert found is not None
    assert (found.first_name, found.zip, found.adult) == ("Ray", "02118", True)
    assert (found.phone_use, found.discreet) == ("shared", True)
    assert found.facts["work"] == ["driving"]
    assert found.facts["zip"] == "02118"


def test_four_numbers_bring_back_and_three_wrong_tries_lock_them_for_a_day(connection: sa.Connection) -> None:
    dee, ray = someone(connection).person_id, someone(connection, "+15555550102").person_id

    def tried(person_id: int, pin: str, at: datetime = NOW) -> str:
        return people.try_pin(connection, person_id, pin, at)

    assert (people.has_pin(connection, dee), tried(dee, "1998")) == (False, "locked")
    people.set_pin(connection, dee, "1998")
    people.set_pin(connection, ray, "1998")
    assert (people.has_pin(connection, dee), tried(dee, "1998")) == (True, "right")
    assert [tried(dee, "0000") for _ in range(2)] == ["wrong", "wrong_again"]
    assert tried(dee, "1998") == "right"
    assert [tried(dee, "0000") for _ in range(4)] == ["wrong", "wrong_again", "locked_now", "locked"]
    assert (tried(dee, "1998"), tried(ray, "1998")) == ("locked", "right")
    assert tried(dee, "0000", NOW + timedelta(days=1)) == "wrong"
    assert tried(dee, "1998", NOW + timedelta(days=1)) == "right"
    hmacs = list(connection.scalars(sa.select(table(Person).c.pin_hmac)))
    assert len(set(hmacs)) == 2, "equal numbers must not look equal"


# --- turns ----------------------------------------------------------------------------------------


def test_a_turn_is_saved_with_its_row(connection: sa.Connection) -> None:
    ray, dee = someone(connection), someone(connection, "+15555550102")
    ids = [dee.conversation_id, ray.conversation_id]
    loaded = conversations.load_conversations(connection, ids)
    assert [one.id for one in loaded] == sorted(ids)
    assert [(one.progress, one.seq, one.consent, one.channel) for one in loaded] == [
        (None, 0, "given", "sms")
    ] * 2
    saved = [
        Saved(one.id, {"v": 1, "answers": {"b": 1, "a": 2}}, 1, one.contact_point_id, NOW) for one in loaded
    ]
    turns = [
        TurnRow(one.id, 1, {"event": "text"}, None, "welcome.consent", None, "welcome=done", "hash", NOW)
        for one in loaded
    ]
    conversations.save(connection, saved, turns)
    again = talk(connection, ray)
    assert (again.seq, again.progress) == (1, {"v": 1, "answers": {"b": 1, "a": 2}})
    assert again.progress is not None
    assert list(again.progress["answers"]) == ["b", "a"], "the order of answers is kept"
    (turn,) = conversations.turns_of(connection, ray.conversation_id)
    assert (turn.event, turn.before, turn.after, turn.ended) == (
        {"event": "text"},
        None,
        "welcome.consent",
        "welcome=done",
    )


def test_the_same_turn_cannot_be_written_twice(connection: sa.Connection) -> None:
    ray = someone(connection)
    turn = TurnRow(ray.conversation_id, 1, {}, None, None, "thanks", None, "hash", NOW)
    conversations.save(connection, [], [turn])
    with pytest.raises(IntegrityError), connection.begin_nested():
        conversations.save(connection, [], [turn])


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_a_conversation_waits_for_its_turn_and_sees_the_last_one(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        ray = someone(connection)

    def turn(_: int) -> None:
        with engine.begin() as connection:
            one = talk(connection, ray)
            progress = {"turns": (one.progress or {"turns": 0})["turns"] + 1}
            conversations.save(connection, [Saved(one.id, progress, one.seq + 1, None, NOW)], [])

    with ThreadPoolExecutor(5) as threads:
        list(threads.map(turn, range(20)))
    with engine.begin() as connection:
        one = talk(connection, ray)
        assert (one.progress, one.seq) == ({"turns": 20}, 20)


def test_a_take_over_runs_out(connection: sa.Connection) -> None:
    ray, maria = someone(connection), a_caseworker(connection)
    assert conversations.take_over(connection, ray.conversation_id, maria.id, minutes(60)) == 1
    assert talk(connection, ray).taken_over_by == maria.id
    assert conversations.run_out(connection, minutes(59)) == []
    assert conversations.run_out(connection, minutes(60)) == [ray.conversation_id]
    assert conversations.hand_back(connection, ray.conversation_id) == 2
    assert talk(connection, ray).taken_over_by is None


def test_flows_are_kept_once(connection: sa.Connection) -> None:
    for _ in range(2):
        conversations.keep_flows(connection, "hash", "flow: welcome", NOW)


# --- messages in ----------------------------------------------------------------------------------


def test_a_second_copy_of_a_text_changes_nothing(connection: sa.Connection) -> None:
    ray = someone(connection)
    assert set(messages.keep_inbound(connection, [inbound(ray, "SM1"), inbound(ray, "SM1")])) == {
        ("sms", "SM1")
    }
    kept = messages.keep_inbound(connection, [inbound(ray, "SM1", "again"), inbound(ray, "SM2")])
    assert set(kept) == {("sms", "SM2")}
    assert [line.body for line in messages.thread(connection, ray.conversation_id)] == ["hello", "hello"]


def test_a_thread_is_read_in_pages(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.keep_inbound(connection, [inbound(ray, f"{n}", f"{n}") for n in range(5)])
    last = messages.thread(connection, ray.conversation_id, limit=2)
    before = messages.thread(connection, ray.conversation_id, limit=2, before=last[0].id)
    assert [line.body for line in (*before, *last)] == ["1", "2", "3", "4"]


def test_a_photo_is_fetched_once_and_kept(connection: sa.Connection) -> None:
    ray = someone(connection)
    (message_id,) = messages.keep_inbound(connection, [inbound(ray, "SM1")]).values()
    for number in range(2):
        photos.want_photo(connection, message_id, f"https://example.org/{number}", "image/jpeg", NOW)
    first, second = photos.claim_photos(connection, NOW, 10)
    assert (first.provider_ref, first.channel) == ("https://example.org/0", "sms")
    assert photos.keep_photo(connection, first.lease, b"\xff\xd8", "image/jpeg", NOW)
    assert photos.retry_photo(connection, second.lease, NOW)
    (again,) = photos.claim_photos(connection, minutes(1), 10)
    assert photos.lose_photo(connection, again.lease, "gone", NOW)
    kept, gone = photos.photos_of(connection, message_id)
    assert (kept[2], gone[2]) == (b"\xff\xd8", None)


# --- codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["RIDE7", "ride7", " ride 7 ", "ride-7", "hi my code is RIDE7 thanks"])
def test_a_code_is_found_however_it_is_typed(connection: sa.Connection, typed: str) -> None:
    id_ = invites.add_invite(connection, "RIDE7", NOW, uses=100, team="boston")
    found = invites.find_invite(connection, typed, NOW)
    assert found is not None
    assert (found.id, found.code, found.team) == (id_, "RIDE7", "boston")


@pytest.mark.parametrize("typed", ["ride8", "hi", "", "ride 77", "!!!", "yes"])
def test_other_words_are_no_code(connection: sa.Connection, typed: str) -> None:
    invites.add_invite(connection, "RIDE7", NOW)
    assert invites.find_invite(connection, typed, NOW) is None


def test_a_code_is_used_up_and_runs_out(connection: sa.Connection) -> None:
    id_ = invites.add_invite(connection, "K4P2", NOW, uses=1, expires_at=minutes(60))
    assert invites.find_invite(connection, "K4P2", minutes(60)) is None
    assert invites.use_invite(connection, id_)
    assert not invites.use_invite(connection, id_)
    assert invites.find_invite(connection, "K4P2", NOW) is None


def test_a_persons_own_card_brings_them_back_every_time(connection: sa.Connection) -> None:
    dee = someone(connection)
    id_ = invites.add_invite(connection, "D7Q4", NOW)
    invites.give_invite(connection, id_, dee.person_id)
    assert [invites.use_invite(connection, id_) for _ in range(3)] == [True, True, True]
    found = invites.find_invite(connection, "d7q4", NOW + timedelta(days=400))
    assert found is not None
    assert found.person_id == dee.person_id


def test_new_codes_are_short_and_differ() -> None:
    codes = {invites.new_code() for _ in range(200)}
    assert len(codes) > 195
    assert {len(code) for code in codes} == {6}


# --- erasing --------------------------------------------------------------------------------------


def test_an_erased_person_leaves_no_row_behind(connection: sa.Connection) -> None:
    """What belongs to a person goes with them; the money's ledger stays, without the ride."""
    ray, maria = someone(connection), a_caseworker(connection)
    people.keep_facts(connection, {ray.person_id: {"first_name": "Ray"}})
    people.change_person(connection, ray.person_id, caseworker_id=maria.id)
    messages.keep_inbound(connection, [inbound(ray, "SM1")])
    meeting = an_interview(connection, ray)
    a_ride(connection, meeting)
    connection.execute(sa.delete(table(Person)).where(table(Person).c.id == ray.person_id))
    staying = {"caseworker", "place"}
    left = {
        t.name
        for t in metadata.sorted_tables
        if t.name not in staying
        and connection.execute(sa.select(sa.func.count()).select_from(t)).scalar_one()
    }
    assert left == set()


def test_two_in_use_points_of_one_address_are_refused(connection: sa.Connection) -> None:
    ray, dee = someone(connection), someone(connection, "+15555550102")
    point = table(ContactPoint)
    same = points.address_index(connection, "sms", PHONE)
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(sa.update(point).where(point.c.id == dee.id).values(address_index=same))
    points.retire_point(connection, ray.id)
    connection.execute(sa.update(point).where(point.c.id == dee.id).values(address_index=same))


def test_an_inbound_message_cannot_be_queued(connection: sa.Connection) -> None:
    ray = someone(connection)
    messages.keep_inbound(connection, [inbound(ray, "SM1")])
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(sa.update(table(Message)).values(state="queued"))
