"""A plain bot, as most are written: python-telegram-bot's ConversationHandler, one SQLite upsert an update,
APScheduler in memory for reminders.

A yardstick, never part of Onward: it keeps its place in memory, answers before it has stored anything durable
about the message, and forgets its reminders with the process. It asks the same questions as our intake.

    python -m tests.bench.peers.plain_bot --token 12345:sample-token --api http://127.0.0.1:8081 --file bot.db
"""

import argparse
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from telegram import Bot, Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    filters,
)
from telegram.request import BaseRequest

QUESTIONS: Final = {
    "texts_ok": "Hi, this is Onward: free rides to job interviews. OK if we text you? Reply YES.",
    "phone_use": "Is this phone yours alone? 1 mine 2 shared 3 a shelter or office phone",
    "pin": "Pick 4 numbers only you know. If your phone changes, they show us it is you.",
    "interview_set": "Thanks! Do you have an interview set? 1 yes 2 not yet",
    "first_name": "A few short questions. What is your first name?",
    "adult": "Are you 18 or older? 1 yes 2 no",
    "zip": "What ZIP code do you stay in?",
    "set_hours": "Do you need to be home by a set time? 1 yes 2 no",
    "home_by": "What time do you need to be home? Like 8 pm.",
    "read_back": "Is that right? 1 yes 2 no",
    "work": "What work have you done, or want to do? 1 kitchen 2 cleaning 3 warehouse",
    "ok_notice": "Do you need an OK from anyone to go to an interview? 1 no 2 yes",
}
DONE: Final = "Thanks. Onward looks for jobs with you."
REMIND_AFTER: Final = timedelta(hours=2)
NAMES: Final = list(QUESTIONS)

_TABLE = "CREATE TABLE IF NOT EXISTS person (chat INTEGER PRIMARY KEY, state INTEGER, answers TEXT)"
_UPSERT = (
    "INSERT INTO person (chat, state, answers) VALUES (?, ?, ?) "
    "ON CONFLICT (chat) DO UPDATE SET state = excluded.state, answers = excluded.answers"
)


class PlainBot:
    """The bot and its file."""

    def __init__(self, file: str) -> None:
        """Open the file as most do, with the journal and durability ours has."""
        self.rows = sqlite3.connect(file)
        self.rows.execute("PRAGMA journal_mode=WAL")
        self.rows.execute("PRAGMA synchronous=FULL")
        self.rows.execute(_TABLE)
        self.rows.commit()
        self.reminders = AsyncIOScheduler(timezone="UTC")
        self.bot: Bot | None = None

    def handler(self) -> ConversationHandler[Any]:
        """Build the conversation: a state for each question, and the way out of each."""
        text = filters.TEXT & ~filters.COMMAND
        return ConversationHandler(
            entry_points=[CommandHandler("start", self.start), MessageHandler(text, self.start)],
            states={number: [MessageHandler(text, self.answered)] for number in range(len(NAMES))},
            fallbacks=[CommandHandler("cancel", self.cancel)],
        )

    async def start(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
        """Ask the first question."""
        return await self._ask(update, context, 0)

    async def answered(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
        """Keep an answer and ask the next question."""
        message, answers = update.effective_message, context.user_data
        assert message is not None
        assert answers is not None
        number = int(answers["at"])
        answers[NAMES[number]] = message.text
        if number + 1 < len(NAMES):
            return await self._ask(update, context, number + 1)
        self._keep(update, len(NAMES), answers)
        self._remind(message.chat_id)
        await message.reply_text(DONE)
        return ConversationHandler.END

    async def cancel(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
        """End the talk."""
        assert update.effective_message is not None
        await update.effective_message.reply_text("Bye.")
        return ConversationHandler.END

    async def _ask(self, update: Update, context: ContextTypes.DEFAULT_TYPE, number: int) -> int:
        assert update.effective_message is not None
        assert context.user_data is not None
        context.user_data["at"] = number
        self._keep(update, number, context.user_data)
        await update.effective_message.reply_text(QUESTIONS[NAMES[number]])
        return number

    def _keep(self, update: Update, number: int, answers: dict[Any, Any]) -> None:
        assert update.effective_chat is not None
        self.rows.execute(_UPSERT, (update.effective_chat.id, number, json.dumps(answers)))
        self.rows.commit()

    def _remind(self, chat: int) -> None:
        if self.reminders.running:
            at = datetime.now(UTC) + REMIND_AFTER
            self.reminders.add_job(self._send_reminder, "date", run_date=at, args=[chat])

    async def _send_reminder(self, chat: int) -> None:
        assert self.bot is not None
        await self.bot.send_message(chat, "Got an interview? Text INTERVIEW.")


def application(
    plain: PlainBot, token: str, *, api: str | None = None, request: BaseRequest | None = None
) -> Application[Any, Any, Any, Any, Any, Any]:
    """Put the bot together; with `request` it talks to nobody."""
    builder = ApplicationBuilder().token(token)
    if api is not None:
        builder = builder.base_url(f"{api}/bot")
    if request is not None:
        builder = builder.request(request).get_updates_request(request)
    made: Application[Any, Any, Any, Any, Any, Any] = builder.build()
    made.add_handler(plain.handler())
    plain.bot = made.bot
    return made


def main() -> None:
    """Poll until stopped."""
    reader = argparse.ArgumentParser(description="A plain bot to compare with.")
    reader.add_argument("--token", required=True)
    reader.add_argument("--api", required=True)
    reader.add_argument("--file", required=True)
    given = reader.parse_args()
    plain = PlainBot(given.file)

    async def begin(_: Any) -> None:
        plain.reminders.start()

    made = application(plain, given.token, api=given.api)
    made.post_init = begin
    made.run_polling()


if __name__ == "__main__":
    main()
