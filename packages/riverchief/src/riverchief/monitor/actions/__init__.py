"""Everything that changes events, alarms, the roster and its log, and which device belongs to which station."""

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
from riverchief.monitor.actions.hand_over import SignHandOver, WriteHandOver
from riverchief.monitor.actions.roster import ChangeShift, ImportRoster, PlanShift, RemoveShift
from riverchief.monitor.actions.samples import RecordSample

__all__ = [
    "AcknowledgeAlarm",
    "AdoptStation",
    "ChangeShift",
    "CloseEvent",
    "EndMute",
    "EscalateAlarm",
    "ImportRoster",
    "JoinEvent",
    "MuteAlarm",
    "OpenEvent",
    "PlanShift",
    "RecordSample",
    "RemoveShift",
    "ResolveQuietAlarm",
    "SettleEvent",
    "ShareEvent",
    "Sight",
    "SignHandOver",
    "WriteHandOver",
]
