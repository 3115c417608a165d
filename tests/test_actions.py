"""What flows `do`, as rows: interviews and their plans, both legs and the money that holds them, promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.actions import Acting, Answer, Done, Failed, carry_out
from bot.rides.estimates import estimate_cents, road_miles
from bot.settings import Settings
from bot.views import interview_view, place_view
from flows.actions import (
    BookRides,
    CallCarHome,
    CancelInterview,
    CancelRides,
    ConfirmInterview,
    GiveConsent,
    HandOff,
    LookAtRide,
    LookUpPlace,
    MoveInterview,
    SaveInterview,
    SaveOutcome,
    SetOkToGo,
    SetPin,
    TellCaseworker,
)
from flows.events import InterviewCancelled, InterviewMoved
from flows.library import shipped
from storage import attention, funds, interviews, people, places, points, rides, staff
from storage.tables import Fund, FundRule, PlaceLookup, Promise, Timer, table

BOSTON = ZoneInfo("America/New_York")
MONDAY = datetime(2027, 2, 22, 11, 20, tzinfo=BOSTON)
TUESDAY_8 = datetime(2027, 2, 23, 8)
WEDNESDAY_8 = datetime(2027, 2, 24, 8)
STOP, WORK = (42.3601, -71.0589), (42.4610, -71.1100)
TIMER, FUND, RULE = table(Timer), table(Fund), table(FundRule)


class Desk:
    """One person on one connection, and the hands of a turn."""

    def __init__(self, connection: sa.Connection) -> None:
        now = MONDAY.astimezone(UTC)
        self.connection = connection
        point = people.add_person(
            connection, channel="sms", address="+15555550142", lang="en", zone=str(BOSTON), now=now
        )
        self.fund = funds.add_fund(connection, name="rides", budget_cents=20_000, now=now)
        self.maria = staff.add_caseworker(
            connection, name="Maria Ruiz", email="m@sample.invalid", now=now, hours="Mon-Fri 9-5"
        )
        doors = [{"key": "front", "label": "front, on 5th"}]
        self.stop = place_view(self.place("Hope House", "218 5th St", STOP, doors))
        self.work = place_view(self.place("Harbor Freightway", "4100 Airport Rd", WORK))
        self.who = Acting(
            person_id=point.person_id,
            conversation_id=point.conversation_id,
            contact_point_id=point.id,
            message_id=None,
            last_words="i need help",
            zone=str(BOSTON),
            now=now,
            flows=shipped(),
            settings=Settings(env="test"),
        )

    def place(self, label: str, address: str, pin: Any, doors: Any = ()) -> places.PlaceRow:
        return places.add_place(
            self.connection, person_id=None, label=label, address=address, pin=pin, now=MONDAY, doors=doors,
            zone=str(BOSTON),
        )  # fmt: skip

    def at(self, moment: datetime) -> None:
        """Move to another moment."""
        self.who = replace(self.who, now=moment.replace(tzinfo=BOSTON).astimezone(UTC))

    def does(self, action: Any) -> Answer:
        return carry_out(self.connection, action, self.who)

    def did(self, action: Any) -> Any:
        answer = self.does(action)
        assert isinstance(answer, Done), answer
        return answer.result

    def saved(self, at: datetime = WEDNESDAY_8) -> Any:
        return self.did(SaveInterview(place=self.work, at=at))

    def booked(self) -> Any:
        return self.did(self.booking(self.saved()))

    def booking(self, interview: Any, door: str | None = "front") -> BookRides:
        return BookRides(interview=interview, pickup=self.stop, door=door, rider="Ray")

    def view(self, id_: int) -> Any:
        return interview_view(self.connection, id_)

    def plan(self) -> dict[str, str]:
        """Show what is planned, on the wall clock."""
        waiting = sa.select(TIMER).where(TIMER.c.state == "waiting").order_by(TIMER.c.due_at)
        rows = self.connection.execute(waiting)
        return {row.name: f"{row.due_at.astimezone(BOSTON):%a %H:%M}" for row in rows}


@pytest.fixture
def desk(connection: sa.Connection) -> Desk:
    return Desk(connection)


# --- interviews -------------------------------------------------------------------------------------


def test_an_interview_has_its_plan_at_once(desk: Desk) -> None:
    view = desk.saved()
    assert view["employer"] == "Harbor Freightway"
    assert view["place"] == "Harbor Freightway, 4100 Airport Rd"
    assert (view["at"], view["version"]) == (WEDNESDAY_8, 1)
    assert "confirmed" not in view
    assert desk.plan() == {
        "interview.tomorrow": "Tue 16:00",
        "interview.tomorrow_again": "Tue 19:30",
        "interview.today": "Wed 06:30",  # half an hour before it is time to leave, for there is no car
        "interview.ended": "Wed 10:00",
        "interview.ended_again": "Thu 10:00",
    }


def test_told_after_the_first_ask_counts_as_coming(desk: Desk) -> None:
    desk.at(datetime(2027, 2, 23, 17, 48))
    assert desk.saved()["confirmed"]
    assert not {"interview.tomorrow", "interview.tomorrow_again"} & set(desk.plan())


@pytest.mark.parametrize("at", [datetime(2027, 2, 22, 11, 20), datetime(2026, 2, 24, 8)])
def test_a_time_that_is_past_is_not_kept(desk: Desk, at: datetime) -> None:
    assert desk.does(SaveInterview(place=desk.work, at=at)) == Failed("past")


def test_the_same_interview_is_kept_once(desk: Desk) -> None:
    desk.saved()
    assert desk.does(SaveInterview(place=desk.work, at=WEDNESDAY_8)) == Failed("already")


def test_the_wall_clock_is_the_places_own(desk: Desk) -> None:
    far = places.add_place(
        desk.connection, person_id=None, label="Depot", address="1 Lake St", pin=WORK, now=MONDAY,
        zone="America/Chicago",
    )  # fmt: skip
    view = desk.did(SaveInterview(place=place_view(far), at=WEDNESDAY_8))
    row = interviews.interview(desk.connection, view["id"])
    assert row is not None
    assert row.at == datetime(2027, 2, 24, 14, tzinfo=UTC)


def test_a_moved_interview_is_another_version_and_its_cars_are_called_off(desk: Desk) -> None:
    booked = desk.booked()
    answer = desk.does(MoveInterview(interview=booked, at=datetime(2027, 2, 25, 13)))
    assert isinstance(answer, Done)
    assert answer.result["version"] == 2
    assert "pickup_at" not in answer.result
    assert answer.result["stop"]["label"] == "Hope House"  # asked again by one word
    assert [type(one) for one in answer.brings] == [InterviewMoved]
    legs = rides.rides_of(desk.connection, booked["id"])
    assert {leg.wanted for leg in legs} == {"cancelled"}
    assert desk.plan()["interview.tomorrow"] == "Wed 16:00"
    assert desk.does(ConfirmInterview(interview=booked)) == Failed("gone")  # that version is no more


def test_a_cancelled_interview_leaves_nothing_planned(desk: Desk) -> None:
    booked = desk.booked()
    answer = desk.does(CancelInterview(interview=booked))
    assert isinstance(answer, Done)
    assert [type(one) for one in answer.brings] == [InterviewCancelled]
    assert desk.plan() == {}
    assert desk.does(CancelInterview(interview=booked)) == Failed("gone")


def test_coming_means_no_second_ask(desk: Desk) -> None:
    view = desk.did(ConfirmInterview(interview=desk.saved()))
    assert view["confirmed"]
    assert "interview.tomorrow_again" not in desk.plan()


def test_how_it_went_ends_the_asking(desk: Desk) -> None:
    view = desk.saved()
    desk.at(datetime(2027, 2, 24, 9, 30))
    assert desk.did(SaveOutcome(interview=view, outcome="hired")) == {}
    assert "interview.ended_again" not in desk.plan()
    assert desk.view(view["id"])["outcome"] == "hired"


def test_an_ok_to_go_is_noted(desk: Desk) -> None:
    view = desk.saved()
    desk.did(SetOkToGo(interview=view, ok="not_yet"))
    assert desk.view(view["id"])["ok_to_go"] == "not_yet"


def test_nobody_touches_another_persons_interview(desk: Desk) -> None:
    view = desk.saved()
    other = people.add_person(
        desk.connection, channel="sms", address="+15555550143", lang="en", zone=str(BOSTON), now=MONDAY
    )
    desk.who = replace(desk.who, person_id=other.person_id)
    for action in (
        MoveInterview(interview=view, at=WEDNESDAY_8),
        CancelInterview(interview=view),
        ConfirmInterview(interview=view),
        SetOkToGo(interview=view, ok="have"),
        SaveOutcome(interview=view, outcome="hired"),
        CancelRides(interview=view),
        desk.booking(view),
    ):
        assert desk.does(action) == Failed("gone")


# --- cars -------------------------------------------------------------------------------------------


def test_both_legs_and_their_money_are_held_together(desk: Desk) -> None:
    view = desk.booked()
    assert view["pickup"] == "Hope House, front, on 5th"
    assert view["pickup_at"] < view["at"] - timedelta(minutes=30)
    out, home = rides.rides_of(desk.connection, view["id"])
    assert (out.leg, out.door, out.flexible) == ("out", "front", False)
    assert (home.leg, home.flexible, home.pickup_at) == ("home", True, None)
    assert (home.pickup_place_id, home.dropoff_place_id) == (out.dropoff_place_id, out.pickup_place_id)
    fund = funds.fund(desk.connection, desk.fund)
    assert fund is not None
    assert fund.held_cents == out.hold_cents + home.hold_cents == 2 * out.estimate_cents
    assert desk.plan()["interview.today"] == f"Wed {(view['pickup_at'] - timedelta(hours=1)):%H:%M}"


def test_a_second_car_is_refused(desk: Desk) -> None:
    view = desk.booked()
    assert desk.does(desk.booking(view)) == Failed("already")


def test_a_car_that_is_still_being_called_off_is_not_in_the_way(desk: Desk) -> None:
    view = desk.did(MoveInterview(interview=desk.booked(), at=datetime(2027, 2, 25, 13)))
    assert desk.did(desk.booking(view))["pickup_at"].date() == datetime(2027, 2, 25).date()
    wanted = [leg.wanted for leg in rides.rides_of(desk.connection, view["id"])]
    assert wanted == ["cancelled", "cancelled", "booked", "booked"]


def test_another_car_there_keeps_the_way_home(desk: Desk) -> None:
    view = desk.booked()
    out, home = rides.rides_of(desk.connection, view["id"])
    for state in ("booking", "missed"):
        changed = rides.change_ride(desk.connection, out.id, out.version, desk.who.now, state=state)
        assert changed is not None
        out = changed
    desk.did(desk.booking(view))
    legs = rides.rides_of(desk.connection, view["id"])
    assert [(leg.leg, leg.state) for leg in legs] == [("out", "missed"), ("home", "held"), ("out", "held")]
    assert legs[1].id == home.id


def test_without_money_for_both_nothing_is_held(desk: Desk) -> None:
    view = desk.saved()
    cents = rides_cost(desk)
    desk.connection.execute(sa.update(FUND).values(budget_cents=2 * cents - 1))
    assert desk.does(desk.booking(view)) == Failed("no_money_left")
    assert rides.rides_of(desk.connection, view["id"]) == []
    desk.connection.execute(sa.update(FUND).values(budget_cents=2 * cents))
    assert isinstance(desk.does(desk.booking(view)), Done)


def rides_cost(desk: Desk) -> int:
    return estimate_cents(road_miles(*STOP, *WORK))


def test_a_fund_may_limit_what_one_ride_costs(desk: Desk) -> None:
    desk.connection.execute(sa.update(RULE).values(ride_limit_cents=rides_cost(desk) - 1))
    assert desk.does(desk.booking(desk.saved())) == Failed("no_money_left")


@pytest.mark.parametrize(
    ("now", "reason"),
    [(datetime(2027, 2, 24, 6, 50), "too_late"), (datetime(2027, 2, 24, 7, 40), "too_late")],
)
def test_too_late_for_a_car(desk: Desk, now: datetime, reason: str) -> None:
    view = desk.saved()
    desk.at(now)
    assert desk.does(desk.booking(view)) == Failed(reason)


def test_too_far_and_no_pin(desk: Desk) -> None:
    view = desk.saved()
    far = place_view(desk.place("Far House", "1 Far Rd", (40.0, -75.0)))
    words = place_view(desk.place("Somewhere", "by the river", None))
    assert desk.does(replace(desk.booking(view), pickup=far)) == Failed("too_far")
    assert desk.does(replace(desk.booking(view), pickup=words)) == Failed("no_pin")


def test_a_door_that_is_not_there_is_no_door(desk: Desk) -> None:
    view = desk.did(desk.booking(desk.saved(), door="roof"))
    assert view["pickup"] == "Hope House"


def test_done_calls_the_car_home_once(desk: Desk) -> None:
    view = desk.booked()
    assert desk.does(CallCarHome(interview=view)) == Failed("no_ride")  # two days too early
    desk.at(datetime(2027, 2, 24, 10, 55))
    assert desk.did(CallCarHome())["going_home"]
    assert desk.does(CallCarHome()) == Failed("already")
    _, home = rides.rides_of(desk.connection, view["id"])
    assert home.called_at == home.due_at == desk.who.now
    assert "ride.waits_for_done" not in desk.plan()


def test_dropped_rides_leave_the_plan_of_one_without(desk: Desk) -> None:
    view = desk.booked()
    desk.did(CancelRides(interview=view))
    assert desk.plan()["interview.today"] == "Wed 06:30"
    assert "pickup_at" not in desk.view(view["id"])


def test_the_next_ride_is_read_within_a_day(desk: Desk) -> None:
    assert desk.does(LookAtRide()) == Failed("no_ride")
    view = desk.booked()
    assert desk.does(LookAtRide()) == Failed("no_ride")  # the day after tomorrow
    desk.at(datetime(2027, 2, 23, 20))
    ride = desk.did(LookAtRide())
    assert (ride["leg"], ride["pickup_at"]) == ("out", view["pickup_at"])
    assert ride["arrive_at"] == view["at"] - timedelta(minutes=15)
    assert "plate" not in ride


# --- people -----------------------------------------------------------------------------------------


def test_consent_is_a_line_in_the_ledger(desk: Desk) -> None:
    desk.did(GiveConsent(wording="welcome 1 en"))
    assert desk.who.contact_point_id is not None
    point = points.point(desk.connection, desk.who.contact_point_id)
    [line] = points.consents(desk.connection, desk.who.contact_point_id)
    assert point is not None
    assert (point.consent, line.wording) == ("given", "welcome 1 en")


def test_four_numbers_are_kept_unreadable(desk: Desk) -> None:
    code = desk.did(SetPin(pin="4711"))["code"]
    assert people.try_pin(desk.connection, desk.who.person_id, "4712", desk.who.now) == "wrong"
    assert people.try_pin(desk.connection, desk.who.person_id, "4711", desk.who.now) == "right"
    assert desk.did(SetPin(pin="4712"))["code"] == code, "the code on their card stays"


@pytest.mark.parametrize(
    ("now", "when"),
    [
        (datetime(2027, 2, 22, 11, 20), datetime(2027, 2, 22, 13)),
        (datetime(2027, 2, 22, 16, 30), datetime(2027, 2, 23, 11)),
        (datetime(2027, 2, 22, 5), datetime(2027, 2, 22, 11)),
        (datetime(2027, 2, 26, 18), datetime(2027, 3, 1, 11)),
    ],
)
def test_a_promise_of_a_human_has_an_hour_and_is_on_a_list(desk: Desk, now: datetime, when: datetime) -> None:
    desk.at(now)
    told = desk.did(TellCaseworker(kind="asked for a person"))
    awake = now.hour in range(9, 17) and now.weekday() < 5
    assert told == {"who": "Maria", "hours": "Mon-Fri 9-5", "when": when, "awake": awake}
    [promise] = desk.connection.execute(sa.select(table(Promise))).all()
    assert promise.due_at == when.replace(tzinfo=BOSTON)
    [item] = attention.unfinished(desk.connection, staff.visible_people(desk.maria))
    assert (item.kind, item.reason, item.due_at) == ("asked for a person", "i need help", promise.due_at)


def test_what_cannot_wait_is_due_at_once(desk: Desk) -> None:
    desk.did(HandOff(kind="car lost", text="out, Hope House"))
    [item] = attention.unfinished(desk.connection, staff.visible_people(desk.maria))
    assert item.urgent
    assert item.due_at - desk.who.now <= timedelta(minutes=20)


def test_a_look_up_is_a_row(desk: Desk) -> None:
    lookup = desk.did(LookUpPlace(text="hope house"))
    spot = desk.did(LookUpPlace(text={"lat": 42.36, "lon": -71.05}))
    rows = {row.id: row for row in desk.connection.execute(sa.select(table(PlaceLookup)))}
    assert rows[lookup["id"]].asked == "hope house"
    assert rows[spot["id"]].pin == [42.36, -71.05]


def test_without_a_map_or_a_known_place_nobody_looks(desk: Desk) -> None:
    no_map = desk.who.settings.model_copy(update={"geocoder": "none"})
    desk.who = replace(desk.who, settings=no_map)
    assert isinstance(desk.does(LookUpPlace(text="hope house")), Done)  # a shared place is known
    desk.connection.execute(sa.text("DELETE FROM place"))
    assert desk.does(LookUpPlace(text="hope house")) == Failed("no_map")
