"""Read Twilio's forms, once their signature was found right.

The rule kept here: a form that names no message or no phone is nothing; every other one is taken, whatever
else is odd about it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from starlette.datastructures import ImmutableMultiDict

from bot.channels.base import DeliveryState, Inbound, Kind, Opt, PhotoRef, StatusUpdate, clean

NAME: Final = "sms"
PHOTOS_IN_ONE: Final = 10
OPTED_OUT: Final = 21610
# Invalid, no phone, no mobile, no such handset, a landline; a phone that is only switched off (30003) is not.
DEAD: Final = frozenset({21211, 21214, 21217, 21614, 30005, 30006})

OPTS: Final[Mapping[str, Opt]] = {"STOP": "stop", "START": "start", "HELP": "help"}
STATES: Final[Mapping[str, DeliveryState]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
}

Form = ImmutableMultiDict[str, str]


def read_sms(form: Form, now: datetime) -> Inbound | None:
    """Read a signed message webhook; None if it lacks an id or comes from no phone (a short code, an app)."""
    sid, sender = sid_of(form), form.get("From", "")
    if not sid or not e164(sender):
        return None
    count = form.get("NumMedia", "0")
    media = range(min(int(count), PHOTOS_IN_ONE)) if re.fullmatch("[0-9]{1,3}", count) else range(0)
    files = [(form.get(f"MediaUrl{n}", ""), form.get(f"MediaContentType{n}", "")) for n in media]
    opt = OPTS.get(form.get("OptOutType", "").upper())
    return inbound_of(sender, sid, form.get("Body", ""), now, files, opt)


def inbound_of(
    sender: str, sid: str, body: str, at: datetime, files: Sequence[tuple[str, str]], opt: Opt | None
) -> Inbound:
    """Build what a person sent; `files` are (address, content type)."""
    text = clean(body)
    photos = tuple(PhotoRef(url, kind) for url, kind in files if url and kind.startswith("image/"))
    others = [kind for url, kind in files if not kind.startswith("image/")]
    kind = _kind(others[0]) if others and not text and not photos else "text"
    return Inbound(NAME, sender, sid, text, at, kind=kind, photos=photos, opt=opt)


def read_status(form: Form) -> StatusUpdate | None:
    """Read a signed status callback; None for steps on the way, which change nothing."""
    sid = sid_of(form)
    state = STATES.get((form.get("MessageStatus") or form.get("SmsStatus", "")).lower())
    if not sid or state is None:
        return None
    given = form.get("ErrorCode", "")
    code = int(given) if re.fullmatch("[1-9][0-9]{0,5}", given) else 0
    return StatusUpdate(
        NAME, sid, state, str(code) if code else None, opted_out=code == OPTED_OUT, address_dead=code in DEAD
    )


def sid_of(form: Form) -> str:
    """Return the id of the message a form is about, or "" if it names none."""
    sid = form.get("MessageSid") or form.get("SmsSid") or form.get("SmsMessageSid") or ""
    return sid if re.fullmatch("[A-Za-z0-9]{1,64}", sid) else ""


def e164(phone: str | None) -> bool:
    """Say whether this is a whole phone number, with its country."""
    return re.fullmatch(r"\+[1-9][0-9]{6,14}", phone or "") is not None


def spelled(phone: str) -> str:
    """Write an E.164 number for a voice to read out: "5 5 5, 5 5 5, 0 1 0 0", without a 1 in front."""
    digits = phone.removeprefix("+1").removeprefix("+")
    groups = (digits[:3], digits[3:6], digits[6:]) if len(digits) == 10 else (digits,)
    return ", ".join(" ".join(group) for group in groups)


def _kind(content_type: str) -> Kind:
    first = content_type.partition("/")[0]
    return "voice" if first == "audio" else "video" if first == "video" else "file"
