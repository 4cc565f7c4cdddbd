"""What the imports of records share: reading the table, going row by row, telling what is wrong, the log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, TypeVar

from riverchief.accounts.policies import allows, require
from riverchief.accounts.roles import Capability
from riverchief.base.actions import Action
from riverchief.base.errors import RiverchiefError
from riverchief.registry.importing.columns import cells_of, resolve
from riverchief.registry.importing.points import refuse_excess
from riverchief.registry.importing.result import ImportResult, Progress, silent
from riverchief.registry.importing.tables import Table, read_table
from riverchief.registry.importing.values import BadValue
from riverchief.registry.models import Placed

Fields = tuple[tuple[str, ...], tuple[str, ...]]
Row = Mapping[str, str]
Place = TypeVar("Place", bound=Placed)


@dataclass(kw_only=True)
class ImportRecords(Action[ImportResult]):
    """Import one table of records; `take` deals with a row, `finish` with all that was taken."""

    fields: ClassVar[Fields]
    capability: ClassVar[Capability]
    path: Path
    kind: str
    basin_code: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""
    progress: Progress = silent
    result: ImportResult = field(init=False, repr=False)
    table: Table = field(init=False, repr=False)
    columns_found: Mapping[str, str] = field(init=False, repr=False)

    @property
    def source_name(self) -> str:
        """What the user calls the file."""
        return self.file_name or self.path.name

    def check_permission(self) -> None:
        """Importing somewhere at all; which rows, is decided row by row."""
        require(self.actor, self.capability)

    def columns(self) -> dict[str, str]:
        """Field to column."""
        return resolve(self.table.columns, self.mapping, *self.fields)

    def execute(self) -> ImportResult:
        """Read, check row by row, write, and log the counts."""
        self.table = read_table(self.path, self.source_name)
        columns = self.columns_found = self.columns()
        self.result = result = ImportResult(kind=self.kind, basin="")
        result.notes.append(self.table.note)
        result.rows = len(self.table.rows)
        self.prepare()
        for done, (number, cells) in enumerate(self.table.rows, start=1):
            try:
                refuse_excess(cells)
                self.take(number, cells_of(columns, cells))
            except BadValue as error:
                result.refuse(number, error.field, error.message, error.cure)
            except RiverchiefError as error:
                result.refuse(number, error.field or "", error.message, error.cure)
            if done % 100 == 0 or done == len(self.table.rows):
                self.progress(self.kind, done, len(self.table.rows))
        self.finish()
        self.log(
            f"imports:{self.kind}",
            file=self.source_name,
            rows=result.rows,
            created=result.created,
            updated=result.updated,
            unchanged=result.unchanged,
            errors=len(result.errors),
        )
        return result

    def prepare(self) -> None:
        """Look up what the rows refer to."""

    def take(self, number: int, row: Row) -> None:
        """Deal with a row; `BadValue` tells what is wrong with it."""
        raise NotImplementedError

    def finish(self) -> None:
        """Write what was gathered, where rows are not written one by one."""

    def found(self, code: str, known: Mapping[str, Place], field_name: str) -> Place:
        """The outfall or station of a code in which the actor may import."""
        place = known.get(code)
        if place is None:
            raise BadValue(
                field_name,
                f"没有编码或名称为“{code}”的对象。|There is nothing with the code or name “{code}”.",
                "请先导入它，或改正编码。|Import it first, or correct the code.",
            )
        if not allows(self.actor, self.capability, place.area.path):
            raise BadValue(
                field_name,
                f"“{place.area.name_zh}”不在您的管辖范围内。|“{place.area.name_en}” is not in your area.",
                "请请上级导入。|Ask the level above to import it.",
            )
        return place


def by_code_or_name(rows: list[Place]) -> dict[str, Place]:
    """Places by their code, and by their Chinese or English name where only one has it."""
    names: dict[str, list[Place]] = {}
    for row in rows:
        for name in {row.name_zh, row.name_en}:
            names.setdefault(name, []).append(row)
    return {name: found[0] for name, found in names.items() if len(found) == 1} | {
        row.code: row for row in rows
    }
