"""Who sees what of an outfall's remediation, and who may do what to it.

Everybody who watches over an area sees state and measure. Steps, their evidence and the history are for the office,
enforcement, inspectors, and the units that have a step. **Who is responsible, by what, and the policy that may speak of it**
are for the office, enforcement and that organisation's own people.
"""

from django.db.models import Q, QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, within
from riverchief.accounts.roles import Capability
from riverchief.base.actions import Actor
from riverchief.base.errors import PermissionRefused, RiverchiefError, StateRefused
from riverchief.rectify.access import Reader, organisations_acting, watched_paths
from riverchief.rectify.figures import REPORTED
from riverchief.rectify.models import Problem
from riverchief.rectify.remediation.codes import (
    DRY_CHECKED,
    REMEDIATION_STATES,
    STEP_STATES,
    RemediationState,
    StepState,
)
from riverchief.rectify.remediation.models import Remediation, RemediationEvidence, RemediationStep
from riverchief.rectify.remediation.transitions import REMEDIATION_TRANSITIONS, RemediationTransition
from riverchief.rectify.transitions import Party
from riverchief.registry.models import Outfall


def visible_outfalls(user: Reader) -> "QuerySet[Outfall]":
    """The outfalls of whose remediation `user` may know state and measure."""
    if not isinstance(user, User) or not user.is_active:
        return Outfall.objects.none()
    own = organisations_acting(user, Capability.SIGN_PROBLEM)
    rows = Remediation.objects.filter(Q(entity__in=own) | Q(steps__unit__in=own)).values("outfall")
    return Outfall.objects.filter(within(watched_paths(user, Capability.VIEW_PROBLEM)) | Q(pk__in=rows))


def sees_entity(user: User, outfall: Outfall, row: Remediation | None) -> bool:
    """Whether `user` may know who is responsible."""
    return allows(user, Capability.VIEW_TRACE, outfall.area.path) or (
        row is not None
        and row.entity_id is not None
        and row.entity_id in organisations_acting(user, Capability.SIGN_PROBLEM)
    )


def sees_steps(user: User, outfall: Outfall, row: Remediation | None) -> bool:
    """Whether `user` works on it: sees steps, evidence and history."""
    if allows(user, Capability.VIEW_CLUE, outfall.area.path) or sees_entity(user, outfall, row):
        return True
    own = organisations_acting(user, Capability.SIGN_PROBLEM)
    return row is not None and any(step.unit_id in own for step in row.steps.all())


def worked_on(user: Reader) -> Q:
    """A condition on outfalls: `user` sees their steps."""
    if not isinstance(user, User):
        return Q(pk__in=[])
    own = organisations_acting(user, Capability.SIGN_PROBLEM)
    rows = Remediation.objects.filter(Q(entity__in=own) | Q(steps__unit__in=own)).values("outfall")
    return within(watched_paths(user, Capability.VIEW_CLUE)) | Q(pk__in=rows)


def readable_remediation_evidence(user: User) -> "QuerySet[RemediationEvidence]":
    """The uses of files that `user` may read: what an entity was decided by is for who may know the entity."""
    own = organisations_acting(user, Capability.SIGN_PROBLEM)
    steps = RemediationStep.objects.filter(unit__in=own).values("remediation")
    area = "remediation__outfall__area__path"
    entity = within(watched_paths(user, Capability.VIEW_TRACE), area) | Q(remediation__entity__in=own)
    works = within(watched_paths(user, Capability.VIEW_CLUE), area) | Q(remediation__in=steps)
    return RemediationEvidence.objects.filter(entity | (works & ~Q(action="decide_entity")))


def outstanding_dry_weather(outfall: Outfall) -> "QuerySet[Problem]":
    """The confirmed problems of discharge in dry weather at an outfall that nobody has reported as rectified."""
    return Problem.objects.filter(
        Q(clue__overflow__isnull=False) | Q(kind="dry_weather_flow"), outfall=outfall
    ).exclude(state__in=REPORTED)


def permission_refusal(
    actor: Actor,
    transition: RemediationTransition,
    outfall: Outfall,
    row: Remediation | None,
    step: RemediationStep | None = None,
) -> PermissionRefused | None:
    """Why `actor` may not do this; None where they may."""
    if not isinstance(actor, User):
        return PermissionRefused("这一步必须由人办理。|This is for a person to do.")
    if transition.party is Party.ASSIGNED:
        if step is None or step.unit_id not in organisations_acting(actor, transition.capability):
            return PermissionRefused(
                "只有该步骤责任单位的人员可以办理。|Only members of the step's unit may do this.",
                cure="请由责任单位人员登录办理。|A member of the responsible unit must sign in.",
            )
    elif not allows(actor, transition.capability, outfall.area.path):
        return PermissionRefused(
            "您在该区域没有此项权限。|You do not have permission for this in that area.",
            cure="请联系所在区域的河长办。|Ask the river-chief office of the area.",
        )
    if actor.pk in _own_work(transition, row, step):
        return PermissionRefused(
            "任何人不得复核、验收或审批本人办理的事项。|Nobody checks, accepts or approves their own work.",
            cure="请由另一人办理；办公室只有一人时由上一级办理。"
            "|Somebody else must do it; where an office has one person, the level above does.",
        )
    return None


def _own_work(
    transition: RemediationTransition, row: Remediation | None, step: RemediationStep | None
) -> set[int | None]:
    """The people whose work this passes judgement on."""
    if transition.action == "recheck" and step is not None:
        return {step.done_by_id}
    if transition.action in {"accept", "write_off"} and row is not None:
        at_work = {who for one in row.steps.all() for who in (one.done_by_id, one.checked_by_id)}
        return at_work | ({row.accepted_by_id} if transition.action == "write_off" else set())
    return set()


def state_refusal(
    transition: RemediationTransition, row: Remediation | None, step: RemediationStep | None = None
) -> RiverchiefError | None:
    """Why this cannot be done as things stand; None where it can."""
    state = RemediationState(row.state) if row else RemediationState.FOUND
    if state not in transition.accepts:
        return _refused(transition, *REMEDIATION_STATES[state])
    if step is None:
        return _not_finished(row) if transition.action == "accept" and row else None
    if step.state not in transition.accepts_step:
        return _refused(transition, *STEP_STATES[step.state])
    if transition.action == "recheck" and step.kind not in DRY_CHECKED:
        return StateRefused(
            "只有截污和纳管须旱天复核。|Only interception and connection are checked in dry weather.",
            cure="该步骤完成后可直接验收。|This step needs no check before the acceptance.",
        )
    return None


def _refused(transition: RemediationTransition, zh: str, en: str) -> StateRefused:
    return StateRefused(
        f"处于“{zh}”，不能“{transition.label_zh}”。|It is “{en}”; “{transition.label_en}” is not possible.",
        cure="请查看当前状态，办理此时可办的操作。|See how it stands now, and take a step that is open to it.",
    )


def _not_finished(row: Remediation) -> StateRefused | None:
    """Acceptance needs every step done, interception and connection checked, and no confirmed discharge in dry weather."""
    steps = list(row.steps.all())
    waiting = [
        step
        for step in steps
        if step.state == StepState.OPEN or (step.kind in DRY_CHECKED and step.state != StepState.CHECKED)
    ]
    if not steps or waiting:
        return StateRefused(
            f"还有 {len(waiting)} 个步骤未完成或未经旱天复核。|{len(waiting)} steps are not done, or not checked in dry weather."
            if steps
            else "还没有整治步骤。|There are no steps yet.",
            cure="请先完成步骤；截污、纳管须旱天复核。|Do the steps first; interception and connection are checked in dry weather.",
        )
    if outstanding_dry_weather(row.outfall).exists():
        return StateRefused(
            "该排口有已确认、未整改的旱天排放问题。|A confirmed problem of discharge in dry weather at this outfall is not rectified.",
            cure="请先整改该问题。|Have that problem rectified first.",
        )
    return None


def offered(
    user: User, outfall: Outfall, row: Remediation | None, step: RemediationStep | None = None
) -> list[RemediationTransition]:
    """The actions that `user` can take now: on the outfall, or on one of its steps."""
    return [
        transition
        for transition in REMEDIATION_TRANSITIONS.values()
        if transition.of_step == (step is not None)
        and state_refusal(transition, row, step) is None
        and permission_refusal(user, transition, outfall, row, step) is None
    ]
