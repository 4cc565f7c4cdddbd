"""Tables of values of stations, in either of the two forms that offices use: one value a row, or a column for each parameter."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from riverchief.base.errors import InvalidInput
from riverchief.monitor.importing.measured import header, others
from riverchief.monitor.importing.table import ImportRecords, Row, by_code_or_name
from riverchief.registry.importing.columns import CONSTANT, resolve
from riverchief.registry.importing.parameters import Parameter, required_parameter
from riverchief.registry.importing.result import Assumption
from riverchief.registry.importing.values import BadValue, moment, required
from riverchief.registry.models import Station


@dataclass(frozen=True)
class Cell:
    """One value as it is written: where it stands, of which parameter, and what it is multiplied by."""

    column: str
    text: str
    parameter: Parameter
    factor: float


@dataclass(frozen=True)
class _Column:
    name: str
    parameter: Parameter
    factor: float


@dataclass(kw_only=True)
class ValueTable(ImportRecords):
    """An import of values, in either form; `cells` gives those of a row."""

    wide: list[_Column] = field(init=False, repr=False, default_factory=list)
    unit_assumed: list[tuple[str, str]] = field(init=False, repr=False, default_factory=list)

    def columns(self) -> dict[str, str]:
        """Field to column; without a column of values every column that names a parameter is one of values.

        A user may name such a column by the parameter's key (`{"nh3n": "第三列"}`).
        """
        known_fields = self.fields[0]
        own = {name: column for name, column in self.mapping.items() if name in known_fields}
        found = resolve(self.table.columns, own, *self.fields)
        if "value" in found:
            if "parameter" not in found:
                raise _missing("parameter")
            return found
        named = {column: name for name, column in self.mapping.items() if name not in known_fields}
        taken = set(found.values())
        for column in self.table.columns:
            known = header(column)
            if column in named:
                known = (required_parameter(named[column], others()), known[1] if known else "")
            if known is None or column in taken:
                continue
            parameter, unit = known
            self.wide.append(_Column(column, parameter, parameter.factor(unit)))
            if not unit and parameter.unit != "1":
                self.unit_assumed.append((column, parameter.unit))
        if not self.wide:
            raise _missing("value")
        return found | {f"{CONSTANT}{column.name}": column.name for column in self.wide}

    def cells(self, row: Row) -> Iterator[Cell]:
        """The values of a row."""
        if not self.wide:
            parameter = required_parameter(required(row, "parameter"), others())
            yield Cell("value", row["value"], parameter, parameter.factor(row.get("unit", "")))
            return
        for column in self.wide:
            yield Cell(column.name, row[f"{CONSTANT}{column.name}"], column.parameter, column.factor)

    def tell_assumed_units(self) -> None:
        """Say of which columns the unit was taken to be that of the standard."""
        self.result.assumed += [
            Assumption(
                f"列“{name}”未写单位，按 {unit} 处理。|The column “{name}” has no unit; it was taken as {unit}.",
                len(self.table.rows),
            )
            for name, unit in self.unit_assumed
        ]


@dataclass(kw_only=True)
class ImportValues(ValueTable):
    """Values of stations at times; a value is good or bad by itself, and `take_value` deals with it."""

    stations: dict[str, Station] = field(init=False, repr=False)

    def prepare(self) -> None:
        """The stations in use, by code and by name."""
        self.stations = by_code_or_name(list(Station.objects.filter(active=True).select_related("area")))

    def take(self, number: int, row: Row) -> None:
        """Every value of a row."""
        station = self.found(required(row, "station"), self.stations, "station")
        required(row, "at")
        at = moment(row, "at")
        assert at is not None  # required above
        for cell in self.cells(row):
            try:
                self.take_value(number, row, station, at, cell)
            except BadValue as error:
                self.result.refuse(number, error.field, error.message, error.cure)

    @abstractmethod
    def take_value(self, number: int, row: Row, station: Station, at: datetime, cell: Cell) -> None:
        """Deal with a value; `BadValue` tells what is wrong with it."""


def contradiction(number_field: str, there: str, given: str) -> BadValue:
    """What to say of a value that is not the one that is there."""
    return BadValue(
        number_field,
        f"与已有数据不一致：已有 {there}，文件 {given}。|It contradicts what is there: {there} there, {given} in the file.",
        "已有数据保持不变；请核对文件。|What is there stays as it is; check the file.",
    )


def _missing(name: str) -> InvalidInput:
    return InvalidInput(
        f"文件中没有可识别的监测值列（{name}）。|The file has no column of values that is known ({name}).",
        cure="请用“指标、监测值”两列，或每个指标一列（如 氨氮(mg/L)）；也可在对应关系中写明。"
        "|Give the columns parameter and value, or one column for each parameter, such as nh3n (mg/L); or name them in "
        "the mapping.",
        field="mapping",
    )
