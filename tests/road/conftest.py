"""Onward as it is run: its own process over real HTTP, a ride company in a second one, providers faked only
at the wire. What a test may do is what the world can: post, call, kill, and move the clock."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from socket import socket
from typing import Any

import httpx
import pytest

from bot.demo import seed
from bot.demo_check import Road
from bot.settings import Settings
from tests.wire import telegram, twilio

RIDE_SECRET = "demo-ride-secret"
HOOK_SECRET = "a-sample-hook-secret"
STARTS_WITHIN = 40.0
RAY = "+15555550142"
CHAT = 9001


@dataclass
class Onward:
    """One installation: its folder, its settings, and the process that runs now."""

    folder: Path
    environ: dict[str, str]
    port: int
    ride_url: str
    process: "subprocess.Popen[bytes] | None" = None
    part: str = "serve"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server and wait until it is well."""
        log = (self.folder / "log.txt").open("ab")
        with log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", self.part], env=self.environ, stdout=log, stderr=log
            )
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/health", trust_env=False, timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        pytest.fail(f"it did not start:\n{self.log()[-3000:]}")

    def kill(self) -> None:
        """Kill it without a word."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> float:
        """Ask it to end; return how many seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - began

    def move(self, by: timedelta) -> datetime:
        """Move its clock and the ride company's."""
        asked = {"to": (self.now() + by).isoformat()}
        answer = httpx.post(f"{self.url}/phone/api/clock", json=asked, trust_env=False, timeout=30)
        answer.raise_for_status()
        at = datetime.fromisoformat(answer.json()["now"])
        company = httpx.post(
            f"{self.ride_url}/_stub/clock", json={"set": at.isoformat()}, trust_env=False, timeout=30
        )
        company.raise_for_status()
        return at

    def now(self) -> datetime:
        answer = httpx.get(f"{self.url}/phone/api/clock", trust_env=False, timeout=10)
        return datetime.fromisoformat(answer.json()["now"])

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(errors="replace")


@pytest.fixture
def onward(database_url: str, tmp_path: Path) -> Iterator[Onward]:
    """An installation with sample data and a ride company of its own; not started yet."""
    with ExitStack() as stack:
        port, ride_port = free_port(), free_port()
        ride_url = stack.enter_context(ride_company(ride_port, f"http://127.0.0.1:{port}", tmp_path))
        environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "ENV": "test",
            "DATABASE_URL": database_url,
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "RIDE_API_BASE": ride_url,
        }
        settings = Settings(env="test", database_url=database_url)
        asyncio.run(seed(settings, datetime.now().astimezone()))
        running = Onward(tmp_path, environ, port, ride_url)
        yield running
        if running.process is not None and running.process.poll() is None:
            running.kill()


@contextmanager
def ride_company(port: int, hooks: str, folder: Path) -> Iterator[str]:
    """Run the pretend ride company in its own process."""
    command = [sys.executable, "-m", "bot.cli", "ride-stub", "--with-parent", "--port", str(port)]
    command += ["--db", str(folder / "rides.sqlite"), "--webhook-url", f"{hooks}/rides/webhook"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end:
            try:
                httpx.get(f"{url}/healthz", trust_env=False, timeout=1).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait(10)
        assert process.stdin is not None
        process.stdin.close()


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# --- phones on real wires ----------------------------------------------------------------------------


@dataclass
class WirePhone(Road):
    """A phone behind a provider: what it says goes in by webhook, what it hears is what we called with."""

    onward: Any = None
    read: int = 0

    def move(self, minutes: int) -> None:
        self.onward.move(timedelta(minutes=minutes))

    def move_to(self, moment: str) -> None:
        super().move_to(moment)
        company = {"set": self.onward.now().isoformat()}
        httpx.post(f"{self.onward.ride_url}/_stub/clock", json=company, trust_env=False).raise_for_status()

    def fetch(self, wait: float) -> list[str]:
        end = time.monotonic() + wait
        while len(self.heard()) <= self.read and time.monotonic() < end:
            time.sleep(0.02)
        new = self.heard()[self.read :]
        self.read += len(new)
        return new

    def heard(self) -> list[str]:
        raise NotImplementedError


@dataclass
class SmsPhone(WirePhone):
    """A phone reached by Twilio."""

    fake: twilio.FakeTwilio = field(default_factory=twilio.FakeTwilio)
    number: str = RAY

    def them(self, text: str) -> None:
        assert post_sms(self.onward.url, self.number, text).status_code == 200

    def heard(self) -> list[str]:
        return [text.body for text in self.fake.sent if text.to == self.number]


@dataclass
class TelegramPhone(WirePhone):
    """A phone reached by Telegram; numbers are tapped where the newest message has buttons."""

    fake: telegram.FakeTelegram = field(default_factory=telegram.FakeTelegram)
    polled: bool = False

    def them(self, text: str) -> None:
        buttons = self.buttons(self.fake.sent[-1]) if self.fake.sent else []
        if text.isdigit() and int(text) <= len(buttons):
            update = telegram.tap_update(CHAT, buttons[int(text) - 1]["callback_data"])
        else:
            update = telegram.text_update(CHAT, text, at=self.onward.now())
        if self.polled:
            self.fake.updates.append(update)
            return
        head = {"X-Telegram-Bot-Api-Secret-Token": HOOK_SECRET}
        path = f"{self.onward.url}/telegram/webhook"
        assert httpx.post(path, json=update, headers=head, trust_env=False, timeout=10).status_code == 200

    def heard(self) -> list[str]:
        said = [one for one in self.fake.sent if int(one["chat_id"]) == CHAT]
        return [" ".join([one["text"], *self.rows(one)]) for one in said]

    def rows(self, sent: Mapping[str, Any]) -> list[str]:
        return [f"{n} {button['text']}" for n, button in enumerate(self.buttons(sent), 1)]

    @staticmethod
    def buttons(sent: Mapping[str, Any]) -> list[dict[str, Any]]:
        markup = sent.get("reply_markup")
        markup = json.loads(markup) if isinstance(markup, str) else markup or {}
        return [button for row in markup.get("inline_keyboard", ()) for button in row]


def post_sms(url: str, sender: str, text: str, **more: str) -> httpx.Response:
    """Post one text the way Twilio does, signed."""
    path = f"{url}/twilio/sms"
    body, headers = twilio.signed(path, twilio.sms_form(sender, text, **more))
    return httpx.post(path, content=body, headers=headers, trust_env=False, timeout=15)


def sms_settings(fake: twilio.FakeTwilio) -> dict[str, str]:
    return {
        "TWILIO_ACCOUNT_SID": twilio.ACCOUNT,
        "TWILIO_AUTH_TOKENS": twilio.TOKEN,
        "TWILIO_FROM": twilio.OUR_NUMBER,
        "TWILIO_API_BASE": fake.url,
        "SMS_PER_SECOND": "1000",
    }


def telegram_settings(fake: telegram.FakeTelegram, *, polled: bool) -> dict[str, str]:
    mode = {"TELEGRAM_MODE": "polling" if polled else "webhook"}
    secret = {"TELEGRAM_WEBHOOK_SECRET": HOOK_SECRET, "TELEGRAM_TOKEN": telegram.TOKEN}
    return {**mode, **secret, "TELEGRAM_API_BASE": fake.url, "TELEGRAM_CHAT_PER_SECOND": "1000"}
