"""What the laboratory found in a bottle: one value written down, or many from a table."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import require, require_person
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, NotFound, RiverchiefError, StateRefused
from riverchief.monitor.actions.requests import check_text
from riverchief.monitor.importing.measured import Measured, measured, others
from riverchief.monitor.importing.readings import checks_of_history, reading_row, refuse_impossible
from riverchief.monitor.importing.table import Fields, Row
from riverchief.monitor.importing.value_table import Cell, ValueTable
from riverchief.monitor.models import Kind
from riverchief.monitor.sampling.acting import OnRound, add_links, check_time, set_due
from riverchief.monitor.sampling.models import Bottle, SamplingRound, Step
from riverchief.monitor.sampling.result_models import BottleResult, ResultSheet
from riverchief.registry.importing.parameters import parameter_of
from riverchief.registry.importing.values import BadValue, moment, required

LONGEST_METHOD, LONGEST_REASON = 120, 300


@dataclass(frozen=True)
class Finding:
    """What is written of one analysis, beside the value itself."""

    analysed_at: datetime
    method: str = ""
    reason: str = ""


def enter(bottle: Bottle, cell: Cell, told: Finding, by: User) -> BottleResult | None:
    """Write a result down as the next version; None where it says what the standing one says.

    Raises:
        BadValue: the cell holds no value that can be true.
        RiverchiefError: the bottle is not there to be analysed, or the standing result is under review.
    """
    found = measured(cell.text, cell.column, cell.parameter.key)
    if found is None:
        raise BadValue(
            cell.column,
            "没有结果。|There is no result.",
            "请填写数值，低于检出限写成 <0.05。|Give it; below a limit <0.05.",
        )
    _check_bottle(bottle, cell, told, found)
    before = bottle.results.filter(parameter=cell.parameter.key).order_by("-version").first()
    value = found.value * cell.factor
    if before is not None and (before.value, before.below_limit, before.analysed_at) == (
        value,
        found.below,
        told.analysed_at,
    ):
        return None
    if before is not None:
        _check_correction(before, told.reason)
    made = BottleResult.objects.create(
        bottle=bottle,
        parameter=cell.parameter.key,
        version=1 if before is None else before.version + 1,
        value=value,
        unit=cell.parameter.reading_unit,
        below_limit=found.below,
        written=check_text(cell.text, "value", 40, needed=True),
        method=check_text(told.method, "method", LONGEST_METHOD, needed=False),
        analysed_at=told.analysed_at,
        reason="" if before is None else check_text(told.reason, "reason", LONGEST_REASON, needed=True),
        # What was sent back stays in its sheet; after issue a correction goes through the levels in another one.
        sheet=before.sheet if before is not None and _is_returned(before.sheet) else None,
        entered_by=by,
        entered_at=clock.now(),
    )
    _end_custody(bottle, by)
    return made


def _check_bottle(bottle: Bottle, cell: Cell, told: Finding, found: Measured) -> None:
    if cell.parameter.key not in bottle.parameters:
        raise InvalidInput(
            f"{bottle.label} 不测 {cell.parameter.key}。|{cell.parameter.key} is not analysed in {bottle.label}.",
            cure=f"该瓶指标：{'、'.join(bottle.parameters)}。|Its parameters: {', '.join(bottle.parameters)}.",
            field="parameter",
        )
    if bottle.step not in (Step.RECEIVED, Step.ANALYSED):
        raise StateRefused(
            f"{bottle.label} 未由实验室接收（当前：{bottle.get_step_display() or '未采'}）。"
            f"|{bottle.label} has not been received in the laboratory (it is “{bottle.step or 'empty'}”).",
            cure="请先登记接收。|Register its receipt first.",
        )
    assert bottle.visit.taken_at is not None  # it has been received
    check_time(told.analysed_at, "analysed_at", bottle.visit.taken_at)
    reading = reading_row(bottle.visit.station, bottle.visit.taken_at, Kind.INSTANT, cell, found.value)
    refuse_impossible(reading, checks_of_history(), cell)


def _is_returned(sheet: ResultSheet | None) -> bool:
    return sheet is not None and sheet.state == ResultSheet.State.RETURNED


def _check_correction(before: BottleResult, reason: str) -> None:
    sheet = before.sheet
    if sheet is not None and sheet.state not in (ResultSheet.State.RETURNED, ResultSheet.State.ISSUED):
        raise StateRefused(
            f"该结果在第 {sheet.number} 号结果单中审核。|This result is under review in sheet {sheet.number}.",
            cure="请由审核人退回后更正。|Have the sheet sent back, then correct it.",
        )
    if not reason.strip():
        raise InvalidInput(
            f"已有结果 {before.written}，更正须说明原因。|There is a result ({before.written}); a correction needs its reason.",
            cure="请填写更正原因。|Say why it is corrected.",
            field="reason",
        )


def _end_custody(bottle: Bottle, by: User) -> None:
    """With its last parameter a bottle is analysed."""
    analysed = dict(bottle.results.order_by("version").values_list("parameter", "analysed_at"))
    if bottle.step == Step.RECEIVED and set(analysed) == set(bottle.parameters):
        add_links([bottle], Step.ANALYSED, by, max(analysed.values()))
    assert bottle.visit.taken_at is not None  # checked
    set_due(bottle, bottle.visit.taken_at, analysed)


@dataclass(kw_only=True)
class EnterResult(OnRound[BottleResult]):
    """A result as the laboratory wrote it (`<0.05` below a detection limit), under the label of its bottle."""

    name: ClassVar[str] = "sampling.enter_result"
    capability: ClassVar[Capability] = Capability.ANALYSE_SAMPLES
    round_id: int
    label: str
    parameter: str
    written: str
    analysed_at: datetime
    unit: str = ""
    method: str = ""
    reason: str = ""
    bottle: Bottle = field(init=False, repr=False)

    def round_id_asked(self) -> int | None:
        """As given."""
        return self.round_id

    def check_state(self) -> None:
        """A bottle of the round."""
        rows = Bottle.objects.filter(visit__round=self.round, label=self.label.strip())
        found = rows.select_related("visit__station").first()
        if found is None:
            raise NotFound(f"该轮次没有瓶号“{self.label}”。|The round has no bottle “{self.label}”.")
        self.bottle = found

    def execute(self) -> BottleResult:
        """Write it down."""
        known = parameter_of(self.parameter, others())
        if known is None:
            raise InvalidInput(
                f"不认识指标“{self.parameter}”。|The parameter “{self.parameter}” is not known.",
                field="parameter",
            )
        try:
            cell = Cell("value", self.written, known, known.factor(self.unit))
            made = enter(self.bottle, cell, Finding(self.analysed_at, self.method, self.reason), self.person)
        except BadValue as error:
            raise InvalidInput(error.message, cure=error.cure, field=error.field) from error
        if made is None:
            raise StateRefused("已有相同的结果。|This result is there already.")
        self.changed(
            label=self.bottle.label,
            parameter=made.parameter,
            version=made.version,
            written=made.written,
            value=made.value,
            unit=made.unit,
            reason=made.reason,
        )
        return made


@dataclass(kw_only=True)
class ImportBottleResults(ValueTable):
    """Results by the label of the bottle and the time of analysis, one value a row or a column for each parameter.

    A result that is there and says the same is unchanged; another value is a correction, and needs a reason in its row.
    """

    name: ClassVar[str] = "sampling.import_results"
    fields: ClassVar[Fields] = (
        ("label", "analysed_at", "parameter", "value", "unit", "method", "reason"),
        ("label", "analysed_at"),
    )
    capability: ClassVar[Capability] = Capability.ANALYSE_SAMPLES
    bottles: dict[str, Bottle] = field(init=False, repr=False)

    def check_permission(self) -> None:
        """A person who analyses somewhere."""
        super().check_permission()
        require_person(self.actor)

    def prepare(self) -> None:
        """The bottles of the table, their rounds locked in order: two imports take turns."""
        column = self.columns_found["label"]
        labels = {cells.get(column, "").strip() for _, cells in self.table.rows}
        rows = Bottle.objects.filter(label__in=labels).select_related(
            "visit__station", "visit__round__plan__area"
        )
        self.bottles = {row.label: row for row in rows}
        rounds = {row.visit.round_id for row in self.bottles.values()}
        list(SamplingRound.objects.select_for_update().filter(pk__in=rounds).order_by("pk"))

    def take(self, number: int, row: Row) -> None:
        """Every value of a row."""
        assert isinstance(self.actor, User)  # checked
        label = required(row, "label")
        bottle = self.bottles.get(label)
        if bottle is None:
            raise BadValue(
                "label", f"没有瓶号“{label}”。|There is no bottle “{label}”.", "请核对标签。|Check the label."
            )
        require(self.actor, self.capability, bottle.visit.round.plan.area.path)
        required(row, "analysed_at")
        at = moment(row, "analysed_at")
        assert at is not None  # required above
        told = Finding(at, row.get("method", ""), row.get("reason", ""))
        for cell in self.cells(row):
            if measured(cell.text, cell.column, cell.parameter.key) is None:
                continue
            self._enter(number, bottle, cell, told, self.actor)

    def _enter(self, number: int, bottle: Bottle, cell: Cell, told: Finding, by: User) -> None:
        try:
            with transaction.atomic():
                made = enter(bottle, cell, told, by)
        except BadValue as error:
            self.result.refuse(number, error.field, error.message, error.cure)
        except RiverchiefError as error:
            self.result.refuse(number, error.field or cell.column, error.message, error.cure)
        else:
            if made is None:
                self.result.unchanged += 1
                return
            self.result.created += 1
            self.log(
                bottle.visit.round.chain,
                label=bottle.label,
                parameter=made.parameter,
                version=made.version,
                written=made.written,
                value=made.value,
                unit=made.unit,
                reason=made.reason,
                file=self.source_name,
            )

    def finish(self) -> None:
        """Say which units were assumed, and tell the pages."""
        self.tell_assumed_units()
        for made in {row.visit.round for row in self.bottles.values()}:
            self.announce(
                "monitor.sampling_changed", area=made.plan.area.path, restricted=True, round_id=made.pk
            )


def standing(rows: "QuerySet[BottleResult]") -> "QuerySet[BottleResult]":
    """Of some results those that hold: of every bottle and parameter the last version among them."""
    # One pass over the rows. Looking for a newer version row by row took minutes where the planner knew no better.
    last = rows.order_by("bottle_id", "parameter", "-version").distinct("bottle_id", "parameter")
    return BottleResult.objects.filter(pk__in=last.values("pk"))


def results_of(made: SamplingRound) -> "QuerySet[BottleResult]":
    """The results of a round that hold, with their bottles."""
    rows = BottleResult.objects.filter(bottle__visit__round=made)
    return standing(rows).select_related("sheet", "bottle")
