"""The console's page of who is on call, and taking an urgent item on there."""

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from storage import attention, on_call, staff
from storage.tables import Alarm, AttentionItem, Shift, table
from tests.web.conftest import RAY, Office, inert

ALARM, ITEM, SHIFT = table(Alarm), table(AttentionItem), table(Shift)
FORM: dict[str, Any] = {
    "days": "Mon-Fri",
    "starts": "17:00",
    "ends": "09:00",
    "place": "1",
    "phone": "+15555550199",
    "day": "",
}
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


async def test_a_caseworker_goes_on_call_and_off_again(office: Office) -> None:
    browser = await office.signed_in()
    page = await browser.open("/staff/on-call")
    inert(page)
    assert "Nobody is on call right now" in page.text
    await browser.act("/staff/on-call", email=office.maria.email, **FORM)
    page = await browser.open("/staff/on-call")
    assert "Mon, 17:00 to 09:00 the next day" in page.text
    assert len(await office.rows(sa.select(SHIFT))) == 5
    await browser.act("/staff/on-call/1/remove")
    assert len(await office.rows(sa.select(SHIFT))) == 4
    assert [row.actor for row in await office.audited("added_shift")] == [office.maria.actor]


WRONG: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({"phone": ""}, 400, "has no phone"),
    ({"starts": "5pm"}, 400, "like 17:00"),
    ({"day": "2027-02-30"}, 400, "no day"),
    ({"email": "sam@example.org"}, 403, "ask a supervisor"),
)


@SQLITE
async def test_what_cannot_be_is_said(office: Office) -> None:
    await office.hire("Sam Poe")
    browser = await office.signed_in()
    for change, status, says in WRONG:
        answer = await browser.act(
            "/staff/on-call", status, **{"email": office.maria.email, **FORM, **change}
        )
        assert says in answer.text


@SQLITE
async def test_only_a_supervisor_changes_others(office: Office) -> None:
    sam = await office.hire("Sam Poe", role="supervisor")
    boss, maria = await office.signed_in(sam), await office.signed_in()
    await boss.act("/staff/on-call", email=office.maria.email, **(FORM | {"day": "2027-02-24"}))
    await boss.act("/staff/on-call", email=sam.email, **(FORM | {"phone": "+15555550198"}))
    assert "2027-02-24, 17:00" in (await maria.open("/staff/on-call")).text
    await maria.act("/staff/on-call/2/remove", 403)
    await maria.act("/staff/on-call/1/remove")


async def test_on_it_in_the_console_ends_the_alarm(office: Office) -> None:
    await office.text("hi", "y")
    person = await office.person_id(RAY)
    now = office.clock.now()
    need = partial(attention.need_human, person_id=person, kind="car lost", reason="out", due_at=now, now=now)
    item = await office.database.run(partial(need, urgent=True))
    sam = await office.hire("Sam Poe")
    browser, ref = await office.signed_in(), await office.ref()
    assert "I'm on it" in (await browser.open(f"/staff/people/{ref}")).text
    await browser.act(f"/staff/items/{item}/claim", ref=ref)
    page = await browser.open(f"/staff/people/{ref}")
    assert "You are on it" in page.text
    [alarm] = await office.rows(sa.select(ALARM))
    assert (alarm.state, alarm.answered_by, alarm.how) == ("answered", office.maria.id, "console")
    other = await office.signed_in(sam)
    await other.act(f"/staff/items/{item}/claim", 404, ref=ref)
    assert await office.chain_holds()


@SQLITE
async def test_somebody_elses_people_are_not_taken_on(office: Office) -> None:
    await office.text("hi", "y")
    sam = await office.hire("Sam Poe")
    await office.give(RAY, caseworker_id=sam.id)
    person, now = await office.person_id(RAY), office.clock.now()
    need = partial(attention.need_human, person_id=person, kind="car lost", reason="out", due_at=now, now=now)
    item = await office.database.run(partial(need, urgent=True))
    browser = await office.signed_in()
    await browser.act(f"/staff/items/{item}/claim", 404)
    change = partial(staff.change_caseworker, caseworker_id=office.maria.id, phone="+15555550199")
    await office.database.run(change)
    shift = partial(on_call.add_shift, caseworker_id=office.maria.id, zone="America/New_York", now=now)
    await office.database.run(shift)
    await browser.act(f"/staff/items/{item}/claim")
