"""Phones that change: a person comes back from a new number by their card's code and four numbers.

The rule: who holds the code alone learns nothing, not even whose it is; who has both is that person, without
staff. The number they come from becomes theirs, the old one waits until they say whether it still is, and
their caseworker sees it. Four numbers are never shown to anybody.
"""

from datetime import datetime

import sqlalchemy as sa

from bot.acting import Acting, Answer, Done, Failed
from flows.actions import AddSafeContact, ComeBack, SetPin, SettleOldNumber
from storage import audit, invites, messages, people, points, safe_contacts, timers
from storage.attention import need_human
from storage.conversations import conversation_of

CHANGED, DOUBTED = "phone.changed", "phone.doubted"
LOCKED = "wrong numbers for a card"
NEW_NUMBER = "new number"
HIDDEN = "****"


def set_pin(connection: sa.Connection, action: SetPin, who: Acting) -> Answer:
    """Keep the four numbers, and give the code that goes with them."""
    people.set_pin(connection, who.person_id, action.pin)
    _hide(connection, who)
    return Done({"code": invites.own_code(connection, who.person_id, who.now)})


def come_back(connection: sa.Connection, action: ComeBack, who: Acting) -> Answer:
    """Compare the four numbers; where they are right, the news goes to the person whose card it is."""
    _hide(connection, who)
    invite = invites.find_invite(connection, action.card, who.now)
    owner = invite.person_id if invite is not None else None
    theirs = conversation_of(connection, owner) if owner is not None else None
    if owner is None or theirs is None or who.contact_point_id is None:
        return Failed("locked")
    match people.try_pin(connection, owner, action.pin, who.now):
        case "right":
            timers.set_news(connection, theirs, CHANGED, f"point:{who.contact_point_id}", who.now)
            return Done({})
        case "wrong" | "wrong_again" as how:
            return Failed(how)
        case "locked_now":
            reason = f"three wrong tries, from a number that ends in {_end(connection, who.contact_point_id)}"
            need_human(connection, owner, LOCKED, reason, who.now, who.now)
            return Failed("locked")
        case "locked":
            return Failed("locked")


def settle_old_number(connection: sa.Connection, action: SettleOldNumber, who: Acting) -> Answer:
    """Keep the other addresses, or retire them: nothing goes there any more."""
    assert who.contact_point_id is not None, "they have just written from it"
    others = points.others_in_use(connection, who.person_id, who.contact_point_id)
    if action.keep:
        points.set_unsure(connection, others, None)
    else:
        for one in others:
            messages.drop_for(connection, one, "moved_on", who.now)
            points.retire_point(connection, one)
    return Done({})


def doubt_number(connection: sa.Connection, who: Acting) -> Answer:
    """Hold what is personal back from the address they write from."""
    if who.contact_point_id is not None:
        points.set_unsure(connection, [who.contact_point_id], who.now)
    return Done({})


def trust_number(connection: sa.Connection, who: Acting) -> Answer:
    """Let what was held back go."""
    if who.contact_point_id is not None:
        points.set_unsure(connection, [who.contact_point_id], None)
        messages.release(connection, who.contact_point_id, who.now)
    return Done({})


def add_safe_contact(connection: sa.Connection, action: AddSafeContact, who: Acting) -> Answer:
    """Write down whom we may ask to have the person text us."""
    person = people.person(connection, who.person_id)
    assert person is not None, "their conversation is locked"
    added = safe_contacts.add(
        connection,
        who.person_id,
        name=action.name,
        address=action.number,
        known_as=action.known_as,
        lang=person.lang,
        wording=action.wording,
        now=who.now,
    )
    return Done({}) if added == "kept" else Failed(added)


def arrive(connection: sa.Connection, person_id: int, point_id: int, now: datetime) -> bool | None:
    """Make the address this person's; say whether they have another one in use. None: it is gone."""
    point = points.point(connection, point_id)
    if point is None or point.state == "retired":
        return None
    others = points.others_in_use(connection, person_id, point_id)
    if point.person_id == person_id:
        return bool(others)
    points.move_point(connection, point_id, person_id)
    points.set_consent(
        connection, point_id, "given", wording="come back 1", method="card and four numbers", now=now
    )
    points.set_unsure(connection, others, now)
    if not points.points_of(connection, point.person_id):
        people.change_person(connection, point.person_id, closed_at=now)  # housekeeping deletes it
    reason = f"came back by card and four numbers, from a number that ends in {point.address[-4:]}"
    need_human(connection, person_id, NEW_NUMBER, reason, now, now)
    audit.append(connection, actor="bot", action="phone_changed", object=f"person:{person_id}", now=now)
    return bool(others)


def _hide(connection: sa.Connection, who: Acting) -> None:
    if who.message_id is not None:
        messages.mask(connection, who.message_id, HIDDEN)


def _end(connection: sa.Connection, point_id: int) -> str:
    point = points.point(connection, point_id)
    return point.address[-4:] if point is not None else "?"
