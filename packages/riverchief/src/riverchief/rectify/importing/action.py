"""Taking a ledger over: all of its rows in one transaction and a few statements, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock, evidence
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, PermissionRefused, StateRefused
from riverchief.rectify.access import person
from riverchief.rectify.actions.campaign import is_new_find
from riverchief.rectify.codes import Basis, ClueSource, ClueState, ProblemState
from riverchief.rectify.importing.models import LedgerImport, TakenOver
from riverchief.rectify.importing.overdue import count_as_told
from riverchief.rectify.importing.plan import Plan, plan_of
from riverchief.rectify.importing.rows import LedgerRow
from riverchief.rectify.importing.settings import Reading
from riverchief.rectify.models import Clue, NumberSeries, Problem
from riverchief.rectify.numbering import next_numbers
from riverchief.rectify.wording import neutral_titles
from riverchief.registry.duties.queries import responsible_chief

BATCH = 1_000


@dataclass(kw_only=True)
class TakeOverLedger(Action[LedgerImport]):
    """Take an old ledger over, as it was previewed.

    Each row is a clue that the importing person confirms by recorded decision: the ledger, whose file is kept, says so in that
    row. The problem then goes in one step to where the old ledger has it; nobody here is named as having reported or approved
    that. `fingerprint` is the preview's: if anything else would be written than was seen, nothing is.
    """

    name: ClassVar[str] = "problem.take_over"
    path: Path
    file_name: str
    reading: Reading
    fingerprint: str
    plan: Plan = field(init=False, repr=False)

    def load(self) -> None:
        """Two imports wait for each other; then read the file as the preview did."""
        NumberSeries.objects.get_or_create(name="ledger_import")
        NumberSeries.objects.select_for_update().get(name="ledger_import")
        self.plan = plan_of(self.path, self.file_name, self.reading, person(self.actor))

    def check_permission(self) -> None:
        """Some row at least is theirs; which are not, the preview tells row by row."""
        require(self.actor, Capability.ASSIGN_PROBLEM)
        if self.plan.not_theirs and not self.plan.ready and not self.plan.known:
            raise PermissionRefused(
                "文件中没有您可以接收的行。|No row of the file is yours to take over.",
                cure="请由所涉区域的河长办导入。|The office of the area imports it.",
            )

    def check_state(self) -> None:
        """Every row is understood or expressly left out, and nothing has changed since the preview."""
        if self.plan.refused:
            first = min(self.plan.refused)
            raise InvalidInput(
                f"还有 {len(self.plan.refused)} 行有问题（第一处在第 {first} 行），因此未写入任何数据。"
                f"|{len(self.plan.refused)} rows still have problems (the first is row {first}): nothing is written.",
                cure="请在预览中改正，或明确略去这些行。|Correct them in the preview, or leave them out expressly.",
                field="settings",
            )
        if not self.plan.ready:
            raise StateRefused(
                "没有可接收的新行：都已在台账中，或已略去。|There is no new row to take over: all are known, or left out.",
                cure="请核对文件。|Check the file.",
            )
        if self.fingerprint != self.plan.fingerprint:
            raise StateRefused(
                "预览之后，文件、设置或台账有变化，因此未写入任何数据。|File, settings or ledger have changed since the preview: nothing is written.",
                cure="请重新预览后再确认。|Preview it again, then confirm.",
            )

    def execute(self) -> LedgerImport:
        """Keep the file, write clues and problems, begin their chains."""
        user = person(self.actor)
        rows = self.plan.ready
        content = self.path.read_bytes()
        file = evidence.store(
            content,
            name=self.file_name,
            uploaded_by_id=user.pk,
            # what its bytes are; it is handed out under its own name
            media_type="application/zip" if self.path.suffix.lower() == ".xlsx" else "text/csv",
        )
        ledger = LedgerImport.objects.create(
            file=file,
            name=self.file_name[:200],
            area=_smallest_area([row.spot.area for row in rows]),
            campaign=self.plan.campaign,
            settings=self.reading.dict(),
            taken=len(rows),
            imported_by=user,
            imported_at=clock.now(),
        )
        clues = self._clues(rows, user)
        problems = self._problems(rows, clues, user)
        TakenOver.objects.bulk_create(
            (
                TakenOver(
                    problem=problem,
                    ledger=ledger,
                    campaign=self.plan.campaign,
                    row=row.row,
                    old_number=row.old_number,
                    old_state=row.old_state,
                    requirement=row.requirement,
                    placed_by=row.spot.placed_by,
                )
                for row, problem in zip(rows, problems, strict=True)
            ),
            batch_size=BATCH,
        )
        self._begin_chains(rows, clues, problems, file.sha256)
        passed = count_as_told(ledger)
        self.log(
            ledger.chain,
            file=self.file_name,
            sha256=file.sha256,
            campaign=self.plan.campaign.number if self.plan.campaign else None,
            taken=len(rows),
            known=len(self.plan.known),
            left_out=sorted(self.reading.left_out),
            corrections={str(number): cells for number, cells in sorted(self.reading.corrections.items())},
            first=problems[0].number,
            last=problems[-1].number,
            deadlines_passed_before=passed,
        )
        self.announce("rectify.ledger_taken_over", area=ledger.area.path, import_id=ledger.pk)
        return ledger

    def _clues(self, rows: Sequence[LedgerRow], user: User) -> list[Clue]:
        now = clock.now()
        numbers = next_numbers("clue", len(rows))
        return Clue.objects.bulk_create(
            (
                Clue(
                    number=number,
                    source=ClueSource.OLD_LEDGER,
                    state=ClueState.CONFIRMED,
                    kind=row.kind,
                    title=_title(row),
                    description=row.description,
                    area=row.spot.area,
                    reach=row.spot.reach,
                    lon=row.spot.lon,
                    lat=row.spot.lat,
                    occurred_at=clock.start_of(row.found_on),
                    registered_by=user,
                    registered_at=now,
                    basis=Basis.DECISION,
                    decision_reason=self._reason(row),
                    decided_by=user,
                    decided_at=now,
                )
                for number, row in zip(numbers, rows, strict=True)
            ),
            batch_size=BATCH,
        )

    def _problems(self, rows: Sequence[LedgerRow], clues: Sequence[Clue], user: User) -> list[Problem]:
        chiefs: dict[tuple[str, int | None], User | None] = {}
        numbers = next_numbers("problem", len(rows))
        problems = []
        for number, row, clue in zip(numbers, rows, clues, strict=True):
            spot, opened_at = row.spot, clock.start_of(row.found_on)
            answers = spot.area.pk, spot.reach.pk if spot.reach else None
            if answers not in chiefs:
                chiefs[answers] = responsible_chief(spot.area, spot.reach, clock.today())
            problems.append(
                Problem(
                    number=number,
                    clue=clue,
                    title=clue.title,
                    kind=row.kind,
                    state=row.state,
                    area=spot.area,
                    reach=spot.reach,
                    lon=spot.lon,
                    lat=spot.lat,
                    outfall=spot.outfall,
                    opened_by=user,
                    opened_at=opened_at,
                    campaign=self.plan.campaign,
                    new_find=is_new_find(self.plan.campaign, opened_at),
                    unit=row.unit,
                    chief=chiefs[answers],
                    rectification_class=row.rectification_class,
                    due_at=clock.end_of(row.due_on) if row.due_on else None,
                    assigned_at=_start(row.assigned_on),
                    signed_for_at=_start(row.assigned_on),
                    rectified_at=_start(row.rectified_on),
                    written_off_at=_start(row.written_off_on),
                    state_since=clock.start_of(row.since),
                    taken_over_as=row.state,
                )
            )
        return Problem.objects.bulk_create(problems, batch_size=BATCH)

    def _begin_chains(
        self, rows: Sequence[LedgerRow], clues: Sequence[Clue], problems: Sequence[Problem], sha256: str
    ) -> None:
        campaign = self.plan.campaign.number if self.plan.campaign else None
        chains: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for row, clue, problem in zip(rows, clues, problems, strict=True):
            found: dict[str, Any] = {}
            if row.spot.outfall is not None:
                found = {"found": {"outfall_id": row.spot.outfall.pk, "outfall": row.spot.outfall.code}}
            confirmed = {"basis": Basis.DECISION, "evidence": [], **found}
            chains[f"clue:{clue.pk}"] = [
                ("clue.register", {"number": clue.number, "source": ClueSource.OLD_LEDGER, "kind": row.kind}),
                (
                    "clue.confirm",
                    {**confirmed, "reason": clue.decision_reason, "problem": problem.number},
                ),
            ]
            chains[problem.chain] = [
                (
                    "clue.confirm",
                    {
                        **confirmed,
                        "number": problem.number,
                        "chief_id": problem.chief_id,
                        "campaign": campaign,
                    },
                ),
                (self.name, self._taken(row, problem, sha256)),
            ]
        self.begin_chains(chains)

    def _taken(self, row: LedgerRow, problem: Problem, sha256: str) -> dict[str, Any]:
        unit = row.unit
        return {
            "from": ProblemState.REGISTERED,
            "to": problem.state,
            "file": self.file_name,
            "file_sha256": sha256,
            "row": row.row,
            "old_number": row.old_number,
            "old_state": row.old_state,
            "found_on": row.found_on.isoformat(),
            "rectified_on": _iso(row.rectified_on),
            "written_off_on": _iso(row.written_off_on),
            "requirement": row.requirement,
            "placed_by": row.spot.placed_by,
            "unit_id": unit.pk if unit else None,
            "unit_zh": unit.name_zh if unit else None,
            "unit_en": unit.name_en if unit else None,
            **({"due_at": problem.due_at.isoformat()} if problem.due_at else {}),
        }

    def _reason(self, row: LedgerRow) -> str:
        return f"原有台账“{self.file_name}”第 {row.row} 行记载（原编号 {row.old_number}）"


def _title(row: LedgerRow) -> str:
    """Kind and place: what the old ledger writes may name a firm, and stays with the clue."""
    return neutral_titles(row.spot.area, row.spot.reach, row.kind)[0]


def _start(day: date | None) -> datetime | None:
    return clock.start_of(day) if day else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _smallest_area(areas: Sequence[Area]) -> Area:
    """The smallest area that all of them lie in: whoever watches over it may see the whole file."""
    first = areas[0].path.strip("/").split("/")
    shared = [code for code in first if all(f"/{code}/" in area.path for area in areas)]
    if not shared:
        raise InvalidInput(
            "文件中的行不在同一个上级行政区内。|The rows of the file share no area.",
            cure="请按行政区拆分文件。|Split the file by area.",
            field="file",
        )
    return Area.objects.get(pk=shared[-1])
