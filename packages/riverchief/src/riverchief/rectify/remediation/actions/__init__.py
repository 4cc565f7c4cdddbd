"""Every change of an outfall's remediation, one class each."""

from riverchief.rectify.remediation.actions.outfall import (
    AcceptRemediation,
    AddStep,
    AdoptPolicy,
    DecideEntity,
    RecordMonitoring,
    WriteOffRemediation,
)
from riverchief.rectify.remediation.actions.steps import (
    FinishStep,
    KeepInterceptionOpen,
    RecheckStep,
    ReopenStep,
)

__all__ = [
    "AcceptRemediation",
    "AddStep",
    "AdoptPolicy",
    "DecideEntity",
    "FinishStep",
    "KeepInterceptionOpen",
    "RecheckStep",
    "RecordMonitoring",
    "ReopenStep",
    "WriteOffRemediation",
]
