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

__all__ = [
    "AcknowledgeAlarm",
    "AdoptStation",
    "CloseEvent",
    "JoinEvent",
    "OpenEvent",
    "SettleEvent",
    "ShareEvent",
    "Sight",
]
