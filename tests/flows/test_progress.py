"""Progress is one JSON; at rest it is small, and nothing is lost on the way."""

import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flows.progress import (
    Frame,
    Happened,
    Held,
    Progress,
    ReadBack,
    Row,
    Shown,
    Undoing,
    all_frames,
    chain,
    innermost,
    new_progress,
    progress_from_json,
    progress_to_json,
)

AT = datetime(2027, 2, 23, 17, 48, tzinfo=ZoneInfo("America/New_York"))


def again(progress: Progress) -> Progress:
    return progress_from_json(json.loads(json.dumps(progress_to_json(progress))))


def test_a_new_one_is_nearly_nothing() -> None:
    assert progress_to_json(new_progress("es")) == {"v": 1, "seq": 0, "lang": "es"}
    assert progress_from_json({}) == new_progress()
    assert not new_progress().discreet


def test_everything_comes_back() -> None:
    inner = Frame(
        n=3,
        flow="place",
        answers={"day": date(2027, 3, 1), "spot": {"id": 1, "$date": "x"}},
        open="spot",
        shown=Shown([Row(1, "@7", "FedEx")], page=2),
        first=4,
        prompt=5,
        tries=1,
        confirm=ReadBack(datetime(2027, 2, 24, 8), "read_back.datetime", {"at": datetime(2027, 2, 24, 8)}, 5),
        draft={"day": date(2027, 2, 24)},
        asked_at=AT,
        nudges=1,
    )
    done = Frame(n=2, flow="rider", done=["name"], outcome="done")
    root = Frame(
        n=1,
        flow="welcome",
        known={"card": "RIDE7"},
        done=["hello", "rider"],
        open="place",
        sub=inner,
        subs={"rider": [done]},
        call=9,
        then="if_late",
        cause="ride.booked",
        loud=True,
        parked=True,
    )
    progress = Progress(
        lang="es",
        seq=9,
        prompts=5,
        channel="telegram",
        facts={"discreet": True, "since": date(2027, 1, 1)},
        stack=[root],
        inbox=[Happened(4, "ride.booked", AT, {"ride": {"id": 1}})],
        waiting=[Happened(5, "interview.tomorrow", AT, {}, "day", "next", loud=True)],
        timers={"silence": AT},
        paused="staff",
        opted_in=False,
        stopped=True,
        held=Held(3, "tomoro", "ask.time", {"at": date(2027, 2, 24)}),
        undoing=Undoing(1, "book", 6, call=10),
        flows="hash",
        rest="its tomoro",
        caused=["interview.moved#1@1"],
        heard_at=AT,
        last_words="hola",
        kind="news",
        outside=True,
        checking=3,
        owed=True,
        back_to=True,
    )
    assert again(progress) == progress
    assert progress.discreet
    assert [frame.n for frame in chain(root)] == [1, 3]
    assert [frame.n for frame in all_frames(root)] == [1, 2, 3]
    assert innermost(root) is inner
