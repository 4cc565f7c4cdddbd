"""Every change of a trace, one class each."""

from riverchief.trace.actions.adjusting import AdjustTrace, WithdrawAdjustment
from riverchief.trace.actions.at_once import AskSourcesAtOnce, KeepSourcesAtOnce
from riverchief.trace.actions.handout import HandOutTrace
from riverchief.trace.actions.retrospect import KeepRetrospect
from riverchief.trace.actions.running import BeginTrace, FailTrace, FinishTrace
from riverchief.trace.actions.siting import AskSiting, KeepSiting
from riverchief.trace.actions.start import StartTrace

__all__ = [
    "AdjustTrace",
    "AskSiting",
    "AskSourcesAtOnce",
    "BeginTrace",
    "FailTrace",
    "FinishTrace",
    "HandOutTrace",
    "KeepRetrospect",
    "KeepSiting",
    "KeepSourcesAtOnce",
    "StartTrace",
    "WithdrawAdjustment",
]
