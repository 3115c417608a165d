"""Dates and times as people type them, judged: read back, proposed, or asked for.

The rule: nothing is taken without being read back with weekday, date, and am or pm. A missing half is asked for and
joined; a past day is refused, never rolled forward; two days or two times are a question.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

from flows.answers.reading import Asked, AskBack, Confirm, Reading, Value
from flows.answers.when_grammar import Bare, Clock, Day, Found, Moment, Part, Setting, by_part, find
from flows.answers.when_calendar import day_of_month
from flows.answers.when_words import tokens

FAR = 300  # days: from here on the year is read back too
Need: TypeAlias = Literal["date", "time", "datetime"]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a text says about when: a day, a time, or a question instead."""

    day: Day | None = None
    clock: Clock | None = None
    back: AskBack | None = None


def read(text: str, asked: Asked) -> Reading:
    """Read the answer to a question for a date, a time, or both. `asked.draft` gives the half that is known."""
    need: Need = "date" if asked.kind == "date" else "time" if asked.kind == "time" else "datetime"
    heard = hear(text, asked, need)
    if heard.back:
        return heard.back
    match need:
        case "date":
            return _read_date(heard, asked)
        case "time":
            return _read_time(heard)
        case "datetime":
            return _read_both(heard, asked)


def hear(text: str, asked: Asked, need: Need) -> Heard:
    """Find what is named in the text and settle what contradicts."""
    setting = Setting(asked.now, day_first=asked.lang == "es")
    found = find(tokens(text, asked.lang), setting)
    days = _days(found)
    past = next((day for day in days if day.past), None)
    days = _agreed(days)
    clocks = _clocks(found)
    if past is not None and len(days) <= 1:
        return Heard(back=AskBack("past", draft=_time_draft(clocks)))
    if len(days) > 1:
        return Heard(back=AskBack("ask.which_date", draft=_time_draft(clocks)))
    if len(clocks) > 1 and need != "date":
        return Heard(back=AskBack("ask.which_time", draft={"date": days[0].day} if days else None))
    day, clock = (days[0] if days else None), (clocks[0] if clocks else None)
    return _place_bare(found, day, clock, asked, need)


def _days(found: Sequence[Found]) -> list[Day]:
    named = [each for each in found if isinstance(each, Day)]
    return [*named, *(Day(each.at.date()) for each in found if isinstance(each, Moment))]


def _agreed(days: Sequence[Day]) -> list[Day]:
    """Drop what says the same day again; a plain date settles the doubt of a weekday."""
    kept: dict[date, Day] = {}
    for day in days:
        if day.day not in kept or kept[day.day].doubt:
            kept[day.day] = day
    return list(kept.values())


def _clocks(found: Sequence[Found]) -> list[Clock]:
    parts = [each.part for each in found if isinstance(each, Part)]
    clocks = [each for each in found if isinstance(each, Clock)]
    clocks += [Clock(each.at.hour * 60 + each.at.minute, True) for each in found if isinstance(each, Moment)]
    if len(set(parts)) == 1:
        clocks = [each if each.sure else _in_part(each, parts[0]) for each in clocks]
    return list(dict.fromkeys(clocks))


def _in_part(clock: Clock, part: int) -> Clock:
    hour, minute = divmod(clock.minutes, 60)
    return Clock(by_part(hour, part) * 60 + minute, True)


def _place_bare(found: Sequence[Found], day: Day | None, clock: Clock | None, asked: Asked, need: Need) -> Heard:
    """Give a lone number its place: the time of a day, or the day of a time, as the question needs."""
    bare = [each for each in found if isinstance(each, Bare)]
    draft = asked.draft if isinstance(asked.draft, dict) else {}
    if len(bare) != 1:
        return Heard(day, clock)
    wants_time = clock is None and (need == "time" or (need == "datetime" and (day is not None or "date" in draft)))
    wants_day = day is None and (need == "date" or (need == "datetime" and (clock is not None or "time" in draft)))
    if wants_time and (placed := _as_clock(bare[0])):
        return Heard(day, placed)
    if wants_day and bare[0].digits < 3 and (on := day_of_month(asked.now.date(), bare[0].value)):
        return Heard(Day(on), clock)
    return Heard(day, clock)


def _as_clock(bare: Bare) -> Clock | None:
    hour, minute = divmod(bare.value, 100) if bare.digits > 2 else (bare.value, 0)
    if not (0 < hour <= 23 and minute < 60) or 1900 <= bare.value < 2100:
        return None
    return Clock(hour * 60 + minute, hour > 12)


# --- answers -----------------------------------------------------------------------------------------------------------


def _read_date(heard: Heard, asked: Asked) -> Reading:
    if heard.day is None:
        return AskBack("unclear.date")
    return _question_of(heard.day) or _confirm_day(heard.day, asked)


def _read_time(heard: Heard) -> Reading:
    if heard.clock is None:
        return AskBack("unclear.time")
    at = _clock_time(heard.clock)
    return Confirm(at, "read_back.time" if heard.clock.sure else "propose.time", {"at": at})


def _read_both(heard: Heard, asked: Asked) -> Reading:
    draft = asked.draft if isinstance(asked.draft, dict) else {}
    day, clock = heard.day or _drafted_day(draft), heard.clock or _drafted_clock(draft)
    if day is None and clock is None:
        return AskBack("unclear.datetime")
    if day is None:
        assert clock is not None
        return AskBack("ask.date", {"at": _clock_time(clock)}, _time_draft([clock]))
    if question := _question_of(day):
        return AskBack(question.sentence, question.blanks, _time_draft([clock] if clock else []))
    if clock is None:
        return AskBack("ask.time", {"at": day.day}, {"date": day.day})
    return _confirm_both(day, clock, asked)


def _question_of(day: Day) -> AskBack | None:
    if day.doubt == "day_or_month":
        return AskBack("ask.day_or_month", {"day": day.day, "other": day.other})
    return None


def _confirm_day(day: Day, asked: Asked) -> Confirm:
    if (day.day - asked.now.date()).days > FAR:
        return Confirm(day.day, "read_back.year", {"at": day.day, "year": day.day.year})
    sentence = f"propose.{day.doubt}" if day.doubt in ("not_today", "next_week") else "read_back.date"
    return Confirm(day.day, sentence, {"at": day.day})


def _confirm_both(day: Day, clock: Clock, asked: Asked) -> Reading:
    at = datetime.combine(day.day, _clock_time(clock))
    if at < asked.now and not clock.sure and clock.minutes < 720 and at + timedelta(hours=12) > asked.now:
        at += timedelta(hours=12)
    if at < asked.now - timedelta(minutes=1):
        return AskBack("past.time", draft={"date": day.day} if day.day > asked.now.date() else None)
    if (day.day - asked.now.date()).days > FAR:
        return Confirm(at, "read_back.datetime_year", {"at": at, "year": at.year})
    if day.doubt in ("not_today", "next_week"):
        return Confirm(at, f"propose.{day.doubt}_at", {"at": at})
    return Confirm(at, "read_back.datetime" if clock.sure else "propose.datetime", {"at": at})


def _clock_time(clock: Clock) -> time:
    """Give the time; without am or pm the business-hours reading: 7 to 11 in the morning, 12 to 6 in the afternoon."""
    hour, minute = divmod(clock.minutes, 60)
    if not clock.sure and 1 <= hour <= 6:
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
