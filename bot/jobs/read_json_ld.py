"""Read `JobPosting`s of JSON-LD: a file of them, or a web page that carries them for search engines.

The rule: what is read whole is small (MOST_BYTES); everything in it is taken for what it says it is, or
passed by. A posting's number takes the place of a line.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import Any, BinaryIO, Final

from bot.jobs.raw import LONGEST_FIELD, BadSource, Found, RawJob

MOST_BYTES: Final = 10_000_000
_DEEPEST: Final = 12


def read_json_ld(file: BinaryIO) -> Iterator[Found]:
    """Give every JobPosting of a JSON file or an HTML page; raises BadSource where there is none."""
    given = file.read(MOST_BYTES + 1)
    if len(given) > MOST_BYTES:
        raise BadSource(f"is larger than {MOST_BYTES // 1_000_000} MB: too much for one page of postings")
    try:
        text = given.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadSource("is not text in UTF-8") from None
    number = 0
    for posting in _postings(_loaded(text), 0):
        number += 1
        yield RawJob(number, _fields(posting))
    if number == 0:
        raise BadSource("has no JobPosting in it")


def _loaded(text: str) -> list[Any]:
    if not text.lstrip().startswith("<"):
        return [_json(text)]
    page = _Scripts()
    page.feed(text)
    page.close()
    return _readable(page.scripts)


def _readable(scripts: Sequence[str]) -> list[Any]:
    """Read a page's scripts, passing by the broken ones; raises BadSource where none is whole."""
    read, fault = [], BadSource("has no JobPosting in it")
    for script in scripts:
        try:
            read.append(_json(script))
        except BadSource as error:
            fault = error
    if not read:
        raise fault
    return read


def _json(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise BadSource("nests too deep") from None
    except ValueError as error:
        raise BadSource(f"is not JSON: {str(error)[:100]}") from None


class _Scripts(HTMLParser):
    """Collects a page's `application/ld+json` scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = (dict(attrs).get("type") or "").partition(";")[0].strip().casefold()
        if tag == "script" and kind == "application/ld+json":
            self._inside = True
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"


def _postings(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """Find the postings in whatever holds them: a list, a @graph, an ItemList."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for each in value:
            yield from _postings(each, depth + 1)
    elif isinstance(value, dict):
        kinds = value.get("@type")
        if "JobPosting" in (kinds if isinstance(kinds, list) else [kinds]):
            yield value
            return
        for name in ("@graph", "itemListElement", "item", "mainEntity"):
            yield from _postings(value.get(name), depth + 1)


def _fields(posting: Mapping[str, Any]) -> dict[str, str]:
    place = _first(posting.get("jobLocation"))
    address, geo = _first(place.get("address")), _first(place.get("geo"))
    salary = _first(posting.get("baseSalary"))
    paid = _first(salary.get("value")) or salary
    given = {
        "id": _text(_first(posting.get("identifier")).get("value") or posting.get("identifier"))
        or _text(posting.get("url") or posting.get("@id")),
        "title": _text(posting.get("title")),
        "employer": _text(_first(posting.get("hiringOrganization")).get("name"))
        or _text(posting.get("hiringOrganization")),
        "description": _text(posting.get("description")),
        "address": _text(address.get("streetAddress")),
        "city": _text(address.get("addressLocality")),
        "state": _text(address.get("addressRegion")),
        "zip": _text(address.get("postalCode")),
        "lat": _text(geo.get("latitude")),
        "lon": _text(geo.get("longitude")),
        "shifts": _text(posting.get("workHours")),
        "pay_low": _text(paid.get("minValue") or paid.get("value")),
        "pay_high": _text(paid.get("maxValue")),
        "pay_per": _text(paid.get("unitText")),
        "requirements": " ".join(
            _text(posting.get(name)) for name in ("qualifications", "skills", "physicalRequirement")
        ),
        "link": _text(posting.get("url")),
        "phone": _text(_first(posting.get("applicationContact")).get("telephone")),
        "openings": _text(posting.get("totalJobOpenings")),
        "valid_through": _text(posting.get("validThrough")),
    }
    return {name: text for name, text in given.items() if text.strip()}


def _first(value: Any) -> Mapping[str, Any]:
    """Give an object, the first of a list of them, or an empty one."""
    while isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    match value:
        case bool() | None | dict():
            return ""
        case str():
            return value[:LONGEST_FIELD].strip()
        case int() | float():
            return str(value)
        case list():
            return ", ".join(text for each in value[:20] if (text := _text(each)))
        case _:
            return ""
