"""What taking over a ledger would do, row by row; nothing is written. Preview and import read the file in this one way."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows
from riverchief.accounts.roles import Capability
from riverchief.base.errors import InvalidInput
from riverchief.rectify.campaigns.models import Campaign
from riverchief.rectify.codes import ProblemState
from riverchief.rectify.importing.cells import readable_day, word
from riverchief.rectify.importing.models import TakenOver
from riverchief.rectify.importing.rows import DAYS, LedgerRow, Understanding
from riverchief.rectify.importing.settings import FIELDS, NEEDED, WORDS, Reading
from riverchief.registry.importing.columns import cells_of, guess, resolve
from riverchief.registry.importing.lists import OfficeList, read_list
from riverchief.registry.importing.result import RowError
from riverchief.registry.importing.tables import EXCESS
from riverchief.registry.importing.values import BadValue


@dataclass(frozen=True)
class Word:
    """A text of the file, how often it stands there, and the key it is taken for ("" for none yet)."""

    field: str
    text: str
    count: int
    key: str


@dataclass
class Plan:
    """A file as it would be taken over. `cells` are those of every row by field, corrections and fillings included;
    `not_theirs` those of the refused rows that somebody else may take over.
    """

    table: OfficeList
    columns: dict[str, str]
    reading: Reading
    campaign: Campaign | None
    cells: dict[int, dict[str, str]] = field(default_factory=dict)
    ready: list[LedgerRow] = field(default_factory=list)
    refused: dict[int, RowError] = field(default_factory=dict)
    known: list[int] = field(default_factory=list)
    not_theirs: list[int] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    @property
    def assumed(self) -> Counter[str]:
        """What the file did not say, and how often it was filled in."""
        counts = Counter(what for row in self.ready for what in row.assumed)
        if self.table.dittos:
            counts["“同上”取上一行的值|“As above” taken from the row above"] = self.table.dittos
        return counts

    @property
    def fingerprint(self) -> str:
        """Changes whenever something else would be written: what a person confirms is what they saw."""
        said = [
            [
                row.row, row.old_number, row.old_state, str(row.state), row.spot.area.pk,
                row.spot.reach.pk if row.spot.reach else None, row.spot.outfall.pk if row.spot.outfall else None,
                row.spot.lon, row.spot.lat, row.kind, row.description, row.requirement, row.rectification_class,
                row.unit.pk if row.unit else None,
                [str(day) for day in (row.found_on, row.assigned_on, row.due_on, row.rectified_on, row.written_off_on)],
            ]
            for row in self.ready
        ]  # fmt: skip
        whole = [self.campaign.pk if self.campaign else None, said, sorted(self.refused)]
        return hashlib.sha256(json.dumps(whole, ensure_ascii=False).encode()).hexdigest()


def plan_of(path: Path, name: str, reading: Reading, user: User) -> Plan:
    """Read a file and understand every row.

    Raises:
        InvalidInput: the file is no ledger, a column is missing, or there is no such campaign.
    """
    table = read_list(path, name, FIELDS)
    _check_rows(table, reading)
    columns = _columns(table, reading)
    plan = Plan(table, columns, reading, _campaign(reading.campaign_id))
    understanding = Understanding(reading, plan.campaign)
    known = set(TakenOver.objects.filter(campaign=plan.campaign).values_list("old_number", flat=True))
    told: Counter[tuple[str, str]] = Counter()
    first_of: dict[str, int] = {}
    left_out = set(reading.left_out)
    for number, raw in table.rows:
        cells = _cells(columns, raw, reading, number)
        plan.cells[number] = cells
        if number in left_out:
            continue
        told.update((name, said) for name in WORDS if (said := word(cells.get(name, ""))))
        try:
            if EXCESS in raw and number not in reading.corrections:
                raise BadValue("", "此行的列数多于表头。|The row has more cells than the header.", _LOOK)
            if word(cells["old_number"]) in known:
                plan.known.append(number)
                continue
            row = understanding.row(number, cells)
            try:
                _check_person(user, row)
            except BadValue:
                plan.not_theirs.append(number)
                raise
            earlier = first_of.setdefault(row.old_number, number)
            if earlier != number:
                raise BadValue(
                    "old_number",
                    f"编号“{row.old_number}”在第 {earlier} 行已有。|Row {earlier} has the number “{row.old_number}” already.",
                    "请改正编号，或略去此行。|Correct the number, or leave the row out.",
                )
            plan.ready.append(row)
        except BadValue as error:
            plan.refused[number] = RowError(number, error.field, error.message, error.cure)
    plan.words = [
        Word(name, text, count, understanding.proposal(name, text))
        for (name, text), count in told.most_common()
    ]
    return plan


_LOOK = "请改正此行，或略去。|Correct the row, or leave it out."


def _check_rows(table: OfficeList, reading: Reading) -> None:
    there = {number for number, _ in table.rows}
    if missing := sorted({*reading.corrections, *reading.left_out} - there):
        raise InvalidInput(
            f"文件没有第 {missing[0]} 行。|The file has no row {missing[0]}.",
            cure="请重新预览该文件。|Preview the file again.",
            field="settings",
        )


def _columns(table: OfficeList, reading: Reading) -> dict[str, str]:
    """Field to column. A field that the person gave no column ("") has none, whatever the headers say."""
    given = {name: column for name, column in reading.columns.items() if column}
    filled = [name for name in NEEDED if name in reading.fill]
    columns = resolve(table.columns, given, FIELDS, [name for name in NEEDED if name not in filled])
    dropped = [name for name, column in reading.columns.items() if not column]
    for name in dropped:
        if name in NEEDED and name not in filled:
            raise InvalidInput(
                f"字段“{name}”必须有对应的列。|The field “{name}” needs a column.",
                cure="请选择一列。|Choose a column.",
                field="settings",
            )
        columns.pop(name, None)
    return columns


def proposed_columns(table: OfficeList) -> dict[str, str]:
    """Field to the column whose header suggests it."""
    return guess(table.columns, FIELDS)


def _cells(
    columns: Mapping[str, str], raw: Mapping[str, str], reading: Reading, number: int
) -> dict[str, str]:
    cells = dict.fromkeys(NEEDED, "") | cells_of(columns, raw)
    for name in DAYS:
        if name in cells:
            cells[name] = readable_day(cells[name])
    for name, text in reading.fill.items():
        if not cells.get(name, "").strip():
            cells[name] = text
    return cells | reading.corrections.get(number, {})


def _campaign(campaign_id: int | None) -> Campaign | None:
    if campaign_id is None:
        return None
    row = Campaign.objects.select_related("area").filter(pk=campaign_id).first()
    if row is None:
        raise InvalidInput(
            "没有此项行动。|There is no such campaign.",
            cure="请从名单中选择。|Choose one from the list.",
            field="settings",
        )
    return row


def _check_person(user: User, row: LedgerRow) -> None:
    """Whoever takes a row over may confirm and assign there, and write off what is taken over as written off."""
    area = row.spot.area
    needed = [Capability.CONFIRM_CLUE, Capability.ASSIGN_PROBLEM]
    if row.state == ProblemState.WRITTEN_OFF:
        needed.append(Capability.WRITE_OFF_PROBLEM)
    if not all(allows(user, capability, area.path) for capability in needed):
        raise BadValue(
            "old_state" if row.state == ProblemState.WRITTEN_OFF else "area",
            f"您不能接收“{area.name_zh}”的此行。|You may not take this row of “{area.name_en}” over.",
            "请由该区域的河长办导入；已销号的由市河长办导入。"
            "|The office of the area imports it; what is written off, the city office.",
        )
