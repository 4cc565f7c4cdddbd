"""The remediation of an outfall in a line, for whoever sees all of a problem there."""

from typing import Any

from riverchief.rectify.remediation.codes import RemediationState, StepState
from riverchief.rectify.remediation.models import Remediation
from riverchief.registry.models import Outfall


def remediation_of(outfall: Outfall) -> Remediation | None:
    """The row of an outfall; None where nobody has begun."""
    return Remediation.objects.prefetch_related("steps__unit").filter(outfall=outfall).first()


def remediation_brief(outfall: Outfall | None) -> dict[str, Any] | None:
    """State, measure, and the kinds of the steps that are open; None without an outfall."""
    if outfall is None:
        return None
    row = remediation_of(outfall)
    return {
        "outfall_id": outfall.pk,
        "state": row.state if row else RemediationState.FOUND,
        "measure": (row.measure or None) if row else None,
        "open_steps": [step.kind for step in row.steps.all() if step.state == StepState.OPEN] if row else [],
    }
