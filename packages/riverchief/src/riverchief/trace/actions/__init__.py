"""Every change of a trace, one class each."""

from riverchief.trace.actions.adjusting import AdjustTrace, WithdrawAdjustment
from riverchief.trace.actions.at_once import AskSourcesAtOnce, KeepSourcesAtOnce
from riverchief.trace.actions.handout import HandOutTrace
from riverchief.trace.actions.retrospect import KeepRetrospect
from riverchief.trace.actions.running import BeginTrace, FailTrace, FinishTrace
from riverchief.trace.actions.start import StartTrace

__all__ = [
    "AdjustTrace",
    "AskSourcesAtOnce",
    "BeginTrace",
    "FailTrace",
    "FinishTrace",
    "HandOutTrace",
    "KeepRetrospect",
    "KeepSourcesAtOnce",
    "StartTrace",
    "WithdrawAdjustment",
]
