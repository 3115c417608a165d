"""What people send, kept and read: who wrote, on which card, and which event it is for the engine.

The rule: a message is kept once, by its channel and the provider's id; an address nobody knows becomes a
person in the same transaction. Nothing is decided here. A text is dated by the moment it was written where
it comes late, so that "tomorrow" means what it meant.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot import staff_phone
from bot.channels.base import Inbound, drawn_as
from bot.reminders.area_codes import zones_of_phone
from bot.settings import Settings
from flows.events import Event, OptedIn, OptedOut, OptionTapped, SpotShared, TextReceived
from storage import invites, messages, people, photos, points, safe_contacts
from storage.attention import need_human
from storage.invites import Invite
from storage.messages import NewInbound
from storage.points import Point

FRESH: Final = timedelta(minutes=15)
"""What was written this lately is taken as written now; what is older comes late."""

IN_DOUBT: Final = timedelta(minutes=1)
"""Between a missed STOP and a yes that was taken this much later, nobody knows which was written first."""

ANSWERS: Final = timedelta(days=30)
"""So long after we asked them, what a safe contact writes is an answer to that."""

_CODE: Final = re.compile(r"(?=.*[0-9])[A-Za-z][A-Za-z0-9]{3,11}")

UNREADABLE: Final = "unclear.voice"


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that is new to us: whose it is, its row, the card whose code it names, and which question of
    ours its writer had seen."""

    inbound: Inbound
    point: Point
    message_id: int
    card: str | None
    known_card: bool = False
    unsure: bool = False
    helper: bool = False
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A voice note, a video, a sticker: kept, and answered by a sentence."""

    at: datetime


Read: TypeAlias = Event | Unreadable | None


def keep(
    connection: sa.Connection, inbound: Mapping[int, Inbound], settings: Settings, now: datetime
) -> dict[int, Heard]:
    """Keep what came, by its place in the list; what was here before is left out, and what came from a
    caseworker's phone, which is no person's."""
    known = points.find_points(connection, {(one.channel, one.address) for one in inbound.values()})
    if staffs := staff_phone.take(connection, inbound, known, now):
        inbound = {place: one for place, one in inbound.items() if place not in staffs}
    whose: dict[int, tuple[Point, Invite | None]] = {}
    for place, one in inbound.items():
        point = known.get((one.channel, one.address))
        invite = _card(connection, one, point, now)
        if point is None:
            point = _newcomer(connection, one, invite, settings, now)
            known[one.channel, one.address] = point
        whose[place] = point, invite
    ids = messages.keep_inbound(connection, [_row(one, whose[place][0]) for place, one in inbound.items()])
    new: dict[int, Heard] = {}
    for place, one in inbound.items():
        if (message_id := ids.pop((one.channel, one.provider_id), None)) is not None:
            point, invite = whose[place]
            known_card = _greet(connection, point, invite, now)
            card = invite.code if invite is not None else None
            unsure = _may_be_anothers(connection, point, settings, now)
            helper = _is_helper(connection, one, point, card, now)
            new[place] = Heard(one, point, message_id, card, known_card, unsure, helper)
    seen = _seen(connection, list(new.values()))
    return {
        place: replace(heard, seen=question)
        for (place, heard), question in zip(new.items(), seen, strict=True)
    }


def _row(one: Inbound, point: Point) -> NewInbound:
    return NewInbound(
        conversation_id=point.conversation_id,
        contact_point_id=point.id,
        channel=one.channel,
        provider_id=one.provider_id,
        body=one.text,
        at=one.at,
        extra=_extra(one),
    )


def _extra(one: Inbound) -> dict[str, Any] | None:
    came = {
        "kind": one.kind if one.kind != "text" else None,
        "tap": [one.tap.prompt, one.tap.n] if one.tap else None,
        "pin": list(one.pin) if one.pin else None,
        "contact": one.contact,
        "code": one.code,
        "opt": one.opt,
        "seen": one.seen,
    }
    return {name: value for name, value in came.items() if value is not None} or None


def note(connection: sa.Connection, heard: Sequence[Heard], now: datetime) -> None:
    """Note that these addresses work, and which pictures are to be fetched.

    Once the conversations are locked: who sends locks them first and addresses after, too.
    """
    if heard:
        points.heard_from(connection, sorted({one.point.id for one in heard}), now)
    for one in heard:
        if one.inbound.opt == "blocked":
            points.set_point_state(connection, one.point.id, "blocked")
        elif one.point.state == "blocked":
            points.set_point_state(connection, one.point.id, "active")
        for photo in one.inbound.photos:
            photos.want_photo(connection, one.message_id, photo.id, photo.content_type, now)


# --- who it is ------------------------------------------------------------------------------------


def _card(connection: sa.Connection, one: Inbound, point: Point | None, now: datetime) -> Invite | None:
    """Find the card a text names; of who has agreed to our texts, only one that is all they wrote, and is
    somebody else's own."""
    words = one.code or one.text
    if not words:
        return None
    if point is None or point.consent != "given":
        return invites.find_invite(connection, words, now)
    found = invites.find_invite(connection, words, now) if _CODE.fullmatch(words.strip()) else None
    return found if found is not None and found.person_id not in (None, point.person_id) else None


def _newcomer(
    connection: sa.Connection, one: Inbound, invite: Invite | None, settings: Settings, now: datetime
) -> Point:
    """Write down who wrote for the first time; a card made for somebody who has no address yet is theirs."""
    theirs = invite.person_id if invite is not None else None
    if theirs is not None and not points.points_of(connection, theirs):
        points.add_point(connection, theirs, one.channel, one.address, now)
        found = points.find_point(connection, one.channel, one.address)
        assert found is not None, "it was just added"
        return found
    hint = (one.language_hint or "").lower()
    return people.add_person(
        connection,
        channel=one.channel,
        address=one.address,
        lang=(invite.lang if invite else None) or ("es" if hint.startswith("es") else "en"),
        zone=(zone := str(settings.programme_zone)),
        other_zones=" ".join(each for each in zones_of_phone(one.address) if each != zone) or None,
        now=now,
        team=invite.team if invite else None,
    )


def _may_be_anothers(connection: sa.Connection, point: Point, settings: Settings, now: datetime) -> bool:
    """Say whether a number may have gone to somebody else: a doubt is open, or nothing came for very long."""
    if point.consent != "given":
        return False
    last, silent = point.last_in_at, timedelta(days=settings.ask_again_after_days)
    if (
        point.unsure_since is None
        and last is not None
        and now - last > silent
        and point.channel != "telegram"
    ):
        points.set_unsure(connection, [point.id], now)
        return True
    return point.unsure_since is not None


def _is_helper(
    connection: sa.Connection, one: Inbound, point: Point, card: str | None, now: datetime
) -> bool:
    """Say whether somebody answers who was asked to have a person text us; a human reads it."""
    if point.consent in ("given", "withdrawn") or card is not None:
        return False
    safe = safe_contacts.told_of(connection, one.address, now - ANSWERS)
    if safe is None:
        return False
    reason = f"{safe.name}: {one.text[:200]}"
    need_human(connection, safe.person_id, "a safe contact wrote", reason, now, now)
    return True


def _greet(connection: sa.Connection, point: Point, invite: Invite | None, now: datetime) -> bool:
    """Note who brought this person: the card's caseworker, team and grant; a single card becomes theirs.

    True: it is somebody else's own card, and their four numbers can show that it is them.
    """
    if invite is None or invite.person_id == point.person_id:
        return False
    if invite.person_id is not None:
        if point.consent != "given" and people.has_pin(connection, invite.person_id):
            return True
        reason = "wrote from a new number with a card that is already somebody's"
        need_human(connection, point.person_id, "known card, new number", reason, now, now)
        return False
    row = people.person(connection, point.person_id)
    if row is None or row.caseworker_id is not None or not invites.use_invite(connection, invite.id):
        return False
    if invite.uses_left == 1:
        invites.give_invite(connection, invite.id, point.person_id)
    brought = {"caseworker_id": invite.caseworker_id, "team": invite.team, "grant_code": invite.grant_code}
    people.change_person(
        connection, point.person_id, **{name: value for name, value in brought.items() if value is not None}
    )
    return False


def outlived(connection: sa.Connection, heard: Heard, said: str | None) -> bool:
    """Say whether a STOP or START of before comes after a newer word of this address; then it is written down
    with its own time, and changes nothing.

    In doubt it is STOP that counts: a yes that was taken within a minute of it may have been written before.
    """
    at, point = heard.inbound.at, heard.point.id
    if said == "stop":
        newer, margin = points.newest_change(connection, point, "given"), IN_DOUBT
    elif said == "start":
        newer, margin = points.newest_change(connection, point, "withdrawn"), timedelta(0)
    else:
        return False
    if newer is None or newer <= at + margin:
        return False
    change: Literal["given", "withdrawn"] = "withdrawn" if said == "stop" else "given"
    points.note_consent(connection, point, change, at=at, message_id=heard.message_id)
    return True


# --- what it is -----------------------------------------------------------------------------------


def late(one: Inbound, now: datetime) -> bool:
    """Say whether this was written so long ago that nobody waits for an answer any more."""
    return abs(now - one.at) > FRESH


def read(
    connection: sa.Connection, heard: Heard, consent: str, settings: Settings, zone: str, now: datetime
) -> Read:
    """Say which event a message is; None where there is nothing to decide (an unblocked chat)."""
    one, opted_in = heard.inbound, consent == "given"
    moment = min(one.at, now) if late(one, now) else now
    at = moment.astimezone(ZoneInfo(zone))
    channel = drawn_as(one.channel, one.address)
    match one:
        case Inbound(opt="blocked"):
            return OptedOut(at=at)
        case Inbound(opt="start", text="") if one.channel != "sms":
            return OptedIn(at=at) if consent == "withdrawn" else None
        case Inbound(tap=tap) if tap is not None:
            return OptionTapped(at=at, channel=channel, opted_in=opted_in, prompt=tap.prompt, n=tap.n)
        case Inbound(pin=pin) if pin is not None and not one.text:
            return SpotShared(at=at, channel=channel, opted_in=opted_in, lat=pin[0], lon=pin[1])
        case _ if opted_in and not one.text and not one.contact and not one.photos and one.opt is None:
            return Unreadable(at)
        case _:
            return TextReceived(
                at=at,
                text=_CARRIER_WORD.get(one.opt or "", one.text or one.contact or ""),
                channel=channel,
                opted_in=opted_in,
                card=heard.card,
                known_card=heard.known_card,
                was_in=points.has_said_yes(connection, heard.point.id) if consent == "withdrawn" else None,
                unsure=heard.unsure,
                seen=heard.seen,
                photos=len(one.photos),
                carrier_answers=one.opt is not None
                or (one.channel == "sms" and settings.twilio_answers_carrier_words),
            )


_CARRIER_WORD: Final = {"stop": "STOP", "start": "START", "help": "HELP"}


def _seen(connection: sa.Connection, heard: Sequence[Heard]) -> list[int | None]:
    """Say for each text which of our questions had left when it was written."""
    written = [(one.point.conversation_id, _at_latest(one.inbound.at)) for one in heard]
    left = messages.newest_prompts(connection, written)
    return [
        question or 0
        if one.inbound.seen is None
        else messages.prompt_shown(connection, one.point.conversation_id, one.inbound.seen)
        for one, question in zip(heard, left, strict=True)
    ]


def _at_latest(at: datetime) -> datetime:
    """Say when a text was written at the latest: some providers count seconds only."""
    return at + timedelta(seconds=0 if at.microsecond else 1)
