"""Let caseworkers watch and join the conversations they are responsible for."""

from bot.web.console.deps import StaffDeps
from bot.web.console.paths import routes

__all__ = ["StaffDeps", "routes"]
