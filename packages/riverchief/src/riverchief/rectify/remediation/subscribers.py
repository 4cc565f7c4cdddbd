"""What remediation does when the ledger announces something."""

from contextlib import suppress

from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.rectify.remediation.actions import KeepInterceptionOpen


def keep_interception_open(event: OutboxEvent) -> None:
    """`rectify.problem_opened`: a discharge in dry weather shows that interception is not done."""
    with suppress(StateRefused):  # another kind of problem, no such step, or it is on record
        KeepInterceptionOpen(actor=SYSTEM, problem_id=event.payload["problem_id"]).run()
