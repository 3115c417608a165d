"""How soon a process serves, and how much memory it keeps: `onward serve` on SQLite, all in one."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.bench.figures import Figure, Limit
from tests.bench.ground import folder
from tests.postgres import _free_port as free_port

PATIENCE = 60.0
KEY = base64.b64encode(b"b" * 32).decode()


@contextmanager
def serving(place: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str, float]]:
    """Serve a fresh database; give the process, its address and the seconds until its first 200."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ},
        "ENV": "test",
        "LOG_LEVEL": "WARNING",
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{place / 'onward.db'}",
        "ENCRYPTION_KEYS": f"k:{KEY}",
        "INDEX_KEY": KEY,
        **settings,
    }
    upgrade = [sys.executable, "-m", "bot.cli", "db", "upgrade"]
    done = subprocess.run(upgrade, env=environ, capture_output=True, cwd=place, text=True)
    if done.returncode:
        raise RuntimeError(f"no database: {done.stderr[-800:]}")
    began = time.perf_counter()
    with open(place / "log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve"], env=environ, stdout=log, stderr=log, cwd=place
        )
    try:
        yield process, url, _first_answer(process, url, began, place)
    finally:
        process.terminate()
        process.wait(20)


def _first_answer(process: subprocess.Popen[bytes], url: str, began: float, place: Path) -> float:
    with httpx.Client(trust_env=False) as client:
        while time.perf_counter() - began < PATIENCE and process.poll() is None:
            try:
                if client.get(f"{url}/health").status_code == 200:
                    return time.perf_counter() - began
            except httpx.TransportError:
                time.sleep(0.01)
    raise RuntimeError(f"it did not serve: {(place / 'log').read_text()[-2000:]}")


def resident(pid: int) -> float:
    """Give a process's resident memory in MB."""
    line = next(
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024


def run(rounds: int = 3, idle_seconds: float = 3) -> list[Figure]:
    """Start some times; give the median start and the memory when idle."""
    starts, memory = [], []
    for _ in range(rounds):
        with folder() as place, serving(place) as (process, _url, took):
            starts.append(took)
            time.sleep(idle_seconds)
            memory.append(resident(process.pid))
    bare = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import sqlalchemy, starlette, pydantic, uvicorn"], check=True)
    bare = time.perf_counter() - bare
    return [
        Figure(
            "cold start to the first 200", sorted(starts)[rounds // 2], "s",
            {"Python importing SQLAlchemy, Starlette, pydantic, uvicorn": bare}, [Limit("≤", 2)],
        ),
        Figure("memory when idle", sorted(memory)[rounds // 2], "MB", {}, [Limit("≤", 150)]),
    ]  # fmt: skip
