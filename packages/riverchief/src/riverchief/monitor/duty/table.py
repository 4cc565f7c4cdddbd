"""A roster from a table: times of the place, people by name or user name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from riverchief.accounts.models import User
from riverchief.base.clock import SHANGHAI
from riverchief.base.errors import InvalidInput
from riverchief.registry.importing.result import ImportResult
from riverchief.registry.importing.tables import read_table
from riverchief.registry.importing.values import half_width

HEADERS = {
    "starts_at": ("starts_at", "start", "开始", "开始时间"),
    "ends_at": ("ends_at", "end", "结束", "结束时间"),
    "person": ("person", "值班员", "值班人", "值班人员"),
    "deputy": ("deputy", "副班", "备班"),
    "leader": ("leader", "带班领导", "带班"),
}
NEEDED = ("starts_at", "ends_at", "person")
_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M")


@dataclass(frozen=True)
class RosterRow:
    """A row that could be read; `number` is its line in the file."""

    number: int
    starts_at: datetime
    ends_at: datetime
    person_id: int
    deputy_id: int | None
    leader_id: int | None


def read_roster(path: Path, name: str, people: Iterable[User], result: ImportResult) -> Iterator[RosterRow]:
    """The rows of a table of shifts; those that cannot be read go to `result`.

    Args:
        people: who may stand in the roster; named in the file by user name, or by a name that one of them alone has.

    Raises:
        InvalidInput: the file is no table, or lacks a column.
    """
    table = read_table(path, name)
    columns = {
        field: column
        for field, names in HEADERS.items()
        for column in table.columns
        if column.strip() in names
    }
    if missing := [field for field in NEEDED if field not in columns]:
        wanted = "、".join(HEADERS[field][-1] for field in missing)
        raise InvalidInput(
            f"{name} 缺少列：{wanted}。|{name} lacks the columns {', '.join(missing)}.",
            cure="表头须为：开始、结束、值班员、副班、带班领导。|Name them starts_at, ends_at, person, deputy, leader.",
            field="file",
        )
    result.notes.append(table.note)
    result.rows = len(table.rows)
    named = _by_name(people)
    for number, cells in table.rows:
        row = {field: cells[column].strip() for field, column in columns.items()}
        try:
            yield RosterRow(
                number,
                _moment(row, "starts_at"),
                _moment(row, "ends_at"),
                _person(row["person"], "person", named, needed=True) or 0,
                _person(row.get("deputy", ""), "deputy", named),
                _person(row.get("leader", ""), "leader", named),
            )
        except InvalidInput as error:
            result.refuse(number, error.field or "", error.message, error.cure)


def _by_name(people: Iterable[User]) -> dict[str, list[int]]:
    named: dict[str, list[int]] = defaultdict(list)
    for user in people:
        for name in {user.username, user.name_zh, user.name_en}:
            named[name].append(user.pk)
    return named


def _moment(row: dict[str, str], field: str) -> datetime:
    for form in _FORMATS:
        try:
            return datetime.strptime(half_width(row[field]), form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
    raise InvalidInput(
        f"“{row[field]}”不是可用的时间。|“{row[field]}” is no time.",
        cure="请写作 2026-12-01 08:00（北京时间）。|Write it as 2026-12-01 08:00, in the time of the place.",
        field=field,
    )


def _person(name: str, field: str, named: dict[str, list[int]], *, needed: bool = False) -> int | None:
    if not name and not needed:
        return None
    ids = named.get(name, [])
    if len(ids) == 1:
        return ids[0]
    raise InvalidInput(
        f"“{name}”{'有多人同名' if ids else '不是可在此值班的人'}。"
        f"|“{name}” {'is the name of several people' if ids else 'is nobody who may be on duty here'}.",
        cure="请填写用户名，或先授予该区域的值班权限。|Give the user name, or grant them the duty desk there first.",
        field=field,
    )
