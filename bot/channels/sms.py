"""SMS by Twilio: signed forms in, REST out.

The rules kept here: nothing unsigned is read, and signatures are checked against the configured PUBLIC_URL
with blank fields kept; replies never ride in a webhook's answer; a text is posted once, and only a call that
surely did nothing is answered by TryLater. Twilio repeats no message webhook of its own accord, so `missed`
lists what came while we were down.
This module is the only one that imports twilio, and only a configured channel imports this module.
"""

import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException  # type: ignore[import-untyped]
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response as TwilioResponse  # type: ignore[import-untyped]
from twilio.request_validator import (  # type: ignore[import-untyped]
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)
from twilio.rest import Client  # type: ignore[import-untyped]
from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]

from bot.channels.base import (
    CannotTell,
    Delivered,
    FindAnswer,
    Found,
    Inbound,
    NotFound,
    Outbound,
    PhotoAnswer,
    PhotoRef,
    Rejected,
    Sent,
    Sink,
    TryLater,
    Unknown,
)
from bot.channels.forms import (
    DEAD,
    NAME,
    OPTED_OUT,
    PHOTOS_IN_ONE,
    Form,
    e164,
    inbound_of,
    read_sms,
    read_status,
    sid_of,
)
from bot.channels.photos import fetch_image
from bot.channels.wire import NEVER_LEFT, NOT_KEPT, empty, kept, tls

log = logging.getLogger(__name__)

SMS_PATH: Final = "/twilio/sms"
STATUS_PATH: Final = "/twilio/status"
VOICE_PATH: Final = "/twilio/voice"
BODY_LIMIT: Final = 256 * 1024  # bytes; a full form with ten photos has about 8 kB
FIELD_LIMIT: Final = 300
PAGE: Final = 1000  # texts of one listed page; Twilio's own limit
API: Final = "https://api.twilio.com"
TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)

WRONG_KEY: Final = 20003
QUEUE_FULL: Final = frozenset({21611, 30001})
NO_KEY_PAUSE: Final = 300.0  # seconds until credentials that were refused are tried again
BUSY_PAUSE: Final = 5.0  # seconds, where a 429 names none
UNREADABLE: Final = (AttributeError, KeyError, TypeError, ValueError)  # twilio's, for odd answers
SKEW: Final = timedelta(seconds=2)  # between Twilio's clock, in whole seconds, and ours

Now = Callable[[], datetime]


class _Busy(Exception):
    """429: surely not done; carries the wait in seconds, which twilio's own exception drops."""

    def __init__(self, after: float) -> None:
        super().__init__("429")
        self.after = after


class _Wire(AsyncHttpClient):  # type: ignore[misc]
    """Twilio's transport over httpx: with a timeout, without retries, and to where the settings say."""

    def __init__(self, api_base: str) -> None:
        super().__init__(log, True, None)
        self.client = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=tls())
        self._base = api_base

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - twilio's signature
        allow_redirects: bool = False,
    ) -> TwilioResponse:
        answer = await self.client.request(
            method,
            self._base + uri.removeprefix(API),
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=TIMEOUT if timeout is None else timeout,
            follow_redirects=allow_redirects,
        )
        if answer.status_code == 429:
            raise _Busy(_wait_named(answer.headers.get("retry-after", "")))
        return TwilioResponse(answer.status_code, answer.text, dict(answer.headers))


class Sms:
    """One Twilio account and one sender: an E.164 number, or a messaging service (MG…).

    Any of `auth_tokens` may have signed a webhook; the first one signs our own calls. `voice` is what a
    caller hears, as (language tag, sentence).
    """

    def __init__(
        self,
        account_sid: str,
        auth_tokens: Sequence[str],
        sender: str,
        *,
        public_url: str,
        now: Now,
        voice: Callable[[], Sequence[tuple[str, str]]] = tuple,
        api_base: str = API,
    ) -> None:
        if not auth_tokens or not all(auth_tokens):
            raise ValueError("an auth token is needed: without one anybody could sign")
        self._public, self._base = public_url.rstrip("/"), api_base.rstrip("/")
        self._validators = [RequestValidator(token) for token in auth_tokens]
        self._auth = httpx.BasicAuth(account_sid, auth_tokens[0])
        self._wire = _Wire(self._base)
        # A stand-in environment: TWILIO_EDGE or TWILIO_REGION of the machine must not move our calls.
        self._twilio = Client(account_sid, auth_tokens[0], http_client=self._wire, environment={"-": "-"})
        self._sender, self._now, self._voice = sender, now, voice

    @property
    def name(self) -> str:
        return NAME

    # --- in ---

    def routes(self, sink: Sink) -> list[Route]:
        async def sms(request: Request) -> Response:
            if (form := await self._signed(request)) is None:
                return empty(403)
            inbound = read_sms(form, self._now())
            if inbound is None:
                log.warning("malformed webhook", extra={"channel": NAME, "sid": sid_of(form)})
            elif not await kept(sink.received([inbound]), NAME):
                return empty(NOT_KEPT)
            return Response("<Response/>", media_type="text/xml")

        async def status(request: Request) -> Response:
            if (form := await self._signed(request)) is None:
                return empty(403)
            update = read_status(form)
            if update and not await kept(sink.status([update]), NAME):
                return empty(NOT_KEPT)
            return empty(204)

        async def voice(request: Request) -> Response:
            if await self._signed(request) is None:
                return empty(403)
            return Response(spoken(self._voice()), media_type="text/xml")

        paths = ((SMS_PATH, sms), (STATUS_PATH, status), (VOICE_PATH, voice))
        return [Route(path, answer, methods=["POST"], max_body_size=BODY_LIMIT) for path, answer in paths]

    async def run(self, sink: Sink) -> None:
        """Return at once: Twilio calls us."""

    async def missed(self, since: datetime, until: datetime | None = None) -> Sequence[Inbound] | TryLater:
        asked: dict[str, Any] = {"date_sent_after": since, "page_size": PAGE}
        if until is not None:
            asked["date_sent_before"] = until
        if not self._sender.startswith("MG"):
            asked["to"] = self._sender
        try:
            return [
                await self._inbound(one)
                async for one in await self._twilio.messages.stream_async(**asked)
                if one.direction == "inbound" and e164(one.from_)
            ]
        except _Busy as busy:
            return TryLater(busy.after)
        except (TwilioException, httpx.HTTPError, *UNREADABLE) as error:
            log.warning("cannot list", extra={"channel": NAME, "why": type(error).__name__})
            return TryLater(60.0)

    async def _inbound(self, listed: Any) -> Inbound:
        media = []
        if listed.num_media not in (None, "0"):
            media = await self._twilio.messages(listed.sid).media.list_async(limit=PHOTOS_IN_ONE)
        files = [(self._base + one.uri.removesuffix(".json"), one.content_type or "") for one in media]
        return inbound_of(
            listed.from_, listed.sid, listed.body or "", listed.date_sent or self._now(), files, None
        )

    async def _signed(self, request: Request) -> Form | None:
        """Read a form; None unless one of our keys signed exactly this."""
        try:
            body = (await request.body()).decode()
            fields = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=FIELD_LIMIT)
        except ValueError:  # bytes Twilio never sends, or hundreds of fields
            return None
        form = Form(fields)
        query = f"?{request.url.query}" if request.url.query else ""
        given = request.headers.get(SIGNATURE_HEADER) or ""
        algorithm = get_signature_algorithm(request.headers.get(SIGNATURE_SETTINGS_HEADER))
        url = self._public + request.url.path + query
        right = [one.validate(url, form, given, algorithm) for one in self._validators]
        return form if any(right) else None

    # --- out ---

    async def send(self, message: Outbound) -> Sent:
        sender = "messaging_service_sid" if self._sender.startswith("MG") else "from_"
        try:
            sent = await self._twilio.messages.create_async(
                to=message.address,
                body=message.body,
                status_callback=self._public + STATUS_PATH,
                **{sender: self._sender},
            )
        except _Busy as busy:
            return TryLater(busy.after, all_wait=True)
        except NEVER_LEFT:
            return TryLater(BUSY_PAUSE)
        except httpx.HTTPError as error:
            return Unknown(type(error).__name__)
        except (TwilioRestException, TwilioServiceException) as error:
            return _refusal(error.status, _number(error.code))
        except UNREADABLE as error:  # answered, but not with a message
            return Unknown(f"unreadable answer: {type(error).__name__}")
        if sent.status == "failed":
            return _refusal(400, _number(sent.error_code))
        return Delivered(sent.sid) if sent.sid else Unknown("an answer without a sid")

    async def find_sent(self, message: Outbound, since: datetime, others: Collection[str] = ()) -> FindAnswer:
        # No DateSent filter: it would hide a text that is still queued, and that one must not be sent again.
        try:
            listed = await self._twilio.messages.list_async(to=message.address, limit=100)
        except (_Busy, TwilioException, httpx.HTTPError, *UNREADABLE) as error:
            return CannotTell(type(error).__name__)
        for one in listed:
            ours = one.direction != "inbound" and one.date_created and one.date_created >= since - SKEW
            if ours and one.sid not in others and _same_words(message.body, one.body or ""):
                return Found(one.sid)
        return NotFound()

    async def fetch_photo(self, ref: PhotoRef) -> PhotoAnswer:
        return await fetch_image(
            self._wire.client,
            ref.id,
            trusted=self._trusted,
            auth=self._key_for,
        )

    def _key_for(self, url: str) -> httpx.Auth | None:
        """Return our key for the API itself; where media is stored its address is the key."""
        return self._auth if _origin(url) == _origin(self._base) else None

    def _trusted(self, url: str) -> bool:
        """Say whether an address is Twilio's: the API's own origin, or https to where it keeps media."""
        try:
            parts = urlsplit(url)
            if _origin(url) == _origin(self._base):
                return parts.username is None
            plain = parts.scheme == "https" and parts.port in (None, 443) and parts.username is None
        except ValueError:
            return False
        host = parts.hostname or ""
        at_amazon = host == "s3-external-1.amazonaws.com" and parts.path.startswith("/media.twiliocdn.com/")
        return plain and (host.endswith((".twilio.com", ".twiliocdn.com")) or at_amazon)

    async def close(self) -> None:
        await self._wire.client.aclose()


# --- reading Twilio's answers -----------------------------------------------------------------------


def _refusal(status: int, code: int) -> Sent:
    """Say what an error means for the text: certainly not sent, to be tried again, or perhaps sent."""
    if status >= 500 or status == 408:
        return Unknown(f"answered {status}")
    stopped, dead = code == OPTED_OUT, code in DEAD
    if code in QUEUE_FULL:
        return TryLater(60.0, all_wait=True)
    if (status in (401, 403) or code == WRONG_KEY) and not (stopped or dead):
        log.error("Twilio refuses our key", extra={"channel": NAME, "status": status})
        return TryLater(NO_KEY_PAUSE, all_wait=True)
    why = f"Twilio refused it ({code or status})"
    return Rejected(str(code or status), why, opted_out=stopped, address_dead=dead)


def _number(code: object) -> int:
    return int(code) if isinstance(code, int | str) and re.fullmatch("[0-9]{1,6}", str(code)) else 0


def _wait_named(header: str) -> float:
    return float(header) if re.fullmatch("[0-9]{1,5}", header) else BUSY_PAUSE


def _same_words(ours: str, theirs: str) -> bool:
    """Compare letters and digits: Twilio may change quotes and dashes, or put a trial notice before."""
    words, listed = (re.sub(r"[^\w]", "", text) for text in (ours, theirs))
    return listed.endswith(words) if words else ours == theirs


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


def spoken(sentences: Sequence[tuple[str, str]]) -> str:
    """Write what a caller hears, as TwiML."""
    response = VoiceResponse()
    for language, sentence in sentences:
        response.say(sentence, language=language)
    response.hangup()
    return str(response)
