"""Three-level review 三级审核: results are submitted, checked 校核, reviewed 审核 and issued 签发, by four persons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from riverchief.accounts.policies import memberships
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.monitor.actions.requests import LONGEST_REASON, check_text
from riverchief.monitor.codes import english
from riverchief.monitor.lab_readings import store_results
from riverchief.monitor.models import LabResult
from riverchief.monitor.sampling.acting import OnRound
from riverchief.monitor.sampling.checks import Check, Remarks, checks_of, results_in
from riverchief.monitor.sampling.models import Bottle
from riverchief.monitor.sampling.result_models import BottleResult, ResultSheet
from riverchief.monitor.sampling.results import results_of

State = ResultSheet.State
NEXT: dict[str, tuple[State, str, Capability]] = {
    State.RETURNED: (State.SUBMITTED, "submitted_by", Capability.ANALYSE_SAMPLES),
    State.SUBMITTED: (State.CHECKED, "checked_by", Capability.REVIEW_LAB_RESULTS),
    State.CHECKED: (State.REVIEWED, "reviewed_by", Capability.REVIEW_LAB_RESULTS),
    State.REVIEWED: (State.ISSUED, "issued_by", Capability.REVIEW_LAB_RESULTS),
}
"""From a state: the next one, who does it, and what they must be allowed."""

PEOPLE = ("submitted_by", "checked_by", "reviewed_by", "issued_by")


@dataclass(kw_only=True)
class SubmitResults(OnRound[ResultSheet]):
    """The results of a round that are in no sheet yet (of these parameters only) go to be checked, in one sheet."""

    name: ClassVar[str] = "sampling.submit"
    capability: ClassVar[Capability] = Capability.ANALYSE_SAMPLES
    round_id: int
    parameters: Sequence[str] = ()
    results: list[BottleResult] = field(init=False, repr=False)

    def round_id_asked(self) -> int | None:
        """As given."""
        return self.round_id

    def check_state(self) -> None:
        """There must be some."""
        rows = results_of(self.round).filter(sheet=None)
        self.results = list(rows.filter(parameter__in=self.parameters) if self.parameters else rows)
        if not self.results:
            raise StateRefused(
                "没有待提交的结果。|No result waits to be submitted.",
                cure="请先录入或导入结果。|Enter or import results first.",
            )

    def execute(self) -> ResultSheet:
        """Put them into a sheet."""
        sheet = ResultSheet.objects.create(
            round=self.round,
            number=self.round.sheets.count() + 1,
            submitted_by=self.person,
            submitted_at=clock.now(),
        )
        BottleResult.objects.filter(pk__in=[row.pk for row in self.results]).update(sheet=sheet)
        self.log(sheet.chain, **_content(self.results))
        self.changed(sheet=sheet.number, results=len(self.results))
        return sheet


@dataclass(kw_only=True)
class _OnSheet(OnRound[ResultSheet]):
    sheet_id: int
    sheet: ResultSheet = field(init=False, repr=False)

    def round_id_asked(self) -> int | None:
        """That of the sheet."""
        return ResultSheet.objects.filter(pk=self.sheet_id).values_list("round_id", flat=True).first()

    def load(self) -> None:
        """The round, then the sheet."""
        super().load()
        self.sheet = ResultSheet.objects.select_related(*PEOPLE).get(pk=self.sheet_id)
        self.sheet.round = self.round

    def refuse_own_work(self) -> None:
        """Nobody reviews what they entered, submitted, checked or reviewed themselves."""
        if self.person.pk in took_part(self.sheet):
            raise StateRefused(
                "您已参与该结果单的录入或前一级审核。|You entered results of this sheet, or took part in its review.",
                cure="三级审核须由不同人员进行；本单位人手不足时由上级办理。"
                "|Each level is another person; where there are too few, the level above does it.",
            )


@dataclass(kw_only=True)
class AdvanceSheet(_OnSheet):
    """A sheet goes one level on: `to` says which, so that a request sent twice does nothing twice.

    Issued results become laboratory results of their stations, and readings: only they count in classes, means and traces.
    Where an instrument's reading of that very time stands, it stays, and the result bears a remark of that.
    While results of their blanks or duplicates are not in, that takes a `reason`, which the sheet's history keeps.
    """

    name: ClassVar[str] = "sampling.advance_sheet"
    to: str
    reason: str = ""
    results: list[BottleResult] = field(init=False, repr=False)
    checks: list[Check] = field(init=False, repr=False, default_factory=list)

    def needed(self) -> Sequence[Capability]:
        """What the step takes."""
        return (self._step[2] if self._step else Capability.REVIEW_LAB_RESULTS,)

    @property
    def _step(self) -> tuple[State, str, Capability] | None:
        return NEXT.get(self.sheet.state)

    def check_state(self) -> None:
        """The next level, by another person; to be issued with its checks, or with the reason why not."""
        self.reason = check_text(self.reason, "reason", LONGEST_REASON, needed=False)
        if self.to not in State.values:
            raise InvalidInput(f"没有状态“{self.to}”。|There is no state “{self.to}”.", field="to")
        if self._step is None or self.to != self._step[0]:
            raise StateRefused(
                f"该结果单当前为“{self.sheet.get_state_display()}”。|The sheet is “{english('sheet_states', self.sheet.state)}”.",
                cure="请查看该结果单的当前状态。|See how the sheet stands now.",
            )
        self.results = list(results_in(self.sheet))
        if self.to != State.SUBMITTED:
            self.refuse_own_work()
        if self.to == State.ISSUED:
            self.checks = checks_of(self.round, {row.parameter for row in self.results})
            self._refuse_unknown_checks()

    def _refuse_unknown_checks(self) -> None:
        # In a number, not by name: the laboratory is not to know them while it analyses.
        missing = sum(check.written[-1] is None for check in self.checks)
        if missing and not self.reason:
            raise StateRefused(
                f"空白样和平行样还缺 {missing} 个结果。|{missing} results of blanks and duplicates are not in yet.",
                cure="请先分析并录入，或登记样品损失；确需先签发的，请写明理由。"
                "|Analyse them or register them as lost; to issue without them say why.",
                field="reason",
            )

    def execute(self) -> ResultSheet:
        """Sign, and at the last level issue."""
        sheet = self.sheet
        assert self._step is not None  # checked
        who = self._step[1]
        sheet.state = self.to
        setattr(sheet, who, self.person)
        if self.to == State.SUBMITTED:
            sheet.submitted_at = clock.now()
        if self.to == State.ISSUED:
            sheet.issued_at = clock.now()
            self._issue()
        sheet.save()
        self.log(sheet.chain, state=sheet.state, reason=self.reason, **_content(self.results))
        self.changed(sheet=sheet.number, state=sheet.state, reason=self.reason)
        return sheet

    def _issue(self) -> None:
        """What was found in the water becomes the stations' results; blanks and duplicates stay what they are: checks."""
        samples = [row for row in self.results if row.bottle.role == Bottle.Role.SAMPLE]
        told = Remarks(self.checks, samples)
        there = self._there(samples)
        laboratory = next(
            (item.organisation.name_zh for item in memberships(self.person) if item.organisation), ""
        )
        made = []
        for row in samples:
            taken_at = row.bottle.visit.taken_at
            assert taken_at is not None  # analysed, so taken
            before = there.get((row.bottle.visit.station_id, row.parameter))
            if before is not None and before.sample_no != row.bottle.label:
                _refuse_other(row, before)
            made.append(
                LabResult(
                    station_id=row.bottle.visit.station_id,
                    parameter=row.parameter,
                    sampled_at=taken_at,
                    value=row.value,
                    unit=row.unit,
                    below_limit=row.below_limit,
                    written=row.written,
                    sample_no=row.bottle.label,
                    laboratory=laboratory,
                    method=row.method,
                    file_name=str(self.sheet),
                    entered_by=row.entered_by,
                    entered_at=clock.now(),
                    version=1 if before is None else before.version + 1,
                    reason="" if before is None else row.reason,
                    remarks=told.on(row),
                )
            )
        store_results(made)

    def _there(self, samples: Sequence[BottleResult]) -> dict[tuple[int, str], LabResult]:
        """The standing laboratory results of the same water."""
        times = {row.bottle.visit.station_id: row.bottle.visit.taken_at for row in samples}
        rows = LabResult.objects.filter(station__in=times, sampled_at__in=set(times.values())).order_by(
            "version"
        )
        return {
            (row.station_id, row.parameter): row for row in rows if row.sampled_at == times[row.station_id]
        }


@dataclass(kw_only=True)
class SendBackSheet(_OnSheet):
    """A sheet goes back to the laboratory, with the reason; whoever reviews at any level may do it before issue."""

    name: ClassVar[str] = "sampling.send_back_sheet"
    capability: ClassVar[Capability] = Capability.REVIEW_LAB_RESULTS
    reason: str

    def check_state(self) -> None:
        """Under review, by somebody who has not entered it."""
        self.reason = check_text(self.reason, "reason", LONGEST_REASON, needed=True)
        if self.sheet.state in (State.ISSUED, State.RETURNED):
            raise StateRefused(
                f"该结果单{self.sheet.get_state_display()}，不能退回。|The sheet is “{english('sheet_states', self.sheet.state)}”: it cannot be sent back.",
                cure="已签发的结果请录入更正（新版本），再次审核签发。"
                "|What was issued is corrected by a new version, which is reviewed and issued again.",
            )
        self.refuse_own_work()

    def execute(self) -> ResultSheet:
        """Back to the start: every level looks at it again."""
        sheet = self.sheet
        sheet.state = State.RETURNED
        sheet.checked_by = sheet.reviewed_by = None
        sheet.returned_by, sheet.returned_reason = self.person, self.reason
        sheet.save()
        self.log(sheet.chain, state=sheet.state, reason=self.reason)
        self.changed(sheet=sheet.number, state=sheet.state, reason=self.reason)
        return sheet


def took_part(sheet: ResultSheet) -> set[int]:
    """Who entered results of a sheet (any version), or signed it on any level: none of them reviews it."""
    signed = {getattr(sheet, f"{name}_id") for name in PEOPLE} - {None}
    return signed | set(sheet.results.order_by().values_list("entered_by_id", flat=True).distinct())


def _content(results: Sequence[BottleResult]) -> dict[str, Any]:
    """What was signed, for the log: every result with its version."""
    return {"results": [[row.bottle.label, row.parameter, row.version, row.written] for row in results]}


def _refuse_other(row: BottleResult, before: LabResult) -> None:
    station = row.bottle.visit.station
    raise StateRefused(
        f"{station.code} 在同一时间已有另一来源的 {row.parameter} 结果（{before.file_name}）。"
        f"|{station.code} has a result for {row.parameter} at this time from elsewhere ({before.file_name}).",
        cure="请核对：同一水样不应由两个途径录入。|Check it: one water sample is not entered in two ways.",
    )
