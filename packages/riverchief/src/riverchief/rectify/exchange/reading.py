"""Reading a filled sheet back: each row compared with the version exported, and what may be done done by the usual actions."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.db import transaction

from riverchief.accounts.models import User
from riverchief.base import audit
from riverchief.base.errors import InvalidInput, RiverchiefError
from riverchief.rectify import actions
from riverchief.rectify.access import visible_problems
from riverchief.rectify.codes import PROBLEM_STATES
from riverchief.rectify.exchange.sheet import (
    FILLED,
    FIRST_FILLED,
    KNOWN_BY,
    RowMark,
    read_mark,
    read_seal,
    step_called,
    version_of,
)
from riverchief.rectify.importing.cells import ledger_day
from riverchief.rectify.models import Problem
from riverchief.registry.importing.values import BadValue
from riverchief.registry.importing.workbook import MOST_ROWS, cell_text, opened_workbook


class Outcome(StrEnum):
    """What becomes of a row."""

    READY = "ready"
    DONE = "done"
    UNCHANGED = "unchanged"
    NEEDS_PHOTO = "needs_photo"
    CONFLICT = "conflict"
    REFUSED = "refused"
    MISSING = "missing"


@dataclass(frozen=True)
class Filled:
    """A row as it came back; texts as they stand in the cells."""

    row: int
    mark: str
    number: str
    step: str
    text: str
    completed: str
    no_photo: str

    @property
    def says_something(self) -> bool:
        """Whether anything was filled in."""
        return any((self.step, self.text, self.completed, self.no_photo))


@dataclass(frozen=True)
class Judged:
    """A row and what becomes of it, with the reason and the cure in "中文|English"; problem fields only where the person sees it."""

    row: int
    outcome: Outcome
    problem: Problem | None = None
    action: str = ""
    text: str = ""
    message: str = ""
    cure: str = ""
    state_then: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None


_LOOK = "请在问题页查看现状，再重新导出填报。|Look at the problem's page, and export it again if something is left to do."


class TakeBack:
    """A filled file, for one reader: `run` judges every row, and with `apply` does what may be done."""

    def __init__(self, user: User, path: Path, name: str) -> None:
        self.user = user
        self.filled, seal = _read(path, name)
        self.sent: list[int] = seal["problems"]

    def run(self, *, apply: bool) -> list[Judged]:
        """Every row of the file, and every row that was sent out and is not in it. Each step is a transaction of its own."""
        marks = {row.row: read_mark(row.mark) for row in self.filled}
        times = Counter(mark.problem_id for mark in marks.values() if mark is not None)
        rows = []
        for row in self.filled:
            mark = marks[row.row]
            if mark is None:
                rows.append(
                    _no(
                        row,
                        "隐藏的行标识被改动或缺失。|The hidden mark of the row was changed or is missing.",
                    )
                )
            elif times[mark.problem_id] > 1:
                rows.append(
                    _no(row, "同一问题在文件中出现多次。|The same problem stands in the file several times.")
                )
            else:
                rows.append(self._judge(row, mark, apply=apply))
        return [*rows, *self._missing(set(times))]

    def _missing(self, there: set[int]) -> list[Judged]:
        gone = [pk for pk in self.sent if pk not in there]
        return [
            Judged(
                0,
                Outcome.MISSING,
                problem,
                message="导出时有此行，文件中没有。|The row was sent out and is not in the file.",
                cure="问题不受影响；如误删，请重新导出填报。|The problem stays as it is; if the row was deleted by mistake, export it again.",
            )
            for problem in visible_problems(self.user).filter(pk__in=gone).order_by("pk")
        ]

    def _judge(self, row: Filled, mark: RowMark, *, apply: bool) -> Judged:
        with transaction.atomic():
            problem = visible_problems(self.user).filter(pk=mark.problem_id).first()
            if problem is None:
                return _no(row, "您的范围内没有此行的问题。|The problem of this row is not one of yours.")
            Problem.objects.select_for_update(of=("self",)).get(pk=problem.pk)
            problem.refresh_from_db()
            if row.number != problem.number:
                return _no(
                    row,
                    f"编号被改动：应为 {problem.number}。|The number was changed: it is {problem.number}.",
                    problem,
                )
            if not row.says_something:
                return Judged(row.row, Outcome.UNCHANGED, problem)
            if version_of(problem) != mark.version:
                return _changed(row, mark, problem)
            return self._take(row, problem, apply=apply)

    def _take(self, row: Filled, problem: Problem, *, apply: bool) -> Judged:
        step = step_called(row.step)
        if step is None:
            return Judged(
                row.row,
                Outcome.REFUSED,
                problem,
                message="没有选择“本次办理”，或所填不是可选的办理。|No step was chosen, or none of those offered.",
                cure="请从下拉列表选择。|Choose it from the list.",
            )
        try:
            text = _what_was_done(row) if step.action == "report_rectified" else row.text
            with transaction.atomic():
                _ACTIONS[step.action](self.user, problem.pk, text, row).run()
                # Tried out and taken back: what a preview says is what the action itself says.
                transaction.set_rollback(not apply)
        except BadValue as error:
            return Judged(row.row, Outcome.REFUSED, problem, step.action, row.text, error.message, error.cure)
        except RiverchiefError as error:
            photo = isinstance(error, InvalidInput) and error.field == "evidence_ids"
            return Judged(
                row.row,
                Outcome.NEEDS_PHOTO if photo else Outcome.REFUSED,
                problem,
                step.action,
                text,
                error.message,
                "请在问题页上传整改后的照片并上报。|Upload the photo on the problem's page and report there."
                if photo
                else error.cure,
            )
        if apply:
            problem.refresh_from_db()
        return Judged(row.row, Outcome.DONE if apply else Outcome.READY, problem, step.action, text)


_ACTIONS: dict[str, Callable[[User, int, str, Filled], actions.ProblemAction]] = {
    "sign_for": lambda user, pk, text, row: actions.SignForProblem(actor=user, problem_id=pk),
    "plan": lambda user, pk, text, row: actions.PlanRectification(actor=user, problem_id=pk, measures=text),
    "report_rectified": lambda user, pk, text, row: actions.ReportRectified(
        actor=user, problem_id=pk, summary=text, without_evidence_reason=row.no_photo
    ),
}


def _what_was_done(row: Filled) -> str:
    """The report's words, with the day on which the unit says it was completed: the report itself is of today."""
    day = ledger_day(row.completed, "completed", "")
    return f"完成日期 {day.isoformat()}。{row.text}" if day and row.text else row.text


def _no(row: Filled, message: str, problem: Problem | None = None) -> Judged:
    return Judged(
        row.row,
        Outcome.CONFLICT,
        problem,
        "",
        row.text,
        message,
        "请重新导出，在导出的文件中填写。|Export it again and fill in that file.",
    )


def _changed(row: Filled, mark: RowMark, problem: Problem) -> Judged:
    """Somebody has done something since: what stood there, what stands there now, and who it was."""
    last = audit.entries(problem.chain)[-1]
    who = User.objects.filter(pk=last.actor_id).first() if last.actor_id is not None else None
    then, now = PROBLEM_STATES[mark.state], PROBLEM_STATES[problem.state]
    return Judged(
        row.row,
        Outcome.CONFLICT,
        problem,
        "",
        row.text,
        f"导出后已有变化：导出时“{then[0]}”，现为“{now[0]}”。|Changed since it was exported: then “{then[1]}”, now “{now[1]}”.",
        _LOOK,
        state_then=mark.state,
        changed_by=f"{who.name_zh}|{who.name_en}" if who else last.actor_label,
        changed_at=last.at,
    )


def _read(path: Path, name: str) -> tuple[list[Filled], dict[str, Any]]:
    with opened_workbook(path, name) as book:
        words = ""
        if KNOWN_BY in book.sheetnames:
            words = "".join(
                cell_text(cells[0]) for cells in book[KNOWN_BY].iter_rows(max_col=1, values_only=True)
            )
        seal = read_seal(words, name)
        rows: list[Filled] = []
        below = False
        lines = book.worksheets[0].iter_rows(max_col=FIRST_FILLED + len(FILLED) - 1, values_only=True)
        for number, cells in enumerate(lines, start=1):
            texts = [cell_text(cell).strip() for cell in cells] + [""] * (FIRST_FILLED + len(FILLED))
            if below and any(texts):
                filled = texts[FIRST_FILLED - 1 : FIRST_FILLED - 1 + len(FILLED)]
                rows.append(Filled(number, texts[0], texts[1], *filled))
            below = below or texts[0] == KNOWN_BY
            if number > MOST_ROWS:
                break
    return rows, seal
