"""Measure the readers on labelled rows: pure scoring, no file and no clock (both are the caller's).

The rule: a figure says what it counts. `right` is the value that was said, read back; `proposed` is the right
value of which we added the day and ask for it ("11 am": "is that today?"); `half` is a text that names only a
day or only a time, read right, with the other half asked for; `asked` is any other question back; `none` is
not understood; `wrong` is a value, read back or proposed, that is neither the expected one nor one of its
alternatives.

How a `when` row is asked: as a question of the row's own `kind`, and `right` is counted against that. Some
rows call themselves a datetime and name a time alone ("11 o'clock") or a day alone: the libraries they come
from fill in today, or the hour it is. We ask for the half that is missing and never fill it in, so such a
row is `half`, not `right`; nor is it asked as another kind, which would be to choose the question after
seeing the answer. "core right" is this strict figure, the one to publish; those with the proposals and with
the halves stand below it and say how much of the gap is a question that must be asked.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal, TypeAlias

from flows.answers import crisis, read, yes_no
from flows.answers.reading import AskBack, Asked, Confirm, Reading, Understood, Value

Suite: TypeAlias = Literal["when", "when-past", "when-none", "yes_no", "crisis"]
Row: TypeAlias = Mapping[str, Any]
Timer: TypeAlias = Callable[[], float]  # seconds, ever growing
SUITES: tuple[Suite, ...] = ("when", "when-past", "when-none", "yes_no", "crisis")
_PROPOSED = ("propose.time", "propose.datetime")
_TODAY = ("propose.today", "propose.today_date")


@dataclass(frozen=True, slots=True)
class Judged:
    """One row, judged: its outcome, the groups it counts in, seconds taken, and what to show of it."""

    outcome: str
    groups: tuple[str, ...]
    seconds: float
    text: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Report:
    """The figures: outcomes by group, rates by name, milliseconds, rows that raised, every row judged."""

    suite: Suite
    counts: Mapping[str, Counter[str]]
    rates: Mapping[str, tuple[int, int]]  # name -> (hits, of)
    p50_ms: float
    p99_ms: float
    raised: tuple[str, ...]
    rows: tuple[Judged, ...] = field(repr=False)

    def share(self, group: str, outcome: str) -> float:
        """Give the share of a group's rows with that outcome; 0.0 for an empty group."""
        count = self.counts.get(group, Counter())
        return count[outcome] / total if (total := count.total()) else 0.0


def score(suite: Suite, rows: Iterable[Row], timer: Timer, rules: crisis.Rules | None = None) -> Report:
    """Judge every row. `rules` are needed for "crisis" only. A row that raises is reported, never hidden."""
    judged: list[Judged] = []
    raised: list[str] = []
    for row in rows:
        try:
            judged.append(_judge(suite, row, timer, rules))
        except Exception as error:  # the measurement is whether anything is raised at all
            raised.append(f"{row.get('id', row.get('text'))}: {error!r}")
    counts: dict[str, Counter[str]] = {}
    for each in judged:
        for group in each.groups:
            counts.setdefault(group, Counter())[each.outcome] += 1
    spent = sorted(each.seconds for each in judged) or [0.0]
    return Report(
        suite=suite,
        counts=counts,
        rates=_rates(suite, judged),
        p50_ms=1000 * spent[len(spent) // 2],
        p99_ms=1000 * spent[min(len(spent) - 1, int(len(spent) * 0.99))],
        raised=tuple(raised),
        rows=tuple(judged),
    )


def lines(report: Report) -> list[str]:
    """Write a report as lines: one a group, then the rates, the times and whatever raised."""
    order = ("right", "proposed", "half", "asked", "none", "wrong")
    written = [f"{'group':<28}{'rows':>6}" + "".join(f"{name:>9}" for name in order) + "  other"]
    for group, count in sorted(report.counts.items(), key=lambda each: (each[0] != "all", each[0])):
        shares = "".join(f"{100 * report.share(group, name):>8.1f}%" for name in order)
        other = " ".join(f"{name} {n}" for name, n in sorted(count.items()) if name not in order)
        written.append(f"{group:<28}{count.total():>6}{shares}  {other}".rstrip())
    written += [
        f"{name}: {hits} of {of} ({100 * hits / of:.1f} %)" for name, (hits, of) in report.rates.items() if of
    ]
    written.append(f"ms a text: p50 {report.p50_ms:.3f}, p99 {report.p99_ms:.3f}")
    return written + [f"raised on {each}" for each in report.raised]


def _judge(suite: Suite, row: Row, timer: Timer, rules: crisis.Rules | None) -> Judged:
    match suite:
        case "yes_no":
            return _judge_label(row, timer, lambda text: yes_no.label(text) or "none", row["label"])
        case "crisis":
            if rules is None:
                raise ValueError("the crisis suite needs the rules")
            return _judge_label(row, timer, lambda text: _tier_name(text, rules), row["label"])
        case "when" | "when-past" | "when-none":
            return _judge_when(suite, row, timer)


def _tier_name(text: str, rules: crisis.Rules) -> str:
    found = crisis.tier(text, rules)
    return f"tier {found[0]}" if found else "benign"


def _judge_label(row: Row, timer: Timer, reader: Callable[[str], str], expected: str) -> Judged:
    start = timer()
    got = reader(row["text"])
    spent = timer() - start
    if got == expected or (expected == "crisis" and got.startswith("tier")):
        outcome = "right"
    elif got in ("none", "unsure"):
        outcome = "asked"
    else:
        outcome = "wrong"
    return Judged(outcome, _groups(row, expected), spent, row["text"], expected, got)


def _judge_when(suite: Suite, row: Row, timer: Timer) -> Judged:
    """Ask for what the row names; past and none rows are asked for a day and time, as the product asks."""
    kind = row["kind"] if suite == "when" else "datetime"
    asked = Asked(kind, row["lang"], datetime.fromisoformat(row["ref"]))
    start = timer()
    reading = read(row["text"], asked)
    spent = timer() - start
    expected = (row["expected"], *row["alts"])
    subset = "core" if row.get("core") else "other"
    groups = (*_groups(row, kind), subset, f"{subset} {row['lang']}", f"{subset} {row['source']}")
    groups += ("core without sgd",) if row.get("core") and row["source"] != "sgd" else ()
    groups += ("am/pm open",) if row.get("ambiguous") else ("am/pm given",)
    outcome = _when_outcome(suite, reading, expected, asked.now)
    return Judged(outcome, groups, spent, row["text"], row["expected"], _shown(reading))


def _when_outcome(suite: Suite, reading: Reading, expected: Sequence[str], now: datetime) -> str:
    match reading:
        case AskBack(sentence=sentence, draft=draft):
            if suite == "when" and sentence in ("ask.date", "ask.time") and _half_right(draft, expected):
                return "half"
            return "none" if sentence.startswith("unclear") else "asked"
        case Confirm(sentence=sentence, value=value) if suite == "when" and sentence in _TODAY:
            return "proposed" if _iso(value) in expected else "wrong"
        case Confirm(value=value) | Understood(value=value):
            if suite == "when-past":
                return "moved" if isinstance(value, datetime) and value > now else "kept"
            return "accepted" if suite == "when-none" else "right" if _iso(value) in expected else "wrong"


def _half_right(draft: Value, expected: Sequence[str]) -> bool:
    if not isinstance(draft, dict) or "night" in draft:  # "tonight at 2" names a time, which is doubted
        return False
    halves = {half for each in expected for half in each.split("T")}
    given = [value for value in draft.values() if isinstance(value, date | time)]
    return len(given) == 1 and _iso(given[0]) in halves


def _iso(value: Value) -> str:
    match value:
        case datetime() | time():
            return value.isoformat(timespec="minutes")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _shown(reading: Reading) -> str:
    match reading:
        case AskBack(sentence=sentence):
            return sentence
        case Confirm(value=value, sentence=sentence):
            return f"{sentence} {_iso(value)}"
        case Understood(value=value):
            return _iso(value)


def _groups(row: Row, label: str) -> tuple[str, ...]:
    return ("all", f"lang {row['lang']}", f"source {row['source']}", f"label {label}")


def _rates(suite: Suite, rows: Sequence[Judged]) -> dict[str, tuple[int, int]]:
    def rate(hit: Callable[[Judged], bool], of: Callable[[Judged], bool]) -> tuple[int, int]:
        chosen = [row for row in rows if of(row)]
        return sum(map(hit, chosen)), len(chosen)

    match suite:
        case "yes_no":
            flip = {("yes", "no"), ("no", "yes")}
            return {"yes and no swapped": rate(lambda row: (row.expected, row.got) in flip, lambda row: True)}
        case "crisis":
            return {
                "recall": rate(lambda row: row.got != "benign", lambda row: row.expected == "crisis"),
                "tier 1 on benign": rate(
                    lambda row: row.got == "tier 1", lambda row: row.expected == "benign"
                ),
                "tier 2 on benign": rate(
                    lambda row: row.got == "tier 2", lambda row: row.expected == "benign"
                ),
            }
        case "when-past":
            return {"moved to the future": rate(lambda row: row.outcome == "moved", lambda row: True)}
        case "when-none":
            return {"accepted": rate(lambda row: row.outcome == "accepted", lambda row: True)}
        case "when":
            return {
                **_shares("right", ("right",), rows),
                **_shares("right or rightly proposed", ("right", "proposed"), rows),
                **_shares(
                    "right, proposed, or the half that is written", ("right", "proposed", "half"), rows
                ),
                **_shares("wrong", ("wrong",), rows),
                "core am/pm open and asked": rate(_asks, lambda row: {"am/pm open", "core"} <= {*row.groups}),
                "core am/pm given and asked (false asks)": rate(
                    _asks_am_pm, lambda row: {"am/pm given", "core"} <= {*row.groups}
                ),
            }


def _shares(name: str, outcomes: Sequence[str], rows: Sequence[Judged]) -> dict[str, tuple[int, int]]:
    """Count these outcomes among the core rows, those without sgd, and those in Spanish."""
    groups = {
        "core": f"core {name}",
        "core without sgd": f"core without sgd {name}",
        "core es": f"core es {name}",
    }
    return {
        spelled: (sum(row.outcome in outcomes for row in chosen), len(chosen))
        for group, spelled in groups.items()
        if (chosen := [row for row in rows if group in row.groups]) or group == "core"
    }


def _asks_am_pm(row: Judged) -> bool:
    return row.got.startswith(_PROPOSED) and " " in row.got


def _asks(row: Judged) -> bool:
    return row.got.startswith(("propose.", "ask.", "past", "unclear."))
