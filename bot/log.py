"""One line a happening, on stderr, for machines to search and people to read.

The rule: a log tells what happened to which row, never what anybody wrote or who they are. So fields are ids,
counts and single words (a longer text is shown by its length), digits that could be a phone number are
masked, an exception of another library is named without its message (SQL arguments and form values travel in
those), and libraries that log bodies or URLs with tokens in them are held at WARNING.

    log = logging.getLogger(__name__)
    log.info("ride booked", extra={"ride": 12, "cents": 1840})
    # 2026-03-04T15:02:11.120Z INFO bot.worker.rides ride booked ride=12 cents=1840
"""

import logging
import re
import sys
from datetime import UTC, datetime
from pathlib import PurePath
from sysconfig import get_path
from traceback import extract_tb
from typing import TextIO

OURS = ("bot", "flows", "storage")

# At INFO or DEBUG these write request bodies, form fields, SQL, or URLs that carry a token.
TALKATIVE = (
    "httpx", "httpcore", "telegram", "twilio", "sqlalchemy", "uvicorn.access", "asyncio", "apscheduler",
    "python_multipart", "alembic",
)  # fmt: skip

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}
_PHONE = re.compile(r"(?<![\w.:-])(?:\+\d{8,15}|(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4})(?!\w)")
_WORD = re.compile(r"[^\s=\"]{1,80}")
_FRAMES = 6  # of our own code, besides the one that raised
_LIBRARIES = tuple({get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")})


class OneLine(logging.Formatter):
    """Write a record as one line: time, level, logger, what happened, fields, where it broke."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = [f"{name}={_shown(value)}" for name, value in vars(record).items() if name not in _STANDARD]
        error = [f"error={_error(record.exc_info[1])}"] if record.exc_info and record.exc_info[1] else []
        said = " ".join(record.getMessage().split())
        line = " ".join([record.levelname, record.name, said, *fields, *error])
        return f"{at.replace('+00:00', 'Z')} {mask(line)}"


def mask(text: str) -> str:
    """Return `text` with everything that could be a phone number or a chat's id hidden."""
    return _PHONE.sub("<number>", text)


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every logger's lines to `stream` (stderr) as one line each; call once, at start."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def _shown(value: object) -> str:
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text if _WORD.fullmatch(text) else f"<{len(text)} characters>"


def _error(error: BaseException) -> str:
    """Name the error and where it came from; its own words only if they are ours or the system's."""
    frames = extract_tb(error.__traceback__)
    told = [f for f in frames[:-1] if not f.filename.startswith(_LIBRARIES)][-_FRAMES:] + frames[-1:]
    way = " < ".join(f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in reversed(told))
    kind = type(error)
    ours = kind.__module__.partition(".")[0] in OURS or isinstance(error, OSError)
    words = f" ({' '.join(str(error).split())})" if ours else ""
    cause = error.__cause__
    return f"{kind.__qualname__}{words} at {way or '?'}" + (f" because of {_error(cause)}" if cause else "")
