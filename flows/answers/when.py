"""Dates and times as people type them, judged: read back, proposed, or asked for.

The rule: nothing is taken without being read back with weekday, date, and am or pm. A missing half is asked
for and joined, or proposed (a time still to come: "is that today?"); a past day is refused, never rolled
forward; two days or two times are a question.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

from flows.answers.plain import fold
from flows.answers.reading import AskBack, Asked, Confirm, Reading, Value
from flows.answers.when_calendar import clock_change, day_of_month, week_of
from flows.answers.when_found import Bare, Clock, Day, Moment, Part, Piece, Setting, Stretch
from flows.answers.when_grammar import find
from flows.answers.when_times import in_part
from flows.answers.when_words import AFTERNOON, DAWN, EVENING, MIDDAY, MORNING, NIGHT, WEEK, tokens

_PROPOSED = ("not_today", "next_week", "other_weekday")
DAY_BREAKS = 300  # minutes: what is said of a night and lies before 5 am is of the next day
MOST_CORRECTED = 3  # each is read apart: a text full of "i mean" must not take time
FAR = 60  # days: few know their day so long before; it is asked about
FEW_WORDS = 5  # tokens: an hour without am or pm in a longer text may be no time at all
ANOTHER_YEAR = 300  # days: from here on the year is read back too
NIGHT_FROM, NIGHT_TO = 22 * 60, 5 * 60  # minutes: a time in the night is asked about ("12 am" is often noon)
_PART_ENDS = {DAWN: 6, MORNING: 12, MIDDAY: 14, AFTERNOON: 18, EVENING: 21, NIGHT: 24}  # hours
_CORRECTED = re.compile(
    r"\b(?:no,? wait|wait,? no|i mean|i meant|actually|scratch that|make (?:that|it)"
    r"|no,? espere|digo|quiero decir|quise decir|mejor dicho)\b"
)
_HALF_ALONE = re.compile(
    r"^\W*(?:(?:no|yes|yea|yeah|si|its|it's|it is|in the|at|the|sorry|i mean|es|a las|por la|de la)\W+)*"
    r"(?P<half>[ap])\W{0,2}m\b\W*(?:please|pls|sorry|not [ap]\.?m|no [ap]\.?m)?\W*$"
)
Need: TypeAlias = Literal["date", "time", "datetime"]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a text says about when: a day, a time, or a question instead."""

    day: Day | None = None
    clock: Clock | None = None
    back: AskBack | None = None
    part: int | None = None  # a part of the day, where no day was named
    half: int | None = None  # "pm" or a part of the day alone: of the time that is known already
    today: bool = False  # nothing in the text speaks against today
    words: int = 0  # tokens of the text


def read(text: str, asked: Asked) -> Reading:
    """Read the answer to a question for a date, a time, or both; `asked.draft` is the half already known."""
    need: Need = "date" if asked.kind == "date" else "time" if asked.kind == "time" else "datetime"
    if (corrected := _read_corrected(text, asked, need)) is not None:
        return corrected
    heard = hear(text, asked, need)
    if heard.back:
        return heard.back
    match need:
        case "date":
            return _read_date(heard, asked)
        case "time":
            return _read_time(heard, asked)
        case "datetime":
            return _read_both(heard, asked)


def _read_corrected(text: str, asked: Asked, need: Need) -> Confirm | None:
    """Read "tomorrow at 8 no wait 9": what was said last counts, with what it leaves standing; None where
    nothing is taken back."""
    folded = fold(text)
    found = list(_CORRECTED.finditer(folded))
    if not 0 < len(found) <= MOST_CORRECTED:
        return None
    first = read(folded[: found[-1].start()], asked)
    if not isinstance(first, Confirm):
        return None
    last = folded[found[-1].end() :]
    left: Value = None
    if isinstance(first.value, datetime):
        heard = hear(last, replace(asked, draft=None), need)
        sure = first.sentence.startswith("read_back")
        if heard.day is None:
            left = {"date": first.value.date()}
        elif heard.clock is None:
            left = {"time": first.value.time(), "sure": sure}
    second = read(last, replace(asked, draft=left))
    return second if isinstance(second, Confirm) else None


def hear(text: str, asked: Asked, need: Need) -> Heard:
    """Find what is named in the text and settle what contradicts."""
    row = tokens(text, asked.lang)
    timed = any(token.kind in "pt" for token in row)
    only = need == "date"
    setting = Setting(asked.now, asked.lang == "es", timed or only, only, times_only=need == "time")
    pieces = find(row, setting)
    days, clocks = _days(pieces), _clocks(pieces)
    days = _agreed(_in_stretch(days, pieces, asked.now.date()))
    ahead = [day for day in days if not day.past]
    if days and not ahead:
        return Heard(back=AskBack("past", draft=_time_draft(clocks)))
    days = ahead
    if len(days) > 1:
        return Heard(back=AskBack("ask.which_date", draft=_time_draft(clocks)))
    if len(clocks) > 1 and need != "date":
        return Heard(back=AskBack("ask.which_time", draft={"date": days[0].day} if days else None))
    day, clock = (days[0] if days else None), (clocks[0] if clocks else None)
    placed = _place_bare(pieces, len(row), Heard(day, clock), asked, need)
    if placed.day is not None:
        return placed
    parts = _parts(pieces)
    part = parts.pop() if len(parts) == 1 else None
    half = _half_alone(text) if part is None else part
    today = not any(isinstance(each.found, Stretch | Bare) for each in pieces)
    today &= all(token.kind != "?" for token in row)
    today &= len(row) <= FEW_WORDS or (clock is not None and clock.sure)
    return replace(placed, part=part, half=half, today=today, words=len(row))


def _days(pieces: Sequence[Piece]) -> list[Day]:
    named = [each.found for each in pieces if isinstance(each.found, Day)]
    return [*named, *(Day(each.found.at.date()) for each in pieces if isinstance(each.found, Moment))]


def _in_stretch(days: list[Day], pieces: Sequence[Piece], today: date) -> list[Day]:
    """Place a weekday in the week that was named apart from it: "friday at 9, next week"."""
    weeks = {
        each.found.ahead for each in pieces if isinstance(each.found, Stretch) and each.found.unit == WEEK
    }
    if len(days) != 1 or not days[0].by_name or weeks != {1}:
        return days
    return [Day(week_of(today, 1, days[0].day.weekday()))]


def _agreed(days: Sequence[Day]) -> list[Day]:
    """Drop what says the same day again: "tomorrow, on the 2nd", "Friday 3/5".

    A date whose weekday is another one than was said stays, with that doubt.
    """
    if any(not day.bare for day in days):
        days = [day for day in days if not day.bare]
    dated = {day.day: day for day in days if not day.by_name}
    named = {day.day: day for day in days if day.by_name}
    if len(dated) == 1 and len(named) == 1:
        only = _by_weekday(next(iter(dated.values())), next(iter(named)).weekday())
        agrees = only.day.weekday() == next(iter(named)).weekday()
        if agrees or not only.spoken:
            return [only if agrees or only.doubt else replace(only, doubt="other_weekday")]
    return [*dated.values(), *(day for at, day in named.items() if at not in dated)]


def _by_weekday(day: Day, weekday: int) -> Day:
    """Let the weekday beside it choose between the two readings of 3/4, if it fits only one."""
    fits = [each for each in (day.day, day.other) if each and each.weekday() == weekday]
    return replace(day, day=fits[0], doubt="", other=None) if day.other and len(fits) == 1 else day


def _parts(pieces: Sequence[Piece]) -> set[int]:
    return {each.found.part for each in pieces if isinstance(each.found, Part)}


def _clocks(pieces: Sequence[Piece]) -> list[Clock]:
    clocks = [each.found for each in pieces if isinstance(each.found, Clock)]
    moments = [each.found.at for each in pieces if isinstance(each.found, Moment)]
    clocks += [Clock(at.hour * 60 + at.minute, True, named=True) for at in moments]
    placed = [_in_part(each, _parts(pieces)) for each in clocks]
    settled = {each.minutes % 720 for each in placed if each.sure}
    placed = [each for each in placed if each.sure or each.minutes % 720 not in settled]  # "at 8, 8pm"
    return list({(each.minutes, each.sure): each for each in placed}.values())


def _in_part(clock: Clock, parts: set[int]) -> Clock:
    if len(parts) != 1:
        return clock
    part = next(iter(parts))
    if clock.sure:
        return replace(clock, night=clock.night or part == NIGHT)
    return in_part(*divmod(clock.minutes, 60), part)


def _place_bare(pieces: Sequence[Piece], size: int, heard: Heard, asked: Asked, need: Need) -> Heard:
    """Give a lone number its place: the time of a day, or the day of a time, as the question needs.

    It must stand beside what it completes, or nearly alone: "1 its tomorrow" names no hour.
    """
    found = [(at, each.found) for at, each in enumerate(pieces) if isinstance(each.found, Bare)]
    if len(found) != 1:
        return heard
    at, bare = found[0]
    draft = asked.draft if isinstance(asked.draft, dict) else {}
    alone = size <= 3 and len(pieces) == 1
    beside = at > 0 and pieces[at].start - pieces[at - 1].end <= 1
    before = at + 1 < len(pieces) and pieces[at + 1].start == pieces[at].end
    wants_time = heard.clock is None and need != "date" and (beside or before or alone)
    if wants_time and (need == "time" or heard.day or "date" in draft) and (placed := _as_clock(bare)):
        return Heard(heard.day, _in_part(placed, _parts(pieces)))
    wants_day = heard.day is None and need != "time" and (alone or beside) and bare.digits < 3
    if (
        wants_day
        and (need == "date" or "time" in draft)
        and (day := day_of_month(asked.now.date(), bare.value))
    ):
        return Heard(Day(day), heard.clock)
    return heard


def _as_clock(bare: Bare) -> Clock | None:
    hour, minute = divmod(bare.value, 100) if bare.digits > 2 else (bare.value, 0)
    if not (0 <= hour <= 23 and minute < 60) or 1900 <= bare.value < 2100 or (hour == 0 and bare.digits < 4):
        return None
    return Clock(hour * 60 + minute, hour > 12 or bare.leading_zero)


# --- answers ---------------------------------------------------------------------------------------------


def _read_date(heard: Heard, asked: Asked) -> Reading:
    if heard.day is None:
        if _later_today(heard, asked.now):
            return Confirm(asked.now.date(), "propose.today_date", {"at": asked.now.date()})
        return AskBack("unclear.date")
    return _question_of(heard.day) or _confirm_day(heard.day, asked)


def _later_today(heard: Heard, now: datetime) -> bool:
    """Tell whether a time, or a part of the day, was said that is still to come today."""
    if not heard.today or heard.words > 3:
        return False
    if heard.clock is not None:
        return heard.clock.sure and _clock_time(heard.clock) > now.time()
    return heard.part is not None and now.hour < _PART_ENDS[heard.part]


def _half_alone(text: str) -> int | None:
    """Read "pm" said alone as the part of the day that settles an hour."""
    said = _HALF_ALONE.match(fold(text))
    return None if said is None else DAWN if said["half"] == "a" else AFTERNOON


def _in_other_half(heard: Heard, asked: Asked) -> Clock | None:
    """Give the time that is known already in the half of the day that is said now."""
    known = _drafted_clock(asked.draft) if isinstance(asked.draft, dict) else None
    if known is None or heard.clock is not None or heard.half is None:
        return None
    return in_part(known.minutes // 60 % 12 or 12, known.minutes % 60, heard.half)


def _read_time(heard: Heard, asked: Asked) -> Reading:
    if half := _in_other_half(heard, asked):
        heard = replace(heard, clock=half)
    if heard.clock is None:
        return AskBack("unclear.time")
    at = _clock_time(heard.clock)
    if not heard.clock.sure:
        at = at.replace(hour=at.hour + 12) if asked.evening and at.hour < 12 else at
        return Confirm(at, "propose.time", {"at": at})
    return Confirm(at, "propose.odd_hour" if _is_odd(heard.clock) else "read_back.time", {"at": at})


def _read_both(heard: Heard, asked: Asked) -> Reading:
    draft = asked.draft if isinstance(asked.draft, dict) else {}
    if half := _in_other_half(heard, asked):
        heard = replace(heard, clock=half)
    day, clock = heard.day or _drafted_day(draft), heard.clock or _drafted_clock(draft)
    if clock and not heard.day and draft.get("night"):
        clock = replace(clock, night=True)
    whole = "date" in draft and "time" in draft
    if (day is None and clock is None) or (whole and heard.day is None and heard.clock is None):
        return AskBack("unclear.datetime")
    if day is None:
        assert clock is not None
        proposal = _propose_today(clock, asked) if heard.clock and heard.today else None
        return proposal or AskBack("ask.date", {"at": _clock_time(clock)}, _time_draft([clock]))
    if question := _question_of(day):
        return AskBack(question.sentence, question.blanks, _time_draft([clock] if clock else []))
    if clock is None:
        return AskBack("ask.time", {"at": day.day}, {"date": day.day})
    return _confirm_both(day, clock, asked)


def _question_of(day: Day) -> AskBack | None:
    if day.doubt == "day_or_month":
        return AskBack("ask.day_or_month", {"day": day.day, "other": day.other})
    return None


def _propose_today(clock: Clock, asked: Asked) -> Confirm | None:
    """Propose today for a time that is still to come."""
    at = datetime.combine(asked.now.date(), _clock_time(clock))
    if at <= asked.now or _is_odd(clock):
        return None
    return Confirm(at, "propose.today", {"at": at}, _time_draft([clock]))


def _confirm_day(day: Day, asked: Asked) -> Confirm:
    ahead = (day.day - asked.now.date()).days
    if ahead > ANOTHER_YEAR:
        return Confirm(day.day, "read_back.year", {"at": day.day, "year": day.day.year})
    if day.doubt in _PROPOSED:
        return Confirm(day.day, f"propose.{day.doubt}", {"at": day.day})
    return Confirm(day.day, "propose.far" if ahead > FAR else "read_back.date", {"at": day.day})


def _confirm_both(day: Day, clock: Clock, asked: Asked) -> Reading:
    at = datetime.combine(day.day, _clock_time(clock))
    if clock.night and clock.minutes < DAY_BREAKS and not clock.sure:
        return AskBack("ask.time", {"at": day.day}, {"date": day.day, "night": True})
    if (clock.night and clock.minutes < DAY_BREAKS) or (clock.minutes == 0 and day.day == asked.now.date()):
        at += timedelta(days=1)
    if at < asked.now and not clock.sure and at.hour < 12 and at + timedelta(hours=12) > asked.now:
        at += timedelta(hours=12)
    if at < asked.now - timedelta(minutes=1):
        return AskBack("past.time", draft={"date": day.day} if day.day > asked.now.date() else None)
    change = clock_change(at)
    if change == "skipped":
        return AskBack("ask.clock_gap", {"at": at}, {"date": day.day})
    ahead = (day.day - asked.now.date()).days
    if ahead > ANOTHER_YEAR:
        kind = "read_back" if clock.sure else "propose"
        return Confirm(at, f"{kind}.datetime_year", {"at": at, "year": at.year})
    if day.doubt in _PROPOSED:
        sentence = f"propose.{day.doubt}_at"
    elif change == "twice":
        sentence = "propose.clock_twice"
    elif clock.sure and _is_odd(clock):
        sentence = "propose.odd_hour_at"
    elif ahead > FAR:
        sentence = "propose.far_at"
    else:
        kind = "read_back" if clock.sure else "propose"
        sentence = f"{kind}.datetime_today" if at.date() == asked.now.date() else f"{kind}.datetime"
    return Confirm(at, sentence, {"at": at})


def _is_odd(clock: Clock) -> bool:
    """Tell whether a time lies in the night although no night was named."""
    minutes = _clock_time(clock).hour * 60 + clock.minutes % 60
    return not (NIGHT_TO <= minutes < NIGHT_FROM or clock.night or clock.named)


def _clock_time(clock: Clock) -> time:
    """Give the time; with am or pm left open by business hours: 7 to 11 am, 12 to 6 pm."""
    hour, minute = divmod(clock.minutes, 60)
    if not clock.sure and not clock.night and 1 <= hour <= 6:
        hour += 12
    return time(hour % 24, minute)


def _time_draft(clocks: Sequence[Clock]) -> Value:
    if len(clocks) != 1:
        return None
    return {"time": _clock_time(clocks[0]), "sure": clocks[0].sure}


def _drafted_day(draft: dict[str, Value]) -> Day | None:
    day = draft.get("date")
    return Day(day) if isinstance(day, date) and not isinstance(day, datetime) else None


def _drafted_clock(draft: dict[str, Value]) -> Clock | None:
    at = draft.get("time")
    return Clock(at.hour * 60 + at.minute, bool(draft.get("sure"))) if isinstance(at, time) else None
