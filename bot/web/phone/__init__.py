"""Show a phone on a web page, so that anybody can try Onward without a token.

The rule: what a phone shows is read from the database, so a restart loses nothing; what it does goes in by
the simulator's own door. app.py never serves it in production.
"""

from bot.web.phone.page import MoveClock, PhoneDeps, routes

__all__ = ["MoveClock", "PhoneDeps", "routes"]
