"""What the world answers when talks are tried without one: a default for every action and every outside
event.

The rule: fakes are as dull as the truth and change nothing outside their `World`, so that a talk reads the
same on every machine. Sample data: Maria answers within two hours of her office time, the car comes 50
minutes before, FedEx Ground is on Airport Rd.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime, time, timedelta
from typing import Any, TypeAlias

from flows.actions import (
    Action,
    AddSafeContact,
    AnswerJob,
    BookRides,
    CallCarHome,
    CancelInterview,
    CancelRides,
    ChangeShift,
    ComeBack,
    ConfirmInterview,
    DoubtNumber,
    ForgetSafeContacts,
    GiveConsent,
    HandOff,
    LetCarGo,
    LookAtDay,
    LookAtMoney,
    LookAtRide,
    LookForJobs,
    LookUpPlace,
    MoveInterview,
    NotePay,
    PlanWork,
    RebookRide,
    ReportRide,
    SaveInterview,
    SaveOutcome,
    SetOkToGo,
    SetPin,
    SettleOldNumber,
    TakeDayOff,
    TellCaseworker,
    TrustNumber,
    WaitForMoney,
)
from flows.events import OUTSIDE, Outside

Result: TypeAlias = dict[str, Any] | str
"""What an action gives, or the reason it failed."""

_OPENS, _CLOSES = time(9), time(17)
_BEFORE = timedelta(minutes=50)
_ON_THE_ROAD = timedelta(minutes=35)
_SET = {
    "id": 7,
    "label": "Hope House",
    "address": "218 5th St",
    "line": "Hope House, 218 5th St",
    "doors": [],
}
_TAXI_COMES = timedelta(minutes=15)
_STAGES: Mapping[str, tuple[str | None, str]] = {
    "ride.booked": ("out", "booked"),
    "ride.car": (None, "coming"),
    "ride.late": (None, "coming"),
    "ride.arrived": (None, "here"),
    "ride.dropped_off": ("home", "waits"),
    "ride.home": ("home", "done"),
    "ride.lost": (None, "lost"),
    "ride.missed": (None, "missed"),
}
"""Which leg, and how it stands, after each news of a ride."""
_HAS_A_CAR = ("coming", "here", "driving", "done")
_CAR = ("car", "plate", "driver", "phone", "minutes")
_RIDE_FIELDS = ("pickup_at", "pickup", "back_at")

JOBS: Sequence[dict[str, Any]] = (
    {
        "id": 1,
        "title": "Room attendant",
        "employer": "Pier Hotel",
        "reasons": ["near:2", "shift:day", "has_hired_ours"],
        "how": "phone",
        "contact": "617-555-0123",
        "address": "70 Pier St",
        "miles": 2,
        "shift": "day",
        "hours": "7-3",
        "pay": "$18",
        "pay_per": "hour",
    },
    {
        "id": 2,
        "title": "Line cook",
        "employer": "Cafe Linden",
        "reasons": ["near:1", "shift:day", "done_before"],
        "how": "walk_in",
        "address": "9 Main St",
        "miles": 1,
        "shift": "day",
        "hours": "8-4",
        "pay": "$17",
        "pay_per": "hour",
    },
    {"id": 3, "title": "Laundry worker", "employer": "Cityline Linen", "reasons": ["near:3"], "how": "staff"},
)
"""Jobs as the worker finds them."""

INTERVIEW: Mapping[str, Any] = {
    "id": 1,
    "version": 1,
    "kind": "interview",
    "employer": "FedEx Ground",
    "place": "FedEx Ground",
}
"""An interview as far as a talk leaves it open."""


@dataclass(slots=True)
class World:
    """The little world of one talk: the interview as it stands, and how many lookups were made."""

    interview: dict[str, Any] | None = None
    work: dict[str, Any] | None = None
    leg: str = "out"
    stage: str = "coming"  # of that leg
    lookups: int = 0
    interviews: int = 0
    shown: dict[str, Any] = field(default_factory=dict)  # the last place asked for


def fake(world: World, action: Action, now: datetime) -> Result:
    """Answer an action the way it usually goes; `now` is the person's wall clock."""
    match action:
        case GiveConsent() | ComeBack() | SettleOldNumber() | DoubtNumber() | TrustNumber():
            return {}
        case AddSafeContact() | ForgetSafeContacts() | LetCarGo():
            return {}
        case SetPin():
            return {"code": "D7Q4"}
        case LookUpPlace(text=text):
            world.lookups += 1
            world.shown = place(text, world.lookups)
            return {"id": world.lookups}
        case SaveInterview():
            return _saved(world, action, now)
        case MoveInterview(at=at) if world.interview is not None:
            kept = {name: value for name, value in world.interview.items() if name not in _RIDE_FIELDS}
            world.interview = kept | {"at": at, "version": kept["version"] + 1, "moved": True}
            return dict(world.interview)
        case CancelInterview() if world.interview is not None:
            world.interview = None
            return {}
        case BookRides() if world.interview is not None:
            return _booked(world, action)
        case CallCarHome() | ConfirmInterview() if world.interview is not None:
            extra = "going_home" if isinstance(action, CallCarHome) else "confirmed"
            if extra == "going_home":
                world.leg, world.stage = "home", "called"
            world.interview[extra] = True
            return dict(world.interview)
        case RebookRide() if world.interview is not None:
            world.stage = "asked" if world.leg == "out" else "called"
            return ride(world)
        case PlanWork(starts=starts, place=where):
            world.work = work(starts if isinstance(starts, datetime) else now, _as_place(where)["label"])
            return dict(world.work)
        case ChangeShift() | TakeDayOff() | NotePay():
            return dict(world.work) if world.work is not None else "no_plan"
        case LookAtDay(at=at):
            return {"back_at": at + timedelta(hours=3)} if isinstance(at, datetime) else {"back_at": now}
        case LookAtRide() if world.interview is not None and "pickup_at" in world.interview:
            return ride(world)
        case SetOkToGo(ok=ok) if world.interview is not None:
            world.interview["ok_to_go"] = ok
            return {}
        case LookAtMoney() | WaitForMoney() | LookForJobs():
            return {}
        case AnswerJob(job=job):
            return JOBS[0] | (dict(job) if isinstance(job, Mapping) else {})
        case SaveOutcome(outcome=outcome) if world.interview is not None:
            world.interview["outcome"] = outcome
            return {}
        case CancelRides() if world.interview is not None:
            for name in _RIDE_FIELDS:
                world.interview.pop(name, None)
            return {}
        case TellCaseworker() | HandOff() | ReportRide():
            return in_charge(now)
        case CallCarHome() | LookAtRide():
            return "no_ride"
        case (
            MoveInterview()
            | CancelInterview()
            | ConfirmInterview()
            | BookRides()
            | CancelRides()
            | RebookRide()
            | SetOkToGo()
            | SaveOutcome()
        ):
            return "gone"


def _saved(world: World, action: SaveInterview, now: datetime) -> Result:
    if isinstance(action.at, datetime) and action.at <= now:
        return "past"
    where = _as_place(action.place)
    world.interviews += 1
    world.interview = {
        "id": world.interviews,
        "version": 1,
        "kind": action.kind or "interview",
        "employer": action.employer or where["label"],
        "at": action.at,
        "place": where.get("line", where["label"]),
        "spot": dict(where),
    }
    return dict(world.interview)


def _booked(world: World, action: BookRides) -> Result:
    assert world.interview is not None
    stop = _as_place(action.pickup)
    door = next((each["label"] for each in stop.get("doors", ()) if each["key"] == action.door), "")
    at = world.interview["at"]
    world.interview |= {
        "pickup_at": at - _BEFORE,
        "pickup": ", ".join(word for word in (stop["label"], door) if word),
        "back_at": at + timedelta(hours=3),
        "stop": dict(stop),
    }
    if action.door:
        world.interview["door"] = action.door
    return dict(world.interview)


def in_charge(now: datetime) -> dict[str, Any]:
    """Name the human and the wall clock they answer by: within two hours of their office time. Outside of it
    nobody is awake, but for the taxi."""
    when = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    if when.weekday() > 4 or when.time() > _CLOSES:
        when = datetime.combine(when.date() + timedelta(days=1), _OPENS) + timedelta(hours=2)
    elif when.time() < _OPENS:
        when = datetime.combine(when.date(), _OPENS) + timedelta(hours=2)
    while when.weekday() > 4:
        when += timedelta(days=1)
    awake = now.weekday() < 5 and _OPENS <= now.time() < _CLOSES
    return {"who": "Maria", "hours": "Mon-Fri 9-5", "when": when, "awake": awake, "taxi": "215-555-0188"}


def work(first: datetime, employer: str) -> dict[str, Any]:
    """Make rides to a job that begin with this shift."""
    return {
        "id": 1,
        "employer": employer,
        "first": first,
        "until": first + timedelta(days=20),
        "pickup_at": first - _BEFORE,
        "home_at": first + timedelta(hours=8, minutes=40),
    }


def place(text: str | Mapping[str, Any], number: int) -> dict[str, Any]:
    """Make a place of what was typed or shared."""
    typed = text.get("text") if isinstance(text, Mapping) else text
    label = str(typed or "the spot you sent").strip()[:60]
    return {"id": number, "label": label, "address": label, "line": label, "doors": []}


def _as_place(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) and "label" in given else place(given or "", 1)


def ride(world: World) -> dict[str, Any]:
    """Make the leg out of the interview as it stands."""
    interview = world.interview or {}
    at = interview.get("at")
    pickup_at = interview.get("pickup_at") or (at - _BEFORE if isinstance(at, datetime) else None)
    car = {
        "car": "gray Toyota Camry",
        "plate": "8KLM204",
        "driver": "Sam",
        "phone": "555-0177",
        "minutes": 12 if world.stage in ("coming", "driving") else None,
    }
    return {
        "id": 1,
        "leg": world.leg,
        "stage": world.stage,
        "pickup_at": pickup_at,
        "pickup": interview.get("pickup", "your stop"),
        "dropoff": interview.get("employer", "the interview"),
        "arrive_at": pickup_at + _ON_THE_ROAD if isinstance(pickup_at, datetime) else None,
        **(car if world.stage in _HAS_A_CAR else dict.fromkeys(_CAR)),
        "rides_left": 5,
    }


def _stage_after(world: World, name: str, given: Mapping[str, Any]) -> tuple[str, str]:
    leg, stage = _STAGES.get(name, (None, world.stage))
    said = given.get("ride") or {}
    return said.get("leg", leg or world.leg), said.get("stage", stage)


def make_event(world: World, name: str, given: Mapping[str, Any], at: datetime) -> Outside:
    """Make an outside event; the world fills in what the talk leaves out. KeyError for an unknown name."""
    cls = OUTSIDE[name]
    world.leg, world.stage = _stage_after(world, name, given)
    defaults: dict[str, Any] = {
        "interview": world.interview or dict(INTERVIEW),
        "ride": ride(world),
        "reason": "no_cars",
        "again": False,
        "phone": {"other": True},
        "work": world.work or work(at.replace(tzinfo=None), "FedEx Ground"),
        "promise": {"who": "Maria", "when": in_charge(at)["when"], "number": "215-555-0199"},
        "jobs": [dict(job) for job in JOBS],
        "asked": True,
        "taxi": {"who": "Maria", "at": at.replace(second=0, microsecond=0) + _TAXI_COMES},
        "place": dict(_SET),
        "who": "Maria",
        "use": "stop",
        "lookup": world.lookups,
        "found": [world.shown] if world.shown else [],
    }
    found = given.get("found", defaults["found"])
    defaults["only"] = found[0] if len(found) == 1 else None
    fields: dict[str, Any] = {}
    for each in (one.name for one in fields_of(cls)):
        if each == "at":
            continue
        value = given.get(each, defaults[each])
        if isinstance(value, Mapping) and isinstance(defaults[each], Mapping):
            value = {**defaults[each], **value}
        fields[each] = value
    if isinstance(fields.get("interview"), dict):
        world.interview = None if name == "interview.cancelled" else dict(fields["interview"])
    event: Outside = cls(at=at, **fields)
    return event
