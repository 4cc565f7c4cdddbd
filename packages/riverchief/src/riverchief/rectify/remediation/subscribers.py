"""What remediation does when something was announced: keep steps open, and tell people that something waits for them."""

from contextlib import suppress

from riverchief.accounts.policies import users_with
from riverchief.accounts.roles import Capability
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.base.notifications import notify
from riverchief.rectify.escalation.recipients import members
from riverchief.rectify.remediation.actions import KeepInterceptionOpen
from riverchief.rectify.remediation.codes import (
    DRY_CHECKED,
    REMEDIATION_STATES,
    STEP_KINDS,
    STEP_STATES,
    RemediationState,
    StepState,
)
from riverchief.rectify.remediation.models import Remediation, RemediationStep


def keep_interception_open(event: OutboxEvent) -> None:
    """`rectify.problem_opened`: a discharge in dry weather shows that interception is not done."""
    with suppress(StateRefused):  # another kind of problem, no such step, or it is on record
        KeepInterceptionOpen(actor=SYSTEM, problem_id=event.payload["problem_id"]).run()


def notify_next(event: OutboxEvent) -> None:
    """`rectify.remediation_changed`: the unit whose step is open, who can check it, who can write it off."""
    row = Remediation.objects.select_related("outfall__area").get(outfall=event.payload["outfall_id"])
    path = row.outfall.area.path
    if event.payload["action"] == "accept" and row.state == RemediationState.ACCEPTED:
        people = [pk for pk in users_with(Capability.WRITE_OFF_PROBLEM, path) if pk != row.accepted_by_id]
        _tell(event, row, people, *REMEDIATION_STATES[row.state])
    steps = row.steps.select_related("unit")
    if event.payload["action"] != "keep_open":
        steps = steps.filter(pk=event.payload["step_id"])
    for step in steps:
        zh, en = STEP_KINDS[step.kind]
        state_zh, state_en = STEP_STATES[step.state]
        _tell(event, row, _whose_turn(step, path), f"{zh}，{state_zh}", f"{en}, {state_en}")


def _whose_turn(step: RemediationStep, path: str) -> list[int]:
    if step.state == StepState.OPEN:
        return members(step.unit)
    if step.state == StepState.DONE and step.kind in DRY_CHECKED:
        return [pk for pk in users_with(Capability.VERIFY_PROBLEM, path) if pk != step.done_by_id]
    return []


def _tell(event: OutboxEvent, row: Remediation, people: list[int], zh: str, en: str) -> None:
    """The message names the outfall by its code, and nobody."""
    notify(
        people,
        kind="remediation",
        title_zh=f"排口 {row.outfall.code} 整治：{zh}",
        title_en=f"Remediation of outfall {row.outfall.code}: {en}",
        link=f"/outfalls/{row.outfall_id}",
        dedupe=f"{event.name}:{event.pk}:{zh}",
    )
