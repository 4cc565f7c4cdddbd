"""Everything that changes events, alarms, which device belongs to which station, and what a station is asked."""

from riverchief.monitor.actions.adoption import AdoptStation
from riverchief.monitor.actions.alarms import AcknowledgeAlarm
from riverchief.monitor.actions.events import (
    CloseEvent,
    JoinEvent,
    OpenEvent,
    SettleEvent,
    ShareEvent,
    Sight,
)
from riverchief.monitor.actions.exchanges import GiveUp, HoldBack, RecordAnswer, RecordUploads, SendRequest
from riverchief.monitor.actions.requests import (
    ApproveControl,
    AskStation,
    DeclineControl,
    ProposeControl,
)
from riverchief.monitor.actions.samples import RecordSample

__all__ = [
    "AcknowledgeAlarm",
    "AdoptStation",
    "ApproveControl",
    "AskStation",
    "CloseEvent",
    "DeclineControl",
    "GiveUp",
    "HoldBack",
    "JoinEvent",
    "OpenEvent",
    "ProposeControl",
    "RecordAnswer",
    "RecordSample",
    "RecordUploads",
    "SendRequest",
    "SettleEvent",
    "ShareEvent",
    "Sight",
]
