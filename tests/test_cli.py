"""The `onward` command: help at once, plain words for what a person must put right."""

import os
import subprocess
import sys
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.app import key_ring
from bot.cli import app
from bot.clock import SystemClock
from bot.settings import Settings
from bot.staff_accounts import BadAccount, NewAccount, add
from storage import on_call, staff
from storage.database import Database, open_database
from storage.migrations import upgrade

RUN = CliRunner()
ROOT = Path(__file__).parent.parent


def test_help_imports_no_vendor_and_no_database() -> None:
    seen = "import sys; from typer.testing import CliRunner; from bot.cli import app;"
    seen += "r = CliRunner().invoke(app, ['--help']); assert r.exit_code == 0;"
    seen += (
        "print([m for m in ('telegram', 'twilio', 'sqlalchemy', 'starlette', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_app_is_put_together_without_telegram_or_twilio() -> None:
    seen = "import sys, asyncio\nfrom bot.app import build\nfrom bot.settings import Settings\n"
    seen += "async def go():\n    app = build(Settings(env='test', database_url='sqlite:///:memory:'))\n"
    seen += "    await app.database.close()\nasyncio.run(go())\n"
    seen += "print([m for m in ('telegram', 'twilio') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_bad_settings_are_listed_all_at_once(tmp_path: Path) -> None:
    bad = {"ENV": "production", "PORT": "eighty", "TELEGRAM_MODE": "webhook"}
    done = here(tmp_path, "serve", **bad)
    assert done.exit_code == 1
    assert "Traceback" not in done.stderr
    for name in ("PORT", "TELEGRAM_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "PUBLIC_URL", "ENCRYPTION_KEYS"):
        assert f"  {name}: " in done.stderr, done.stderr


def test_flows_with_faults_stop_the_start_with_every_fault(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "one.yaml").write_text("flow: one\nsteps:\n  - sya: hello\n  - ask: x\n    as: nothing\n")
    done = onward(tmp_path, "serve", ENV="test", FLOWS_DIR=str(flows), DATABASE_URL="sqlite:///:memory:")
    assert done.returncode == 1
    assert "The flows have faults:" in done.stderr
    assert "one.yaml:3" in done.stderr
    assert "one.yaml:5" in done.stderr


def test_a_database_that_is_away_is_said_plainly(tmp_path: Path) -> None:
    away = "postgresql://nobody:x@127.0.0.1:1/none"
    done = here(tmp_path, "db", "upgrade", ENV="test", DATABASE_URL=away)
    assert done.exit_code == 1
    assert "The database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_without_its_database_says_so(tmp_path: Path) -> None:
    away = "postgresql://nobody:x@127.0.0.1:1/none"
    done = onward(tmp_path, "worker", ENV="test", DATABASE_URL=away)
    assert done.returncode == 1
    assert "The database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_whose_tables_are_not_there_says_what_to_do(tmp_path: Path) -> None:
    done = onward(tmp_path, "serve", ENV="test", DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("run onward db upgrade first.")


def test_a_port_that_is_taken_is_said_plainly(tmp_path: Path) -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        url = f"sqlite:///{tmp_path / 'onward.db'}"
        upgrade(url)
        done = onward(tmp_path, "serve", ENV="test", PORT=port, DATABASE_URL=url)
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on" in done.stderr


def test_the_schema_is_made_where_the_settings_say(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'onward.db'}"
    done = here(tmp_path, "db", "upgrade", ENV="test", DATABASE_URL=url)
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "new" / "onward.db").exists()


def here(folder: Path, *words: str, **environ: str) -> Result:
    """Run the command in this process, in a folder without a .env: what ends before anything is served."""
    with chdir(folder):
        return RUN.invoke(app, [*words], env=environ)


def onward(folder: Path, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as a shell would, in a folder without a .env."""
    path = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *words],
        cwd=folder,
        env={**path, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_settings_are_printed_as_they_are_in_the_example() -> None:
    assert RUN.invoke(app, ["settings"]).stdout == (ROOT / ".env.example").read_text()


def test_flows_check_finds_and_fixes(tmp_path: Path) -> None:
    flow = tmp_path / "hello.yaml"
    flow.write_text("flow: hello\ntitle: Hello\nsteps:\n  - say: Hello.\n")
    found = RUN.invoke(app, ["flows", "check", str(tmp_path)])
    assert found.exit_code == 1
    assert "hello.yaml:4" in found.stdout
    fixed = RUN.invoke(app, ["flows", "check", "--fix", str(tmp_path)])
    assert "ids written into hello.yaml" in fixed.stdout
    assert "id:" in flow.read_text()


async def test_a_caseworker_is_written_down_once(database_url: str) -> None:
    settings = Settings(env="test", database_url=database_url)
    new = NewAccount(
        "Maria Ruiz", "Maria@sample.invalid", "correct horse staple", phone="+12155550100", on_call=True
    )
    id_ = await add(settings, new)
    door: Database = open_database(database_url, key_ring(settings))
    row = await door.read(lambda connection: staff.caseworker(connection, id_))
    line = await door.read(lambda connection: on_call.line(connection, SystemClock().now()))
    await door.close()
    assert row is not None
    assert row.password_hash is not None
    assert row.password_hash.startswith("$argon2id$")
    assert (row.email, row.hours, line) == ("maria@sample.invalid", "Mon-Fri 9-5", [row])
    with pytest.raises(BadAccount, match="already"):
        await add(settings, new)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"password": "short"}, "12 characters"),
        ({"phone": "215 555 0100"}, "like \\+12155550100"),
        ({"on_call": True}, "needs a phone"),
        ({"role": "boss"}, "caseworker, supervisor"),
        ({"email": "maria"}, "e-mail"),
    ],
)
async def test_an_account_that_cannot_be(change: dict[str, Any], why: str) -> None:
    good = NewAccount("Maria", "m@sample.invalid", "correct horse staple")
    with pytest.raises(BadAccount, match=why):
        await add(Settings(env="test", database_url="sqlite:///:memory:"), replace(good, **change))
