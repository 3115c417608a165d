"""What flows may know of the world: plain mappings that events bring and actions give back.

A view is JSON once written down: numbers, texts, lists, and wall-clock datetimes (naive, in the zone of the place they
name, so that a text says "8:00 am" and means it). The linter reads the annotations to know every `interview.place`
an author may write.
"""

from datetime import datetime
from typing import NotRequired, TypedDict


class Door(TypedDict):
    key: str
    label: str


class PlaceView(TypedDict):
    """A place a car can stop at or a person can be asked to come to; `id` is our row, `door` is chosen later."""

    id: int
    label: str
    address: str
    doors: list[Door]


class InterviewView(TypedDict):
    """One interview as it stands now; `version` grows each time it moves."""

    id: int
    version: int
    employer: str
    at: datetime
    place: str
    pickup_at: NotRequired[datetime]
    pickup: NotRequired[str]
    back_at: NotRequired[datetime]
    ok_to_go: NotRequired[str]


class RideView(TypedDict):
    """One leg of a ride; the car's fields are there once a driver has accepted."""

    id: int
    leg: str
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


class PersonInCharge(TypedDict):
    """The human a person was promised: a name, their hours in words, and when they answer, in words of the person's language."""

    who: str
    hours: str
    when: datetime
