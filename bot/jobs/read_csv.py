"""Read jobs from a CSV file as a spreadsheet writes it, one row at a time.

The rule: never more than one row is held, however long the file is. A cell that a spreadsheet would take for
a formula is never carried on: in an essential column its row is rejected, in longer texts it is made plain.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from bot.jobs.raw import LONGEST_FIELD, NAMES, BadSource, Found, RawJob, Rejected

LONGEST_LINE: Final = 1_000_000  # bytes
_FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![\d$ .(]|$)|[+-]\s*\d[\d.]*\s*[*/+^(!|-]")
_LONG_TEXTS: Final = frozenset({"description", "requirements", "apply"})


def read_csv(file: BinaryIO) -> Iterator[Found]:
    """Give every row of a CSV file; columns may stand in any order and be named as elsewhere usual.

    Raises BadSource where it is no CSV file in UTF-8, or the first line names too little.
    """
    lines = _lines(file)
    header = next(lines, "")
    separator = max(",;\t", key=header.count)
    names = _header(header, separator)
    rows = csv.reader(lines, delimiter=separator, strict=True)
    line = 2
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadSource(f"line {line}: {_plainly(error)}") from None
        if any(cell.strip() for cell in row):
            yield _read(line, row, names)
        line = rows.line_num + 2


def _plainly(error: csv.Error) -> str:
    if "field larger" in str(error) or "end of data" in str(error):
        return "a quote is opened and never closed"
    return f"is not CSV: {error}"


def _header(line: str, separator: str) -> list[str | None]:
    cells = next(csv.reader([line], delimiter=separator), [])
    names = [NAMES.get(re.sub(r"[\s-]+", "_", cell.strip().casefold())) for cell in cells]
    if missing := [name for name in ("title", "employer") if name not in names]:
        raise BadSource(
            f"line 1: must name the columns; {' and '.join(missing)} missing. Usual are: id, title, employer,"
            " address, city, state, zip, days, shifts, pay, link, phone, valid_through, description."
        )
    return names


def _read(line: int, row: list[str], names: list[str | None]) -> Found:
    if len(row) > len(names):
        return Rejected(line, "has more cells than the first line: put words with commas in quotes")
    fields: dict[str, str] = {}
    for name, cell in zip(names, row, strict=False):
        text = cell.strip()
        if name is None or not text or name in fields:
            continue
        if _FORMULA.match(cell) or _FORMULA.match(text):
            if name not in _LONG_TEXTS:
                return Rejected(line, f"has a formula for its {name}")
            text = text.lstrip("=@+- \t\r")
        fields[name] = text[:LONGEST_FIELD]
    return RawJob(line, fields)


def _lines(file: BinaryIO) -> Iterator[str]:
    """Give a file's lines as text; raises BadSource for what is none."""
    decoder, number = codecs.getincrementaldecoder("utf-8-sig")(), 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise BadSource(f"line {number}: is longer than {LONGEST_LINE:,} bytes: this is no CSV file")
        if number == 1 and line.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            raise BadSource("line 1: this is a spreadsheet: save it as CSV (UTF-8) first")
        if b"\0" in line:
            raise BadSource(f"line {number}: holds what is no text: this is no CSV file")
        try:
            yield decoder.decode(line)
        except UnicodeDecodeError:
            raise BadSource(f"line {number}: is not UTF-8: save the file as CSV UTF-8") from None
