"""What a caseworker does: answer, take over, hand back, settle what somebody waited for.

The rule: whom they may not see they can do nothing to, and are told no more than that nobody is there.
"""

import re
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot.funding import answer_cost
from bot.web.console.deps import StaffDeps
from bot.web.console.reading import LONGEST_REPLY, REF, no, person_page
from bot.web.pages import see_other
from storage import audit, desk, exclusions
from storage.staff import CaseworkerRow


async def reply(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Send a caseworker's words; that takes the conversation over. What stays unsent is shown again."""
    words = str(form.get("text", "")).replace("\r\n", "\n").strip()
    person_id = await _theirs(deps, request, who)
    if person_id is None:
        return await person_page(deps, request, who)
    if not words or len(words) > LONGEST_REPLY:
        problem = f"A text needs words, at most {LONGEST_REPLY} characters."
        return await person_page(deps, request, who, 400, problem, words)
    try:
        await deps.conversations.staff_says(who.id, person_id, words)
    except LookupError:
        problem = "Not sent: they have not agreed to our texts, or said STOP. Call them instead."
        return await person_page(deps, request, who, 409, problem, words)
    for item in form.getlist("item"):
        if form.get("settled"):
            await _finish(deps, who, str(item))
    return _back(request)


async def take_over(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    person_id = await _theirs(deps, request, who)
    if person_id is None:
        return await person_page(deps, request, who)
    await deps.conversations.take_over(who.id, person_id)
    return _back(request)


async def hand_back(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    person_id = await _theirs(deps, request, who)
    if person_id is None:
        return await person_page(deps, request, who)
    await deps.conversations.hand_back(person_id, who.id)
    return _back(request)


async def ride_cost(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Agree to what a person's rides cost, or not; a worker books them, or tells the person."""
    person_id = await _theirs(deps, request, who)
    if person_id is None:
        return await person_page(deps, request, who)
    yes = form.get("answer") == "yes"
    await deps.database.run(partial(_answer_cost, person_id, yes, who.id, deps.clock.now()))
    return _back(request)


def _answer_cost(
    person_id: int, yes: bool, caseworker_id: int, now: datetime, connection: sa.Connection
) -> None:
    answer_cost(connection, person_id, yes, caseworker_id, now)
    action = "agreed_to_ride_cost" if yes else "refused_ride_cost"
    audit.append(
        connection, actor=f"caseworker:{caseworker_id}", action=action, object=f"person:{person_id}", now=now
    )


async def done(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    if not await _finish(deps, who, request.path_params["item"]):
        return no(deps, request, 404, "There is nothing here for you to see.", who)
    ref = str(form.get("ref", ""))
    return see_other(f"/staff/people/{ref}" if REF.fullmatch(ref) else "/staff")


async def claim(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Take an item on; its alarm calls nobody else."""
    item = request.path_params["item"]
    take = partial(desk.claim_seen_item, who=who, now=deps.clock.now())
    if not re.fullmatch("[0-9]{1,18}", item) or not await deps.database.run(partial(take, item_id=int(item))):
        return no(deps, request, 404, "There is nothing here for you to take on, or somebody else has.", who)
    ref = str(form.get("ref", ""))
    return see_other(f"/staff/people/{ref}" if REF.fullmatch(ref) else "/staff")


async def allow_company(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Let a ride company drive a person again that was kept from them after a ride that was not safe."""
    person_id = await _theirs(deps, request, who)
    if person_id is None:
        return await person_page(deps, request, who)
    company, now = str(form.get("company", ""))[:80], deps.clock.now()
    await deps.database.run(
        partial(exclusions.clear, person_id=person_id, provider=company, caseworker_id=who.id, now=now)
    )
    return _back(request)


async def _theirs(deps: StaffDeps, request: Request, who: CaseworkerRow) -> int | None:
    """Find the person of the path, if this caseworker may see them; a refusal is audited."""
    ref = request.path_params["ref"]
    if not REF.fullmatch(ref):
        return None
    return await deps.database.run(partial(desk.seen_person, who=who, ref=ref, now=deps.clock.now()))


async def _finish(deps: StaffDeps, who: CaseworkerRow, item: str) -> bool:
    if not re.fullmatch("[0-9]{1,18}", item):
        return False
    return await deps.database.run(
        partial(desk.finish_seen_item, who=who, item_id=int(item), now=deps.clock.now())
    )


def _back(request: Request) -> Response:
    return see_other(f"/staff/people/{request.path_params['ref']}#newest")
