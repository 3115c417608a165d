"""The sign-in page, and out again.

The rule: who signs in lands on a page of ours under /staff, whatever the address asked for; the demo's
one-click login exists on this machine only.
"""

import re
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot.web.console import door
from bot.web.console.deps import StaffDeps
from bot.web.pages import from_our_page, from_this_machine, page, see_other
from storage.staff import CaseworkerRow


async def sign_in_page(deps: StaffDeps, request: Request) -> Response:
    if await door.who_is(deps, request) is not None:
        return see_other("/staff")
    return door_page(deps, request)


async def sign_in(deps: StaffDeps, request: Request) -> Response:
    if not from_our_page(request):
        return door_page(deps, request, 403, "That form is not from this page. Try again.")
    async with request.form() as form:
        email, password = str(form.get("email", "")), str(form.get("password", ""))
    address = request.client.host if request.client else ""
    try:
        token = await door.sign_in(deps, email, password, address)
    except door.Throttled:
        return door_page(deps, request, 429, "Too many tries. Wait 15 minutes, then try again.")
    if token is None:
        return door_page(deps, request, 401, "That e-mail and password do not fit.", email=email)
    return door.give(deps, see_other(_next(request)), token)


async def sign_in_sample(deps: StaffDeps, request: Request) -> Response:
    """Sign the demo's caseworker in at a click: on this machine only, and only where the demo says so."""
    if deps.one_click is None or not from_this_machine(request):
        return Response("not found", 404)
    if not from_our_page(request):
        return door_page(deps, request, 403, "That form is not from this page. Try again.")
    token = await door.sign_in_sample(deps, deps.one_click)
    if token is None:
        return door_page(deps, request, 404, "The sample caseworker is not there.")
    return door.give(deps, see_other(_next(request)), token)


async def sign_out(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    await door.sign_out(deps, request, who)
    return door.take_back(deps, see_other("/staff/sign-in"))


def door_page(
    deps: StaffDeps, request: Request, status: int = 200, problem: str = "", email: str = "", unsent: str = ""
) -> Response:
    """Show the door; `unsent` is what somebody wrote before their login ended."""
    after = _next(request)
    return page(
        "staff_sign_in.html",
        status,
        programme=deps.programme,
        problem=problem,
        email=email,
        unsent=unsent,
        next=f"?next={quote(after)}" if after != "/staff" else "",
        one_click=deps.one_click is not None and from_this_machine(request),
    )


def _next(request: Request) -> str:
    """Read where to go once signed in: a page of ours under /staff, whatever was asked."""
    ref = request.path_params.get("ref")
    asked = f"/staff/people/{ref}" if ref else request.query_params.get("next", "")
    return asked if re.fullmatch(r"/staff(/people/[A-Za-z0-9_-]{1,64})?", asked) else "/staff"
