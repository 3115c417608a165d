"""What we do not say: the request for a yes a second time, and the eleventh answer to a machine.

The rule: somebody who has not said yes hears the same words once, however often they write; the request comes
again only when they come back after a no or a stop, and twice a day at most. Ten answers in five minutes to
the same few texts are a machine's: no more is said, and a human looks. Somebody who types fast writes
different things, and is answered. Crisis texts are never held back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.channels.base import drawn_as
from flows.answers.plain import words_in
from flows.drawing import draw
from flows.effects import CallHuman, Effect, Say, Silent
from flows.front import WELCOME
from flows.safety import STOPPED
from storage import messages
from storage.conversations import Loaded
from storage.messages import Lately, NewOutbound

A_DAY: Final = timedelta(days=1)
MOST_REQUESTS: Final = 2
WINDOW: Final = timedelta(minutes=5)
MOST_REPLIES: Final = 10
SAME_PERSON: Final = 3
"""Of so many texts one at least is new, where a person writes them."""

_ENDS: Final = (WELCOME, STOPPED)

LOOP: Final = "automatic texts"


def once(connection: sa.Connection, talk: Loaded, effects: Sequence[Effect], now: datetime) -> list[Effect]:
    """Leave out what a person who has not said yes has heard already."""
    if talk.consent == "given" or not any(_asks_for_consent(effect) for effect in effects):
        return list(effects)
    said = [one for one in messages.lately(connection, talk.id, now - A_DAY) if one.direction == "out"]
    kept: list[Effect] = []
    for effect in effects:
        if _asks_for_consent(effect):
            assert isinstance(effect, Say)
            body = draw(effect, drawn_as(talk.channel or "", talk.address or ""), talk.lang).body
            if _heard(body, said):
                _unsaid(connection, talk, effect, body, now)
                kept.append(Silent("asked_already"))
                continue
            said = [*said, Lately("out", "consent", body, effect.step or None, effect.prompt)]
        kept.append(effect)
    return kept


def _unsaid(connection: sa.Connection, talk: Loaded, say: Say, body: str, now: datetime) -> None:
    """Keep what is not said as dropped: its question counts as the one that stands on their phone."""
    if talk.contact_point_id is not None and talk.channel is not None:
        unsaid = NewOutbound(
            conversation_id=talk.id,
            contact_point_id=talk.contact_point_id,
            channel=talk.channel,
            sender="bot",
            kind="consent",
            body=body,
            prompt=say.prompt,
            step=say.step or None,
            at=now,
            due_at=now,
            epoch=talk.epoch,
        )
        messages.keep_unsaid(connection, unsaid, "asked_already")


def _asks_for_consent(effect: Effect) -> bool:
    """Tell the request for a yes, and what the engine says around it, from what is asked for each time.

    Those are the words that end it (HELP, STOP) and what another talk with a stranger says.
    """
    if not isinstance(effect, Say) or effect.kind != "consent":
        return False
    return not effect.step or effect.step.partition(".")[0] == WELCOME


def _heard(body: str, said: Sequence[Lately]) -> bool:
    """Say whether these words were said; after the words that ended a talk they may come once more."""
    times = sum(one.body == body for one in said)
    last = said[-1] if said else None
    ended = last is not None and last.prompt is None and (last.step or "").partition(".")[0] in _ENDS
    return times > 0 and not (ended and times < MOST_REQUESTS)


def no_loop(
    connection: sa.Connection, talk: Loaded, effects: Sequence[Effect], now: datetime
) -> list[Effect]:
    """Leave our answers out where a machine seems to write, and put a human on it."""
    answers = [one for one in effects if isinstance(one, Say) and one.kind in ("reply", "consent")]
    if not answers or not is_loop(messages.lately(connection, talk.id, now - WINDOW)):
        return list(effects)
    rest = [effect for effect in effects if effect not in answers]
    return [*rest, CallHuman(LOOP, LOOP), Silent("a_loop")]


def is_loop(lately: Sequence[Lately]) -> bool:
    """Say whether what came in these minutes is a machine's: many answers, and hardly a new text."""
    answered = sum(one.direction == "out" and one.kind in ("reply", "consent") for one in lately)
    came = [_print(one.body) for one in lately if one.direction == "in"]
    return answered >= MOST_REPLIES and len(set(came)) * SAME_PERSON <= len(came)


def _print(text: str) -> str:
    """Reduce a text to what a machine repeats: no numbers, no clock times."""
    words = [word for word in words_in(text) if not any(each.isdigit() for each in word)]
    return " ".join(words) or text.strip()
