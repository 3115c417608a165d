"""What a job is worth to a person, line by line; or why it is not for them.

The rule: every point has a line that staff can read, and every refusal a reason. A check of somebody's record
is never judged here: it is named, and a caseworker is asked. Nothing we were not told refuses a job.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from bot.jobs import hours, skills, travel
from bot.jobs.hours import Hours
from bot.jobs.near import Near, near
from bot.jobs.skills import Said
from flows.wishes import Wishes
from storage.jobs import JobRow

POLICY: Final[Mapping[str, float]] = {
    "has_hired_ours": 1.0,
    "told_us_hires": 0.8,
    "says_fair_chance": 0.4,
    "unknown": 0.1,
}
"""How much an employer's word counts; what is older than 18 months is unknown already (storage/employers)."""
HOURS_A: Final[Mapping[str, float]] = {"hour": 1, "week": 40, "month": 40 * 52 / 12, "year": 2080}
CHECKS: Final = frozenset({"background_check", "drug_test"})
PAPERS: Final[Mapping[str, str]] = {"license": "license", "cdl": "cdl"}
"""Requirements that are a document of its own: without it nobody may begin."""
UNKNOWN_HOURS: Final = 0.4
GOOD_PAY: Final = 1.05
"""Times the median of the catalogue: from here on pay is said to be good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How many points each line can give."""

    work: float = 22
    travel: float = 10
    week4: float = 20
    policy: float = 14
    hours: float = 12
    pay: float = 16
    ready: float = 11.2
    learned: float = 15


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a score: its points of so many, and why, for staff."""

    name: str
    points: float
    of: float
    why: str


@dataclass(frozen=True, slots=True)
class Match:
    """A job that can be offered; `reasons` are codes for a text ("near:2", "shift:day", "pay:good")."""

    job_id: int
    score: float
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A job that is not offered, and why: reasons are codes ("home_by", "avoid:night"), for staff."""

    job_id: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a person's own answers taught: of each trade and each employer, yes less no."""

    trades: Mapping[str, int] = field(default_factory=dict)
    employers: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seeker:
    """A person made ready to be held against many jobs."""

    wishes: Wishes
    here: Near | None
    done: Said | None
    minutes: int
    today: date
    weights: Weights
    learned: Learned
    median_cents: float


def seeker(wishes: Wishes, today: date, weights: Weights, learned: Learned, median_cents: float) -> Seeker:
    """Make a person ready."""
    return Seeker(
        wishes,
        None if wishes.pin is None else near(wishes.pin),
        None if wishes.done_before is None else skills.read(wishes.done_before),
        wishes.max_minutes or travel.USUAL_MINUTES,
        today,
        weights,
        learned,
        median_cents,
    )


# --- one job -----------------------------------------------------------------------------------------


def judge(who: Seeker, job: JobRow) -> Match | Refused:
    """Score a job for a person, or say why it is refused."""
    miles = miles_to(who, job)
    refused = _refused(who, job, miles)
    fitting, against = _shifts(who, job, miles)
    if job.shifts and not fitting:
        refused.extend(against)
    if refused:
        return Refused(job.id, tuple(dict.fromkeys(refused)))
    shift = _best_shift(who, fitting)
    lines = _lines(who, job, miles, shift)
    score = round(sum(line.points for line in lines), 4)
    return Match(job.id, score, _reasons(who, job, miles, shift), lines)


def miles_to(who: Seeker, job: JobRow) -> float | None:
    """Guess the miles by road to a job; None where either end is not known."""
    if who.here is None or job.lat is None or job.lon is None:
        return None
    return who.here.road_miles(job.lat, job.lon)


def _refused(who: Seeker, job: JobRow, miles: float | None) -> list[str]:
    over = job.valid_through is not None and job.valid_through.date() < who.today
    found = ["gone"] if over or job.state != "open" else []
    found += terms_refuse(who, job.requirements, job.settings)
    if miles is not None and travel.first_weeks(who.wishes.travel, miles, None).minutes > who.minutes:
        found.append("too_far")
    cents = hourly_cents(job)
    if cents is not None and who.wishes.pay_floor_cents is not None and cents < who.wishes.pay_floor_cents:
        found.append("pay")
    starts = job.order_at.date() if job.order_at is not None else None
    if starts is not None and who.wishes.earliest is not None and starts < who.wishes.earliest:
        found.append("too_early")
    if starts is not None and starts < who.today:
        found.append("gone")
    return found


def terms_refuse(who: Seeker, requirements: Sequence[str], settings: Sequence[str]) -> list[str]:
    """Say what of a job's requirements and settings refuses it for this person."""
    wishes = who.wishes
    found = [f"avoid:{setting}" for setting in settings if setting in wishes.avoid]
    if wishes.adult is False:
        found.append("under_18")
    if "own_car" in requirements and wishes.travel and "car" not in wishes.travel:
        found.append("needs:own_car")
    if "lift_50" in requirements and wishes.lift == "light":
        found.append("needs:lift_50")
    for need in requirements:
        paper = PAPERS.get(need)
        if paper is not None and wishes.documents.get(paper) == "missing":
            found.append(f"needs:{need}")
    return found


def _shifts(who: Seeker, job: JobRow, miles: float | None) -> tuple[list[Hours], list[str]]:
    """Hold a job's shifts against a person's hours: those that fit, and why the others do not."""
    fitting, against = [], []
    for begins, ends in job.shifts:
        span = hours.span_of(begins, ends)
        way = 0 if miles is None else _way_home(who, miles, span)
        one = hours.against(who.wishes, job.days, span, way)
        if one.refused is None:
            fitting.append(one)
        else:
            against.append(one.refused)
    return fitting, against


def _way_home(who: Seeker, miles: float, span: tuple[int, int]) -> int:
    """Say how long the way home takes: their own, where they have one, as it must still be in time then."""
    own = travel.own_way(who.wishes.travel, miles, span)
    return travel.first_weeks(who.wishes.travel, miles, span).minutes if own is None else own.minutes


def _best_shift(who: Seeker, fitting: Sequence[Hours]) -> Hours | None:
    return min(fitting, key=lambda one: (-like_of_hours(who, one), one.span), default=None)


def hourly_cents(job: JobRow) -> float | None:
    """Say what a job pays an hour, the middle of what it names; None where it names nothing."""
    if job.pay_per is None or job.pay_low_cents is None:
        return None
    high = job.pay_high_cents if job.pay_high_cents is not None else job.pay_low_cents
    return (job.pay_low_cents + high) / 2 / HOURS_A[job.pay_per]


# --- lines -------------------------------------------------------------------------------------------


def _lines(who: Seeker, job: JobRow, miles: float | None, shift: Hours | None) -> tuple[Line, ...]:
    said, weights, cents = skills.read(job.title), who.weights, hourly_cents(job)
    weekly = None if shift is None else hours.weekly_hours(job.days, shift.span)
    ready, wants = readiness(who, job.requirements)
    found = (
        ("work", skills.likeness(who.done, said), _why_work(who, said)),
        (
            "travel",
            like_of_travel(who, miles),
            "no place known" if miles is None else f"{miles:.1f} mi by road",
        ),
        ("week4", *week4(who, miles, shift)),
        ("policy", POLICY[job.policy], job.policy.replace("_", " ")),
        ("hours", UNKNOWN_HOURS if shift is None else like_of_hours(who, shift), _why_hours(shift)),
        ("pay", like_of_pay(who, cents, weekly), _why_pay(who, cents, weekly)),
        ("ready", ready, ", ".join(wants) or "nothing to be brought"),
        ("learned", liking(who, said, job.employer_id), "their own answers"),
    )
    return tuple(
        Line(name, round(value * (of := getattr(weights, name)), 4), of, why) for name, value, why in found
    )


def _why_work(who: Seeker, said: Said) -> str:
    if who.done is None:
        return "we were not told what they have done"
    both = sorted(who.done.trades & said.trades)
    return f"both are {', '.join(both)}" if both else "another trade"


def like_of_travel(who: Seeker, miles: float | None) -> float:
    """Say how near is near, 1 at the door to 0 at the end of their time; 0.3 where it is not known."""
    if miles is None:
        return 0.3
    return max(0.0, 1.0 - miles / max(travel.farthest(who.minutes), 0.1))


def week4(who: Seeker, miles: float | None, shift: Hours | None) -> tuple[float, str]:
    """Say whether the way is still there once free rides stop."""
    if miles is None:
        return 0.4, "no place known"
    own = travel.own_way(who.wishes.travel, miles, None if shift is None else shift.span)
    if own is None:
        return 0.0, "no way of their own once free rides stop"
    late = own.minutes / who.minutes
    words = f"about {own.minutes} min by {own.by}"
    return (
        (1.0, words) if late <= 1 else (max(0.0, 1.0 - 2 * (late - 1)), f"{words}, longer than they wished")
    )


def like_of_hours(who: Seeker, shift: Hours) -> float:
    """Say how a shift suits: one they named, less what of it is taken; 0.7 where they named none."""
    named = who.wishes.shifts
    like = 0.7 if not named else 1.0 if shift.kind in named else 0.1
    return max(0.0, like - 2 * shift.taken)


def _why_hours(shift: Hours | None) -> str:
    if shift is None:
        return "hours not known"
    return (
        shift.kind if shift.taken == 0 else f"{shift.kind}, {shift.taken:.0%} of it in hours that are taken"
    )


def like_of_pay(who: Seeker, cents: float | None, weekly: float | None) -> float:
    """Say how the pay is: half against the catalogue's median, half whether a week of it reaches."""
    if cents is None:
        return 0.35
    beside = min(1.0, max(0.0, 0.5 + 1.5 * (cents / who.median_cents - 1.0)))
    need = who.wishes.weekly_need_cents
    if weekly is None or not need:
        return beside
    return 0.5 * beside + 0.5 * min(1.0, max(0.0, 2 * cents * weekly / need - 1.0))


def _why_pay(who: Seeker, cents: float | None, weekly: float | None) -> str:
    if cents is None:
        return "pay not named"
    week = "" if weekly is None else f", about ${cents * weekly / 100:.0f} a week"
    return f"${cents / 100:.2f} an hour, the median here is ${who.median_cents / 100:.2f}{week}"


def readiness(who: Seeker, requirements: Sequence[str]) -> tuple[float, list[str]]:
    """Say whether they can begin: 1 where nothing is asked, less for what is not there or not known."""
    wishes, like, wants = who.wishes, 1.0, []
    for need in requirements:
        lacks = _lacks(wishes, need)
        if lacks:
            like -= lacks
            wants.append(need.replace("_", " "))
    return max(0.0, like), wants


def _lacks(wishes: Wishes, need: str) -> float:
    if need in CHECKS:
        return 0.3  # it takes weeks; what comes of it is nobody's guess
    if need == "lift_50":
        return {"some": 0.4, "heavy": 0.0}.get(wishes.lift or "", 0.2)
    if need == "own_car" and "car" in wishes.travel:
        return 0.0
    if need == "lift_25" or need in wishes.certificates:
        return 0.0
    return {"have": 0.0, "ordered": 0.2, "missing": 0.9}.get(wishes.documents.get(need, ""), 0.7)


def liking(who: Seeker, said: Said, employer_id: int) -> float:
    """Say what their own answers taught, -1 to 1: yes and no to this employer and to such work."""
    if not who.learned.trades and not who.learned.employers:
        return 0.0
    trades = [who.learned.trades.get(trade, 0) for trade in sorted(said.trades)]
    work = sum(trades) / len(trades) if trades else 0.0
    return max(-1.0, min(1.0, 0.5 * who.learned.employers.get(employer_id, 0) + 0.25 * work))


# --- what a text says ----------------------------------------------------------------------------------


def _reasons(who: Seeker, job: JobRow, miles: float | None, shift: Hours | None) -> tuple[str, ...]:
    cents, found = hourly_cents(job), []
    if miles is not None:
        found.append(f"near:{max(1, round(miles))}")
    if shift is not None:
        found.append(f"shift:{shift.kind}")
    if job.policy != "unknown":
        found.append(job.policy)
    if cents is not None and cents >= GOOD_PAY * who.median_cents:
        found.append("pay:good")
    if who.done is not None and who.done.trades & skills.read(job.title).trades:
        found.append("done_before")
    if shift is not None and shift.taken > 0:
        found.append("ask:hours")
    if miles is not None and week4(who, miles, shift)[0] <= 0:
        found.append("ask:way")
    found += [f"ask:{need}" for need in job.requirements if _lacks(who.wishes, need) > 0]
    return tuple(found)
