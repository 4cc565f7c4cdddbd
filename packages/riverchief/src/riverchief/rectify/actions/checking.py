"""What a second and a third person do: send back, verify, write off."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from riverchief.base import clock
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.base.models import Evidence
from riverchief.base.rules import get_rule
from riverchief.rectify import attachments
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import optional_text, text
from riverchief.rectify.actions.on_site import check_on_site
from riverchief.rectify.actions.problem import ProblemAction
from riverchief.rectify.transitions import TRANSITIONS, Transition
from riverchief.rectify.watch.codes import WatchState
from riverchief.rectify.watch.starting import RULE, start_watch


@dataclass(kw_only=True)
class SendBackProblem(ProblemAction):
    """The work does not do: the unit does it again."""

    transition: ClassVar[Transition] = TRANSITIONS["send_back"]
    name: ClassVar[str] = transition.name
    reason: str
    evidence_ids: list[int] = field(default_factory=list)
    files: list[Evidence] = field(init=False, repr=False)

    def check_input(self) -> None:
        """Never without a reason."""
        self.reason = text(self.reason, "reason")
        self.files = attachments.usable(person(self.actor), self.evidence_ids)

    def change(self) -> dict[str, Any]:
        """Neither reported nor verified any more; the deadline runs on."""
        self.clear_report()
        return {"reason": self.reason, "evidence": self.attach(self.files)}


@dataclass(kw_only=True)
class VerifyProblem(ProblemAction):
    """Somebody other than who reported has looked, and it is done."""

    transition: ClassVar[Transition] = TRANSITIONS["verify"]
    name: ClassVar[str] = transition.name
    finding: str
    evidence_ids: list[int] = field(default_factory=list)
    lon: float | None = None
    lat: float | None = None
    exception_reason: str = ""
    files: list[Evidence] = field(init=False, repr=False)
    how: dict[str, Any] = field(init=False, repr=False)

    def check_input(self) -> None:
        """What was found, and that somebody was there."""
        self.finding = text(self.finding, "finding")
        self.exception_reason = optional_text(self.exception_reason, "exception_reason")
        self.files = attachments.usable(person(self.actor), self.evidence_ids)
        self.how = check_on_site(self.problem, self.files, self.lon, self.lat, self.exception_reason)

    def change(self) -> dict[str, Any]:
        """Verified on site; from now on the river is the second witness."""
        self.problem.verified_by, self.problem.verified_at = person(self.actor), clock.now()
        start_watch(self.problem)
        return {
            "finding": self.finding,
            "evidence": self.attach(self.files),
            "lon": self.lon,
            "lat": self.lat,
            **self.how,
        }


@dataclass(kw_only=True)
class WriteOffProblem(ProblemAction):
    """Take a verified problem off the ledger: a third person's approval."""

    transition: ClassVar[Transition] = TRANSITIONS["write_off"]
    name: ClassVar[str] = transition.name
    reason: str
    early_reason: str = ""

    def check_input(self) -> None:
        """With a remark that will stand in the file; while the river is still watched, with a reason for not waiting."""
        self.reason = text(self.reason, "reason")
        self.early_reason = optional_text(self.early_reason, "early_reason")
        watch = self.problem.watches.filter(state=WatchState.WATCHING).first()
        if watch is None:
            self.early_reason = ""
            return
        day = f"{watch.until.astimezone(clock.SHANGHAI):%Y-%m-%d}"
        if not get_rule(RULE)["write_off_before_the_end_with_a_reason"]:
            raise StateRefused(
                f"河流观察期至 {day}，期满前不能销号。|The river is watched until {day}; not before can it be written off.",
                cure="请在观察期满后办理。|Do it when the watch is over.",
            )
        if not self.early_reason:
            raise InvalidInput(
                f"河流观察期至 {day}，提前销号须说明理由。|The river is watched until {day}: say why it is written off before.",
                cure="请填写提前销号的理由，或待期满后办理。|Give the reason, or wait until then.",
                field="early_reason",
            )

    def change(self) -> dict[str, Any]:
        """Written off; what the river had said by then is part of the line."""
        self.problem.written_off_by, self.problem.written_off_at = person(self.actor), clock.now()
        watch = self.problem.watches.last()
        river = {"river": watch.state, "until": watch.until.isoformat()} if watch else {}
        return {"reason": self.reason, "early_reason": self.early_reason, **river}
