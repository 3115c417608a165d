"""Twilio as we meet it: the Messages part of its REST API, and signed forms posted to our webhooks.

    with fake_twilio() as twilio:
        sms = Sms(ACCOUNT, [TOKEN], OUR_NUMBER, public_url=..., now=..., api_base=twilio.url)
        ...
        twilio.sent[0].body
        twilio.faults.append(Fault(503, done=True))     # carried out, but the answer is lost

Signatures are made by Twilio's published rule, not by its library, so that both ends cannot share a mistake.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.contracts import twilio_api
from tests.wire.server import Misbehaving, serve

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "sample-token"
SERVICE = "MG" + "0123456789abcdef" * 2
OUR_NUMBER = "+15555550100"
JPEG = b"\xff\xd8\xff\xe0" + b"sample" * 20
_numbers = count(1)


def new_sid(prefix: str = "SM") -> str:
    """Make a message id of Twilio's form."""
    return f"{prefix}{next(_numbers):032x}"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came over the wire."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    answer: Any


@dataclass(slots=True)
class Text:
    """One text Twilio holds."""

    sid: str
    to: str
    sender: str | None
    service: str | None
    body: str
    callback: str | None
    direction: str
    at: datetime
    status: str = "queued"
    media: tuple[str, ...] = ()

    def as_json(self, account: str) -> dict[str, Any]:
        uri = f"/2010-04-01/Accounts/{account}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.at),
            "date_sent": None if self.status == "queued" else format_datetime(self.at),
            "date_updated": format_datetime(self.at),
            "direction": self.direction,
            "error_code": None,
            "error_message": None,
            "from": self.sender,
            "messaging_service_sid": self.service,
            "num_media": str(len(self.media)),
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


class FakeTwilio(Misbehaving):
    """One account. `texts` holds both directions, oldest first; `now` may be a test's own clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.forget()

    def forget(self) -> None:
        """Begin again as an account nobody has written to."""
        self.faults.clear()
        self.breaches.clear()
        self.calls: list[Call] = []
        self.texts: list[Text] = []
        self.media: dict[str, Response] = {}
        self.fetched: list[tuple[str, str | None]] = []  # path, Authorization

    @property
    def sent(self) -> list[Text]:
        """List what we sent, oldest first."""
        return [text for text in self.texts if text.direction == "outbound-api"]

    def receive(
        self, sender: str, body: str, *, media: tuple[str, ...] = (), at: datetime | None = None
    ) -> Text:
        """Have a person's text arrive at Twilio, without any webhook."""
        text = Text(
            new_sid("MM" if media else "SM"), OUR_NUMBER, sender, None, body, None, "inbound",
            at or self.now(), "received", media,
        )  # fmt: skip
        self.texts.append(text)
        return text

    def app(self) -> Starlette:
        messages = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
        return Starlette(
            routes=[
                Route(f"{messages}.json", self._create, methods=["POST"]),
                Route(f"{messages}.json", self._list, methods=["GET"]),
                Route(f"{messages}/{{sid}}/Media.json", self._list_media, methods=["GET"]),
                Route("/{path:path}", self._fetch, methods=["GET"]),
            ]
        )

    async def _create(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))

        def create() -> Response:
            if refused := self._stranger(request):
                return refused
            text = Text(
                new_sid(), form["To"], form.get("From"), form.get("MessagingServiceSid"), form["Body"],
                form.get("StatusCallback"), "outbound-api", self.now(),
            )  # fmt: skip
            self.texts.append(text)
            return self._note(request, form, text.as_json(ACCOUNT), 201)

        return await self.answer(request, create, form.get("To", ""))

    async def _list(self, request: Request) -> Response:
        asked = dict(request.query_params)

        def listed() -> Response:
            if refused := self._stranger(request):
                return refused
            found = [text for text in reversed(self.texts) if _matches(text, asked)]
            size, page = int(asked.get("PageSize", "50")), int(asked.get("Page", "0"))
            part = found[page * size : (page + 1) * size]
            more = len(found) > (page + 1) * size
            following = str(request.url.include_query_params(Page=page + 1)).removeprefix(self.url)
            return self._note(
                request,
                {},
                _page(
                    request, "messages", [text.as_json(ACCOUNT) for text in part], following if more else None
                ),
            )

        return await self.answer(request, listed, asked.get("To", ""))

    async def _list_media(self, request: Request) -> Response:
        def listed() -> Response:
            text = next(text for text in self.texts if text.sid == request.path_params["sid"])
            uri = request.url.path.removesuffix(".json")
            rows = [
                {
                    "sid": name,
                    "account_sid": ACCOUNT,
                    "parent_sid": text.sid,
                    "content_type": "image/jpeg",
                    "date_created": format_datetime(text.at),
                    "date_updated": format_datetime(text.at),
                    "uri": f"{uri}/{name}.json",
                }
                for name in text.media
            ]
            return self._note(request, {}, _page(request, "media_list", rows, None))

        return await self.answer(request, listed)

    async def _fetch(self, request: Request) -> Response:
        self.fetched.append((request.url.path, request.headers.get("authorization")))
        return self.media.get(request.url.path.rpartition("/")[2]) or Response(status_code=404)

    def _stranger(self, request: Request) -> Response | None:
        ours = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") == ours:
            return None
        return JSONResponse({"code": 20003, "message": "Authenticate", "status": 401}, 401)

    def _note(self, request: Request, form: dict[str, str], answer: Any, status: int = 200) -> Response:
        query, path = dict(request.query_params), request.url.path
        self.breaches += twilio_api.request_problems(request.method, path, query, form)
        self.breaches += twilio_api.answer_problems(request.method, path, status, answer)
        self.calls.append(Call(request.method, path, query, form, answer))
        return JSONResponse(answer, status)


def _matches(text: Text, asked: Mapping[str, str]) -> bool:
    if asked.get("To", text.to) != text.to or asked.get("From", text.sender) != text.sender:
        return False
    since, until = asked.get("DateSent>"), asked.get("DateSent<")
    if since is None and until is None:
        return True
    if text.status == "queued" or (since is not None and text.at < _moment(since)):
        return False
    return until is None or text.at <= _moment(until)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _page(request: Request, name: str, rows: list[dict[str, Any]], following: str | None) -> dict[str, Any]:
    here = request.url.path
    return {
        "end": max(len(rows) - 1, 0),
        "first_page_uri": f"{here}?Page=0",
        "next_page_uri": following,
        "page": 0,
        "page_size": 50,
        "previous_page_uri": None,
        "start": 0,
        "uri": here,
        name: rows,
    }


@contextmanager
def fake_twilio() -> Iterator[FakeTwilio]:
    """Serve an empty account."""
    fake = FakeTwilio()
    with serve(fake.app()) as fake.url:
        yield fake
    assert fake.breaches == []


def moved(to: str) -> Response:
    """Answer a media request the way Twilio does: go there."""
    return RedirectResponse(to, 307)


def sent_at(text: Mapping[str, Any]) -> datetime:
    """Read a message's creation time from its JSON."""
    return parsedate_to_datetime(text["date_created"])


# --- what Twilio posts to us ------------------------------------------------------------------------


def sms_form(sender: str, body: str, *, sid: str = "", **more: str) -> dict[str, str]:
    """Fill in the form of one inbound message; `more` adds or replaces fields."""
    sid = sid or new_sid()
    return {
        "ToCountry": "US",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "FromCity": "",
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": body,
        "To": OUR_NUMBER,
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": sender,
        "ApiVersion": "2010-04-01",
        **more,
    }


def status_form(sid: str, status: str, **more: str) -> dict[str, str]:
    """Fill in the form of one status callback."""
    return {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status, **more}


def sign(url: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """Sign a form: base64 of HMAC-SHA1 over the URL and every field's name and value, sorted by name."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def signed(url: str, form: Mapping[str, str], token: str = TOKEN) -> tuple[bytes, dict[str, str]]:
    """Encode a form and its headers, signed for the public address `url`."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": sign(url, form, token),
    }
    return urlencode(form).encode(), headers


def post_form(
    server: str, path: str, form: Mapping[str, str], *, public_url: str = "", token: str = TOKEN
) -> httpx.Response:
    """Post a signed form to our server; `public_url` is what the server believes its address to be."""
    body, headers = signed((public_url or server) + path, form, token)
    with httpx.Client(trust_env=False, timeout=10) as client:
        return client.post(server + path, content=body, headers=headers)
