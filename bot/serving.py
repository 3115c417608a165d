"""Serve an app on its port until it is asked to end; a worker without a port only works.

The rule: SIGINT and SIGTERM end it in order (bot/running.py), SIGHUP has it look for new flows.
"""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from bot.app import App
from bot.running import PATIENCE

COLLECT_AFTER: Final = (10_000, 20, 20)
"""New objects between two looks at the newest; looks until the next older ones are looked at too."""


class PortTaken(Exception):
    """Something else listens there already."""


async def serve(app: App, started: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGINT or SIGTERM; `started` is called once requests are taken. Raises PortTaken."""
    with _asked_to_look(app):
        if app.port == 0:
            await _only_work(app, started)
            return
        with _listening(app.settings.host, app.port) as listener:
            async with app.asgi.router.lifespan_context(app.asgi):  # what is wrong is raised here, not logged
                await _serve(app, listener, started)


async def _serve(app: App, listener: socket.socket, started: Callable[[], None]) -> None:
    config = uvicorn.Config(
        app.asgi,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=round(PATIENCE.total_seconds()),
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    if server.started:
        started()
        settle_down()
    await serving


async def _only_work(app: App, started: Callable[[], None]) -> None:
    """Work until SIGINT or SIGTERM, listening nowhere."""
    loop, end = asyncio.get_running_loop(), asyncio.Event()
    ends = (signal.SIGINT, signal.SIGTERM)
    for number in ends:
        loop.add_signal_handler(number, end.set)
    try:
        async with app.asgi.router.lifespan_context(app.asgi):
            started()
            settle_down()
            await end.wait()
    finally:
        for number in ends:
            loop.remove_signal_handler(number)


def settle_down() -> None:
    """Have the garbage collector pass over all that is here by now, and come less often.

    What a process has when it has started it keeps: some 300,000 objects, a tenth of a second each time they
    are all looked at, which was a tenth of a turn's processor time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


@contextmanager
def _asked_to_look(app: App) -> Iterator[None]:
    """Look for new flows at SIGHUP; in a terminal it means that the window was closed, and ends us."""
    if not hasattr(signal, "SIGHUP") or (sys.stdin is not None and sys.stdin.isatty()):
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, app.reload.look)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    return listener
