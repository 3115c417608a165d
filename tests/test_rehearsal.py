"""Written talks through the real database: ours go as written, and what does not is shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal import Theatre, rehearse
from flows.library import SHIPPED
from flows.talk_file import Talk, parse_talks

ROAD = SHIPPED / "talks" / "road.yaml"
STRANGERS = [SHIPPED / "talks" / name for name in ("walk_up.yaml", "asked_us.yaml", "phones.yaml")]
HELLO = """
test: hello
channel: [sms, telegram]
now: 2027-02-23 17:48
opted_in: no
card: RIDE7
talk:
  - them: ride7
  - us: {has: OK if we text you?}
  - them: y
  - us: Thanks! Do you have an interview set? 1 yes 2 not yet
expect: {open: welcome.interview_set, did: [give_consent]}
"""


def talks(path: Path) -> list[tuple[Talk, str]]:
    read = parse_talks(path.read_text(encoding="utf-8"), path.name)
    return [(talk, channel) for talk in read for channel in talk.channels]


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with Theatre() as theatre:
        yield theatre


@pytest.mark.parametrize(
    ("talk", "channel"),
    [one for path in (ROAD, *STRANGERS) for one in talks(path)],
    ids=lambda one: getattr(one, "test", one),
)
def test_the_road_goes_as_written(theatre: Theatre, talk: Talk, channel: str) -> None:
    assert theatre.play(talk, channel) == []


@pytest.mark.parametrize("channel", ["sms", "telegram"])
@pytest.mark.parametrize(
    ("instead", "wrong"),
    [
        (("1 yes 2 not yet", "1 yes 2 no"), "Do you have an interview set? 1 yes 2 no"),
        (("  - us: Thanks! Do you have an interview set? 1 yes 2 not yet\n", ""), "nothing more before"),
        (("  - them: y\n", "  - them: y\n  - silent: thanks\n"), "silence (thanks)"),
        (("welcome.interview_set", "welcome.texts_ok"), "open: welcome.texts_ok"),
        (("[give_consent]", "[book_rides]"), "did: ['book_rides']"),
        (("  - them: y\n", "  - event: interview.tommorow\n"), "an outside event"),
    ],
)
def test_what_goes_otherwise_is_found(
    theatre: Theatre, channel: str, instead: tuple[str, str], wrong: str
) -> None:
    before, after = instead
    assert before in HELLO
    [talk] = parse_talks(HELLO.replace(before, after))
    found = theatre.play(talk, channel)
    assert any(wrong in one.expected for one in found), found


def test_files_are_rehearsed_and_what_differs_is_said(tmp_path: Path) -> None:
    good, bad, broken = tmp_path / "good.yaml", tmp_path / "bad.yaml", tmp_path / "broken.yaml"
    good.write_text(HELLO)
    bad.write_text(HELLO.replace("not yet", "never"))
    broken.write_text("talk: [")
    said: list[str] = []
    assert rehearse([good], said.append) == 0
    assert said[-1] == "2 talks, all as written."
    assert rehearse([good, bad, broken], said.append) == 1
    text = "\n".join(said)
    assert f"{bad}:11: hello (sms)" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["yes", "2", "yes", "2"] in rows
    assert ["never", "x", "not", "yet"] in rows
    assert "sms, en: 2 talks come to " in text
    assert "broken.yaml" in text
