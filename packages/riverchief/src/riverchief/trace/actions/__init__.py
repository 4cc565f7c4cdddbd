"""Every change of a trace, one class each."""

from riverchief.trace.actions.running import BeginTrace, FailTrace, FinishTrace
from riverchief.trace.actions.start import StartTrace

__all__ = ["BeginTrace", "FailTrace", "FinishTrace", "StartTrace"]
