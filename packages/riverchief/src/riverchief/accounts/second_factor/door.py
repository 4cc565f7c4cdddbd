"""From a password, a code or a provider's word to a session: at once, or through a second step.

Nobody is signed in before the last step. Until then the session holds a note of who stands at the door, for ten minutes, and
to everything that asks `request.user` is nobody: there is no half signed-in person whom a check could forget.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.contrib.auth import login, logout
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from riverchief.accounts.configuration import configured
from riverchief.accounts.models import SecondFactor, User
from riverchief.accounts.policies import memberships
from riverchief.accounts.roles import Role
from riverchief.base import clock

HOLDS_FOR = timedelta(minutes=10)
_NOTE = "at_the_door"


class Step(StrEnum):
    """What is still asked of somebody at the door."""

    CODE = "code"
    SET_UP = "set_up"


@dataclass(frozen=True)
class AtTheDoor:
    """Somebody who has shown who they are once, and what is asked of them now."""

    user: User
    step: Step


def must_have(user: User) -> bool:
    """Whether a role that the person holds today asks for a second factor.

    Raises:
        Misconfigured: the installation's file, which says so, cannot be used.
    """
    return not configured().second_factor.isdisjoint(Role(held.role) for held in memberships(user))


def admit(request: HttpRequest, user: User, *, vouched: bool = False) -> None:
    """Somebody has shown who they are: sign them in, or ask for the second step. `vouched`: who says so has asked for it.

    Raises:
        Misconfigured: whether one is asked for cannot be known.
    """
    if vouched or _step(user) is None:
        complete(request, user)
        return
    logout(request)  # whoever was signed in here before
    request.session[_NOTE] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "since": clock.now().timestamp(),
    }


def complete(request: HttpRequest, user: User) -> None:
    """Sign them in; the note is taken off the door."""
    request.session.pop(_NOTE, None)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")


def at_the_door(request: HttpRequest) -> AtTheDoor | None:
    """Who stands at the door of this session; nobody after ten minutes, or once the password is another."""
    note = request.session.get(_NOTE)
    if note is None or clock.now().timestamp() - note["since"] > HOLDS_FOR.total_seconds():
        return None
    user = User.objects.filter(pk=note["user"], is_active=True).first()
    if user is None or not constant_time_compare(note["hash"], user.get_session_auth_hash()):
        return None
    step = _step(user)
    return None if step is None else AtTheDoor(user, step)


def _step(user: User) -> Step | None:
    if SecondFactor.objects.filter(user=user).exists():
        return Step.CODE
    return Step.SET_UP if must_have(user) else None
