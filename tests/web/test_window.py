"""The caseworkers' window: who needs somebody, reading, answering, handing back, and what nobody may see."""

from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.web.console import drawn
from storage import attention
from storage.staff import PERSON, CaseworkerRow
from tests.web.conftest import AUDIT, BOSTON, DEE, HERE, HOSTILE, RAY, Office, Page, inert

HELLO = ("ride7", "yes")
CHANGES = sa.select(AUDIT).where(AUDIT.c.action != "read_list")


async def asks_for_a_person(office: Office) -> str:
    """Have Ray say hello and ask for a human; return his ref."""
    await office.text(*HELLO, "PERSON")
    return await office.ref()


# --- the list -------------------------------------------------------------------------------------


async def test_an_empty_window_says_so(office: Office) -> None:
    page = await (await office.signed_in()).open("/staff")
    assert "Nobody waits for a person" in page.text
    assert "No conversations yet" in page.text


async def test_those_who_need_somebody_come_first_with_the_reason_and_last_words(office: Office) -> None:
    await asks_for_a_person(office)
    await office.text("my id is gone")
    await office.give(RAY, first_name="Ray")
    await office.text(*HELLO, phone=DEE)
    await office.give(DEE, first_name="Dee")

    page = await (await office.signed_in()).open("/staff")

    assert page.text.index("Need somebody 1") < page.text.index("Ray") < page.text.index("Everybody else")
    assert page.text.index("Everybody else") < page.text.index("Dee")
    assert "Ray: my id is gone" in page.text
    assert "Us: " in page.text[page.text.index("Dee") :]
    assert "Asked for a person" in page.text
    assert "by " in page.text


async def test_the_soonest_due_comes_first_and_the_urgent_before_all(office: Office) -> None:
    now = office.clock.now()
    phones = [f"sms:+1555555020{number}" for number in range(3)]
    for phone, hours, urgent in zip(phones, (3, 1, 9), (False, False, True), strict=True):
        await office.text("hello", phone=phone)
        await office.give(phone, first_name=f"Due{hours}")
        need = partial(
            attention.need_human,
            person_id=await office.person_id(phone),
            kind="check in",
            reason="quiet",
            due_at=now + timedelta(hours=hours),
            now=now,
            urgent=urgent,
        )
        await office.database.run(need)

    text = (await (await office.signed_in()).open("/staff")).text

    assert text.index("Due9") < text.index("Due1") < text.index("Due3")


async def test_people_without_a_name_are_told_apart(office: Office) -> None:
    await office.text("hello")
    await office.text("hello", phone="sms:+15555550199")
    text = (await (await office.signed_in()).open("/staff")).text
    assert "0142" in text
    assert "0199" in text


# --- the thread -----------------------------------------------------------------------------------


async def test_the_thread_says_who_spoke_and_what_became_of_it(office: Office) -> None:
    await office.text(*HELLO)
    await office.give(RAY, first_name="Ray")
    page = await (await office.signed_in()).open(f"/staff/people/{await office.ref()}")
    assert "Tue, Feb 23" in page.text
    assert "Ray 10:05 am ride7" in page.text
    assert "Onward 10:05 am Hi, this is Onward" in page.text
    assert page.text.count(" sent") >= 2
    assert "The bot is on" in page.text


@pytest.mark.parametrize(
    "state,error,words",
    [
        ("queued", None, "waiting to be sent"),
        ("sending", None, "being sent"),
        ("unsure", "timeout", "maybe sent, being checked"),
        ("sent", None, "sent"),
        ("delivered", None, "delivered"),
        ("maybe_sent", "timeout", "maybe sent: nobody can tell"),
        ("failed", "30003", "not delivered (30003)"),
        ("expired", "too_late", "not sent: too late to be useful"),
        ("dropped", "taken_over", "not sent: a caseworker took over"),
        ("dropped", "opted_out", "not sent: they said STOP"),
        ("dropped", None, "not sent"),
        ("received", None, ""),
    ],
)
def test_delivery_in_words(state: str, error: str | None, words: str) -> None:
    assert drawn.delivery(state, error) == words


def test_due_in_words() -> None:
    now = datetime(2027, 2, 23, 10, 0, tzinfo=BOSTON)
    assert drawn.due(now + timedelta(hours=2), now, BOSTON) == "by 12:00 pm"
    assert drawn.due(now + timedelta(days=1), now, BOSTON) == "by Wed, Feb 24, 10:00 am"
    assert drawn.due(now - timedelta(minutes=1), now, BOSTON) == "was due 9:59 am"


async def test_a_long_thread_is_read_back_page_by_page(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.console.reading.LINES", 3)
    await office.text(*HELLO)
    browser, ref = await office.signed_in(), await office.ref()
    newest = await browser.open(f"/staff/people/{ref}")
    earlier = next(attrs["href"] for _, attrs in newest.tags if "before=" in (attrs.get("href") or ""))
    assert "ride7" not in newest.text
    older = await browser.open(earlier or "")
    assert "ride7" in older.text
    assert not any(attrs.get("data-live") for _, attrs in older.tags)


# --- answering ------------------------------------------------------------------------------------


async def test_a_reply_reaches_the_phone_and_the_bot_goes_quiet_until_handed_back(office: Office) -> None:
    ref = await asks_for_a_person(office)
    browser = await office.signed_in()
    (item,) = [one.id for one in await _items(office)]

    answer = await browser.act(
        f"/staff/people/{ref}/reply", text="Hi, Maria here.\r\nCall me?", item=str(item), settled="1"
    )
    assert answer.headers["location"] == f"/staff/people/{ref}#newest"
    (queued,) = await office.messages(kind="staff")
    assert (queued.state, queued.sender, queued.caseworker_id) == ("queued", "staff", office.maria.id)
    await office.deliver()
    assert office.on_phone()[-1] == "Hi, Maria here.\nCall me?"

    before = len(office.on_phone())
    assert len(await office.text("ok", "when?")) == before
    page = await browser.open(f"/staff/people/{ref}")
    assert "You are talking" in page.text
    assert "You 10:05 am Hi, Maria here. Call me?" in page.text
    assert await _items(office) == []
    assert "You are talking" in (await browser.open("/staff")).text

    await browser.act(f"/staff/people/{ref}/hand-back")
    await office.deliver()
    assert len(office.on_phone()) > before
    assert "The bot is on" in (await browser.open(f"/staff/people/{ref}")).text
    assert [line.actor for line in await office.audited("wrote")] == [office.maria.actor]
    assert len(await office.audited("handed_back")) == len(await office.audited("finished_item")) == 1
    assert await office.chain_holds()


async def test_taking_over_alone_drops_what_the_bot_had_waiting(office: Office) -> None:
    ref = await asks_for_a_person(office)
    browser = await office.signed_in()
    await browser.act(f"/staff/people/{ref}/take-over")
    assert "You are talking" in (await browser.open(f"/staff/people/{ref}")).text
    colleague = await office.signed_in(await office.hire("Tom Ash"))
    assert "Maria is talking" in (await colleague.open(f"/staff/people/{ref}")).text


async def test_an_item_is_marked_done(office: Office) -> None:
    ref = await asks_for_a_person(office)
    browser = await office.signed_in()
    (item,) = await _items(office)
    await browser.act(f"/staff/items/{item.id}/done", ref=ref)
    assert await _items(office) == []
    assert "Nobody waits" in (await browser.open("/staff")).text
    await browser.act(f"/staff/items/{item.id}/done", ref=ref)


@pytest.mark.parametrize("text", ["", "   \r\n ", "x" * 1601])
async def test_what_cannot_be_sent_is_shown_again(office: Office, text: str) -> None:
    ref = await asks_for_a_person(office)
    browser = await office.signed_in()
    answer = await browser.act(f"/staff/people/{ref}/reply", 400, text=text)
    assert text.strip() in answer.text
    assert await office.messages(kind="staff") == []


async def test_who_never_agreed_or_said_stop_gets_nothing(office: Office) -> None:
    await office.text("hello")
    browser, ref = await office.signed_in(), await office.ref()
    answer = await browser.act(f"/staff/people/{ref}/reply", 409, text="I kept this")
    assert "I kept this" in Page(answer.text).text
    assert "have not agreed" in Page(answer.text).text
    await office.text("yes", "STOP")
    await browser.act(f"/staff/people/{ref}/reply", 409, text="and this")
    assert await office.messages(kind="staff") == []


async def test_a_form_too_large_or_broken_is_refused(office: Office) -> None:
    ref = await asks_for_a_person(office)
    browser = await office.signed_in()
    path, ours = f"/staff/people/{ref}/reply", {"Origin": HERE}
    huge = await browser.post(path, data={"text": "x" * 70_000}, headers=ours)
    broken = await browser.post(
        path, content=b"--x\r\nnonsense", headers=ours | {"Content-Type": "multipart/form-data"}
    )
    other = await browser.post(path, json={"text": "x"}, headers=ours)
    assert (huge.status_code, broken.status_code, other.status_code) == (413, 400, 403)


async def test_whoever_was_signed_out_keeps_what_they_wrote(office: Office) -> None:
    ref = await asks_for_a_person(office)
    browser = await office.signed_in()
    proof = await browser.proof()
    office.clock.move(timedelta(hours=1))
    path = f"/staff/people/{ref}/reply"
    answer = await browser.send_form(path, 401, proof=proof, text="long and thoughtful")
    page = Page(answer.text)
    assert "long and thoughtful" in page.text
    assert any(f"next=/staff/people/{ref}" in (attrs.get("action") or "") for _, attrs in page.tags)
    assert await office.messages(kind="staff") == []


# --- whom they may not see ------------------------------------------------------------------------


async def another_caseload(office: Office) -> tuple[CaseworkerRow, str]:
    """Give Ray to Tom; return Tom and Ray's ref."""
    ref = await asks_for_a_person(office)
    tom = await office.hire("Tom Ash")
    await office.give(RAY, caseworker_id=tom.id, first_name="Raymond")
    return tom, ref


async def test_own_people_are_seen_and_others_are_not(office: Office) -> None:
    tom, ref = await another_caseload(office)
    toms, marias = await office.signed_in(tom), await office.signed_in()
    assert "Raymond" in (await toms.open("/staff")).text
    assert "ride7" in (await toms.open(f"/staff/people/{ref}")).text
    for path in ("/staff", "/staff/list"):
        page = await marias.open(path)
        assert "Raymond" not in page.text
        assert ref not in str(page.tags)


async def test_what_they_may_not_see_answers_as_what_is_not_there(office: Office) -> None:
    _, ref = await another_caseload(office)
    (item,) = await _items(office)
    browser = await office.signed_in()
    proof = await browser.proof()

    async def answers(ref: str, item: int) -> list[tuple[int, str]]:
        got = [await browser.get(f"/staff/people/{ref}{end}") for end in ("", "/thread", "/live")]
        posts = [f"/staff/people/{ref}/{act}" for act in ("reply", "take-over", "hand-back")]
        for path in (*posts, f"/staff/items/{item}/done"):
            form = {"proof": proof, "text": "hello", "ref": "x"}
            got.append(await browser.post(path, data=form, headers={"Origin": HERE}))
        return [(answer.status_code, answer.text.replace(ref, "REF")) for answer in got]

    assert await answers(ref, item.id) == await answers("nobody-has-this", 987654)
    for status, text in await answers(ref, item.id):
        assert status == 404 or "nobody here" in Page(text).text
        assert "Raymond" not in text
        assert "ride7" not in text
    assert len(await _items(office)) == 1
    assert await office.messages(kind="staff") == []
    assert {line.object for line in await office.audited("refused_person")} == {
        f"ref:{ref}",
        "ref:nobody-has-this",
    }
    assert await office.audited("read_thread") == []


async def test_a_ref_of_any_shape_is_nobody(office: Office) -> None:
    await office.text("hello")
    browser = await office.signed_in()
    for ref in ("a" * 65, "%00", "x%00", "a%0Ab", "%F0%9F%98%80", "'--", "%27%20OR%201=1"):
        for end in ("", "/thread", "/live"):
            assert (await browser.get(f"/staff/people/{ref}{end}")).status_code == 404
        await browser.act(f"/staff/people/{ref}/reply", 404, text="x")
        await browser.act(f"/staff/people/{ref}/hand-back", 404)
    for item in ("0", "-1", "x", "9" * 30, "%00"):
        await browser.act(f"/staff/items/{item}/done", 404)


async def test_every_read_is_audited(office: Office) -> None:
    ref = await asks_for_a_person(office)
    browser = await office.signed_in()
    for path in ("/staff", "/staff/list", f"/staff/people/{ref}", f"/staff/people/{ref}/thread"):
        await browser.open(path)
    lists, threads = await office.audited("read_list"), await office.audited("read_thread")
    assert len(lists) == 2
    assert lists[0].details == {"people": [await office.person_id()]}
    assert [line.object for line in threads] == [f"person:{await office.person_id()}"] * 2
    assert {line.actor for line in lists + threads} == {office.maria.actor}
    assert await office.chain_holds()


# --- forms that are not ours ----------------------------------------------------------------------

ACTS = (
    "/staff/people/{ref}/reply",
    "/staff/people/{ref}/take-over",
    "/staff/people/{ref}/hand-back",
    "/staff/items/{item}/done",
    "/staff/sign-out",
)


@pytest.mark.parametrize("act", ACTS)
async def test_a_form_of_another_site_or_login_does_nothing(office: Office, act: str) -> None:
    ref = await asks_for_a_person(office)
    (item,) = await _items(office)
    path = act.format(ref=ref, item=item.id)
    browser = await office.signed_in()
    proof = await browser.proof()
    other = await (await office.signed_in(await office.hire("Tom Ash"))).proof()
    lines = len(await office.rows(CHANGES))
    for headers, given in (
        ({}, proof),
        ({"Origin": "http://evil.invalid"}, proof),
        ({"Origin": "null"}, proof),
        ({"Origin": HERE, "Sec-Fetch-Site": "cross-site"}, proof),
        ({"Origin": HERE, "Sec-Fetch-Site": "same-site"}, proof),
        ({"Origin": HERE}, ""),
        ({"Origin": HERE}, other),
        ({"Origin": HERE}, proof[:-1] + ("0" if proof[-1] != "0" else "1")),
        ({"Origin": HERE}, "é"),
    ):
        answer = await browser.post(path, data={"proof": given, "text": "no"}, headers=headers)
        assert answer.status_code == 403, (headers, given)
    assert len(await office.rows(CHANGES)) == lines
    assert await office.messages(kind="staff") == []
    assert (await browser.get("/staff")).status_code == 200


async def test_without_a_login_nothing_is_served(office: Office) -> None:
    ref = await asks_for_a_person(office)
    async with office.browser() as browser:
        for path in ("/staff", f"/staff/people/{ref}"):
            assert (await browser.get(path)).headers["location"] == f"/staff/sign-in?next={path}"
        for path in (
            "/staff/list",
            "/staff/live",
            f"/staff/people/{ref}/thread",
            f"/staff/people/{ref}/live",
        ):
            assert (await browser.get(path)).status_code == 401
        for act in ACTS:
            answer = await browser.post(act.format(ref=ref, item=1), headers={"Origin": HERE})
            assert answer.status_code == 401
            assert "ride7" not in answer.text


# --- what is written is only words ----------------------------------------------------------------


async def test_what_people_write_is_never_more_than_words(office: Office) -> None:
    await office.text(*HELLO, *HOSTILE, "PERSON", HOSTILE[0])
    browser, ref = await office.signed_in(), await office.ref()
    thread, phone = f"/staff/people/{ref}", f"/phone?phone={RAY.replace('+', '%2B')}"
    for words in HOSTILE:
        await browser.act(f"{thread}/reply", text=words)
    await office.deliver()
    for path in (thread, f"{thread}/thread", phone, phone.replace("/phone?", "/phone/screen?")):
        page = await browser.open(path)
        inert(page)
        for words in HOSTILE:
            assert page.text.count(" ".join(words.split())) >= 2, (path, words)


async def test_a_name_is_never_more_than_a_name(office: Office) -> None:
    await office.text(*HELLO)
    browser, ref = await office.signed_in(), await office.ref()
    for name in HOSTILE:
        await office.give(RAY, first_name=name)
        for path in ("/staff", f"/staff/people/{ref}"):
            page = await browser.open(path)
            inert(page)
            assert " ".join(name.split()) in page.text


async def test_pages_are_kept_by_nobody_and_framed_by_nobody(office: Office) -> None:
    ref = await asks_for_a_person(office)
    browser = await office.signed_in()
    paths = (
        "/", "/phone", "/phone/api/clock", "/staff", "/staff/list", "/staff/live", f"/staff/people/{ref}",
        f"/staff/people/{ref}/live", "/staff/people/none", "/staff/sign-in",
    )  # fmt: skip
    for path in paths:
        headers = (await browser.get(path)).headers
        assert headers.get_list("cache-control") == ["no-store"], path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


# --- news -----------------------------------------------------------------------------------------


async def test_news_carries_a_mark_and_no_words(office: Office) -> None:
    ref = await asks_for_a_person(office)
    browser = await office.signed_in()
    for live in ("/staff/live", f"/staff/people/{ref}/live"):
        first = (await browser.get(live)).text
        mark = first.rsplit("data: ", 1)[1].strip()
        assert len(mark) == 16
        quiet = await browser.get(live, headers={"Last-Event-ID": mark})
        assert "data:" not in quiet.text
        assert "data:" not in (await browser.get(f"{live}?seen={mark}")).text
        await office.text("one more thing")
        assert "data:" in (await browser.get(live, headers={"Last-Event-ID": mark})).text
        assert "thing" not in first


async def test_an_item_done_and_a_delivery_are_news(office: Office) -> None:
    ref = await asks_for_a_person(office)
    browser = await office.signed_in()

    async def mark() -> str:
        return (await browser.get(f"/staff/people/{ref}/live")).text.rsplit("data: ", 1)[1]

    marks = [await mark()]
    await browser.act(f"/staff/people/{ref}/reply", text="hello")
    marks.append(await mark())
    await office.deliver()
    marks.append(await mark())
    (item,) = await _items(office)
    await browser.act(f"/staff/items/{item.id}/done", ref=ref)
    marks.append(await mark())
    assert len(set(marks)) == 4


async def _items(office: Office) -> list[attention.Item]:
    everyone = sa.select(PERSON.c.id)
    return await office.database.read(partial(attention.unfinished, people=everyone))
