"""Read jobs from an XML feed of <job> elements, whatever stands around them, one job at a time.

The rule: a feed is a stranger's. Document types and entities are refused, so nothing unfolds and nothing is
fetched; a job, and what stands around the jobs, is held only up to a limit.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from bot.jobs.raw import LONGEST_FIELD, NAMES, BadSource, Found, RawJob

JOBS: Final = frozenset({"job", "vacancy"})
DEEPEST: Final = 50
CHUNK: Final = 65_536


def read_xml(file: BinaryIO) -> Iterator[Found]:
    """Give every job of a feed; raises BadSource where it is no XML, or names entities or a DTD."""
    handler = _Jobs()
    parser: Any = create_parser(forbid_dtd=True)
    parser.setContentHandler(handler)
    handler.setDocumentLocator(parser)  # fed piece by piece, it does not say so itself
    try:
        while chunk := file.read(CHUNK):
            parser.feed(chunk)
            yield from handler.take()
        parser.close()
    except DefusedXmlException:
        raise BadSource(
            f"line {parser.getLineNumber()}: declares a document type or entities: a feed needs none, and "
            "some unfold without end"
        ) from None
    except SAXParseException as error:
        raise BadSource(f"line {error.getLineNumber()}: is not XML: {error.getMessage()}") from None
    yield from handler.take()
    if not handler.any:
        raise BadSource("has no <job> in it: this is no feed of jobs")


class _Jobs(ContentHandler):
    """Collects the texts of a <job>'s elements; `take` hands over the jobs that are complete."""

    def __init__(self) -> None:
        super().__init__()
        self.any = False
        self._done: list[Found] = []
        self._fields: dict[str, str] | None = None
        self._line = 0
        self._path: list[str] = []
        self._text: list[str] = []
        self._size = 0

    def take(self) -> list[Found]:
        """Hand over what is complete."""
        done, self._done = self._done, []
        return done

    def startElement(self, name: str, attrs: Any) -> None:
        name = name.rpartition(":")[2].casefold()
        self._path.append(name)
        if len(self._path) > DEEPEST:
            raise BadSource(
                f"line {self._here()}: nests deeper than {DEEPEST} elements: this is no feed of jobs"
            )
        if self._fields is None and name in JOBS:
            self._fields, self._line, self.any = {}, self._here(), True
            if given := attrs.get("id"):
                self._fields["id"] = given
        self._text, self._size = [], 0

    def characters(self, content: str) -> None:
        if self._fields is not None and self._size < LONGEST_FIELD:
            self._text.append(content[: LONGEST_FIELD - self._size])
            self._size += len(content)

    def endElement(self, _name: str) -> None:
        name = self._path.pop()
        if self._fields is None:
            return
        text = "".join(self._text).strip()
        ours = NAMES.get(name)
        if ours is not None and text:
            self._fields.setdefault(ours, text)
        if name in JOBS and not JOBS & set(self._path):
            self._done.append(RawJob(self._line, self._fields))
            self._fields = None
        self._text, self._size = [], 0

    def _here(self) -> int:
        locator: Any = getattr(self, "_locator", None)
        return int(locator.getLineNumber()) if locator is not None else 0
