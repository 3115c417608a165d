"""The tables, columns only, by family. Parse at the edge: a table model validates nothing."""

from storage.tables.base import Due, Row, metadata, table
from storage.tables.going import Fund, FundEntry, Interview, Place, PlaceLookup, Ride, RideEvent
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

__all__ = [
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
    "Interview",
    "InviteCode",
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
    "Row",
    "SafeContact",
    "Timer",
    "Turn",
    "metadata",
    "table",
]
