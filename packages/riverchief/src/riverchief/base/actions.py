"""One class per mutation: load → check permission → check state → execute → log. Nothing else changes state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from django.db import transaction

from riverchief.base import audit, outbox
from riverchief.base.errors import PermissionRefused

Result = TypeVar("Result")


class Actor(Protocol):
    """Who acts: a signed-in user, or the system."""

    @property
    def pk(self) -> int | None:
        """The user's key; None for the system."""

    @property
    def label(self) -> str:
        """How the log names the actor."""


@dataclass(frozen=True)
class System:
    """The system as an actor: for jobs and subscribers, never for a request."""

    pk: None = None
    label: str = "系统"


SYSTEM = System()


def require_system(actor: Actor) -> None:
    """Refuse everybody but the system.

    Raises:
        PermissionRefused: a person acts.
    """
    if actor is not SYSTEM:
        raise PermissionRefused("只有系统可以执行此操作。|Only the system itself does this.")


class NotLogged(RuntimeError):
    """An action changed state without a line in the log: a defect of the action, so the change is undone."""


@dataclass(kw_only=True)
class Action(Generic[Result]):
    """The base of every mutation.

    A subclass is a dataclass whose fields are its input; it names itself (`name`) and fills in

    * `load`: fetch what it is about, rows locked (`select_for_update`); raises `NotFound`;
    * `check_permission`: raises `PermissionRefused`;
    * `check_state`: raises `StateRefused` or `InvalidInput`;
    * `execute`: changes rows, calls `log` at least once, `announce` as needed, and returns the result.

    `run` does all four in one transaction.
    """

    name: ClassVar[str]
    actor: Actor
    _logged: int = field(default=0, init=False, repr=False)

    def load(self) -> None:
        """Fetch and lock what the action is about."""

    def check_permission(self) -> None:
        """Refuse an actor who may not do this."""
        raise NotImplementedError

    def check_state(self) -> None:
        """Refuse a state or an input in which this cannot be done."""

    def execute(self) -> Result:
        """Change the rows."""
        raise NotImplementedError

    def log(self, chain: str, **data: Any) -> None:
        """Append to a chain of the log, such as "problem:12"; data must be what JSON can hold."""
        audit.append(chain, self.name, self.actor, data)
        self._logged += 1

    def begin_chains(self, chains: Mapping[str, Sequence[tuple[str, dict[str, Any]]]]) -> None:
        """Begin many new chains at once, each with lines of (action, data), in the name of this action's actor."""
        audit.begin(chains, self.actor)
        self._logged += len(chains)

    def announce(self, event: str, *, area: str, restricted: bool = False, **payload: Any) -> None:
        """Tell the slices above; `area` is the path the event belongs to, `restricted` keeps it to the office."""
        outbox.announce(event, payload, area=area, restricted=restricted)

    def run(self) -> Result:
        """Do it, all or nothing."""
        with transaction.atomic():
            self.load()
            self.check_permission()
            self.check_state()
            result = self.execute()
            if not self._logged:
                raise NotLogged(f"{self.name} wrote nothing to the log")
        return result


@dataclass(kw_only=True)
class SystemAction(Action[Result]):
    """What jobs and subscribers do, and no request may."""

    def check_permission(self) -> None:
        """The system alone."""
        require_system(self.actor)
