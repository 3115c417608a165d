"""The grammar of dates and times: rows of token kinds and what each row means.

The rule: at every token the first row that fits is taken whole and reading goes on behind it; a row whose
numbers make no date or time does not fit. What was found is judged elsewhere (when.py): here nothing is
guessed away.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from flows.answers import when_dates as dates
from flows.answers import when_times as times
from flows.answers.when_calendar import following, moved, preceding
from flows.answers.when_found import Build, Day, Found, Moment, Piece, Setting
from flows.answers.when_words import DAY, HOUR, MINUTE, WEEK, Token


def find(row: Sequence[Token], setting: Setting) -> list[Piece]:
    """Find every date and time in a row of tokens, in order."""
    kinds = "".join(token.kind for token in row)
    if _ALONE.fullmatch(kinds) and row[1].value not in (MINUTE, HOUR) and (made := dates.ahead(row, setting)):
        return [Piece(each, 0, len(row)) for each in made]
    if _NOW.fullmatch(kinds):
        return [Piece(Moment(setting.now.replace(second=0, microsecond=0)), 0, len(row))]
    found: list[Piece] = []
    begins = _ANY.search(kinds)
    while begins:
        begins = _ANY.search(kinds, _take(row, kinds, begins.start(), setting, found))
    return found


def _take(row: Sequence[Token], kinds: str, at: int, setting: Setting, found: list[Piece]) -> int:
    for pattern, build in _COMPILED:
        fits = pattern.match(kinds, at)
        if fits and (made := build(row[at : fits.end()], setting)) is not None:
            if not (at and kinds[at - 1] == "!"):
                found.extend(Piece(each, at, fits.end()) for each in made)
            return fits.end()
    return at + 1


def _from_anchor(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Three weeks from tomorrow, 2 weeks from January 15, 2 days before Christmas."""
    cut = next(at for at, token in enumerate(row) if token.kind in "GA")
    anchor = next((each.found for each in find(row[cut + 1 :], setting) if isinstance(each.found, Day)), None)
    if anchor is None or (row[cut].kind == "G" and row[cut].text != "before"):
        return None
    sign = 1 if row[cut].kind == "A" else -1
    return dates.counted(row[:cut], setting, datetime.combine(anchor.day, setting.now.time()), sign)


def _beside_anchor(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """The day before Friday, un día después del 5 de marzo; a week before or after."""
    cut = next(at for at, token in enumerate(row) if token.kind in "GA")
    anchor = next((each.found for each in find(row[cut + 1 :], setting) if isinstance(each.found, Day)), None)
    unit = row[cut - 1].value
    if anchor is None or unit not in (DAY, WEEK) or row[cut].text in ("ago", "since"):
        return None
    day = moved(anchor.day, unit, 1 if row[cut].kind == "A" else -1)
    return [Day(day, past=day < setting.now.date())] if day else None


def _weekday_beside_anchor(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """The Friday after Thanksgiving, the Monday before March 5."""
    cut = next(at for at, token in enumerate(row) if token.kind in "GA")
    anchor = next((each.found for each in find(row[cut + 1 :], setting) if isinstance(each.found, Day)), None)
    if anchor is None or row[cut].text not in ("before", "after"):
        return None
    weekday = dates.weekday_of(row)
    after = row[cut].kind == "A"
    day = following(anchor.day, weekday) if after else preceding(anchor.day, weekday)
    return [Day(day, past=day < setting.now.date())]


_NUM = "[nw]"
_MARK = "h?c?[pP]?p?"
_NO_TIME = "(?!h|p|P|&|V|u|x|[nw]p|O?l?[MB]|[aR-][nwt])"
_END = f"(?:t|N|{_NUM}){_MARK}"
_COUNT = "(?:[nwaHQdf][aHQ&]{0,3}c?)"
_LENGTH = f"(?:{_COUNT}u[c&]{{0,2}}){{1,4}}"
_ANCHOR = r"(?:D|d|K|l?[XS]?W|l?[MB]l?[noq](?:[Oc]?[Ny])?|l?[noqw]O?[MB](?:[Oc]?[Ny])?)"
_ROWS: tuple[tuple[str, Build], ...] = (
    # lengths of time
    (rf"-{_LENGTH}", dates.behind),
    (rf"I?{_LENGTH}G{_ANCHOR}", _from_anchor),
    (rf"{_LENGTH}[AG]@?(?:t|N|C|{_NUM}){_MARK}", times.off_clock),
    (r"l?W[AG](?:K|l?[MB]l?[noq](?:[Oc]?[Ny])?|l?[noqw]O?[MB](?:[Oc]?[Ny])?)", _weekday_beside_anchor),
    (rf"{_LENGTH}G|{_LENGTH}V(?![tC]|{_NUM})", dates.behind),
    (rf"G{_LENGTH}", dates.behind),
    (rf"{_LENGTH}GD?", dates.behind),
    (rf"[al]u[GA]{_ANCHOR}", _beside_anchor),
    (rf"I?{_LENGTH}A{_ANCHOR}", _from_anchor),
    (rf"(?:I|X|I?X|l?X)?{_LENGTH}Fi?e?z?W", dates.length_and_weekday),
    (rf"I{_LENGTH}F?c?z?l?W", dates.weekday_of_length),
    (rf"Wc?(?:I{_LENGTH}F?|{_LENGTH}F)", dates.weekday_of_length),
    (rf"(?:I|X){_LENGTH}F?", dates.ahead),
    (rf"A{_LENGTH}", dates.after),
    (rf"{_LENGTH}F", dates.ahead),
    (rf"{_NUM}WF|I{_NUM}W", dates.weekdays_ahead),
    (r"l?LW[OI]l?(?:[MB]O?[Ny]?|[XS]?u)", dates.last_of_month),
    (r"l?Lu[OI]l?(?:[MB]O?[Ny]?|[XS]?u)", dates.last_of_month),
    (rf"u[GA]{_ANCHOR}", _beside_anchor),
    (r"l?[LS]?Lu(?!O)|luL|l?uL", dates.vague),
    # days by name
    (rf"KI{_LENGTH}", dates.holiday_of_length),
    (r"l?[XSL]?KO?[Ny](?![pPh])|KO?l?[XSL]u", dates.holiday_of),
    (r"[AG]l?K", times.nothing),
    (r"l?[XSL]?K[XL]?", dates.holiday_of),
    # dates with a month
    (r"B(?=c?l?nO?[MB])", dates.short_tuesday),
    (r"l?[oq]W[OI]l?[MB]O?[Ny]?", dates.nth_weekday),
    (r"l?[oq]W[OI]l?[XSL]?u", dates.nth_weekday_of_month),
    (r"N-?[MB]-?[noq](?!h|p|P)", dates.year_first),
    (r"n-[MB]-n(?![pPhu])", dates.short_year),
    (r"w(?=[MB]l?[noq](?![pPhu]))", times.nothing),  # "I have one March 5"
    (r"[MB]c?[Ny]c?l[noq](?![hpP])", dates.dated),
    (r"[MB]n(?=n(?![pPhu]))n(?=[sc]|$)", dates.short_year),
    (r"[MB]s?l?[noqw](?!u)[Ocz]{0,2}(?:[Ny](?![pPh]))", dates.dated),
    (r"[MB]s?[c-]?l?[noqw](?!u)", dates.dated),
    (r"l?[noqw]s?(?:[O-])?l?[MB][Oc-]{0,2}(?:[Ny](?![pPh]))", dates.dated),
    (r"l?[noqw]s?(?:[O-])?l?[MB]", dates.dated),
    (r"l?[noqw]u?Ol?[XSL]u", dates.day_of_named_month),
    (r"l?[noqw]u?Ol?uX", dates.day_of_named_month),
    (r"l?(?:[XS]u|uX)c?z?l[noq]", dates.day_of_named_month),
    (r"ln(?:Ol?)n(?![pPhu:])", dates.day_of_month_number),
    (r"d", dates.numeric),
    (r"nnN(?![pPhu])", dates.spaced),
    (r"f(?=p)p", times.time_of_day),
    (r"(?<=[WDTB@])f", times.dotted_time),
    (r"f", dates.dotted),
    # weekdays and days
    (r"[WB]c?s?Ol?[XSL]u|[WB][XSL]u|[WB]Ol?u[XSL]|[XSL]uc?z?l?W|luXl?W", dates.weekday_of_week),
    (rf"[WB]s?c?(?:l[noqw]|[oq]){_NO_TIME}", dates.weekday_and_day),
    (rf"[WB]s?c?{_NUM}{_NO_TIME}(?=.*(?:@[nwtN]|[tp]))", dates.weekday_and_day),
    (rf"[WB]s?c?{_NUM}{_NO_TIME}", dates.weekday_and_late_day),
    (r"S?L[WB]|[WB]L|x[WB]|S?[WB]L", dates.last_weekday),
    (r"l?WAX(?!u)", dates.weekday_after_next),
    (r"l?X[WB](?!u)|[WB]X", dates.next_weekday),
    (r"l?S[WB]", dates.this_weekday),
    (r"W", dates.weekday),
    (r"B", dates.short_tuesday),
    (r"D", dates.relative),
    (r"T", dates.tonight),
    # times
    (rf"H{_NUM}(?!u)", times.half_an_hour_off),
    (rf"@?{_NUM}-{_NUM}c?[pP]p?", times.a_range),
    (rf"[bAO]@?{_END}[&VRa]@?{_END}|@?(?:t|N|{_NUM}p){_MARK}[-VRa]@?{_END}", times.a_range),
    (rf"{_NUM}a{_NUM}(?!u)|@?{_NUM}R@?{_END}", times.a_range),
    (rf"@?(?:{_NUM}|t|N)r@?(?:{_NUM}|t|N){_MARK}", times.either_time),
    (rf"@?P?a?(?:[HQ]|{_NUM}u?)[xVA](?:t|C|{_NUM}){_MARK}", times.before_or_past),
    (rf"@?P?a?[Qw]O{_NUM}{_MARK}", times.before_or_past),
    (rf"@?P?{_NUM}[&V](?:[HQ]|{_NUM}){_MARK}", times.hour_and_minutes),
    (rf"[@P]{{0,2}}t{_MARK}", times.time_of_day),
    (rf"[@P]{{0,2}}{_NUM}{_NUM}{_NUM}p", times.time_of_day),
    (rf"[@P]{{0,2}}{_NUM}0?{_NUM}h?[pP]p?", times.time_of_day),
    (rf"[@P]{{0,2}}{_NUM}h{_MARK}", times.time_of_day),
    (rf"[@P]{{0,2}}{_NUM}c?(?:p|P(?!@?t))p?", times.time_of_day),
    (rf"[@P]{{0,2}}N{_MARK}(?<=[pPh])|@P?N", times.time_of_day),
    (rf"@P?{_NUM}u?(?![/%])(?!{_NUM}|0)", times.time_of_day),
    (rf"@P?{_NUM}0?{_NUM}", times.time_of_day),
    (rf"P{_NUM}", times.time_of_day),
    (r"[nw]?C", times.noon),
    (r"P", times.part),
    (r"On(?![pPhu&V])", dates.of_the_month),
    (r"l[on](?!u)|lq(?=[s@cpt]|$)", dates.on_day),
    (r"lw(?!u)", dates.on_spelled_day),
    (r"o(?!u)", dates.bare_ordinal),
    (rf"w0?{_NUM}|n0n", times.time_of_day),
    (r"nn(?!n)", times.spaced),
    (r"l?[XS]u|l?uX", dates.stretch),
    (rf"[l@]?{_NUM}u", times.hours),
    (rf"{_LENGTH}|[oq]u", times.nothing),
    (r"[nwNq]", times.bare),
)  # fmt: skip


_ALONE = re.compile(r"[nwa]u")
_NOW = re.compile(r"j[cs]*")  # "now" inside a sentence is seldom an answer: "can't talk now"
_ANY = re.compile("|".join(f"(?:{spelled})" for spelled, _ in _ROWS))  # passes over what no row begins with
_COMPILED = tuple((re.compile(spelled), build) for spelled, build in _ROWS)
