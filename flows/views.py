"""What flows may know of the world: plain mappings that events bring and actions give back.

A view is JSON once written down: numbers, texts, lists, and wall-clock datetimes (naive, in the zone of the
place they name, so that a text says "8:00 am" and means it). The linter reads the annotations to know every
`interview.place` an author may write.
"""

from datetime import datetime
from typing import NotRequired, TypedDict


class Door(TypedDict):
    key: str
    label: str


class PlaceView(TypedDict):
    """A place a car can stop at or a person can be asked to come to; `id` is our row, the door is chosen
    later.

    `label` is its short name ("Hope House", "77 Dale St"), `address` the street line, and `line` the two as a
    text says them, nothing twice ("Hope House, 218 5th St", "77 Dale St, Boston").
    """

    id: int
    label: str
    address: str
    line: str
    doors: list[Door]


class LookupView(TypedDict):
    """A question to the map, so that its answer is told from an older one's."""

    id: int


class InterviewView(TypedDict):
    """One appointment as it stands now; `version` grows each time it moves. Most are interviews: `kind` is
    interview, hiring_step, documents, training or work.

    `employer` is the place's label where nobody named one, `place` the place's line. The optional fields are
    left out while nothing is known: `pickup_at`, `pickup` (label and door in words) and `back_at` while no
    ride is held (a moved interview has lost its old one), `stop` and `door` (its key) as the last ride had
    them, also after a move, and `confirmed`, `going_home` (the person asked for the car away), `home` (they
    are there), `outcome`, `waits_for_ok` (dollars, for staff only: they have to agree to them),
    `confirm_by_reply` (they missed a car lately: that morning's answer is asked for), `nobody_awake` (for a
    part of the way there nobody is on call or at work) and with it `taxi` (its number). Of two close together
    `then` is the place a car goes on to from here, `after` the one it starts from. `spot` is the place
    itself, `their_door` the one of its doors at which cars stop where it has several; `moved` says that it
    had another time before, `first_shift` that it is the first day at a job.
    """

    id: int
    version: int
    kind: str
    employer: str
    at: datetime
    place: str
    spot: NotRequired[PlaceView]
    their_door: NotRequired[str]
    after: NotRequired[str]
    then: NotRequired[str]
    moved: NotRequired[bool]
    pickup_at: NotRequired[datetime]
    pickup: NotRequired[str]
    back_at: NotRequired[datetime]
    ok_to_go: NotRequired[str]
    stop: NotRequired[PlaceView]
    door: NotRequired[str]
    confirmed: NotRequired[bool]
    going_home: NotRequired[bool]
    home: NotRequired[bool]
    outcome: NotRequired[str]
    first_shift: NotRequired[bool]
    confirm_by_reply: NotRequired[bool]
    nobody_awake: NotRequired[bool]
    taxi: NotRequired[str]
    waits_for_ok: NotRequired[str]


class MoneyView(TypedDict):
    """What there is for a person's rides: the trips (there and home) left, where a rule counts them."""

    trips: NotRequired[int]


class DayView(TypedDict):
    """What stands beside an appointment. `back_at` is about when they would be home again; `home_by` is there
    when that is after the hour they have to be home, `busy_from` and `busy_to` when set hours lie across it.

    `near` is another appointment at that hour, `earlier` and `later` the places of those a car can go on from
    or to; `stop` and `door` are where their last ride began.
    """

    back_at: datetime
    near: NotRequired[InterviewView]
    home_by: NotRequired[datetime]
    busy_from: NotRequired[datetime]
    busy_to: NotRequired[datetime]
    earlier: NotRequired[str]
    later: NotRequired[str]
    stop: NotRequired[PlaceView]
    door: NotRequired[str]


class WorkView(TypedDict):
    """Rides to a job: the first shift, the last day they go on (`until`), when the car comes on a usual day
    and when the one home does. `bus` is how they get there afterwards, where staff entered it.

    `home_by`, `busy_from` and `busy_to` are there when a shift runs into hours the person told us of.
    """

    id: int
    employer: str
    first: datetime
    until: datetime
    pickup_at: datetime
    home_at: datetime
    bus: NotRequired[str]
    home_by: NotRequired[datetime]
    busy_from: NotRequired[datetime]
    busy_to: NotRequired[datetime]


class JobView(TypedDict):
    """A job that fits, as it stands now: `reasons` are codes ("near:2", "shift:day", "has_hired_ours",
    "told_us_hires", "says_fair_chance", "pay:good", "done_before", and what is to be asked first:
    "ask:hours", "ask:way", "ask:license" …).

    `how` is how one applies (link, phone, walk_in or staff) and `contact` the address or number for it.
    `miles` are by road and a guess, `shift` is day, evening or night, `hours` "7-3:30" and `pay` "$18.50", of
    which `pay_per` says hour, week, month or year; each is left out where the advertisement does not say.
    """

    id: int
    title: str
    employer: str
    reasons: list[str]
    how: str
    contact: NotRequired[str]
    address: NotRequired[str]
    miles: NotRequired[int]
    shift: NotRequired[str]
    hours: NotRequired[str]
    pay: NotRequired[str]
    pay_per: NotRequired[str]


class RideView(TypedDict):
    """One leg ("out" or "home") of a ride; the car's fields are there once a driver has accepted.

    `stage` is how it stands: asked (not booked yet), booked, waits (the way home, until DONE), called,
    coming, here, driving, done, missed, lost or off. `ask_how` marks the ways home we ask about: one in five;
    `other` a car that comes in place of one we had told of.
    `pickup` is the place's label and the door in words ("Hope House, front, on 5th"), `dropoff` a label;
    `car` is colour and make ("gray Toyota Camry"), `driver` a first name.
    """

    id: int
    leg: str
    stage: str
    pickup_at: datetime
    pickup: str
    dropoff: str
    arrive_at: NotRequired[datetime]
    car: NotRequired[str]
    plate: NotRequired[str]
    driver: NotRequired[str]
    phone: NotRequired[str]
    minutes: NotRequired[int]
    rides_left: NotRequired[int]
    ask_how: NotRequired[bool]
    other: NotRequired[bool]


class PersonInCharge(TypedDict):
    """The human a person was promised: a first name, their hours ("Mon-Fri 9-5"), and the wall clock they
    answer by.

    `awake`: somebody is at work or on call now. `taxi` is the number of a taxi that comes at night too
    ("215-555-0188"), `bus` the line staff entered for this place; each is left out where there is none.
    """

    who: str
    hours: str
    when: datetime
    awake: bool
    taxi: NotRequired[str]
    bus: NotRequired[str]


class TaxiView(TypedDict):
    """A taxi that a caseworker called instead of a car: by whom, and the wall clock it comes at."""

    who: str
    at: datetime


class PhoneView(TypedDict):
    """The address a person came back from; `other`: another one of theirs is in use still."""

    other: bool


class CardView(TypedDict):
    """A person's own code, which with their four numbers brings them back from any phone."""

    code: str


class PromiseView(TypedDict):
    """A promise whose hour passed unkept: who answers now and by which wall clock.

    Where it passed too often there is no new hour (`when` is left out), but the number where a person answers
    ("215-555-0199").
    """

    who: str
    number: str
    when: NotRequired[datetime]


TOGETHER: tuple[frozenset[str], ...] = (
    frozenset({"pickup_at", "pickup", "back_at"}),
    frozenset({"busy_from", "busy_to"}),
    frozenset({"car", "plate", "driver", "phone"}),
)
"""Optional fields that are known together or not at all: a held ride's, hours that are taken, and an accepted
car's."""
