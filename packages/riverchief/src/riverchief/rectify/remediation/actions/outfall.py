"""What is done about an outfall as a whole: monitored, traced to an entity, planned, accepted, written off."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from django.db.models import Q

from riverchief.accounts.models import Organisation
from riverchief.accounts.queries import organisations_around, somebody_there
from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.base.models import Evidence
from riverchief.monitor.models import Latest
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import one_of, optional_text, text
from riverchief.rectify.remediation.actions.action import RemediationAction
from riverchief.rectify.remediation.codes import (
    ENTITIES,
    MANNERS,
    MEASURES,
    STEP_KINDS,
    Entity,
    Manner,
)
from riverchief.rectify.remediation.models import RemediationStep
from riverchief.rectify.remediation.transitions import REMEDIATION_TRANSITIONS, RemediationTransition


@dataclass(kw_only=True)
class RecordMonitoring(RemediationAction):
    """测: what comes out was measured: on line, by a sample in a laboratory, by a quick test."""

    transition: ClassVar[RemediationTransition] = REMEDIATION_TRANSITIONS["record_monitoring"]
    name: ClassVar[str] = transition.name
    manner: str
    monitored_on: date
    result: str
    evidence_ids: list[int] = field(default_factory=list)
    files: list[Evidence] = field(init=False, repr=False)

    def check_input(self) -> None:
        """Not of tomorrow; on line only where a station of the outfall has sent something."""
        one_of(self.manner, MANNERS, "manner")
        self.result = text(self.result, "result")
        self.files = self.usable(self.evidence_ids, needed=False)
        if self.monitored_on > clock.today():
            raise InvalidInput(
                "监测日期在将来。|The day is in the future.",
                cure="请核对日期。|Check the day.",
                field="monitored_on",
            )
        stations = Latest.objects.filter(station__outfall=self.outfall)
        if self.manner == Manner.ONLINE and not stations.exists():
            raise InvalidInput(
                "该排口没有上传数据的在线监测点位。|No station of this outfall has sent anything.",
                cure="请先接入监测点位，或选择其他方式。|Connect its station first, or choose another way.",
                field="manner",
            )

    def change(self) -> dict[str, Any]:
        """The latest day counts."""
        if self.row.monitored_on is None or self.monitored_on >= self.row.monitored_on:
            self.row.monitored_on, self.row.monitored_by = self.monitored_on, self.manner
        return {
            "manner": self.manner,
            "monitored_on": self.monitored_on.isoformat(),
            "result": self.result,
            "evidence": self.attach(self.files),
        }


@dataclass(kw_only=True)
class DecideEntity(RemediationAction):
    """溯: a person decides who is responsible, by evidence; where nobody was found, the local government is, and it is said so."""

    transition: ClassVar[RemediationTransition] = REMEDIATION_TRANSITIONS["decide_entity"]
    name: ClassVar[str] = transition.name
    entity: str
    ground: str
    organisation_id: int | None = None
    evidence_ids: list[int] = field(default_factory=list)
    organisation: Organisation | None = field(default=None, init=False, repr=False)
    files: list[Evidence] = field(init=False, repr=False)

    def check_input(self) -> None:
        """An organisation with evidence, or the government with a word on why nobody was found."""
        one_of(self.entity, ENTITIES, "entity")
        self.ground = text(self.ground, "ground")
        named = self.entity == Entity.ORGANISATION
        self.files = self.usable(self.evidence_ids, needed=named)
        if not named:
            if self.organisation_id is not None:
                raise InvalidInput(
                    "政府兜底时不填单位。|Where the government is responsible there is no organisation.",
                    cure="请留空单位。|Leave it empty.",
                    field="organisation_id",
                )
            return
        around = organisations_around(self.outfall.area)
        if self.organisation_id is not None:
            self.organisation = around.filter(pk=self.organisation_id).first()
        if self.organisation is None:
            raise InvalidInput(
                "请选择该区域的单位。|Choose an organisation of the area.",
                cure="名单中没有的，请先导入单位。|Import it first, where it is on no list.",
                field="organisation_id",
            )

    def change(self) -> dict[str, Any]:
        """With who decided it; a later decision takes the place of this one, and the log keeps both."""
        row = self.row
        row.entity, row.government = self.organisation, self.organisation is None
        row.entity_ground = self.ground
        row.entity_evidence = self.files[0] if self.files else None
        row.decided_by, row.decided_at = person(self.actor), clock.now()
        found = self.organisation or self.outfall.area
        return {
            "entity": self.entity,
            "organisation_id": self.organisation_id,
            "entity_zh": found.name_zh,
            "entity_en": found.name_en,
            "ground": self.ground,
            "evidence": self.attach(self.files),
        }


@dataclass(kw_only=True)
class AdoptPolicy(RemediationAction):
    """治: one outfall, one policy (一口一策), with its measure. Adopting another takes the place of the one before."""

    transition: ClassVar[RemediationTransition] = REMEDIATION_TRANSITIONS["adopt_policy"]
    name: ClassVar[str] = transition.name
    measure: str
    policy: str

    def check_input(self) -> None:
        """A measure of the table and a text."""
        one_of(self.measure, MEASURES, "measure")
        self.policy = text(self.policy, "policy")

    def change(self) -> dict[str, Any]:
        """Steps that are there stay."""
        self.row.measure, self.row.policy = self.measure, self.policy
        return {"measure": self.measure, "policy": self.policy}


@dataclass(kw_only=True)
class AddStep(RemediationAction):
    """A step of the policy for a unit, with its date."""

    transition: ClassVar[RemediationTransition] = REMEDIATION_TRANSITIONS["add_step"]
    name: ClassVar[str] = transition.name
    kind: str
    organisation_id: int
    due_date: date
    description: str = ""
    unit: Organisation = field(init=False, repr=False)

    def check_input(self) -> None:
        """A unit of the area in which somebody can report, and a day to come."""
        one_of(self.kind, STEP_KINDS, "kind")
        self.description = optional_text(self.description, "description")
        # An enterprise does its own part where it is the one that is responsible, and takes no part elsewhere.
        suits = ~Q(kind="enterprise") | Q(pk=self.row.entity_id)
        around = somebody_there(organisations_around(self.outfall.area))
        unit = around.filter(suits, pk=self.organisation_id).first()
        if unit is None:
            raise InvalidInput(
                "该单位不在此区域，或没有账号。|That unit is not of this area, or nobody there has an account.",
                cure="请选择该区域的责任单位，或先建立账号。|Choose a unit of the area, or create an account for it first.",
                field="organisation_id",
            )
        self.unit = unit
        if self.due_date < clock.today():
            raise InvalidInput(
                "完成期限已过。|The due date has passed.",
                cure="请填写今天或以后的日期。|Give today or a later day.",
                field="due_date",
            )

    def change(self) -> dict[str, Any]:
        """Open, until the unit reports."""
        self.step = RemediationStep.objects.create(
            remediation=self.row,
            kind=self.kind,
            description=self.description,
            unit=self.unit,
            due_date=self.due_date,
        )
        return {
            "step": self.step.pk,
            "step_kind": self.kind,
            "unit_zh": self.unit.name_zh,
            "unit_en": self.unit.name_en,
            "due": self.due_date.isoformat(),
            "description": self.description,
        }


@dataclass(kw_only=True)
class AcceptRemediation(RemediationAction):
    """验收: somebody who did and checked none of it has looked, and all of it is done."""

    transition: ClassVar[RemediationTransition] = REMEDIATION_TRANSITIONS["accept"]
    name: ClassVar[str] = transition.name
    finding: str
    evidence_ids: list[int] = field(default_factory=list)
    files: list[Evidence] = field(init=False, repr=False)

    def check_input(self) -> None:
        """With a photo."""
        self.finding = text(self.finding, "finding")
        self.files = self.usable(self.evidence_ids, needed=True)

    def change(self) -> dict[str, Any]:
        """Accepted."""
        self.row.accepted_by, self.row.accepted_at = person(self.actor), clock.now()
        return {"finding": self.finding, "evidence": self.attach(self.files)}


@dataclass(kw_only=True)
class WriteOffRemediation(RemediationAction):
    """销号: a further person closes what was accepted."""

    transition: ClassVar[RemediationTransition] = REMEDIATION_TRANSITIONS["write_off"]
    name: ClassVar[str] = transition.name
    reason: str

    def check_input(self) -> None:
        """With a remark that will stand in the file."""
        self.reason = text(self.reason, "reason")

    def change(self) -> dict[str, Any]:
        """Written off."""
        self.row.written_off_by, self.row.written_off_at = person(self.actor), clock.now()
        return {"reason": self.reason}
