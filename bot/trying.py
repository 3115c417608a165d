"""`onward flows try FLOW`: the phone page, opened on a talk in which this flow is about to begin.

The rule: everything is a demo's (bot/demo.py), in a temporary folder that is gone afterwards: a sample
person, the pretend ride company, a clock that can be moved. What the flow needs is there as rows or samples
(flows/samples.py), so that it begins with its first step, and an edited file is taken up while it runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import sqlalchemy as sa

from bot import pretending
from bot.app import App
from bot.channels.base import Inbound
from bot.channels.simulator import NAME
from bot.demo import GROUP_CODE, MARIA, DemoAt, Opening, run
from bot.web.phone.handset import page_of
from flows.flowset import FlowSet
from flows.frames import new_frame
from flows.front import HOME, WELCOME
from flows.model import Flow
from flows.progress import progress_from_json, progress_to_json
from flows.samples import handed
from flows.talk_file import Talk
from flows.turn import Turn
from flows.walk_atlas import Atlas
from storage import conversations, staff

PHONES: Final = {"sms": "sms:+15555550101", "telegram": "telegram:9001"}
GO_ON: Final = {"en": "go on", "es": "siga"}
"""What takes up a talk that has not begun to speak, where the flow has no word that starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is to be tried: the flow, on which kind of phone, with a car booked or not."""

    flows: FlowSet
    flow: Flow
    flows_dir: Path | None = None  # None: the shipped ones
    lang: str = "en"
    channel: str = "sms"
    car: bool = False

    @property
    def phone(self) -> str:
        """The sample person's phone, by its name on the page."""
        return PHONES[self.channel]

    @property
    def words(self) -> str:
        """What the person texts first."""
        if self.flow.id == WELCOME:
            return GROUP_CODE
        started = self.flow.start_words.get(self.lang) or self.flow.start_words.get("en")
        return started[0] if started else "menu" if self.flow.id == HOME else GO_ON[self.lang]


def try_flow(trial: Trial, port: int, ride_port: int, say: Callable[[str], None]) -> None:
    """Serve the page until it is stopped; `say` prints."""
    with TemporaryDirectory(prefix="onward-try-") as folder:
        at = DemoAt(Path(folder), port, ride_port)
        opening = Opening(
            words=_welcome(trial, at),
            flows_dir=trial.flows_dir,
            prepare=partial(put_there, trial),
            begin=partial(_begin, trial),
        )
        run(at, say, opening)


def _welcome(trial: Trial, at: DemoAt) -> str:
    lines = [
        f"Trying {trial.flow.id} ({trial.flow.where.file}), with sample data only. Open this page:",
        f"  {at.url}{page_of([trial.phone])}",
        "  The clock on the page can be moved. Change the file and save it: the next text takes it up.",
        f'  To begin, the sample person has texted "{trial.words}".',
        f"  Caseworkers     {at.url}/staff      one click signs you in as Maria (sample)",
        f"  Ride company    {at.ride_url}/_stub",
        "  Stop it with Ctrl-C. Nothing of it is kept.",
    ]
    return "\n".join(lines)


async def _begin(trial: Trial, app: App) -> None:
    """Text from the sample phone what begins the flow."""
    now = app.conversations.clock.now()
    first = Inbound(NAME, trial.phone, "try-1", trial.words, now, language_hint=trial.lang)
    await app.conversations.received([first])


# --- the sample person ----------------------------------------------------------------------------


def put_there(trial: Trial, connection: sa.Connection, now: datetime) -> None:
    """Write the sample person down, with what the flow needs and a run of it that has not begun.

    `welcome` begins with nobody there.
    """
    if trial.flow.id == WELCOME:
        return
    maria = staff.caseworker_by_email(connection, MARIA)
    assert maria is not None, "the demo has its caseworker"
    known = {"interview": _interview(trial, now)} if _wants_interview(trial) else {}
    cast = pretending.meet(_talk(trial, now, known), trial.phone, trial.channel, maria.id, connection)
    given = {**handed(trial.flows, trial.flow.id, trial.lang, now), **_ride(trial, cast, connection, now)}
    _stand(trial, cast, given, connection, now)


def _talk(trial: Trial, now: datetime, known: Mapping[str, Any]) -> Talk:
    return Talk(
        test="try",
        line=1,
        channels=(trial.channel,),
        lang=trial.lang,
        now=now,
        opted_in=True,
        knows=known,
        card=None,
        pretend={},
        talk=(),
    )


def _wants_interview(trial: Trial) -> bool:
    reads = Atlas(trial.flows).record[trial.flow.id]
    return "interview" in reads or "ride" in reads or trial.flow.id.startswith("ride_")


def _interview(trial: Trial, now: datetime) -> dict[str, Any]:
    """An interview tomorrow at ten on the person's clock; with a car where one is wanted."""
    at = (now + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=None)
    car = {"pickup_at": at - timedelta(minutes=50), "pickup": "Hope House, front"}
    return {"at": at, "employer": "FedEx Ground", "place": "FedEx Ground, 4100 Airport Rd"} | (
        car if trial.car or _needs_ride(trial) else {}
    )


def _needs_ride(trial: Trial) -> bool:
    return "ride" in trial.flow.needs or trial.flow.id.startswith("ride_")


def _ride(trial: Trial, cast: pretending.Cast, connection: sa.Connection, now: datetime) -> dict[str, Any]:
    """Make the ride a flow needs as its event would bring it."""
    if "ride" not in trial.flow.needs:
        return {}
    name = next((on.event for on in trial.flow.start_on if on.event.startswith("ride.")), "ride.booked")
    event: Any = pretending.happen(cast, name, {}, connection, now)
    return {"ride": dict(event.ride), "interview": dict(event.interview)}


def _stand(
    trial: Trial, cast: pretending.Cast, given: Mapping[str, Any], connection: sa.Connection, now: datetime
) -> None:
    """Put a run of the flow on the person's stack, before its first step."""
    [loaded] = conversations.load_conversations(connection, [cast.conversation_id])
    progress = progress_from_json(loaded.progress or {})
    turn = Turn(trial.flows, progress, now, now.replace(tzinfo=None))
    progress.stack.append(new_frame(turn, trial.flow.id, given))
    progress.flows = trial.flows.hash
    written = progress_to_json(progress)
    saved = conversations.Saved(cast.conversation_id, written, loaded.seq, loaded.contact_point_id, now)
    conversations.save(connection, [saved], [])
