"""What a second and a third person do: send back, verify, write off."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.base.models import Evidence
from riverchief.rectify import attachments
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import on_earth, text
from riverchief.rectify.actions.problem import ProblemAction
from riverchief.rectify.transitions import TRANSITIONS, Transition


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
    files: list[Evidence] = field(init=False, repr=False)

    def check_input(self) -> None:
        """What was found; a position is whole or not given."""
        self.finding = text(self.finding, "finding")
        self.files = attachments.usable(person(self.actor), self.evidence_ids)
        if (self.lon is None) != (self.lat is None):
            raise InvalidInput(
                "位置须同时给出经度与纬度。|A position needs both longitude and latitude.",
                cure="请补全或去掉位置。|Give both or neither.",
                field="lon",
            )
        if self.lon is not None and self.lat is not None:
            on_earth(self.lon, self.lat)

    def change(self) -> dict[str, Any]:
        """Verified on site."""
        self.problem.verified_by, self.problem.verified_at = person(self.actor), clock.now()
        return {
            "finding": self.finding,
            "evidence": self.attach(self.files),
            "lon": self.lon,
            "lat": self.lat,
        }


@dataclass(kw_only=True)
class WriteOffProblem(ProblemAction):
    """Take a verified problem off the ledger: a third person's approval."""

    transition: ClassVar[Transition] = TRANSITIONS["write_off"]
    name: ClassVar[str] = transition.name
    reason: str

    def check_input(self) -> None:
        """With a remark that will stand in the file."""
        self.reason = text(self.reason, "reason")

    def change(self) -> dict[str, Any]:
        """Written off."""
        self.problem.written_off_by, self.problem.written_off_at = person(self.actor), clock.now()
        return {"reason": self.reason}
