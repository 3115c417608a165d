"""The page at /: where to go from here, and the style and scripts every page shares."""

from dataclasses import dataclass

from starlette.routing import BaseRoute


@dataclass(frozen=True, slots=True)
class StartDeps:
    """What the start page may offer: the phones, the one-click login, the ride company's page (its URL)."""

    programme: str
    phone: bool
    one_click: bool
    ride_stub: str | None = None


def routes(deps: StartDeps) -> list[BaseRoute]:
    """List / and /static; every page needs these."""
    return []
