"""A ride company kept from a person after a ride that was not safe: staff see why, and let it drive again."""

from functools import partial

from storage.exclusions import exclude, excluded
from tests.web.conftest import Office
from tests.web.test_window import another_caseload


async def test_staff_see_which_company_is_kept_from_somebody_and_let_it_drive_again(office: Office) -> None:
    await office.text("hello")
    ref, person_id = await office.ref(), await office.person_id()
    kept = partial(exclude, person_id=person_id, provider="guest_rides", reason="asks for money")
    await office.database.run(partial(kept, now=office.clock.now()))
    browser = await office.signed_in()
    page = await browser.open(f"/staff/people/{ref}")
    assert "Not sent with guest_rides asks for money" in page.text

    await browser.act(f"/staff/people/{ref}/ride-company", company="guest_rides")
    assert "Not sent with" not in (await browser.open(f"/staff/people/{ref}")).text
    assert not await office.database.read(partial(excluded, person_id=person_id))
    assert [line.actor for line in await office.audited("cleared_ride_company")] == [office.maria.actor]
    assert await office.chain_holds()


async def test_only_who_sees_the_person_lets_a_company_drive_them_again(office: Office) -> None:
    _, ref = await another_caseload(office)
    marias, person_id = await office.signed_in(), await office.person_id()
    kept = partial(exclude, person_id=person_id, provider="guest_rides", reason="asks for money")
    await office.database.run(partial(kept, now=office.clock.now()))
    await marias.act(f"/staff/people/{ref}/ride-company", 404, company="guest_rides")
    assert await office.database.read(partial(excluded, person_id=person_id)) == {"guest_rides"}
    assert not await office.audited("cleared_ride_company")
