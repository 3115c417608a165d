"""A plain bot for contrast, as a good team writes it in an afternoon; never part of Onward.

python-telegram-bot behind a webhook (its own example for Starlette: an update goes into its queue and is
answered 200), one SQLite upsert an update before the answer is sent, so that a restart knows where everybody
stood, and APScheduler with its SQLAlchemy job store for reminders. It talks as tests/crash/flows does, but
answers a number at any time ("Got number bcd.", "Next number?"), and sends a reminder for each.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import uvicorn
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, Update
from telegram.error import TelegramError
from telegram.ext import Application, ApplicationBuilder, ContextTypes, MessageHandler, filters

from tests.crash.people import ASKED

CONSENT: Final = "Hi, this is a plain bot. OK if we text you? Reply YES."
SET: Final = "Thanks! Do you have an interview set? Text COUNT to count."
REMINDER: Final = "Do not forget {number}."
REMIND_AFTER: Final = timedelta(seconds=2)

_TABLE = "CREATE TABLE IF NOT EXISTS person (chat INTEGER PRIMARY KEY, state TEXT NOT NULL, last TEXT)"
_UPSERT = (
    "INSERT INTO person (chat, state, last) VALUES (?, ?, ?) "
    "ON CONFLICT (chat) DO UPDATE SET state = excluded.state, last = excluded.last"
)

bot: Bot | None = None
"""What reminders are sent with: a job in a store is only a function's name and its arguments."""


async def remind(chat: int, number: str) -> None:
    """Send a reminder."""
    assert bot is not None
    await bot.send_message(chat, REMINDER.format(number=number))


class PlainBot:
    """The bot and its files."""

    def __init__(self, folder: Path) -> None:
        """Open the file, with the journal and durability ours has."""
        self.rows = sqlite3.connect(folder / "plain.db")
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self.rows.execute(f"PRAGMA {pragma}")
        self.rows.execute(_TABLE)
        self.rows.commit()
        store = SQLAlchemyJobStore(url=f"sqlite:///{folder / 'jobs.db'}")
        self.reminders = AsyncIOScheduler(jobstores={"default": store}, timezone="UTC")

    async def said(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Keep what somebody said, and answer it."""
        message = update.effective_message
        assert message is not None
        words = message.text or ""
        state, answers = self._decide(self._state(message.chat_id), words)
        self.rows.execute(_UPSERT, (message.chat_id, state, words))
        self.rows.commit()
        if words.startswith("number"):
            at = datetime.now(UTC) + REMIND_AFTER
            id_ = f"{message.chat_id} {words}"
            given = [message.chat_id, words]
            self.reminders.add_job(remind, "date", run_date=at, args=given, id=id_, replace_existing=True)
        for answer in answers:
            await message.reply_text(answer)

    def _state(self, chat: int) -> str:
        row = self.rows.execute("SELECT state FROM person WHERE chat = ?", (chat,)).fetchone()
        return str(row[0]) if row else "new"

    @staticmethod
    def _decide(state: str, words: str) -> tuple[str, list[str]]:
        match state, words.lower():
            case _, number if number.startswith("number"):
                return "counts", [f"Got {words}.", ASKED]
            case "new", _:
                return "asked", [CONSENT]
            case "asked", "yes":
                return "in", [SET]
            case "in" | "counts", "count":
                return "counts", [ASKED]
            case _:
                return state, []


def main(port: int, token: str, api: str, folder: Path) -> None:
    """Serve until killed."""
    logging.disable(logging.CRITICAL)  # it says a great deal about each of its errors
    asyncio.run(_serve(port, token, api, folder))


async def _serve(port: int, token: str, api: str, folder: Path) -> None:
    global bot
    plain = PlainBot(folder)
    made: Application[Any, Any, Any, Any, Any, Any] = (
        ApplicationBuilder().token(token).base_url(f"{api}/bot").updater(None).build()
    )
    made.add_handler(MessageHandler(filters.TEXT, plain.said))
    bot = made.bot

    async def webhook(request: Request) -> Response:
        await made.update_queue.put(Update.de_json(await request.json(), made.bot))
        return Response()

    async def health(request: Request) -> Response:
        return Response()

    routes = [Route("/telegram/webhook", webhook, methods=["POST"]), Route("/health", health)]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=port, log_level="error"))
    await _insist(made.initialize)
    await made.start()
    plain.reminders.start()
    await server.serve()


async def _insist(call: Callable[[], Awaitable[Any]]) -> None:
    """Start though Telegram stumbles: it is asked who we are."""
    while True:
        try:
            await call()
            return
        except TelegramError:
            await asyncio.sleep(0.05)
