"""Everything that changes events, alarms and which device belongs to which station."""

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
from riverchief.monitor.actions.samples import RecordSample

__all__ = [
    "AcknowledgeAlarm",
    "AdoptStation",
    "CloseEvent",
    "JoinEvent",
    "OpenEvent",
    "RecordSample",
    "SettleEvent",
    "ShareEvent",
    "Sight",
]
