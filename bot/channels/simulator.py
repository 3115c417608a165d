"""Phones on a web page, for trying Onward out without a provider. app.py never serves them in production.

A phone is named `sms:+15555550101` or `telegram:9001`; the name decides how it is drawn. What is on it lives
in memory here, and in the database: after a restart the page reads its history from there.

    POST /phone/api/{phone}/send   application/json, one of
        {"text": "1"}  {"tap": "p12:1"}  {"pin": [42.36, -71.05]}  {"contact": "+15555550101"}
        {"code": "RIDE7"}  {"photo": "<base64>"}  {"voice": true}  {"blocked": true or false} (Telegram)
      and, if liked, "id": "<unique>" (a retry with it is no second message), "seen": 12 (id of the newest
      message on the screen), "language": "es"
      -> 200 {"id": "<provider id>"} once it is kept; 503 if it was not: try again
      -> 400, 415 {"error": "<why>"}

    GET /phone/api/{phone}/messages?after=<next>&wait=<seconds, at most 5>
      -> {"next": "<give it back as after>", "messages": [{"id": 12, "at": "<ISO>", "body": "",
          "buttons": [{"token": "p12:1", "label": "yes"}], "ask_contact": false, "ask_pin": false}]}

Without `after`, or with one from before a restart, every message still in memory comes: drop ids already
shown. A waiting GET is answered as soon as there is something, and when the server stops.
"""

import asyncio
import json
import re
import secrets
from base64 import b64decode
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.channels.base import (
    PHOTO_LIMIT,
    CannotTell,
    Delivered,
    FindAnswer,
    Found,
    Inbound,
    NoPhoto,
    NotFound,
    Outbound,
    Photo,
    PhotoAnswer,
    PhotoRef,
    Rejected,
    Sent,
    Sink,
    clean,
    read_token,
)
from bot.channels.photos import image_type
from bot.channels.wire import NOT_KEPT, kept

NAME: Final = "simulator"
PHONE: Final = re.compile(r"sms:\+[1-9][0-9]{6,14}|telegram:[1-9][0-9]{0,17}")
LONGEST_WAIT: Final = 5.0  # seconds; shorter than a shutdown may take
BODY_LIMIT: Final = 8 * 1024 * 1024  # bytes: a photo of PHOTO_LIMIT in base64
KEPT_MESSAGES: Final = 500  # a phone
KEPT_PHOTOS: Final = 20

Now = Callable[[], datetime]


class Simulator:
    """Every simulated phone of one running server."""

    def __init__(self, *, now: Now) -> None:
        self._now, self._started, self._boot = now, now(), secrets.token_hex(4)
        self._shown: dict[str, deque[tuple[int, datetime, Outbound]]] = defaultdict(
            lambda: deque(maxlen=KEPT_MESSAGES)
        )
        self._photos: dict[str, Photo] = {}
        self._blocked: set[str] = set()
        self._count = 0
        self._news = asyncio.Event()
        self._closed = False

    @property
    def name(self) -> str:
        return NAME

    # --- in ---

    def routes(self, sink: Sink) -> list[Route]:
        async def send(request: Request) -> JSONResponse:
            phone = request.path_params["phone"]
            if request.headers.get("content-type", "").partition(";")[0] != "application/json":
                return JSONResponse({"error": "send JSON"}, 415)  # which no other site's form can
            try:
                inbound = self.read(phone, json.loads(await request.body()))
            except (ValueError, RecursionError) as error:
                return JSONResponse({"error": str(error)}, 400)
            if not await kept(sink.received([inbound]), NAME):
                return JSONResponse({"error": "not kept, try again"}, NOT_KEPT)
            return JSONResponse({"id": inbound.provider_id})

        async def messages(request: Request) -> JSONResponse:
            phone = request.path_params["phone"]
            if not PHONE.fullmatch(phone):
                return JSONResponse({"error": "no such phone"}, 400)
            asked = request.query_params
            return JSONResponse(
                await self._messages(phone, asked.get("after", ""), _seconds(asked.get("wait", "0")))
            )

        return [
            Route("/phone/api/{phone}/send", send, methods=["POST"], max_body_size=BODY_LIMIT),
            Route("/phone/api/{phone}/messages", messages, methods=["GET"]),
        ]

    async def run(self, sink: Sink) -> None:
        """Return at once: the page calls us."""

    async def missed(self, since: datetime, until: datetime | None = None) -> Sequence[Inbound]:
        return ()  # the page tries again until a message is kept

    def read(self, phone: str, said: object) -> Inbound:
        """Read what the page posts, by whichever door; ValueError says what is wrong with it."""
        inbound = read_said(phone, said, self._now())
        if inbound.opt:
            (self._blocked.add if inbound.opt == "blocked" else self._blocked.discard)(phone)
        match said:
            case {"photo": str(photo)}:
                return replace(inbound, photos=(self._keep_photo(photo),))
            case _:
                return inbound

    def _keep_photo(self, photo: str) -> PhotoRef:
        data = b64decode(photo, validate=True)
        kind = image_type(data[:16])
        if kind is None or len(data) > PHOTO_LIMIT:
            raise ValueError("no image, or too big")
        ref = PhotoRef(secrets.token_hex(8), kind)
        self._photos[ref.id] = Photo(data, kind)
        while len(self._photos) > KEPT_PHOTOS:
            del self._photos[next(iter(self._photos))]
        return ref

    # --- out ---

    async def send(self, message: Outbound) -> Sent:
        if not PHONE.fullmatch(message.address):
            return Rejected("bad_address", "no such simulated phone", address_dead=True)
        if message.address in self._blocked:
            return Rejected("blocked", "this phone blocked us", opted_out=True)
        self._count += 1
        self._shown[message.address].append((self._count, self._now(), message))
        self._wake()
        return Delivered(_sent_id(message))

    def shown(self, phone: str) -> list[Outbound]:
        """List what a phone got since this server started, the oldest first."""
        return [message for _, _, message in self._shown.get(phone, ())]

    def rang(self, phone: str) -> list[tuple[datetime, Outbound]]:
        """List what a phone got since this server started, with its moments."""
        return [(at, message) for _, at, message in self._shown.get(phone, ())]

    async def find_sent(self, message: Outbound, since: datetime, others: Collection[str] = ()) -> FindAnswer:
        if any(shown.id == message.id for _, _, shown in self._shown[message.address]):
            return Found(_sent_id(message))
        return (
            NotFound()
            if since >= self._started
            else CannotTell("it was before this server started", ever=True)
        )

    async def fetch_photo(self, ref: PhotoRef) -> PhotoAnswer:
        return self._photos.get(ref.id) or NoPhoto("no longer in memory")

    async def close(self) -> None:
        self._closed = True
        self._wake()

    async def _messages(self, phone: str, after: str, wait: float) -> dict[str, Any]:
        boot, _, count = after.partition("-")
        last = int(count) if boot == self._boot and re.fullmatch("[0-9]{1,9}", count) else 0
        try:
            async with asyncio.timeout(wait):
                while not self._closed and not self._newer(phone, last):
                    await self._news.wait()
        except TimeoutError:
            pass  # nothing came: an empty list says so
        newer = self._newer(phone, last)
        last = newer[-1][0] if newer else last
        return {"next": f"{self._boot}-{last}", "messages": [_drawn(at, message) for _, at, message in newer]}

    def _newer(self, phone: str, last: int) -> list[tuple[int, datetime, Outbound]]:
        return [shown for shown in self._shown.get(phone, ()) if shown[0] > last]

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def read_said(phone: str, said: object, now: datetime) -> Inbound:
    """Read one thing done on a phone; a photo's bytes are not looked at. ValueError says what is wrong."""
    if not PHONE.fullmatch(phone):
        raise ValueError("no such phone")
    plain = _plain(phone, said, now)
    match said:
        case {"text": str(text)}:
            return replace(plain, text=clean(text))
        case {"tap": str(token)} if tap := read_token(token):
            return replace(plain, tap=tap)
        case {"pin": [float() | int() as lat, float() | int() as lon]} if abs(lat) <= 90 and abs(lon) <= 180:
            return replace(plain, pin=(float(lat), float(lon)))
        case {"contact": str(number)} if re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
            return replace(plain, contact=number)
        case {"code": str(code)} if re.fullmatch(r"\S{1,64}", code):
            started = f"/start {code}" if phone.startswith("telegram:") else code
            return replace(plain, text=clean(started), code=clean(code))
        case {"voice": True}:
            return replace(plain, kind="voice")
        case {"blocked": bool(blocked)} if phone.startswith("telegram:"):
            return replace(plain, opt="blocked" if blocked else "start")
        case {"photo": str()}:
            return plain
        case _:
            raise ValueError("needs one of text, tap, pin, contact, code, photo, voice, blocked")


def _plain(phone: str, said: object, now: datetime) -> Inbound:
    """Build what every kind shares: who, when, which id, how much of the screen was seen."""
    fields = said if isinstance(said, dict) else {}
    given, seen, language = fields.get("id"), fields.get("seen"), fields.get("language")
    if given is not None and not (isinstance(given, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", given)):
        raise ValueError("an id has 1 to 64 letters, digits, - and _")
    return Inbound(
        channel=NAME,
        address=phone,
        provider_id=given or secrets.token_hex(12),
        text="",
        at=now,
        seen=seen if isinstance(seen, int) and not isinstance(seen, bool) and 0 < seen < 2**63 else None,
        language_hint=language
        if isinstance(language, str) and re.fullmatch("[A-Za-z-]{2,16}", language)
        else None,
    )


def _sent_id(message: Outbound) -> str:
    return f"shown-{message.id}"


def _drawn(at: datetime, message: Outbound) -> dict[str, Any]:
    return {
        "id": message.id,
        "at": at.isoformat(),
        "body": message.body,
        "buttons": [{"token": button.token, "label": button.label} for button in message.buttons],
        "ask_contact": message.ask_contact,
        "ask_pin": message.ask_pin,
    }


def _seconds(wait: str) -> float:
    return min(float(wait), LONGEST_WAIT) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", wait) else 0.0
