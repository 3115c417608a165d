"""Who is on call: the roster, and who is called first right now.

The rule: a caseworker puts themselves on and off; a supervisor or an admin everybody. Works without
JavaScript, at phone width.
"""

import re
from functools import partial
from typing import Final

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot import rostering
from bot.rostering import BadShift, NewShift
from bot.web.console.deps import StaffDeps
from bot.web.console.reading import common, no
from bot.web.pages import page, see_other
from storage import on_call, staff
from storage.staff import CaseworkerRow

HERE: Final = "/staff/on-call"
DAYS: Final = (rostering.EVERY_DAY, "Mon-Fri", "Sat-Sun", *rostering.DAYS)
FIELDS: Final = ("days", "starts", "ends", "place", "phone")


async def roster(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    """Show the roster."""
    return await _page(deps, request, who)


async def add(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Put somebody on the roster."""
    given = {name: str(form.get(name, "")).strip()[:60] for name in FIELDS}
    day, email = str(form.get("day", "")).strip(), str(form.get("email", who.email))
    if email != who.email and not _may_all(who):
        return no(deps, request, 403, "You can put yourself on call. For others ask a supervisor.", who)
    new = NewShift(email, day or given.pop("days"), **{k: v for k, v in given.items() if k != "days"})
    put = partial(rostering.add, new=new, actor=who.actor, zone=str(deps.zone), now=deps.clock.now())
    try:
        await deps.database.run(put)
    except BadShift as error:
        return await _page(deps, request, who, 400, str(error))
    return see_other(HERE)


async def remove(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Take a shift off."""
    typed = request.path_params["shift"]
    shift_id = int(typed) if re.fullmatch("[0-9]{1,18}", typed) else 0
    listed = await deps.database.read(rostering.listed)
    theirs = any(one.id == shift_id and one.caseworker_id == who.id for one in listed)
    if not theirs and not _may_all(who):
        return no(deps, request, 403, "You can take yourself off. For others ask a supervisor.", who)
    take = partial(rostering.remove, shift_id=shift_id, actor=who.actor, now=deps.clock.now())
    await deps.database.run(take)
    return see_other(HERE)


def _may_all(who: CaseworkerRow) -> bool:
    return who.role != "caseworker"


async def _page(
    deps: StaffDeps, request: Request, who: CaseworkerRow, status: int = 200, problem: str = ""
) -> Response:
    now = deps.clock.now()

    def read(
        connection: sa.Connection,
    ) -> tuple[list[rostering.Listed], list[CaseworkerRow], list[CaseworkerRow]]:
        return rostering.listed(connection), on_call.line(connection, now), staff.active_staff(connection)

    listed, line, everybody = await deps.database.read(read)
    return page(
        "staff_on_call.html",
        status,
        **common(deps, request, who),
        roster=listed,
        line=line,
        everybody=everybody if _may_all(who) else [who],
        may_all=_may_all(who),
        days=DAYS,
        problem=problem,
    )
