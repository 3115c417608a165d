"""What the caseworkers' window is handed by app.py."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.conversation import Conversations
from storage.database import Database


@dataclass(frozen=True, slots=True)
class StaffDeps:
    """What the window needs.

    `secure`: people come by https, so the cookie is `__Host-` and Secure. `one_click` is the e-mail of the
    caseworker whom the demo signs in at a click, from this machine only; None everywhere else. `by_hand`:
    rides are booked by hand here. `wake(name)` has a worker look at what a caseworker did.
    """

    database: Database
    conversations: Conversations
    clock: Clock
    programme: str
    zone: ZoneInfo
    secure: bool
    one_click: str | None = None
    by_hand: bool = False
    wake: Callable[[str], None] = lambda name: None
