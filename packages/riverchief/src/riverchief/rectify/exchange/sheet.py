"""The sheet that travels: its columns, which of them may be filled in, and the signed words by which it is known again."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing

from riverchief.base.errors import InvalidInput
from riverchief.rectify.codes import ProblemState
from riverchief.rectify.models import Problem
from riverchief.rectify.transitions import TRANSITIONS, Transition

_SALT = "riverchief.ledger.exchange"
KNOWN_BY = "riverchief"
"""The hidden sheet, and the head of the hidden column."""

SHOWN: tuple[tuple[str, str, int], ...] = (
    ("编号", "Number", 18),
    ("原编号", "Old number", 12),
    ("区域", "Area", 14),
    ("河流", "River", 12),
    ("类型", "Kind", 14),
    ("责任单位", "Unit", 20),
    ("查出日期", "Found on", 12),
    ("整改期限", "Due on", 12),
    ("当前状态", "State", 12),
    ("整改要求", "What is required", 36),
)
"""Columns that are shown and locked: Chinese head, English head, width."""

FILLED: tuple[tuple[str, str, int], ...] = (
    ("本次办理", "Step", 18),
    ("整改措施或情况", "Measures, or what was done", 40),
    ("完成日期", "Completed on", 13),
    ("无照片的说明", "Why there is no photo", 24),
)
"""Columns to be filled in."""

FIRST_FILLED = len(SHOWN) + 2
"""Column of `FILLED`'s first, counted from 1; before stand the hidden column and `SHOWN`."""

STEPS: tuple[Transition, ...] = tuple(TRANSITIONS[name] for name in ("sign_for", "plan", "report_rectified"))
"""What the assigned unit may do by the table of transitions and a sheet can carry."""


def steps_for(state: str) -> list[Transition]:
    """The steps that can be filled in for a problem in a state."""
    return [step for step in STEPS if state in step.accepts]


def step_called(text: str) -> Transition | None:
    """The step of a label in either language."""
    return next((step for step in STEPS if text.strip() in (step.label_zh, step.label_en)), None)


def version_of(problem: Problem) -> str:
    """Changes whenever the problem takes a step, goes to another unit or gets another deadline."""
    said = [
        problem.state,
        problem.state_since.isoformat(),
        problem.unit_id,
        problem.due_at.isoformat() if problem.due_at else "",
        problem.paused_until.isoformat() if problem.paused_until else "",
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class RowMark:
    """What the hidden cell of a row says: which problem, in which state and version it was exported."""

    problem_id: int
    state: str
    version: str


def mark(problem: Problem) -> str:
    """The hidden cell of a row: signed, so that a changed one is found."""
    return signing.Signer(salt=_SALT).sign(f"{problem.pk}.{problem.state}.{version_of(problem)}")


def read_mark(text: str) -> RowMark | None:
    """What a hidden cell says; None where it was changed, or is not ours."""
    try:
        problem_id, state, version = signing.Signer(salt=_SALT).unsign(text.strip()).split(".")
    except (signing.BadSignature, ValueError):
        return None
    return RowMark(int(problem_id), ProblemState(state), version)


def seal(area_code: str, exported_at: datetime, problem_ids: list[int]) -> str:
    """The hidden sheet: which rows were sent out, from where and when."""
    said = {"area": area_code, "at": exported_at.isoformat(), "problems": problem_ids}
    return signing.dumps(said, salt=_SALT, compress=True)


def read_seal(text: str, name: str) -> dict[str, Any]:
    """What the hidden sheet says.

    Raises:
        InvalidInput: there is none, or it is not this deployment's.
    """
    try:
        said: dict[str, Any] = signing.loads(text, salt=_SALT)
    except signing.BadSignature as error:
        raise InvalidInput(
            f"{name} 不是由本系统导出的填报表，或其隐藏工作表已被改动。"
            f"|{name} was not exported here to be filled in, or its hidden sheet was changed.",
            cure="请重新导出，在导出的文件中填写（另存时保持 .xlsx）。|Export it again and fill in that very file, kept as .xlsx.",
            field="file",
        ) from error
    return said
