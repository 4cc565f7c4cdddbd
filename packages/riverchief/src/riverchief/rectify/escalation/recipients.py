"""Who is told of a clue or problem that waits: the words of the escalation matrix, as people."""

from collections.abc import Callable

from riverchief.accounts.models import Area, Membership, Organisation
from riverchief.accounts.policies import users_with
from riverchief.accounts.roles import CAPABILITIES, Capability
from riverchief.base import clock
from riverchief.rectify.models import Clue, Problem

Waiting = Clue | Problem


def members(unit: Organisation) -> list[int]:
    """The people who can sign for a unit today."""
    roles = [role.value for role, items in CAPABILITIES.items() if Capability.SIGN_PROBLEM in items]
    held = Membership.objects.filter(
        organisation=unit, role__in=roles, user__is_active=True, valid_from__lte=clock.today()
    ).exclude(valid_to__lt=clock.today())
    return list(held.values_list("user_id", flat=True))


def assigners(matter: Waiting) -> list[int]:
    """Those who can assign problems of the area."""
    return users_with(Capability.ASSIGN_PROBLEM, matter.area.path)


def confirmers(matter: Waiting) -> list[int]:
    """Those who can confirm clues of the area."""
    return users_with(Capability.CONFIRM_CLUE, matter.area.path)


def verifiers(matter: Waiting) -> list[int]:
    """Those who can verify, but who reported the work."""
    people = users_with(Capability.VERIFY_PROBLEM, matter.area.path)
    return [pk for pk in people if pk != getattr(matter, "rectified_by_id", None)]


def writers_off(matter: Waiting) -> list[int]:
    """Those who can write off, but who reported or verified the work."""
    people = users_with(Capability.WRITE_OFF_PROBLEM, matter.area.path)
    own = {getattr(matter, "rectified_by_id", None), getattr(matter, "verified_by_id", None)}
    return [pk for pk in people if pk not in own]


def unit(matter: Waiting) -> list[int]:
    """The people of the assigned unit."""
    assigned = matter.unit if isinstance(matter, Problem) else None
    return members(assigned) if assigned else []


def chief(matter: Waiting) -> list[int]:
    """The chief who answers for it."""
    answers = matter.chief_id if isinstance(matter, Problem) else None
    return [answers] if answers else []


def office_above(matter: Waiting) -> list[int]:
    """The office of the level above the area; of the area itself where there is none above."""
    above: Area = matter.area.parent or matter.area
    return users_with(Capability.ASSIGN_PROBLEM, above.path)


def administrators(matter: Waiting) -> list[int]:
    """Who gives roles there: the last who can do something about a desk with nobody at it."""
    return users_with(Capability.MANAGE_ACCOUNTS, matter.area.path)


WHOM: dict[str, Callable[[Waiting], list[int]]] = {
    "confirmers": confirmers,
    "assigners": assigners,
    "verifiers": verifiers,
    "writers_off": writers_off,
    "unit": unit,
    "chief": chief,
    "office_above": office_above,
}
"""The words of the matrix."""


def whose_turn(matter: Waiting, whom: list[str]) -> list[int]:
    """The people that a level names."""
    return sorted({pk for word in whom for pk in WHOM[word](matter)})


def instead_of_nobody(matter: Waiting) -> list[int]:
    """Who is told where those whose turn it is are no one: the office above, else whoever gives roles."""
    return office_above(matter) or administrators(matter)
