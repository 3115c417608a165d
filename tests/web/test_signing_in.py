"""Who comes in: passwords, throttling, the login's cookie and its end, the demo's one click."""

import asyncio
from datetime import timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from storage import staff
from storage.tables import Login, table
from tests.web.conftest import HERE, PASSWORD, Office, Page, inert

LOGIN = table(Login)
MARIA = "maria@example.org"


async def test_a_login_is_a_cookie_no_script_can_read(office: Office) -> None:
    async with office.browser() as browser:
        answer = await browser.sign_in("  MARIA@example.org ")
        cookie = answer.headers["set-cookie"]
        name, _, rest = cookie.partition("=")
        token = rest.partition(";")[0]

        assert name == "onward"
        assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
        assert "secure" not in cookie.lower()
        assert answer.headers["location"] == "/staff"
        assert "Maria Ruiz" in (await browser.open("/staff")).text
    (row,) = await office.rows(sa.select(LOGIN))
    assert token.encode() not in bytes(row.token_hash)
    assert row.expires_at == office.clock.now() + timedelta(hours=12)


async def test_over_https_the_cookie_is_bound_to_the_host(office: Office) -> None:
    async with office.browser(secure=True) as browser:
        cookie = (await browser.sign_in(MARIA)).headers["set-cookie"]

    assert cookie.startswith("__Host-onward=")
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert {"secure", "httponly", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


async def test_a_wrong_password_and_a_stranger_are_answered_alike(office: Office) -> None:
    await office.hire("Nobody Yet")
    async with office.browser() as browser:
        wrong = await browser.sign_in(MARIA, "wrong", 401)
        stranger = await browser.sign_in("else@example.org", "wrong", 401)

    assert "set-cookie" not in wrong.headers
    assert wrong.text.replace(MARIA, "") == stranger.text.replace("else@example.org", "")


async def test_who_has_no_password_cannot_sign_in_with_none(office: Office) -> None:
    await office.database.run(
        lambda connection: staff.add_caseworker(
            connection, name="New", email="new@example.org", now=office.clock.now()
        )
    )
    async with office.browser() as browser:
        await browser.sign_in("new@example.org", "", 401)


async def test_who_left_cannot_sign_in_nor_stay(office: Office) -> None:
    browser = await office.signed_in()
    await office.database.run(
        lambda connection: staff.change_caseworker(connection, office.maria.id, active=False)
    )
    assert (await browser.get("/staff")).status_code == 303
    await browser.sign_in(MARIA, status=401)


# --- throttling -----------------------------------------------------------------------------------


async def test_after_five_tries_the_door_stays_shut_for_a_while(office: Office) -> None:
    tom = await office.hire("Tom Ash")
    async with office.browser() as browser:
        for _ in range(5):
            await browser.sign_in(MARIA, "wrong", 401)
        await browser.sign_in(MARIA, PASSWORD, 429)
        await browser.sign_in(tom.email, PASSWORD, 303)
        async with office.browser(client="192.0.2.7") as elsewhere:
            await elsewhere.sign_in(MARIA, PASSWORD, 303)
        office.clock.move(timedelta(minutes=16))
        await browser.sign_in(MARIA, PASSWORD, 303)
    assert await office.chain_holds()


async def test_many_tries_at_once_are_all_counted(office: Office) -> None:
    async with office.browser() as browser:
        form = {"email": MARIA, "password": "wrong"}
        answers = await asyncio.gather(
            *(browser.post("/staff/sign-in", data=form, headers={"Origin": HERE}) for _ in range(12))
        )

    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7


async def test_one_address_cannot_try_everybody(office: Office) -> None:
    async with office.browser() as browser:
        for number in range(20):
            await browser.sign_in(f"{number}@example.org", "wrong", 401)
        await browser.sign_in(MARIA, PASSWORD, 429)
    async with office.browser(client="192.0.2.7") as elsewhere:
        await elsewhere.sign_in(MARIA, PASSWORD, 303)


async def test_signing_in_forgives_what_failed_before(office: Office) -> None:
    async with office.browser() as browser:
        for _ in range(3):
            for _ in range(4):
                await browser.sign_in(MARIA, "wrong", 401)
            await browser.sign_in(MARIA)


async def test_one_account_cannot_be_tried_from_everywhere(office: Office) -> None:
    for number in range(41):
        async with office.browser(client=f"192.0.2.{number}") as browser:
            await browser.sign_in(MARIA, "wrong", 401 if number < 40 else 429)


async def test_an_email_of_any_shape_is_nobody(office: Office) -> None:
    form = {"Origin": HERE, "Content-Type": "application/x-www-form-urlencoded"}
    async with office.browser() as browser:
        for email in ("", "\0", "maria@example.org\0", "\ud800", "x" * 5000, "'; --", "<script>"):
            typed = quote(email, errors="surrogatepass")
            answer = await browser.post("/staff/sign-in", content=f"email={typed}&password=x", headers=form)
            assert answer.status_code == 401
            inert(Page(answer.text))


async def test_the_audit_does_not_say_which_address_was_tried(office: Office) -> None:
    async with office.browser() as browser:
        await browser.sign_in("typo@example.org", "wrong", 401)
    lines = await office.audited("tried_to_sign_in")
    assert len(lines) == 3
    assert not any("typo" in line.object or "127.0.0.1" in line.object for line in lines)


# --- the login's end ------------------------------------------------------------------------------


async def test_a_login_left_alone_ends(office: Office) -> None:
    browser = await office.signed_in()
    for _ in range(3):
        office.clock.move(timedelta(minutes=29))
        await browser.open("/staff")
    office.clock.move(timedelta(minutes=31))
    answer = await browser.get("/staff")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sign-in?next=/staff")


async def test_a_page_that_keeps_itself_fresh_is_nobody_at_the_desk(office: Office) -> None:
    browser = await office.signed_in()
    for path, minutes in (("/staff/list", 20), ("/staff/live", 9), ("/staff/list", 2)):
        office.clock.move(timedelta(minutes=minutes))
        answer = await browser.get(path)
    assert answer.status_code == 401


async def test_a_login_ends_after_twelve_hours_whatever_is_done(office: Office) -> None:
    browser = await office.signed_in()
    for _ in range(24):
        office.clock.move(timedelta(minutes=29, seconds=59))
        await browser.open("/staff")
    office.clock.move(timedelta(minutes=1))
    assert (await browser.get("/staff")).status_code == 303


async def test_signing_out_ends_the_login_itself(office: Office) -> None:
    browser = await office.signed_in()
    kept = browser.cookies["onward"]
    answer = await browser.act("/staff/sign-out")
    assert answer.headers["location"] == "/staff/sign-in"
    browser.cookies.set("onward", kept)
    assert (await browser.get("/staff")).status_code == 303
    assert [line.actor for line in await office.audited("signed_out")] == [office.maria.actor]


@pytest.mark.parametrize("token", ["", "x", "\udcff".encode("utf-8", "replace").decode(), "a" * 5000])
async def test_a_made_up_cookie_is_nobody(office: Office, token: str) -> None:
    async with office.browser() as browser:
        answer = await browser.get("/staff", headers={"Cookie": f"onward={token}"})
    assert answer.status_code == 303


async def test_after_signing_in_they_land_where_they_wanted_and_only_with_us(office: Office) -> None:
    async with office.browser() as browser:
        for asked, there in (
            ("/staff/people/abc", "/staff/people/abc"),
            ("//evil.invalid", "/staff"),
            ("https://evil.invalid/staff", "/staff"),
            ("/staff/../phone", "/staff"),
            ("/staff/people/abc/reply", "/staff"),
        ):
            path = f"/staff/sign-in?next={asked}"
            answer = await browser.send_form(path, email=MARIA, password=PASSWORD)
            assert answer.headers["location"] == there


# --- the demo's one click -------------------------------------------------------------------------


async def test_one_click_signs_in_on_this_machine(office: Office) -> None:
    async with office.browser(one_click=MARIA) as browser:
        assert "sample caseworker" in (await browser.open("/staff/sign-in")).text
        await browser.send_form("/staff/demo-sign-in")
        assert "Maria Ruiz" in (await browser.open("/staff")).text


@pytest.mark.parametrize(
    "client,base,headers,one_click,status",
    [
        ("127.0.0.1", HERE, {}, None, 404),
        ("192.0.2.7", HERE, {}, MARIA, 404),
        ("127.0.0.1", HERE, {"X-Forwarded-For": "192.0.2.7"}, MARIA, 404),
        ("127.0.0.1", HERE, {"Forwarded": "for=192.0.2.7"}, MARIA, 404),
        ("127.0.0.1", "http://rebound.invalid", {"Origin": "http://rebound.invalid"}, MARIA, 404),
        ("127.0.0.1", HERE, {"Origin": "http://evil.invalid"}, MARIA, 403),
        ("127.0.0.1", HERE, {"Sec-Fetch-Site": "cross-site"}, MARIA, 403),
    ],
)
async def test_nobody_else_signs_in_with_one_click(
    office: Office, client: str, base: str, headers: dict[str, str], one_click: str | None, status: int
) -> None:
    async with office.browser(client, base, one_click=one_click) as browser:
        answer = await browser.post("/staff/demo-sign-in", headers={"Origin": HERE} | headers)
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers


async def test_elsewhere_the_door_does_not_speak_of_a_sample(office: Office) -> None:
    async with office.browser("192.0.2.7", one_click=MARIA) as browser:
        page: Page = await browser.open("/staff/sign-in")
    assert "sample" not in page.text
