"""Every sentence the engine or a reader may ask for is there, in both languages."""

import re
from pathlib import Path

import flows
from flows.library import shipped

ROOT = Path(flows.__file__).parent
ENGINE = re.compile(r"""sentence\(\s*turn,\s*"([a-z_.]+)\"""")
READERS = re.compile(r""""((?:read_back|propose|ask|unclear|unsure|missing|past|offer)\.[a-z_]+)\"""")
CONSTANTS = {"yes", "no", "back.blocked", "back.first", "review.which"}


def keys() -> set[str]:
    engine = {key for path in ROOT.glob("*.py") for key in ENGINE.findall(path.read_text(encoding="utf-8"))}
    readers = {
        key for path in ROOT.glob("answers/*.py") for key in READERS.findall(path.read_text(encoding="utf-8"))
    }
    assert len(engine) > 15, "the pattern no longer finds what the engine says"
    assert len(readers) > 15, "the pattern no longer finds what readers ask back"
    return engine | readers | CONSTANTS


def test_no_sentence_is_missing() -> None:
    sentences = shipped().sentences
    assert sorted(keys() - set(sentences)) == []
    assert {key for key in keys() if set(sentences[key].forms) != {"en", "es"}} == set()
