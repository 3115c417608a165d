"""Telegram as we meet it: the Bot API we call, and the updates it gives or posts.

with fake_telegram() as bot_api:
    channel = Telegram(TOKEN, mode="polling", now=..., api_base=bot_api.url)
    bot_api.updates.append(text_update(9001, "hello"))
    ...
    bot_api.sent[0]["text"]
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.contracts import bot_api
from tests.wire.server import Fault, Misbehaving, serve

TOKEN = "12345:sample-token"
SECRET = "sample-secret"
BOT = {"id": 12345, "is_bot": True, "first_name": "Onward"}
JPEG = b"\xff\xd8\xff\xe0" + b"sample" * 20
_update_ids = count(1000)
_message_ids = count(1)


class FakeTelegram(Misbehaving):
    """One bot's side of the Bot API. `calls` holds every (method, parameters), getUpdates included."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        """Begin again as a bot nobody has written to."""
        self.faults.clear()
        self.breaches.clear()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.sent: list[dict[str, Any]] = []
        self.sent_ids: list[int] = []  # of the messages in `sent`
        self.updates: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.webhook = ""

    def of(self, method: str) -> list[dict[str, Any]]:
        """List the parameters of every call of one method."""
        return [parameters for name, parameters in self.calls if name == method]

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(f"/bot{TOKEN}/{{method}}", self._call, methods=["POST"]),
                Route("/bot{token}/{method}", self._stranger, methods=["POST"]),
                Route(f"/file/bot{TOKEN}/{{name:path}}", self._file, methods=["GET"]),
            ]
        )

    async def _call(self, request: Request) -> Response:
        method, form = request.path_params["method"], await request.form()
        written = {name: value for name, value in form.items() if isinstance(value, str)}
        self.breaches += bot_api.call_problems(method, written)
        parameters = _parameters(written)
        self.calls.append((method, parameters))
        if method == "getUpdates":
            await self._hold(parameters)
        return await self.answer(request, lambda: self._ok(method, parameters), parameters.get("chat_id", ""))

    def _ok(self, method: str, parameters: dict[str, Any]) -> Response:
        result = self._result(method, parameters)
        if (
            method != "getUpdates"
        ):  # tests put broken updates there on purpose; whole ones are checked when made
            self.breaches += bot_api.answer_problems(method, result)
        return JSONResponse({"ok": True, "result": result})

    async def _hold(self, parameters: dict[str, Any]) -> None:
        """Hold a long poll open for a moment, as the real one does for as long as asked."""
        end = time.monotonic() + min(float(parameters.get("timeout", 0)), 0.5)
        while not self._waiting(parameters) and not self.faults and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    def _waiting(self, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        offset = int(parameters.get("offset", 0))
        for update in list(self.updates):  # another thread may be adding one
            if update.get("update_id", offset) < offset:
                self.updates.remove(update)
        return self.updates[:100]

    def _result(self, method: str, parameters: dict[str, Any]) -> Any:
        match method:
            case "getUpdates":
                return self._waiting(parameters)
            case "sendMessage":
                self.sent.append(parameters)
                self.sent_ids.append(next(_message_ids))
                return {
                    "message_id": self.sent_ids[-1],
                    "date": int(time.time()),
                    "chat": {"id": parameters["chat_id"], "type": "private", "first_name": "Ray"},
                    "from": BOT,
                    "text": parameters["text"],
                }
            case "getMe":
                return BOT
            case "getFile":
                name = str(parameters["file_id"])
                size = len(self.files[name])
                return {
                    "file_id": name,
                    "file_unique_id": name,
                    "file_size": size,
                    "file_path": f"photos/{name}",
                }
            case "setWebhook":
                self.webhook = str(parameters["url"])
                return True
            case _:
                return True

    async def _stranger(self, request: Request) -> Response:
        return JSONResponse({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)

    async def _file(self, request: Request) -> Response:
        data = self.files.get(request.path_params["name"].removeprefix("photos/"))
        return Response(data) if data else Response(status_code=404)


def _parameters(form: dict[str, str]) -> dict[str, Any]:
    """Undo the client's form encoding: all but plain texts travel as JSON."""
    return {name: value if name == "text" else _decoded(value) for name, value in form.items()}


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def refusal(status: int, description: str, **parameters: Any) -> Fault:
    """Make a fault of an error as the Bot API words it."""
    body = {"ok": False, "error_code": status, "description": description}
    return Fault(status, {**body, **({"parameters": parameters} if parameters else {})})


@contextmanager
def fake_telegram() -> Iterator[FakeTelegram]:
    """Serve a bot that nobody has written to yet."""
    fake = FakeTelegram()
    with serve(fake.app()) as fake.url:
        yield fake
    assert fake.breaches == []


# --- what Telegram tells us -------------------------------------------------------------------------


def person(chat: int, language: str = "en") -> dict[str, Any]:
    """Make a user; a private chat has the same number."""
    return {"id": chat, "is_bot": False, "first_name": "Ray", "language_code": language}


def new_update_id() -> int:
    """Give out the next number: Telegram's own rise in the order in which people wrote."""
    return next(_update_ids)


def message_update(
    chat: int, *, update_id: int = 0, language: str = "en", at: datetime | None = None, **content: Any
) -> dict[str, Any]:
    """Make an update with one message in a private chat; `content` is text, contact, location, photo …

    `at` is when it was written, for tests whose clock is not the machine's.
    """
    message = {
        "message_id": next(_message_ids),
        "date": int(at.timestamp() if at else time.time()),
        "chat": {"id": chat, "type": "private", "first_name": "Ray"},
        "from": person(chat, language),
        **content,
    }
    return _made({"update_id": update_id or next(_update_ids), "message": message})


def text_update(
    chat: int, text: str, *, update_id: int = 0, language: str = "en", at: datetime | None = None
) -> dict[str, Any]:
    """Make an update with a typed text."""
    return message_update(chat, update_id=update_id, language=language, at=at, text=text)


def contact_update(
    chat: int, phone: str, *, owner: int | None = None, at: datetime | None = None
) -> dict[str, Any]:
    """Make an update with a shared phone number, the sender's own unless `owner` says otherwise."""
    card = {"phone_number": phone, "first_name": "Ray", "user_id": owner if owner is not None else chat}
    return message_update(chat, at=at, contact=card)


def pin_update(chat: int, lat: float, lon: float, *, at: datetime | None = None) -> dict[str, Any]:
    """Make an update with a shared location."""
    return message_update(chat, at=at, location={"latitude": lat, "longitude": lon})


def photo_update(chat: int, *names: str, caption: str = "", at: datetime | None = None) -> dict[str, Any]:
    """Make an update with one photo in growing sizes, named smallest first."""
    sizes = [
        {"file_id": name, "file_unique_id": name, "width": 90 * n, "height": 60 * n, "file_size": 1000 * n}
        for n, name in enumerate(names, 1)
    ]
    content: dict[str, Any] = {"photo": sizes, **({"caption": caption} if caption else {})}
    return message_update(chat, at=at, **content)


def tap_update(chat: int, token: str, *, update_id: int = 0) -> dict[str, Any]:
    """Make an update with a tapped button."""
    message = {
        "message_id": next(_message_ids),
        "date": int(time.time()),
        "chat": {"id": chat, "type": "private", "first_name": "Ray"},
        "from": BOT,
        "text": "Need a ride there?",
    }
    query = {
        "id": str(next(_message_ids)),
        "from": person(chat),
        "chat_instance": "1",
        "data": token,
        "message": message,
    }
    return _made({"update_id": update_id or next(_update_ids), "callback_query": query})


def member_update(chat: int, before: str, after: str, *, at: datetime | None = None) -> dict[str, Any]:
    """Make an update that says how our standing in a private chat changed: "kicked" is blocked."""
    member = {
        "chat": {"id": chat, "type": "private", "first_name": "Ray"},
        "from": person(chat),
        "date": int(at.timestamp() if at else time.time()),
        "old_chat_member": _member(before),
        "new_chat_member": _member(after),
    }
    return _made({"update_id": next(_update_ids), "my_chat_member": member})


def _made(update: dict[str, Any]) -> dict[str, Any]:
    """Give out an update that the Bot API could have sent."""
    assert bot_api.update_problems(update) == []
    return update


def _member(status: str) -> dict[str, Any]:
    return {"user": BOT, "status": status, **({"until_date": 0} if status == "kicked" else {})}


def post_update(server: str, update: Any, *, secret: str = SECRET) -> httpx.Response:
    """Post an update to our webhook the way Telegram does."""
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
    with httpx.Client(trust_env=False, timeout=10) as client:
        return client.post(f"{server}/telegram/webhook", content=body, headers=headers)
