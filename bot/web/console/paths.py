"""The paths of the caseworkers' window."""

from starlette.routing import BaseRoute

from bot.web.console.deps import StaffDeps


def routes(deps: StaffDeps) -> list[BaseRoute]:
    """List the paths under /staff; the style and scripts come from `bot.web.start.routes`."""
    return []
