"""Show one matter to who was called for it at night, by the link in the call, without a sign-in."""

from bot.web.one_ride.paths import OneRideDeps, routes

__all__ = ["OneRideDeps", "routes"]
