"""Who sees which clue and problem, and who may do what to them.

Clues name suspects: the office, enforcement and the inspectors of an area see them. A problem is seen by everybody
who watches over its area and by the unit it is assigned to; a unit sees no other. What people wrote about it, its
files and its outfall are for those who work on it, the chief among them from the order on: the rest see where it is
and how it stands.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import allows, memberships, scope, within
from riverchief.accounts.roles import CAPABILITIES, Capability, Role
from riverchief.base import clock
from riverchief.base.actions import Actor
from riverchief.base.errors import PermissionRefused, RiverchiefError, StateRefused
from riverchief.base.rules import get_rule
from riverchief.rectify.codes import PROBLEM_STATES, ClueState
from riverchief.rectify.models import Clue, Problem
from riverchief.rectify.transitions import (
    CLUE_TRANSITIONS,
    TRANSITIONS,
    ClueTransition,
    Fact,
    Party,
    Transition,
)

Reader = User | AnonymousUser


def person(actor: Actor) -> User:
    """The person who acts; the system decides nothing about anybody."""
    if not isinstance(actor, User):
        raise PermissionRefused(
            "这一步必须由人作出决定。|This is for a person to decide.",
            cure="请由有权限的人员登录后办理。|Somebody with the right to do so must sign in and do it.",
        )
    return actor


def organisations_acting(user: User, capability: Capability) -> set[int]:
    """The organisations on whose behalf `user` has `capability`."""
    return {
        held.organisation_id
        for held in memberships(user)
        if held.organisation_id is not None and capability in CAPABILITIES[Role(held.role)]
    }


def _areas_within(paths: Iterable[str]) -> list[str]:
    """The codes of the areas below `paths`. A list of codes is what an index over a million rows can use, a path is not."""
    return list(Area.objects.filter(within(paths, "path")).values_list("pk", flat=True))


def _in_areas(user: Reader, capability: Capability) -> Q:
    """A condition: in an area where `user` has `capability`."""
    return Q(area_id__in=_areas_within(scope(user, capability)))


def watched_paths(user: User, capability: Capability) -> list[str]:
    """The areas in which `user` has `capability`, but as a unit: a unit sees only what it has to do with."""
    return [
        held.area.path
        for held in memberships(user)
        if capability in CAPABILITIES[Role(held.role)] and held.role != Role.UNIT
    ]


def _assigned_to(user: User) -> Q:
    """A condition on problems: assigned to an organisation of the user's."""
    return Q(unit_id__in=organisations_acting(user, Capability.SIGN_PROBLEM))


def watched(user: Reader) -> Q:
    """A condition: in an area whose problems `user` watches over, all of them."""
    if not isinstance(user, User) or not user.is_active:
        return Q(pk__in=[])
    return Q(area_id__in=_areas_within(watched_paths(user, Capability.VIEW_PROBLEM)))


def taking_part(user: Reader) -> Q:
    """A condition on problems: assigned to an organisation of the user's, or theirs as a chief."""
    if not isinstance(user, User) or not user.is_active:
        return Q(pk__in=[])
    return _assigned_to(user) | Q(chief_id=user.pk)


def visible_problems(user: Reader) -> "QuerySet[Problem]":
    """The problems that `user` may know of."""
    return Problem.objects.filter(watched(user) | taking_part(user))


def whole_to(user: Reader) -> Q:
    """A condition on problems: `user` sees everything of it, outfall, what people wrote, files."""
    if not isinstance(user, User) or not user.is_active:
        return Q(pk__in=[])
    return (
        _in_areas(user, Capability.VIEW_CLUE)
        | _assigned_to(user)
        | Q(chief_id=user.pk, assigned_at__isnull=False)
    )


def whole_problems(user: Reader) -> "QuerySet[Problem]":
    """The problems of which `user` sees everything."""
    return Problem.objects.filter(whole_to(user))


def whole_clues(user: Reader) -> "QuerySet[Clue]":
    """The clues of which `user` sees everything but, perhaps, who reported."""
    return Clue.objects.filter(_in_areas(user, Capability.VIEW_CLUE))


def visible_clues(user: Reader) -> "QuerySet[Clue]":
    """Those of `whole_clues`, and the ones that `user` registered: of these they see what they wrote themselves."""
    if not isinstance(user, User) or not user.is_active:
        return Clue.objects.none()
    return Clue.objects.filter(_in_areas(user, Capability.VIEW_CLUE) | Q(registered_by=user))


def sees_reporter(user: Reader, clue: Clue) -> bool:
    """Name and telephone of who reported: for the office and enforcement, and for who took them down."""
    return clue.registered_by_id == user.pk or allows(user, Capability.VIEW_TRACE, clue.area.path)


def permission_refusal(actor: Actor, transition: Transition, problem: Problem) -> PermissionRefused | None:
    """Why `actor` may not do this to `problem`; None where they may."""
    if not isinstance(actor, User):
        return PermissionRefused("这一步必须由人办理。|This is for a person to do.")
    if transition.party is Party.ASSIGNED:
        if problem.unit_id not in organisations_acting(actor, transition.capability):
            return PermissionRefused(
                "只有被交办单位的人员可以办理。|Only members of the assigned unit may do this.",
                cure="请由责任单位人员登录办理。|A member of the responsible unit must sign in.",
            )
    elif not allows(actor, transition.capability, problem.area.path):
        return PermissionRefused(
            "您在该区域没有此项权限。|You do not have permission for this in that area.",
            cure="请联系所在区域的河长办。|Ask the river-chief office of the area.",
        )
    if actor.pk in _own_work(transition, problem):
        return PermissionRefused(
            "任何人不得核查或审批本人办理的事项。|Nobody verifies or approves their own work.",
            cure="请由另一人办理；办公室只有一人时由上一级办理。"
            "|Somebody else must do it; where an office has one person, the level above does.",
        )
    return None


def _own_work(transition: Transition, problem: Problem) -> set[int | None]:
    """The people whose work this step passes judgement on.

    For what an old ledger says was reported stands whoever took it over.
    """
    reported_by = problem.rectified_by_id
    if reported_by is None and problem.taken_over_as:
        reported_by = problem.opened_by_id
    if transition.action in {"verify", "send_back", "call_back"}:
        return {reported_by}
    if transition.action in {"write_off", "dismiss_relapse"}:
        return {reported_by, problem.verified_by_id}
    if transition.action == "extend":
        return set(problem.extensions.filter(granted=None).values_list("asked_by_id", flat=True))
    return set()


def _is_blocked(problem: Problem) -> bool:
    """Whether the rule keeps a problem of this kind on the ledger while a case about it is open."""
    kinds: list[str] = get_rule("rectify.enforcement")["open_case_blocks_write_off_of"]
    return problem.kind in kinds and problem.cases.filter(closed_on=None).exists()


_FACTS: dict[Fact, tuple[Callable[[Problem], bool], str, str]] = {
    Fact.URGED: (
        lambda problem: problem.urgings.filter(answered_at=None).exists(),
        "没有待答复的催办",
        "no urging waits for an answer",
    ),
    Fact.ASKED: (
        lambda problem: problem.extensions.filter(granted=None).exists(),
        "没有待批准的延期申请",
        "nobody has asked for more time",
    ),
    Fact.NOT_ASKED: (
        lambda problem: not problem.extensions.filter(granted=None).exists(),
        "已有待批准的延期申请",
        "more time was asked for already",
    ),
    Fact.PAUSED: (lambda problem: problem.paused_until is not None, "计时没有暂停", "it is not paused"),
    Fact.RUNNING: (lambda problem: problem.paused_until is None, "计时已经暂停", "it is paused already"),
    Fact.SUSPECTED: (
        lambda problem: problem.suspicions.filter(judgement="").exists(),
        "没有待判断的疑似反弹",
        "no relapse is suspected",
    ),
    Fact.NOT_SUSPECTED: (
        lambda problem: not problem.suspicions.filter(judgement="").exists(),
        "有疑似反弹尚待判断",
        "a suspected relapse waits to be judged",
    ),
    Fact.NOT_BLOCKED: (
        lambda problem: not _is_blocked(problem),
        "按规则，案件结案前不能销号",
        "by the rule not before the case about it is closed",
    ),
}


def state_refusal(transition: Transition, problem: Problem) -> StateRefused | None:
    """Why this cannot be done to `problem` as it stands; None where it can."""
    if problem.state not in transition.accepts:
        zh, en = PROBLEM_STATES[problem.state]
        return StateRefused(
            f"问题 {problem.number} 处于“{zh}”，不能“{transition.label_zh}”。"
            f"|Problem {problem.number} is “{en}”; “{transition.label_en}” is not possible.",
            cure="请查看问题的当前状态，办理此时可办的操作。|See how the problem stands now, and take a step that is open to it.",
        )
    for need in transition.needs:
        holds, zh, en = _FACTS[need]
        if not holds(problem):
            return StateRefused(
                f"问题 {problem.number} 不能“{transition.label_zh}”：{zh}。"
                f"|“{transition.label_en}” is not possible for problem {problem.number}: {en}.",
                cure="请查看问题的当前状态。|See how the problem stands now.",
            )
    if transition.action == "refuse" and problem.assigned_at is not None:
        hours: int = get_rule("rectify.deadlines")["refuse_within_hours"]
        if clock.now() > problem.assigned_at + timedelta(hours=hours):
            return StateRefused(
                f"已超过 {hours} 小时的退回时限。|The {hours} hours for refusing have passed.",
                cure="请签收，或与河长办联系。|Sign for it, or speak to the office.",
            )
    return None


def offered(user: User, problem: Problem) -> list[Transition]:
    """The actions that `user` can take on `problem` now."""
    return [
        transition
        for transition in TRANSITIONS.values()
        if state_refusal(transition, problem) is None
        and permission_refusal(user, transition, problem) is None
    ]


def offered_on_clue(user: User, clue: Clue) -> list[ClueTransition]:
    """The actions that `user` can take on `clue` now."""
    if clue.state != ClueState.OPEN:
        return []
    rows = [row for row in CLUE_TRANSITIONS.values() if allows(user, row.capability, clue.area.path)]
    return [_asking_what_was_found(row) for row in rows] if clue.trace_id is not None else rows


def _asking_what_was_found(row: ClueTransition) -> ClueTransition:
    """A clue from a trace is not confirmed without it."""
    fields = tuple(replace(field, required=field.required or field.kind == "found") for field in row.fields)
    return replace(row, fields=fields)


def raise_if(refusal: RiverchiefError | None) -> None:
    """Raise what was found, if anything."""
    if refusal is not None:
        raise refusal
