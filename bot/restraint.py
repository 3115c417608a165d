"""What we do not say: the request for a yes a second time, and the eleventh answer to a machine.

The rule: somebody who has not said yes hears the request once (flows/once.py says what they read in its
place), and what is left out is kept as a row that never leaves. Ten answers in five minutes to
the same few texts are a machine's: no more is said, and a human looks. Somebody who types fast writes
different things, and is answered. Crisis texts are never held back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import sqlalchemy as sa

from bot.channels.base import drawn_as
from flows import once as before_a_yes
from flows.answers.plain import words_in
from flows.drawing import draw
from flows.effects import CallHuman, Effect, Say, Silent
from storage import messages
from storage.conversations import Loaded
from storage.messages import Lately, NewOutbound

WINDOW: Final = timedelta(minutes=5)
MOST_REPLIES: Final = 10
SAME_PERSON: Final = 3
"""Of so many texts one at least is new, where a person writes them."""

LOOP: Final = "automatic texts"


def once(connection: sa.Connection, talk: Loaded, effects: Sequence[Effect], now: datetime) -> list[Effect]:
    """Leave out what a person who has not said yes has heard already."""
    if talk.consent == "given" or not any(_to_a_stranger(effect) for effect in effects):
        return list(effects)
    lately = [
        one
        for one in messages.lately(connection, talk.id, now - before_a_yes.A_DAY)
        if one.direction == "out"
    ]
    said = [before_a_yes.Spoken(one.body, one.step or "", one.prompt is not None) for one in lately]
    body = partial(_drawn, talk)
    kept = before_a_yes.once(effects, said, body)
    for effect, instead in zip(effects, kept, strict=True):
        if isinstance(effect, Say) and isinstance(instead, Silent):
            _unsaid(connection, talk, effect, body(effect), now)
    return kept


def _drawn(talk: Loaded, say: Say) -> str:
    return draw(say, drawn_as(talk.channel or "", talk.address or ""), talk.lang).body


def _to_a_stranger(effect: Effect) -> bool:
    return isinstance(effect, Say) and effect.kind == "consent"


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
