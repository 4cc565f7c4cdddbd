"""Writing the sheet of a district: what it shows is locked, what may be filled in is offered, nothing in it is a formula."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, ClassVar

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from riverchief.accounts.models import Area
from riverchief.accounts.queries import area_of
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.base.spreadsheets import write_text
from riverchief.rectify.access import person, whole_problems
from riverchief.rectify.codes import PROBLEM_STATES, Standing
from riverchief.rectify.exchange.sheet import FILLED, FIRST_FILLED, KNOWN_BY, SHOWN, mark, seal, steps_for
from riverchief.rectify.figures import STATES
from riverchief.rectify.filters import ProblemFilter
from riverchief.rectify.kinds import kinds
from riverchief.rectify.models import Problem

MOST = 5_000
FIRST_ROW = 5
_CELL = 32_000
_OPEN = PatternFill("solid", fgColor="FFF8E1")
_HEAD = PatternFill("solid", fgColor="E8EEEE")

GUIDANCE = (
    (
        "只填写浅黄色的列；其余各列已锁定，请勿增删行或移动列。",
        "Fill in the light yellow columns only; the others are locked. Do not add, delete or move rows and columns.",
    ),
    (
        "“本次办理”从下拉列表选择；上报已整改须有照片：读回后在问题页上传，或在末列说明为何没有照片。读回时逐行与导出时的版本比较，有变化的会提示，不会覆盖。",
        "Choose the step from the list. Reporting as rectified needs a photo: upload it on the problem's page afterwards, or say in the last column why "
        "there is none. When the file is read back each row is compared with the version exported; what has changed since is shown, never overwritten.",
    ),
)


@dataclass(kw_only=True)
class ExportForFilling(Action[bytes]):
    """Send out the outstanding problems of an area as a workbook: those of which the person sees everything, no others."""

    name: ClassVar[str] = "exchange.export"
    area_code: str
    campaign_id: int | None = None
    language: str = "zh"
    area: Area = field(init=False, repr=False)
    rows: list[Problem] = field(init=False, repr=False)

    def load(self) -> None:
        """The area, and the person's problems in it; where they have none, it says no more than that."""
        self.area = area_of(self.area_code)
        which = ProblemFilter(area=self.area.pk, campaign=self.campaign_id)
        found = which.of(whole_problems(person(self.actor)).filter(state__in=STATES[Standing.OUTSTANDING]))
        self.rows = list(
            found.select_related("area", "reach__river", "unit", "taken_over")
            .prefetch_related("orders")
            .order_by("area__path", "opened_at", "pk")[: MOST + 1]
        )

        if not self.rows:
            raise NotFound(
                f"“{self.area.name_zh}”没有您可以导出的未整改问题。|“{self.area.name_en}” has no outstanding problem that you could export.",
                cure="请选择您负责的区域。|Choose an area that you answer for.",
            )

    def check_permission(self) -> None:
        """Whose problems, `load` has asked."""
        person(self.actor)

    def check_state(self) -> None:
        """Not too many."""
        if len(self.rows) > MOST:
            raise InvalidInput(
                f"“{self.area.name_zh}”的未整改问题超过 {MOST} 件。|“{self.area.name_en}” has more than {MOST} outstanding problems.",
                cure="请按下级区域分别导出。|Export the areas in it one by one.",
                field="area",
            )

    def execute(self) -> bytes:
        """The workbook; that it went out, and with how many rows, stands in the log."""
        now = clock.now()
        content = _Writer(self.rows, self.area, now, self.language).workbook()
        self.log(f"ledger_exchange:{self.area.pk}", rows=len(self.rows), campaign_id=self.campaign_id)
        return content


class _Writer:
    def __init__(self, rows: list[Problem], area: Area, at: datetime, language: str) -> None:
        self.rows, self.area, self.at = rows, area, at
        self.place = 1 if language == "en" else 0

    def workbook(self) -> bytes:
        book = Workbook()
        sheet = book.active
        sheet.title = "未整改问题" if self.place == 0 else "Outstanding"
        name = (self.area.name_zh, self.area.name_en)[self.place]
        day = clock.day_of(self.at).isoformat()
        title = (
            f"{name}未整改问题填报表（{day}，{len(self.rows)} 件）",
            f"Outstanding problems of {name} ({day}, {len(self.rows)})",
        )
        write_text(sheet.cell(1, 2), title[self.place])
        sheet.cell(1, 2).font = Font(bold=True, size=14)
        for line, said in enumerate(GUIDANCE, start=2):
            write_text(sheet.cell(line, 2), said[self.place])
            sheet.merge_cells(
                start_row=line, end_row=line, start_column=2, end_column=FIRST_FILLED + len(FILLED) - 1
            )
            sheet.cell(line, 2).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[3].height = 32
        self._head(sheet)
        choices: dict[str, DataValidation] = {}
        days = DataValidation(type="date", operator="greaterThan", formula1="36525", allow_blank=True)
        for number, problem in enumerate(self.rows, start=FIRST_ROW):
            self._row(sheet, number, problem, choices, days)
        for rule in (*choices.values(), days):
            if rule.sqref.ranges:
                sheet.add_data_validation(rule)
        sheet.freeze_panes = sheet.cell(FIRST_ROW, 3)
        sheet.protection.sheet = True
        sheet.protection.formatColumns = False
        self._seal(book)
        out = BytesIO()
        book.save(out)
        return out.getvalue()

    def _head(self, sheet: Any) -> None:
        sheet.column_dimensions["A"].hidden = True
        write_text(sheet.cell(FIRST_ROW - 1, 1), KNOWN_BY)
        for column, (zh, en, width) in enumerate((*SHOWN, *FILLED), start=2):
            cell = sheet.cell(FIRST_ROW - 1, column)
            write_text(cell, (zh, en)[self.place])
            cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="center")
            cell.fill = _OPEN if column >= FIRST_FILLED else _HEAD
            sheet.column_dimensions[get_column_letter(column)].width = width

    def _row(
        self,
        sheet: Any,
        number: int,
        problem: Problem,
        choices: dict[str, DataValidation],
        days: DataValidation,
    ) -> None:
        write_text(sheet.cell(number, 1), mark(problem))
        for column, text in enumerate(self._shown(problem), start=2):
            write_text(sheet.cell(number, column), text)
            sheet.cell(number, column).alignment = Alignment(wrap_text=True, vertical="top")
        steps = steps_for(problem.state)
        if not steps:
            return
        for column in range(FIRST_FILLED, FIRST_FILLED + len(FILLED)):
            cell = sheet.cell(number, column)
            cell.protection, cell.fill = Protection(locked=False), _OPEN
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        labels = ",".join((step.label_zh, step.label_en)[self.place] for step in steps)
        rule = choices.setdefault(
            labels, DataValidation(type="list", formula1=f'"{labels}"', allow_blank=True)
        )
        rule.add(sheet.cell(number, FIRST_FILLED))
        days.add(sheet.cell(number, FIRST_FILLED + 2))
        sheet.cell(number, FIRST_FILLED + 2).number_format = "yyyy-mm-dd"

    def _shown(self, problem: Problem) -> list[str]:
        at, river = self.place, problem.reach.river if problem.reach else None
        entry = problem.taken_over if problem.taken_over_as else None
        order = max(problem.orders.all(), key=lambda one: one.pk, default=None)
        return [
            problem.number,
            entry.old_number if entry else "",
            (problem.area.name_zh, problem.area.name_en)[at],
            (river.name_zh, river.name_en)[at] if river else "",
            kinds().labels[problem.kind][at],
            (problem.unit.name_zh, problem.unit.name_en)[at] if problem.unit else "",
            clock.day_of(problem.opened_at).isoformat(),
            _last_day(problem.due_at),
            PROBLEM_STATES[problem.state][at],
            order.requirement if order else entry.requirement if entry else "",
        ]

    def _seal(self, book: Workbook) -> None:
        """A sheet that shows nowhere; a cell holds so many characters, so the words stand in several."""
        words = seal(self.area.pk, self.at, [problem.pk for problem in self.rows])
        hidden = book.create_sheet(KNOWN_BY)
        hidden.sheet_state = "veryHidden"
        for row, start in enumerate(range(0, len(words), _CELL), start=1):
            write_text(hidden.cell(row, 1), words[start : start + _CELL])


def _last_day(due_at: datetime | None) -> str:
    """The day at whose end it is due."""
    return clock.day_of(due_at - timedelta(microseconds=1)).isoformat() if due_at else ""
