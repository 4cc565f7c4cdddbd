"""What a person decides about a clue: confirm it as a problem, dismiss it, merge it into another."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from riverchief.accounts.policies import allows, require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.base.models import Evidence
from riverchief.rectify import attachments
from riverchief.rectify.access import person
from riverchief.rectify.actions.campaign import campaign_for, is_new_find
from riverchief.rectify.actions.found import Found, find
from riverchief.rectify.actions.inputs import one_of, optional_text, text
from riverchief.rectify.codes import BASES, CLUE_STATES, Basis, ClueState
from riverchief.rectify.kinds import kinds
from riverchief.rectify.models import Campaign, Clue, Problem
from riverchief.rectify.numbering import next_number
from riverchief.rectify.transitions import CLUE_TRANSITIONS, ClueTransition
from riverchief.rectify.wording import neutral_titles
from riverchief.registry.duties.queries import responsible_chief

Result = TypeVar("Result")


def _locked_clue(clue_id: int) -> Clue:
    clue = (
        Clue.objects.select_for_update(of=("self",))
        .select_related("area", "reach__river")
        .filter(pk=clue_id)
        .first()
    )
    if clue is None:
        raise NotFound(f"没有编号为 {clue_id} 的线索。|There is no clue {clue_id}.")
    return clue


@dataclass(kw_only=True)
class ClueDecision(Action[Result]):
    """A decision of a person on an open clue, with a reason."""

    transition: ClassVar[ClueTransition]
    clue_id: int
    reason: str
    clue: Clue = field(init=False, repr=False)

    def load(self) -> None:
        """Lock the clue; to somebody who may not see clues there, it does not exist."""
        self.clue = _locked_clue(self.clue_id)
        if not allows(self.actor, Capability.VIEW_CLUE, self.clue.area.path):
            raise NotFound(f"没有编号为 {self.clue_id} 的线索。|There is no clue {self.clue_id}.")

    def check_permission(self) -> None:
        """A person with the capability in the clue's area: a model's clue becomes nothing by itself."""
        require(person(self.actor), self.transition.capability, self.clue.area.path)

    def check_state(self) -> None:
        """Only an open clue, and never without a reason."""
        if self.clue.state != ClueState.OPEN:
            zh, en = CLUE_STATES[self.clue.state]
            raise StateRefused(
                f"线索 {self.clue.number} 已是“{zh}”。|Clue {self.clue.number} is “{en}” already.",
                cure="请查看线索的处理结果。|See with the clue what was decided.",
            )
        self.reason = text(self.reason, "reason")

    def decide(self, *, basis: str = "", merged_into: Clue | None = None) -> None:
        """Write the decision."""
        self.clue.state = self.transition.becomes
        self.clue.decision_reason = self.reason
        self.clue.decided_by = person(self.actor)
        self.clue.decided_at = clock.now()
        self.clue.basis = basis
        self.clue.merged_into = merged_into
        self.clue.save()
        self.announce("rectify.clue_changed", area=self.clue.area.path, restricted=True, clue_id=self.clue.pk)


@dataclass(kw_only=True)
class ConfirmClue(ClueDecision[Problem]):
    """Confirm a clue on site or by decision: the only way in which a problem comes into the ledger.

    Whoever goes down a trace's list may find another outfall running than the first, so a clue from a trace is not
    confirmed without what was found discharging: an outfall (`outfall_id`), or a place on no list (`lon`, `lat`).
    Other clues may name it.

    The problem's title says kind and place unless the person gives one: a clue's own title may name a suspect, and
    problems are seen by more people than clues are.
    """

    name: ClassVar[str] = "clue.confirm"
    transition: ClassVar[ClueTransition] = CLUE_TRANSITIONS["confirm"]
    basis: str
    evidence_ids: list[int] = field(default_factory=list)
    title: str = ""
    kind: str = ""
    outfall_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    campaign_id: int | None = None
    campaign: Campaign | None = field(init=False, repr=False)
    found: Found | None = field(init=False, repr=False)
    files: list[Evidence] = field(init=False, repr=False)

    def load(self) -> None:
        """The clue, and what was found."""
        super().load()
        if self.clue.overflow_id is not None and self.outfall_id is None and self.lon is None:
            self.outfall_id = self.clue.outfall_id  # which one runs is on record: that was no suspicion
        self.found = find(self.clue, self.outfall_id, self.lon, self.lat)

    def check_permission(self) -> None:
        """In the area of the clue, and of what was found."""
        super().check_permission()
        if self.found is not None:
            require(self.actor, self.transition.capability, self.found.area.path)

    def check_state(self) -> None:
        """By what: what was seen or measured on site needs its photo or record, a decision its reason.

        And what was found, where the clue comes from a trace: nobody becomes the culprit by being the first suspect.
        """
        super().check_state()
        one_of(self.basis, BASES, "basis")
        self.kind = one_of(self.kind, kinds().group_of, "kind") if self.kind else self.clue.kind
        self.title = optional_text(self.title, "title", longest=200)
        if (self.clue.trace_id or self.clue.idle_treatment_id) and self.found is None:
            raise InvalidInput(
                "须说明现场发现哪个排口在排放。|Say which outfall was found discharging.",
                cure="请从名单中选择排口，或填写名录外位置的坐标。"
                "|Choose it from the list, or give the position of a place on no list.",
                field="outfall_id",
            )
        self.campaign = campaign_for(self.campaign_id, (self.found or self.clue).area, clock.now())
        self.files = attachments.usable(person(self.actor), self.evidence_ids)
        if self.basis != Basis.DECISION and not self.files:
            zh, en = BASES[self.basis]
            raise InvalidInput(
                f"以“{zh}”确认须附文件。|To confirm by “{en}”, attach the file.",
                cure="请上传照片或检测记录，或改为书面决定。|Upload the photo or record, or confirm by a decision.",
                field="evidence_ids",
            )

    def execute(self) -> Problem:
        """Open the problem, where it was found."""
        clue = self.clue
        place = self.found or clue
        self.decide(basis=self.basis)
        problem = Problem.objects.create(
            number=next_number("problem"),
            clue=clue,
            title=self.title or self._neutral_title(place),
            kind=self.kind,
            area=place.area,
            reach=place.reach,
            lon=place.lon,
            lat=place.lat,
            outfall=self.found.outfall if self.found else None,
            chief=responsible_chief(place.area, place.reach, clock.today()),
            opened_by=person(self.actor),
            opened_at=clock.now(),
            campaign=self.campaign,
            new_find=is_new_find(self.campaign, clock.now()),
        )
        attachments.attach_to_problem(problem, self.files, "confirm")
        hashes = [file.sha256 for file in self.files]
        found: dict[str, Any] = {"found": self.found.as_data()} if self.found else {}
        self.log(
            f"clue:{clue.pk}",
            basis=self.basis,
            reason=self.reason,
            problem=problem.number,
            evidence=hashes,
            **found,
        )
        # The reason stays with the clue: it may speak of the suspect.
        self.log(
            problem.chain,
            number=problem.number,
            basis=self.basis,
            evidence=hashes,
            chief_id=problem.chief_id,
            campaign=self.campaign.number if self.campaign else None,
            **found,
        )
        self.announce("rectify.problem_opened", area=problem.area.path, problem_id=problem.pk)
        return problem

    def _neutral_title(self, place: Clue | Found) -> str:
        return neutral_titles(place.area, place.reach, self.kind)[0]


@dataclass(kw_only=True)
class DismissClue(ClueDecision[Clue]):
    """Set a clue aside: it does not hold."""

    name: ClassVar[str] = "clue.dismiss"
    transition: ClassVar[ClueTransition] = CLUE_TRANSITIONS["dismiss"]

    def execute(self) -> Clue:
        """Keep the reason."""
        self.decide()
        self.log(f"clue:{self.clue.pk}", reason=self.reason)
        return self.clue


@dataclass(kw_only=True)
class MergeClue(ClueDecision[Clue]):
    """Join a clue to another about the same matter; a person chooses which one goes on."""

    name: ClassVar[str] = "clue.merge"
    transition: ClassVar[ClueTransition] = CLUE_TRANSITIONS["merge"]
    into_id: int
    into: Clue = field(init=False, repr=False)

    def load(self) -> None:
        """Both clues, locked in one order so that two merges cannot wait for each other."""
        for clue_id in sorted({self.clue_id, self.into_id}):
            _locked_clue(clue_id)
        super().load()
        self.into = _locked_clue(self.into_id)

    def check_permission(self) -> None:
        """In the areas of both."""
        super().check_permission()
        require(self.actor, self.transition.capability, self.into.area.path)

    def check_state(self) -> None:
        """Into another one that still counts."""
        super().check_state()
        if self.into.pk == self.clue.pk or self.into.state not in {ClueState.OPEN, ClueState.CONFIRMED}:
            raise InvalidInput(
                "只能并入另一条待核实或已确认的线索。|Merge into another clue that is open or confirmed.",
                cure="请重新选择线索。|Choose another clue.",
                field="into_id",
            )

    def execute(self) -> Clue:
        """Both histories tell of it."""
        self.decide(merged_into=self.into)
        self.log(f"clue:{self.clue.pk}", reason=self.reason, into=self.into.number)
        self.log(f"clue:{self.into.pk}", reason=self.reason, merged=self.clue.number)
        return self.clue
