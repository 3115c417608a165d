"""The tables, columns only, by family. Parse at the edge: a table model validates nothing."""

from storage.tables.base import Due, Row, metadata, table
from storage.tables.going import (
    Fund,
    FundEntry,
    FundRule,
    Interview,
    Place,
    PlaceLookup,
    Ride,
    RideEvent,
    RideWait,
)
from storage.tables.hands import HandRide, RideExclusion
from storage.tables.lifecycle import LifecycleStep
from storage.tables.on_call import Alarm, AlarmCall, AlarmLink, Shift, StaffText
from storage.tables.people import Consent, ContactPoint, InviteCode, NameToken, Person, SafeContact
from storage.tables.staff import AttentionItem, Audit, Caseworker, Login, Mark, Note, Promise
from storage.tables.talk import (
    ChatPace,
    Conversation,
    EarlyReport,
    FlowVersion,
    Message,
    Pace,
    Photo,
    Timer,
    Turn,
)
from storage.tables.work import WorkDay, WorkPlan

__all__ = [
    "Alarm",
    "AlarmCall",
    "AlarmLink",
    "AttentionItem",
    "Audit",
    "Caseworker",
    "ChatPace",
    "Consent",
    "ContactPoint",
    "Conversation",
    "Due",
    "EarlyReport",
    "FlowVersion",
    "Fund",
    "FundEntry",
    "FundRule",
    "HandRide",
    "Interview",
    "InviteCode",
    "LifecycleStep",
    "Login",
    "Mark",
    "Message",
    "NameToken",
    "Note",
    "Pace",
    "Person",
    "Photo",
    "Place",
    "PlaceLookup",
    "Promise",
    "Ride",
    "RideEvent",
    "RideExclusion",
    "RideWait",
    "Row",
    "SafeContact",
    "Shift",
    "StaffText",
    "Timer",
    "Turn",
    "WorkDay",
    "WorkPlan",
    "metadata",
    "table",
]
