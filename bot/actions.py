"""What `do` does: each action of a flow carried out in the turn's own transaction, by one `match`.

The rule: at most 2 ms each, no network, no clock. What the world must be asked is written down as a row for a
worker, and comes back as an event. An action answers with values: `Done` or `Failed` for a reason it
declares.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

import sqlalchemy as sa

from bot import arranging, day, looking, phones, rebooking, reporting, waiting, working
from bot.acting import Acting, Answer, Done, Failed, promise_person
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
from storage import places, points, safe_contacts

__all__ = ["WORK", "Acting", "Answer", "CarryOut", "Done", "Failed", "Worker", "carry_out"]

Worker: TypeAlias = Literal["deliver", "timers", "rides", "places", "photos", "alarms", "matching"]
CarryOut: TypeAlias = Callable[[sa.Connection, Action, Acting], Answer]

WORK: Final[Mapping[type[Action], Worker]] = {
    LookUpPlace: "places",
    BookRides: "rides",
    PlanWork: "rides",
    ChangeShift: "rides",
    TakeDayOff: "rides",
    CancelRides: "rides",
    CallCarHome: "rides",
    RebookRide: "rides",
    LetCarGo: "rides",
    MoveInterview: "rides",
    CancelInterview: "rides",
    ComeBack: "timers",
    TrustNumber: "deliver",
    SaveInterview: "timers",
    ConfirmInterview: "timers",
    SaveOutcome: "timers",
    TellCaseworker: "alarms",
    HandOff: "alarms",
    ReportRide: "alarms",
    LookForJobs: "matching",
}
"""The worker that has something to do once the turn is committed."""


def carry_out(connection: sa.Connection, action: Action, who: Acting) -> Answer:
    """Carry an action out and say what came of it; raises only for bugs, which fail the whole turn."""
    match action:
        case GiveConsent():
            return _give_consent(connection, action, who)
        case SetPin():
            return phones.set_pin(connection, action, who)
        case ComeBack():
            return phones.come_back(connection, action, who)
        case SettleOldNumber():
            return phones.settle_old_number(connection, action, who)
        case DoubtNumber():
            return phones.doubt_number(connection, who)
        case TrustNumber():
            return phones.trust_number(connection, who)
        case AddSafeContact():
            return phones.add_safe_contact(connection, action, who)
        case ForgetSafeContacts():
            safe_contacts.forget(connection, who.person_id)
            return Done({})
        case LookUpPlace():
            return _look_up(connection, action, who)
        case SaveInterview():
            return arranging.save_interview(connection, action, who)
        case MoveInterview():
            return arranging.move_interview(connection, action, who)
        case CancelInterview():
            return arranging.cancel_interview(connection, action, who)
        case ConfirmInterview():
            return arranging.confirm_interview(connection, action, who)
        case SetOkToGo():
            return arranging.set_ok_to_go(connection, action, who)
        case BookRides():
            return arranging.book_rides(connection, action, who)
        case CancelRides():
            return arranging.cancel_rides(connection, action, who)
        case CallCarHome():
            return arranging.call_car_home(connection, action, who)
        case RebookRide():
            return rebooking.rebook_ride(connection, action, who)
        case LetCarGo():
            return reporting.let_car_go(connection, action, who)
        case ReportRide():
            return Done(reporting.report_ride(connection, action, who))
        case PlanWork():
            return working.plan_work(connection, action, who)
        case ChangeShift():
            return working.change_shift(connection, action, who)
        case TakeDayOff():
            return working.take_day_off(connection, action, who)
        case NotePay():
            return working.note_pay(connection, action, who)
        case LookAtDay():
            return day.look_at_day(connection, action, who)
        case LookAtRide():
            return arranging.look_at_ride(connection, who)
        case LookAtMoney():
            return waiting.look_at_money(connection, action, who)
        case WaitForMoney():
            return waiting.wait_for_money(connection, action, who)
        case LookForJobs():
            return looking.look_for_jobs(connection, action, who)
        case AnswerJob():
            return looking.answer_job(connection, action, who)
        case SaveOutcome():
            return arranging.save_outcome(connection, action, who)
        case TellCaseworker(kind=kind, text=text) | HandOff(kind=kind, text=text):
            return Done(promise_person(connection, who, kind, text))


def _give_consent(connection: sa.Connection, action: GiveConsent, who: Acting) -> Answer:
    if who.contact_point_id is None:
        raise LookupError("consent needs the address it is given for")
    points.set_consent(
        connection,
        who.contact_point_id,
        "given",
        wording=action.wording,
        method="text",
        now=who.now,
        message_id=who.message_id,
        shown=points.request_shown(connection, who.contact_point_id, who.conversation_id),
    )
    return Done({})


def _look_up(connection: sa.Connection, action: LookUpPlace, who: Acting) -> Answer:
    """Write the look-up down; without a geocoder only places we know can be found."""
    if isinstance(action.text, Mapping):
        pin = (float(action.text["lat"]), float(action.text["lon"]))
        return Done({"id": places.ask_lookup(connection, who.conversation_id, "", who.now, pin)})
    if who.settings.geocoder == "none" and not _knows_places(connection, who.person_id):
        return Failed("no_map")
    return Done({"id": places.ask_lookup(connection, who.conversation_id, action.text, who.now)})


def _knows_places(connection: sa.Connection, person_id: int) -> bool:
    return bool(places.places_of(connection, person_id) or places.shared_places(connection))
