"""Staff: who may see whom, the list and its reasons, logins, promises; and the audit nobody can rewrite."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import attention, audit, messages, on_call, people, staff
from storage.crypto import KeyRing
from storage.database import make_engine
from storage.messages import NewInbound
from storage.tables import Audit, Login, table
from tests.databases import KEYS
from tests.storage.samples import NOW, a_caseworker, minutes, someone

AUDIT, LOGIN = table(Audit), table(Login)
HOUR = timedelta(hours=1)


# --- whom they may see ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role, team, sees",
    [
        ("caseworker", "north", {"own", "own elsewhere", "nobody's north", "nobody's"}),
        ("caseworker", None, {"own", "own elsewhere", "nobody's"}),
        ("supervisor", "north", {"own", "colleague's north", "nobody's north", "nobody's", "colleague's"}),
        ("admin", None, {"own", "own elsewhere", "colleague's", "colleague's north", "nobody's north",
                         "nobody's", "nobody's south"}),
    ],
)  # fmt: skip
def test_who_sees_whom(connection: sa.Connection, role: str, team: str | None, sees: set[str]) -> None:
    maria = a_caseworker(connection, role=role, **({"team": team} if team else {}))
    other = a_caseworker(connection, "Tom")
    people_of = {
        "own": (maria.id, "north"),
        "own elsewhere": (maria.id, "south"),
        "colleague's": (other.id, None),
        "colleague's north": (other.id, "north"),
        "nobody's north": (None, "north"),
        "nobody's south": (None, "south"),
        "nobody's": (None, None),
    }
    ids = {}
    for number, (name, (caseworker_id, of_team)) in enumerate(people_of.items()):
        point = someone(connection, f"+1555555030{number}")
        people.change_person(connection, point.person_id, caseworker_id=caseworker_id, team=of_team)
        ids[name] = point.person_id
    visible = set(connection.scalars(staff.visible_people(maria)))
    assert {name for name, id_ in ids.items() if id_ in visible} == sees
    listed = {one.person_id for one in staff.conversations(connection, maria, NOW)}
    assert listed == visible
    assert {name for name, id_ in ids.items() if staff.may_see(connection, maria, id_)} == sees


def said(connection: sa.Connection, address: str, body: str) -> int:
    point = someone(connection, address)
    new = NewInbound(
        conversation_id=point.conversation_id, contact_point_id=point.id, channel="sms",
        provider_id=address, body=body, at=NOW,
    )  # fmt: skip
    messages.keep_inbound(connection, [new])
    return point.person_id


def test_a_thread_is_read_only_by_those_who_may_and_leaves_a_line(connection: sa.Connection) -> None:
    maria, tom = a_caseworker(connection), a_caseworker(connection, "Tom")
    ray = said(connection, "+15555550301", "my secret")
    people.change_person(connection, ray, caseworker_id=maria.id)
    lines = staff.read_thread(connection, maria, ray, NOW)
    assert lines is not None
    assert [line.body for line in lines] == ["my secret"]
    assert staff.read_thread(connection, tom, ray, NOW) is None
    about = [(line.actor, line.action) for line in audit.of(connection, f"person:{ray}")]
    assert about == [(tom.actor, "refused_thread"), (maria.actor, "read_thread")]


def test_those_who_need_someone_come_first(connection: sa.Connection) -> None:
    maria = a_caseworker(connection)
    quiet = said(connection, "+15555550301", "hi")
    later = said(connection, "+15555550302", "no hurry")
    sooner = said(connection, "+15555550303", "PERSON")
    crisis = said(connection, "+15555550304", "help")
    newest = said(connection, "+15555550305", "thanks")
    attention.need_human(connection, later, "asked", "asked for a person", minutes(90), NOW)
    attention.need_human(connection, sooner, "asked", "asked for a person", minutes(30), NOW)
    attention.need_human(connection, sooner, "stuck", "stuck in a question", minutes(60), NOW)
    attention.need_human(connection, crisis, "crisis", "call now", minutes(120), NOW, urgent=True)
    listed = staff.conversations(connection, maria, NOW)
    assert [one.person_id for one in listed] == [crisis, sooner, later, newest, quiet]
    first = listed[1]
    assert (first.reason, first.needs_by, first.last_words) == ("asked for a person", minutes(30), "PERSON")
    assert (first.last_direction, listed[3].needs_by, listed[3].urgent) == ("in", None, False)
    assert audit.of(connection, "conversations")[0].details["people"] == [one.person_id for one in listed]


def test_search_finds_only_the_visible_and_leaves_a_line(connection: sa.Connection) -> None:
    maria, tom = a_caseworker(connection), a_caseworker(connection, "Tom")
    mine, his = said(connection, "+15555550301", "hi"), said(connection, "+15555550302", "hi")
    for person, who in ((mine, maria), (his, tom)):
        people.keep_facts(connection, {person: {"first_name": "José Luis"}})
        people.change_person(connection, person, caseworker_id=who.id)
    assert staff.search(connection, maria, "jos", NOW) == [mine]
    assert staff.search(connection, tom, "luis jose", NOW) == [his]
    assert staff.search(connection, maria, "jose maria", NOW) == []
    assert staff.search(connection, maria, "j", NOW) == []
    people.keep_facts(connection, {mine: {"first_name": "Ana"}})
    assert staff.search(connection, maria, "jos", NOW) == []
    assert len(audit.of(connection, "people")) == 5


def test_a_person_is_found_by_ref_only_by_those_who_may(connection: sa.Connection) -> None:
    maria, tom = a_caseworker(connection), a_caseworker(connection, "Tom")
    ray = said(connection, "+15555550301", "hi")
    people.change_person(connection, ray, caseworker_id=maria.id)
    found = people.person(connection, ray)
    assert found is not None
    assert staff.person_by_ref(connection, maria, found.ref) == ray
    assert staff.person_by_ref(connection, tom, found.ref) is None
    assert staff.person_by_ref(connection, maria, "no such") is None


def test_on_duty_is_the_persons_own_then_who_is_on_the_roster(connection: sa.Connection) -> None:
    ray = someone(connection).person_id
    assert staff.on_duty(connection, ray) is None
    maria, tom = a_caseworker(connection), a_caseworker(connection, "Tom")
    on_call.add_shift(connection, tom.id, zone="America/New_York", now=NOW)
    duty = staff.on_duty(connection, ray)
    assert duty is not None
    assert duty.id == tom.id
    people.change_person(connection, ray, caseworker_id=maria.id)
    duty = staff.on_duty(connection, ray)
    assert duty is not None
    assert duty.id == maria.id


# --- logins ---------------------------------------------------------------------------------------


def test_a_login_is_known_by_its_token_until_it_ends(connection: sa.Connection) -> None:
    maria = a_caseworker(connection)
    token = staff.start_login(connection, maria.id, NOW, 12 * HOUR)
    assert staff.who_is(connection, token, minutes(20), HOUR) == maria
    assert staff.who_is(connection, token + "x", minutes(20), HOUR) is None
    staff.end_login(connection, token, minutes(30))
    assert staff.who_is(connection, token, minutes(30), HOUR) is None


def test_a_login_goes_when_idle_and_after_its_time(connection: sa.Connection) -> None:
    maria = a_caseworker(connection)
    idle, old = (staff.start_login(connection, maria.id, NOW, 3 * HOUR) for _ in range(2))
    assert staff.who_is(connection, idle, minutes(61), HOUR) is None
    for at in (50, 100, 150):
        assert staff.who_is(connection, old, minutes(at), HOUR) == maria
    assert staff.who_is(connection, old, minutes(181), HOUR) is None
    assert staff.forget_old_logins(connection, minutes(181)) == 2


def test_whoever_leaves_is_signed_out(connection: sa.Connection) -> None:
    maria = a_caseworker(connection)
    token = staff.start_login(connection, maria.id, NOW, HOUR)
    staff.change_caseworker(connection, maria.id, active=False)
    assert staff.who_is(connection, token, NOW, HOUR) is None
    assert staff.caseworker_by_email(connection, "maria@example.org") is None
    staff.change_caseworker(connection, maria.id, active=True)
    staff.end_all_logins(connection, maria.id, NOW)
    assert staff.who_is(connection, token, NOW, HOUR) is None


def test_the_token_is_nowhere_in_the_database(connection: sa.Connection) -> None:
    token = staff.start_login(connection, a_caseworker(connection).id, NOW, HOUR)
    assert token.encode() not in bytes(connection.execute(sa.select(LOGIN.c.token_hash)).scalar_one())


def test_an_email_is_one_however_it_is_written(connection: sa.Connection) -> None:
    maria = a_caseworker(connection)
    assert staff.caseworker_by_email(connection, " MARIA@Example.org ") == maria


# --- the list and promises ------------------------------------------------------------------------


def test_one_item_for_each_reason_only_ever_more_urgent(connection: sa.Connection) -> None:
    ray = someone(connection).person_id
    one = attention.need_human(connection, ray, "stuck", "first", minutes(60), NOW)
    assert attention.need_human(connection, ray, "stuck", "second", minutes(90), NOW, urgent=True) == one
    assert attention.need_human(connection, ray, "stuck", "third", minutes(30), NOW) == one
    item = attention.item(connection, one)
    assert item is not None
    assert (item.reason, item.due_at, item.urgent) == ("third", minutes(30), True)
    assert attention.need_human(connection, ray, "ride", "lost", NOW, NOW, about="ride:7") != one


def test_an_item_is_claimed_by_one_and_done_once(connection: sa.Connection) -> None:
    maria, tom = a_caseworker(connection), a_caseworker(connection, "Tom")
    ray = someone(connection).person_id
    one = attention.need_human(connection, ray, "stuck", "why", NOW, NOW)
    assert attention.claim_item(connection, one, maria.id, NOW)
    assert not attention.claim_item(connection, one, tom.id, NOW)
    assert [item.claimed_by for item in attention.unfinished(connection, staff.visible_people(tom))] == [
        maria.id
    ]
    assert attention.finish_item(connection, one, maria.id, NOW)
    assert not attention.finish_item(connection, one, maria.id, NOW)
    assert attention.unfinished(connection, staff.visible_people(tom)) == []
    assert attention.need_human(connection, ray, "stuck", "again", NOW, NOW) != one


def test_a_promise_is_due_until_it_is_kept(connection: sa.Connection) -> None:
    ray, maria = someone(connection).person_id, a_caseworker(connection)
    first = attention.promise(connection, ray, maria.id, "calls you", minutes(60), NOW)
    attention.promise(connection, ray, maria.id, "finds a bus", minutes(600), NOW)
    assert attention.people_with_due_promises(connection, minutes(59), 9) == []
    assert [one.person_id for one in attention.people_with_due_promises(connection, minutes(60), 9)] == [ray]
    assert attention.end_promise(connection, first, "corrected", minutes(60))
    assert not attention.end_promise(connection, first, "kept", minutes(61))
    assert [one.what for one in attention.promises_of(connection, ray)] == ["finds a bus"]
    assert attention.keep_promises(connection, ray, minutes(70)) == 1
    assert attention.promises_of(connection, ray) == []


# --- the audit ------------------------------------------------------------------------------------


def lines(connection: sa.Connection, number: int) -> None:
    for one in range(number):
        audit.append(
            connection, actor="bot", action="did", object=f"person:{one}", now=minutes(one),
            details={"b": one, "a": ["é", NOW]},
        )  # fmt: skip


def test_a_whole_chain_holds(connection: sa.Connection) -> None:
    assert audit.verify(connection) == audit.Chain(0, audit.START, None)
    lines(connection, 5)
    chain = audit.verify(connection)
    assert chain.whole
    assert chain.lines == 5


@pytest.mark.parametrize(
    "tamper",
    [
        {"actor": "caseworker:9"},
        {"action": "undid"},
        {"object": "person:9"},
        {"at": minutes(600)},
        {"details": {"b": 3}},
        {"hash": b"x" * 32},
    ],
)
def test_a_changed_line_is_found(connection: sa.Connection, tamper: dict[str, object]) -> None:
    lines(connection, 5)
    connection.execute(sa.update(AUDIT).where(AUDIT.c.object == "person:2").values(**tamper))
    chain = audit.verify(connection)
    assert (chain.lines, chain.broken_at) == (2, 3)


def test_a_line_taken_out_or_swapped_is_found(connection: sa.Connection) -> None:
    lines(connection, 5)
    connection.execute(sa.delete(AUDIT).where(AUDIT.c.object == "person:1"))
    assert audit.verify(connection).broken_at == 3


def test_lines_cut_off_the_end_show_in_the_count_and_the_head(connection: sa.Connection) -> None:
    lines(connection, 5)
    before = audit.verify(connection)
    connection.execute(sa.delete(AUDIT).where(AUDIT.c.object == "person:4"))
    after = audit.verify(connection)
    assert after.whole
    assert (after.lines, after.head) != (before.lines, before.head)


def test_without_the_key_no_line_can_be_forged(database_url: str, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        lines(connection, 2)
    forger = make_engine(database_url, KeyRing("new", KEYS.keys, b"f" * 32), poolclass=sa.pool.NullPool)
    with forger.begin() as connection:
        lines(connection, 1)
    with engine.begin() as connection:
        assert audit.verify(connection).broken_at == 3


def test_lines_written_at_once_make_one_chain(engine: sa.Engine) -> None:
    def write(number: int) -> None:
        with engine.begin() as connection:
            audit.append(connection, actor="bot", action="did", object=f"person:{number}", now=NOW)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(12)))
    with engine.begin() as connection:
        chain = audit.verify(connection)
        assert (chain.whole, chain.lines) == (True, 12)
