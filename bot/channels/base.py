"""What a channel is: a way texts reach us and leave us, the same for SMS, Telegram and the simulator.

The rule kept here: a provider's answer is a value, never an exception, and `Unknown` means the text may
already be on the phone, so nobody sends it again before `find_sent` has said `NotFound`. A channel draws
nothing and decides nothing: bodies come finished, and what people send is handed to the `Sink` as it came.
`Sink.received` returning means *kept*; only then may a provider be told so. Text is cleaned of what no
database keeps (NUL, lone surrogates) and never logged.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from starlette.routing import Route

TEXT_LIMIT = 4096  # characters of one inbound message that are kept; Telegram's own limit, SMS stops at 1600
PHOTO_LIMIT = 5 * 1024 * 1024  # bytes
PHOTO_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/heif"})

Drawn: TypeAlias = Literal["sms", "telegram"]
Opt: TypeAlias = Literal["stop", "start", "help", "blocked"]
Kind: TypeAlias = Literal["text", "voice", "video", "sticker", "file", "other"]
DeliveryState: TypeAlias = Literal["sent", "delivered", "undelivered", "failed"]


SHARE_CONTACT = "contact"  # tokens of buttons that only label a sharing key
SHARE_PIN = "pin"


# --- what people send -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tap:
    """A button was tapped: option `n` (from 1) of the prompt with that number."""

    prompt: int
    n: int


@dataclass(frozen=True, slots=True)
class PhotoRef:
    """A photo still at the provider. `id` is the channel's own key for it: a file id, or an https address."""

    id: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message as a person sent it.

    `provider_id` is unique per channel, so a second copy of the same message is recognised. `kind` is "text"
    unless all that came is something we cannot read; then `text` is empty and the person is told that we
    only read text.
    """

    channel: str
    address: str  # E.164 phone, chat id as text, simulator phone id
    provider_id: str
    text: str
    at: datetime  # aware UTC: when the provider says it was sent, else when it reached us
    kind: Kind = "text"
    tap: Tap | None = None
    pin: tuple[float, float] | None = None  # latitude, longitude
    contact: str | None = None  # their own phone number, shared on purpose, E.164
    code: str | None = None  # what followed /start
    photos: tuple[PhotoRef, ...] = ()
    opt: Opt | None = None  # the provider itself says so: opt-out, opt-in, HELP answered, chat blocked
    language_hint: str | None = None  # IETF tag, as their app is set
    seen: int | None = None  # `Outbound.id` of the newest text on their screen, where the channel can tell


# --- what we send ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Button:
    """One option to tap; `token` comes back as `Inbound.tap`."""

    token: str  # button_token(prompt, n)
    label: str


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message, drawn and ready. Channels without buttons ignore them: the body says everything."""

    id: int  # of our Message row
    address: str
    body: str
    buttons: tuple[Button, ...] = ()
    ask_contact: bool = (
        False  # offer a key that shares their phone number, labelled by SHARE_CONTACT's button
    )
    ask_pin: bool = False  # offer a key that shares where they are, labelled by SHARE_PIN's button


@dataclass(frozen=True, slots=True)
class Delivered:
    """The provider has taken it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A plain no: the same text to the same address will not go. `why` is for staff and holds no address."""

    code: str
    why: str
    opted_out: bool = False
    address_dead: bool = False


@dataclass(frozen=True, slots=True)
class TryLater:
    """Surely not sent; ask again after this many seconds. `all_wait`: so must all else this sender sends."""

    after_seconds: float
    all_wait: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Perhaps sent, perhaps not: look (`find_sent`) before doing anything else."""

    why: str


Sent: TypeAlias = Delivered | Rejected | TryLater | Unknown


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What became of a text later. May come twice and out of order: storage folds forward only."""

    channel: str
    provider_id: str
    state: DeliveryState
    code: str | None = None
    opted_out: bool = False
    address_dead: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The provider has this text."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider surely never took it: it may be sent again."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """This provider did not answer, or, `ever`, can never be asked: asking once more is no use."""

    why: str
    ever: bool = False


FindAnswer: TypeAlias = Found | NotFound | CannotTell


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo's bytes, at most PHOTO_LIMIT, of one of PHOTO_TYPES."""

    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class NoPhoto:
    """It will never come: gone, too big, not an image, or not at an address we trust."""

    why: str


PhotoAnswer: TypeAlias = Photo | NoPhoto | TryLater


# --- the two sides --------------------------------------------------------------------------------


class Sink(Protocol):
    """Where channels put what people send: the conversation shell."""

    async def received(self, inbound: Sequence[Inbound]) -> None:
        """Keep these messages; returning means committed, duplicates included. Raises if not kept."""
        ...

    async def status(self, updates: Sequence[StatusUpdate]) -> None:
        """Keep what became of texts sent earlier; an unknown provider id is no error. Raises if not kept."""
        ...


class Channel(Protocol):
    """One way to reach people. Every method answers within its timeout and raises only for bugs."""

    @property
    def name(self) -> str:
        """Name the channel in one lower-case word, as stored with each contact point."""
        ...

    def routes(self, sink: Sink) -> list[Route]:
        """List the paths this channel's provider (or page) calls."""
        ...

    async def run(self, sink: Sink) -> None:
        """Set the provider up and fetch what people send until cancelled; webhook channels return."""
        ...

    async def send(self, message: Outbound) -> Sent:
        """Send one text, once, without any retry of its own."""
        ...

    async def fetch_photo(self, ref: PhotoRef) -> PhotoAnswer:
        """Fetch a photo somebody sent."""
        ...

    async def find_sent(self, message: Outbound, since: datetime, others: Collection[str] = ()) -> FindAnswer:
        """Look for a text whose sending, begun at `since`, ended `Unknown`; `others` are ids of other texts.

        Providers' lists lag by seconds: ask no sooner than about ten after the sending ended.
        """
        ...

    async def missed(self, since: datetime, until: datetime | None = None) -> Sequence[Inbound] | TryLater:
        """List what people sent since then, known ones included; () where the provider re-delivers.

        With `until`, what came on that day and later may be left out.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


# --- small rules every channel shares -------------------------------------------------------------


def button_token(prompt: int, n: int) -> str:
    """Write the token of option `n` (from 1) of a prompt."""
    return f"p{prompt}:{n}"


def read_token(token: str) -> Tap | None:
    """Read a button's token; None for anything we never wrote."""
    match = re.fullmatch(r"p([0-9]{1,9}):([1-9][0-9]{0,2})", token)
    return Tap(int(match[1]), int(match[2])) if match else None


def drawn_as(channel: str, address: str) -> Drawn:
    """Say how this phone draws us: a simulator phone "telegram:9001" as Telegram, "sms:+1555…" as SMS."""
    if channel == "telegram" or (channel == "simulator" and address.startswith("telegram:")):
        return "telegram"
    return "sms"


def clean(text: str) -> str:
    """Drop NULs and lone surrogates, which databases refuse, and cut at TEXT_LIMIT characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:TEXT_LIMIT]
