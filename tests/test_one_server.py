"""One server a SQLite file, and what may write beside it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.one_server import Taken, only_server
from storage.tables import Caseworker, Fund, InviteCode, table
from tests.test_processes import by_sms, process
from tests.wire import twilio

ROOT = Path(__file__).parent.parent
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
HOLDER = (
    "import sys, time; from bot.one_server import only_server\n"
    "with only_server(sys.argv[1]):\n    print('mine', flush=True)\n    time.sleep(60)"
)


@contextmanager
def somebody_else(url: str) -> "Iterator[subprocess.Popen[str]]":
    """Have another process be the server."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        try:
            yield holder
        finally:
            holder.kill()


def onward(url: str, *words: str) -> Result:
    """Run a command as somebody would beside the server."""
    environ = {"ENV": "test", "DATABASE_URL": url, "ONWARD_PASSWORD": "a" * 16, "LOG_LEVEL": "WARNING"}
    return CliRunner().invoke(app, words, env=environ)


def test_the_second_is_told_who_has_it_and_a_crash_sets_it_free(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'onward.db'}"
    with somebody_else(url) as holder:
        with (
            pytest.raises(Taken, match=rf"process {holder.pid}\) has .*onward\.db open") as taken,
            only_server(url),
        ):
            pass
        assert "Stop that one first" in str(taken.value)
        for words in (("serve",), ("db", "upgrade")):
            refused = onward(url, *words)
            assert (refused.exit_code, refused.stderr.strip()) == (1, str(taken.value))
        holder.kill()
        holder.wait()
        with only_server(url):
            assert (tmp_path / "onward.db.lock").read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "postgresql://onward@127.0.0.1/none"])
def test_where_several_may_serve_nothing_is_locked(url: str) -> None:
    with only_server(url), only_server(url):
        pass


@only_sqlite
async def test_commands_write_beside_a_server_under_traffic(database_url: str) -> None:
    with twilio.fake_twilio() as fake:
        async with process(database_url, **by_sms(fake)) as server:
            with only_server(database_url):
                answers: list[int] = []

                async def texting(lane: int) -> None:
                    n = 0
                    while not done.is_set():
                        n += 1
                        answers.append(await server.text("hello", f"+1555555{lane}{n % 1000:03}"))

                done = asyncio.Event()
                traffic = [asyncio.create_task(texting(lane)) for lane in range(4)]
                commands = [
                    ("staff", "add", "Maria Ruiz", "maria@example.org"),
                    ("fund", "add", "rides", "5000"),
                    ("card", "add", "RIDE7"),
                    ("db", "upgrade"),
                ]
                ran = [await asyncio.to_thread(onward, database_url, *words) for words in commands]
                done.set()
                await asyncio.gather(*traffic)
            assert [each.exit_code for each in ran] == [0, 0, 0, 0], [each.output for each in ran]
            assert set(answers) == {200}
            for of in (Caseworker, Fund, InviteCode):
                assert len(await server.rows(sa.select(table(of)))) == 1


@only_sqlite
def test_a_command_whose_turn_never_comes_changes_nothing_and_says_so(
    database_url: str, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.supplies.BESIDE_A_SERVER", 0.2)
    with engine.begin() as writing:
        refused = onward(database_url, "fund", "add", "rides", "5000")
        assert refused.exit_code == 1
        assert "Nothing was changed: try again." in refused.stderr
        assert not writing.execute(sa.select(table(Fund))).all()
