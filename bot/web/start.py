"""The page at /: where to go from here, and the style and scripts every page shares."""

from dataclasses import dataclass

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.web.pages import HERE, Guarded, Kept, from_this_machine, page


@dataclass(frozen=True, slots=True)
class StartDeps:
    """What the start page may offer: the phones, the one-click login, the ride company's page (its URL)."""

    programme: str
    phone: bool
    one_click: bool
    ride_stub: str | None = None


def routes(deps: StartDeps) -> list[BaseRoute]:
    """List / and /static; every page needs these."""

    async def start(request: Request) -> Response:
        return page(
            "start.html",
            programme=deps.programme,
            phone=deps.phone,
            one_click=deps.one_click and from_this_machine(request),
            ride_stub=deps.ride_stub,
        )

    guarded = [Middleware(Guarded)]
    files = StaticFiles(directory=HERE / "static")
    return [
        Route("/", start, methods=["GET"], middleware=guarded),
        Mount("/static", Kept(files), name="static"),
    ]
