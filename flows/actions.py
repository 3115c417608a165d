"""What a flow may `do`: signatures only, a closed union. `bot/actions.py` carries them out, in the turn's own
transaction.

A field is an input of the `with:` mapping. `acts` says whether an action changes something (BACK may not pass
it) and `gives` which view its result is, `sure` which of that view's optional fields are always there;
`fails` lists the reasons an author must answer in `if_fails`. An action takes at most 2 ms: whatever needs
the network is written down as a row here and comes back as an event.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime, time
from typing import Any, ClassVar, TypeAlias, get_args

from flows.views import (
    CardView,
    DayView,
    InterviewView,
    JobView,
    LookupView,
    MoneyView,
    PersonInCharge,
    PlaceView,
    RideView,
    WorkView,
)


class Nothing(dict[str, Any]):
    """The empty result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveConsent:
    """Write the opt-in down, with the wording's version; nothing but the request itself is sent before."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = Nothing
    wording: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPin:
    """Keep the four numbers that bring a person back from another phone, hashed; give the code that goes with
    them."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = CardView
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComeBack:
    """Compare four numbers with those of the person whose card this is; `phone.changed` comes to that person.

    Who it is, is never said. After the third wrong try nothing is right for a day, and a human looks.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("wrong", "wrong_again", "locked")
    gives: ClassVar[type] = Nothing
    card: str
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleOldNumber:
    """Keep the person's other addresses as theirs, or send nothing there any more."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = Nothing
    keep: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtNumber:
    """Send nothing personal to the number they write from, until they have said that it is theirs."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = Nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustNumber:
    """It is still theirs: what waited goes out."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = Nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSafeContact:
    """Keep whom we may ask to have the person text us, with the person's yes; two at most, one text each."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("full", "own", "stopped")
    gives: ClassVar[type] = Nothing
    name: str
    number: str
    known_as: str
    wording: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetSafeContacts:
    """Ask nobody any more to have the person text us."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = Nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpPlace:
    """Ask the geocoder where `text` is; `place.found` comes back with up to three places. A shared spot is
    its own place.
    """

    acts: ClassVar[bool] = False
    fails: ClassVar[tuple[str, ...]] = ("no_map",)
    gives: ClassVar[type] = LookupView
    text: str | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveInterview:
    """Write an appointment down and derive its reminders; the wall clock is the place's. `kind` says what it
    is for: interview, hiring_step, documents, training or work.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("past", "already")
    gives: ClassVar[type] = InterviewView
    place: PlaceView
    at: datetime
    employer: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtDay:
    """See what stands beside an appointment at this time, before it is saved or a ride is offered: another
    one at that hour, hours the person told us of, the stop of their last ride. `interview` is the one itself.
    """

    acts: ClassVar[bool] = False
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = DayView
    at: datetime
    until: datetime | None = None
    interview: InterviewView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWork:
    """Plan rides to a job from the first shift on, for three weeks. `days` is mon_fri, every_day or a list of
    mon, tue …; each day's rides are made the day before.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("past",)
    gives: ClassVar[type] = WorkView
    place: PlaceView
    starts: datetime
    ends: time
    days: str
    pickup: PlaceView
    door: str | None = None
    rider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeShift:
    """Change the hours of one day's shift; the car comes by the new ones."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("no_plan", "not_then", "past")
    gives: ClassVar[type] = WorkView
    starts: datetime
    ends: time


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeDayOff:
    """Take one day off work: no car comes that day."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("no_plan", "not_then")
    gives: ClassVar[type] = WorkView
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePay:
    """Note that the first pay came: rides to work end a week later, within the three weeks."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("no_plan",)
    gives: ClassVar[type] = WorkView


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveInterview:
    """Give it a new time: a new version; the old reminders are void and the old legs are cancelled."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("gone", "past")
    gives: ClassVar[type] = InterviewView
    interview: InterviewView
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelInterview:
    """Call it off: reminders void, rides cancelled, the caseworker sees it."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("gone",)
    gives: ClassVar[type] = Nothing
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmInterview:
    """The person is coming."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("gone",)
    gives: ClassVar[type] = InterviewView
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOkToGo:
    """Note where the OK to go stands: not_needed, have, not_yet or not_sure. Never a reason."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("gone",)
    gives: ClassVar[type] = Nothing
    interview: InterviewView
    ok: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRides:
    """Hold the money for the way there and home and write both legs; `ride.booked` or `ride.failed` comes
    back. Of two appointments close together the way home of the first is one to the second.

    `ok` is where the OK to go stands: one that is still to get books only what can be called off free.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = (
        "gone", "too_late", "too_far", "no_money_left", "no_pin", "already", "no_ok"
    )  # fmt: skip
    gives: ClassVar[type] = InterviewView
    sure: ClassVar[tuple[str, ...]] = ("pickup_at", "pickup", "back_at")
    interview: InterviewView
    pickup: PlaceView
    door: str | None = None
    rider: str
    ok: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRides:
    """Drop every leg of this interview that has not run."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("gone",)
    gives: ClassVar[type] = Nothing
    interview: InterviewView


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCarHome:
    """Send the car for the way home; the person texted DONE."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("no_ride", "already")
    gives: ClassVar[type] = InterviewView
    interview: InterviewView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RebookRide:
    """Order another car, to come at once, for a leg whose car is gone: missed, lost or called off.

    `ride.booked`, `ride.car` or `ride.lost` come back. `already`: a car for this leg is on its way or being
    ordered. `too_late`: it would come to the interview after it has begun. `too_often`: a human decides now.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("gone", "already", "too_late", "too_often", "no_money_left")
    gives: ClassVar[type] = RideView
    ride: RideView


@dataclass(frozen=True, slots=True, kw_only=True)
class LetCarGo:
    """Call a car off that left without the person, or that they must not take: `rebook_ride` may order
    another. What a company charges for it is the fund's.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("gone",)
    gives: ClassVar[type] = Nothing
    ride: RideView


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRide:
    """Say that a ride is not safe: a human is called at once, and its company drives this person no more
    until a human clears it. `what` is danger, followed, pay, plate, driver or wrong_place.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = PersonInCharge
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtRide:
    """Read the leg that is running or comes next within a day, else the one that came to nothing today or the
    way home that waits; as last heard, calls nobody.
    """

    acts: ClassVar[bool] = False
    fails: ClassVar[tuple[str, ...]] = ("no_ride",)
    gives: ClassVar[type] = RideView


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtMoney:
    """See whether a fund can pay for a ride to this appointment, or to any, and how many trips are left."""

    acts: ClassVar[bool] = False
    fails: ClassVar[tuple[str, ...]] = ("no_money_left",)
    gives: ClassVar[type] = MoneyView
    interview: InterviewView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForMoney:
    """Put this appointment on the waitlist: `ride.offered` comes when there is money, in the order asked."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("gone", "too_late")
    gives: ClassVar[type] = Nothing
    interview: InterviewView
    pickup: PlaceView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveOutcome:
    """Write down how it went: hired, hired_if_check, waiting, no or missed."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("gone",)
    gives: ClassVar[type] = Nothing
    interview: InterviewView
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookForJobs:
    """Look for jobs that fit: `jobs.ready` comes back with the best three they have not been shown, or none.

    `again` says when to look by itself from now on: week (their hour, once a week), day or never; without it
    that stays as it was, and is week at first.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = Nothing
    again: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerJob:
    """Note what they say to a job: details, interested, not_for_me or applied; gives the job as it stands.

    Interested puts a task on the caseworker's list; not_for_me is learned from. `gone`: it is filled, over or
    taken back, and is offered no more.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ("gone",)
    gives: ClassVar[type] = JobView
    job: JobView
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellCaseworker:
    """Put a person on the caseworker's list and promise an answer; the bot goes on. `kind` is the list's
    reason.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = PersonInCharge
    kind: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """Give the conversation to a caseworker; the bot goes quiet until it is handed back. What a `handoff`
    step does.
    """

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = PersonInCharge
    kind: str
    text: str | None = None


Action: TypeAlias = (
    GiveConsent
    | SetPin
    | ComeBack
    | SettleOldNumber
    | DoubtNumber
    | TrustNumber
    | AddSafeContact
    | ForgetSafeContacts
    | LookUpPlace
    | SaveInterview
    | LookAtDay
    | PlanWork
    | ChangeShift
    | TakeDayOff
    | NotePay
    | MoveInterview
    | CancelInterview
    | ConfirmInterview
    | SetOkToGo
    | BookRides
    | CancelRides
    | CallCarHome
    | RebookRide
    | LetCarGo
    | ReportRide
    | LookAtRide
    | LookAtMoney
    | WaitForMoney
    | SaveOutcome
    | LookForJobs
    | AnswerJob
    | TellCaseworker
    | HandOff
)


def yaml_name(action: type) -> str:
    """Derive what authors call an action: BookRides is "book_rides"."""
    return "_".join(re.findall(r"[A-Z][a-z]*", action.__name__)).lower()


ACTIONS: Mapping[str, type[Action]] = {yaml_name(action): action for action in get_args(Action)}
"""Every action a flow may `do`, by its YAML name."""

MUST: Mapping[str, tuple[str, ...]] = {
    name: tuple(each.name for each in fields(action) if each.default is MISSING)
    for name, action in ACTIONS.items()
}
"""The inputs an action cannot do without."""
