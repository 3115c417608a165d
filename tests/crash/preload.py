"""What the fork server imports before it forks: all that a server imports, so that a start is a fork."""

import importlib
import os
from pathlib import Path

from tests.crash.launch import FLOWS, loaded

for _each in (
    "bot.cli",
    "bot.app",
    "bot.log",
    "bot.settings",
    "bot.channels.simulator",
    "bot.channels.sms",
    "bot.channels.telegram",
    "bot.rides.guest_rides",
    "bot.rides.sample_map",
    "bot.worker.schedule",
    "psycopg",
    "twilio.rest.api.v2010.account.message",
    "storage.database",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
):
    importlib.import_module(_each)

if FLOWS in os.environ:
    loaded(Path(os.environ[FLOWS]))
