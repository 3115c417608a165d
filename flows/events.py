"""What can happen to a conversation: one closed union of past-tense facts, all coming in by the same door.

`at` is aware and in the person's own zone, so the engine has both the moment and the wall clock without
reading either. Events an author may name in YAML (`wait_for`, `start_on`, `ends_on`, plans) are `Outside`;
their YAML name is derived from the class: `RideBooked` is `ride.booked`, `InterviewTomorrowAgain` is
`interview.tomorrow_again`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeAlias, get_args

from flows.views import (
    InterviewView,
    JobView,
    LookupView,
    PhoneView,
    PlaceView,
    PromiseView,
    RideView,
    TaxiView,
    WorkView,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReceived:
    """A person wrote. `seen` is the newest prompt that had left when the text came; `card` is the invite code
    we recognised in it.
    """

    at: datetime
    text: str
    channel: str  # how their phone draws us: "sms" | "telegram"
    opted_in: bool
    card: str | None = None
    seen: int | None = None
    photos: int = 0
    carrier_answers: bool = False  # the provider itself answers STOP, START and HELP
    unsure: bool = False  # this number may be somebody else's by now
    known_card: bool = False  # that card is the own one of somebody we know from another address
    was_in: bool | None = None  # this address stopped us: whether it had said yes before


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTapped:
    """A button was tapped: option `n` (1-based) of the prompt with that number."""

    at: datetime
    channel: str
    opted_in: bool
    prompt: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotShared:
    """A person shared their location instead of typing an address."""

    at: datetime
    channel: str
    opted_in: bool
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRang:
    """A timer the engine had asked for is due; a token it no longer knows is stale and ignored."""

    at: datetime
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDone:
    """The action that `call` asked for was carried out in this same transaction."""

    at: datetime
    call: int
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFailed:
    """What `call` asked for could not be done, for one of the reasons it declares (or "failed")."""

    at: datetime
    call: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffTookOver:
    """A caseworker is talking now; the bot holds its replies."""

    at: datetime
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffHandedBack:
    """The caseworker gave the conversation back; the open question is asked again."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedOut:
    """The provider says this person stopped us (carrier opt-out, a blocked chat)."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OptedIn:
    """The provider says this person lets us write again (carrier START, an unblocked chat)."""

    at: datetime


# --- outside events: what authors may name ------------------------------------------------------------------

Sure: TypeAlias = Mapping[str, frozenset[str]]
"""Which optional fields of a view an event always brings, by the event's own field."""
_CAR = frozenset({"car", "plate", "driver", "phone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFound:
    """The geocoder answered: up to three places, or none; `only` is the place where it found exactly one."""

    at: datetime
    lookup: LookupView
    found: list[PlaceView]
    only: PlaceView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSet:
    """A caseworker found the place this person could not: `who` it was; `use` is "stop" or "interview"."""

    at: datetime
    place: PlaceView
    who: str
    use: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewTomorrow:
    """The plan's first ask, the day before at 16:00."""

    at: datetime
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewTomorrowAgain:
    """The plan's second ask, the day before at 19:30, to the silent."""

    at: datetime
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewToday:
    """60 minutes before pick-up; without a ride, 30 minutes before it is time to leave."""

    at: datetime
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewClocks:
    """The clocks change tonight, and a ride is booked for one of the next two days."""

    at: datetime
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewEnded:
    """30 minutes after the way home was completed; without a ride, two hours after the interview began."""

    at: datetime
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewEndedAgain:
    """The next day at 10:00, to those who did not say how it went."""

    at: datetime
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewMoved:
    """It has a new time; what was planned for the old version is void."""

    at: datetime
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewCancelled:
    """It is off."""

    at: datetime
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class RideBooked:
    """The provider has the ride: out and home are held."""

    sure: ClassVar[Sure] = {"ride": frozenset({"arrive_at"})}
    at: datetime
    interview: InterviewView
    ride: RideView


@dataclass(frozen=True, slots=True, kw_only=True)
class RideFailed:
    """No ride could be booked: `reason` is no_cars, over_budget, refused, bad_address or unsure."""

    at: datetime
    interview: InterviewView
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RideOffered:
    """There is money now for a ride that could not be paid for when it was asked for."""

    at: datetime
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class RideCar:
    """A driver accepted: colour, make, plate, driver and minutes are known."""

    sure: ClassVar[Sure] = {"ride": _CAR}
    at: datetime
    interview: InterviewView
    ride: RideView


@dataclass(frozen=True, slots=True, kw_only=True)
class RideLate:
    """The car comes much later than was said (ten minutes and more); told once a car."""

    sure: ClassVar[Sure] = {"ride": _CAR}
    at: datetime
    interview: InterviewView
    ride: RideView


@dataclass(frozen=True, slots=True, kw_only=True)
class RideArrived:
    """The car is at the door and waits."""

    sure: ClassVar[Sure] = {"ride": _CAR}
    at: datetime
    interview: InterviewView
    ride: RideView


@dataclass(frozen=True, slots=True, kw_only=True)
class RideDroppedOff:
    """The person is at the interview (leg out)."""

    at: datetime
    interview: InterviewView
    ride: RideView


@dataclass(frozen=True, slots=True, kw_only=True)
class RideWaitsForDone:
    """Two hours after the interview began the way home has not been asked for."""

    at: datetime
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class RideHome:
    """The person is home again (leg home)."""

    at: datetime
    interview: InterviewView
    ride: RideView


@dataclass(frozen=True, slots=True, kw_only=True)
class RideLost:
    """No car, or the driver dropped out, after it was booked. `leg` is out or home.

    `again`: another car is being ordered, and `ride.booked`, `ride.car` or one more `ride.lost` follow.
    Without it the ladder is at its end, and a human is alarmed.
    """

    at: datetime
    interview: InterviewView
    ride: RideView
    reason: str
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RideMissed:
    """The car came, waited, and left without the person."""

    at: datetime
    interview: InterviewView
    ride: RideView


@dataclass(frozen=True, slots=True, kw_only=True)
class RideTaxi:
    """A caseworker called a taxi for this leg; our own car, if there still was one, is off."""

    at: datetime
    interview: InterviewView
    ride: RideView
    taxi: TaxiView


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTaper:
    """The third week of rides to work has begun: time to see how they get there afterwards."""

    at: datetime
    work: WorkView


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsReady:
    """Jobs that fit were looked for: up to three they have not been shown, the best first, or none where they
    asked. `asked`: they did; else it is the week's, or the day's, and there is at least one.
    """

    at: datetime
    jobs: list[JobView]
    asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseLate:
    """The hour passed at which a human was to have written; nobody has."""

    at: datetime
    promise: PromiseView


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChanged:
    """The person came back from another address, with their card's code and their four numbers."""

    at: datetime
    phone: PhoneView


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneDoubted:
    """What we were about to send waits: nothing has come from this number for so long that it may be lost."""

    at: datetime


Outside: TypeAlias = (
    PlaceFound
    | PlaceSet
    | PhoneDoubted
    | PhoneChanged
    | PromiseLate
    | WorkTaper
    | JobsReady
    | InterviewTomorrow
    | InterviewTomorrowAgain
    | InterviewToday
    | InterviewClocks
    | InterviewEnded
    | InterviewEndedAgain
    | InterviewMoved
    | InterviewCancelled
    | RideBooked
    | RideFailed
    | RideOffered
    | RideCar
    | RideLate
    | RideArrived
    | RideDroppedOff
    | RideWaitsForDone
    | RideHome
    | RideLost
    | RideMissed
    | RideTaxi
)

Event: TypeAlias = (
    TextReceived
    | OptionTapped
    | SpotShared
    | TimerRang
    | ActionDone
    | ActionFailed
    | StaffTookOver
    | StaffHandedBack
    | OptedOut
    | OptedIn
    | Outside
)


def yaml_name(event: type) -> str:
    """Derive what authors call an outside event: RideDroppedOff is "ride.dropped_off"."""
    subject, *rest = re.findall(r"[A-Z][a-z]*", event.__name__)
    return f"{subject.lower()}.{'_'.join(rest).lower()}"


OUTSIDE: Mapping[str, type] = {yaml_name(event): event for event in get_args(Outside)}
"""Every event an author may name, by its YAML name."""
