"""Everything that changes events, alarms, the roster and its log, devices of stations, and what stations are asked."""

from riverchief.monitor.actions.adoption import AdoptStation
from riverchief.monitor.actions.alarms import AcknowledgeAlarm
from riverchief.monitor.actions.escalation import EndMute, EscalateAlarm, MuteAlarm, ResolveQuietAlarm
from riverchief.monitor.actions.events import (
    CloseEvent,
    JoinEvent,
    OpenEvent,
    SettleEvent,
    ShareEvent,
    Sight,
)
from riverchief.monitor.actions.exchanges import (
    FailToSend,
    GiveUp,
    HoldBack,
    RecordAnswer,
    RecordUploads,
    SendRequest,
)
from riverchief.monitor.actions.hand_over import SignHandOver, WriteHandOver
from riverchief.monitor.actions.requests import (
    ApproveControl,
    AskStation,
    DeclineControl,
    ProposeControl,
)
from riverchief.monitor.actions.roster import ChangeShift, ImportRoster, PlanShift, RemoveShift
from riverchief.monitor.actions.samples import RecordSample

__all__ = [
    "AcknowledgeAlarm",
    "AdoptStation",
    "ApproveControl",
    "AskStation",
    "ChangeShift",
    "CloseEvent",
    "DeclineControl",
    "EndMute",
    "EscalateAlarm",
    "FailToSend",
    "GiveUp",
    "HoldBack",
    "ImportRoster",
    "JoinEvent",
    "MuteAlarm",
    "OpenEvent",
    "PlanShift",
    "ProposeControl",
    "RecordAnswer",
    "RecordSample",
    "RecordUploads",
    "RemoveShift",
    "ResolveQuietAlarm",
    "SendRequest",
    "SettleEvent",
    "ShareEvent",
    "Sight",
    "SignHandOver",
    "WriteHandOver",
]
