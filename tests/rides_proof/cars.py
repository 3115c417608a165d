"""The cars' half of `make rides-proof`: so many interviews, each fault of the company, each call.

Theory of operation. Each case is a town of its own (town.py) that lives through the evening, the day and the
next, with one fault on one kind of call, or one trouble with webhooks. Then the companies' books and ours are
laid side by side (look.py).
"""

import hmac
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from storage.database import Database
from tests.rides_proof.day import plan
from tests.rides_proof.line import FAULTS, Bad, Call
from tests.rides_proof.look import faults
from tests.rides_proof.town import COMPANIES, EVENING, SECRET, Town, settle_in

Hook: TypeAlias = Literal["drop", "delay", "reorder", "same_id", "new_id", "bad_signature"]
EVENING_ENDS: Final = EVENING + timedelta(hours=3)
ENDS: Final = EVENING + timedelta(hours=38)
FINE: Final = timedelta(seconds=10)
COARSE: Final = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that goes wrong: a fault on one call, or on the webhooks."""

    call: Call | None = None
    bad: Bad | None = None
    hook: Hook | None = None

    @property
    def name(self) -> str:
        """How it is told."""
        if self.call is not None and self.bad is not None:
            return f"{self.call}: {self.bad.name}"
        return f"webhooks: {self.hook}" if self.hook else "nothing wrong"


ACTS: Final = ("book", "cancel", "send_car")
"""Calls that change something: only there it matters whether a fault comes before or after the work."""


def _cases() -> Iterator[Case]:
    yield Case()
    for call in get_args(Call):
        for bad in FAULTS:
            whole = bad.applied == "never" or (call not in ACTS and bad.kind == "truncate")
            if (call in ACTS or whole) and (call, bad.kind) != ("token", "expired_token"):
                yield Case(call=call, bad=bad)
    for hook in get_args(Hook):
        yield Case(hook=hook)


CASES: Final = tuple(_cases())


@dataclass(slots=True)
class Figures:
    """What came of the cases: how much was tried, and what was wrong by kind."""

    interviews: int = 0
    met: int = 0
    cars: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    why: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return not any(self.wrong.values())

    def add(self, other: "Figures") -> None:
        """Count another's in."""
        self.interviews += other.interviews
        self.met += other.met
        self.cars += other.cars
        self.wrong += other.wrong
        self.why += other.why


async def prove(case: Case, database: Database, how_many: int) -> Figures:
    """Live one case with so many interviews on an empty, migrated database, and look at what came of it."""
    with tempfile.TemporaryDirectory(prefix="onward-rides-") as folder:
        town = Town(database, Path(folder))
        try:
            return await _live(case, town, how_many)
        finally:
            await town.close()


async def _live(case: Case, town: Town, how_many: int) -> Figures:
    first = town.lines[COMPANIES[0]]
    if case.call is not None and case.bad is not None:
        first.planted = (case.call, case.bad)
    town.hooks = None if case.hook is None else Hooks(case.hook).bring
    await settle_in(town, how_many)
    plan(town)
    await town.live(EVENING_ENDS, FINE)
    await town.live(ENDS, COARSE)
    first.planted = None
    found = await faults(town)
    cars = [trip for name in COMPANIES for trip in town.trips(name)]
    return Figures(
        interviews=how_many,
        met=first.met,
        cars=sum(trip["picked_at"] is not None for trip in cars),
        wrong=Counter({kind: len(whys) for kind, whys in found.items()}),
        why=[f"{case.name}: {why}" for whys in found.values() for why in whys],
    )


class Hooks:
    """Brings the first company's webhooks to our door, with one trouble."""

    def __init__(self, trouble: Hook) -> None:
        self._trouble, self._read = trouble, 0

    async def bring(self, town: Town, name: str) -> None:
        """Post what the company has written since we last looked."""
        if name != COMPANIES[0]:
            return
        new = town.stores[name].rows("SELECT * FROM hook WHERE id > ? ORDER BY id", self._read)
        if not new:
            return
        self._read = new[-1]["id"]
        bodies = [hook["body"] for hook in new]
        match self._trouble:
            case "drop":
                pass
            case "delay":
                town.after(timedelta(minutes=10), partial(self._post, town, bodies))
            case "reorder":
                await self._post(town, bodies[::-1])
            case "same_id":
                await self._post(town, [body for body in bodies for _ in range(2)])
            case "new_id":
                again = [json.dumps({**json.loads(body), "event_id": f"evt_again_{n}_{self._read}"})
                         for n, body in enumerate(bodies)]  # fmt: skip
                await self._post(town, [*bodies, *again])
            case "bad_signature":
                await self._post(town, bodies, secret="another")

    async def _post(self, town: Town, bodies: list[str], *, secret: str = SECRET) -> None:
        for body in bodies:
            signed = hmac.new(secret.encode(), body.encode(), sha256).hexdigest()
            answer = await town.door.post(
                "/rides/webhook", content=body.encode(), headers={"X-Rides-Signature": signed}
            )
            assert answer.status_code == (200 if secret == SECRET else 403), answer
