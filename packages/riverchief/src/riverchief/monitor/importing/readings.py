"""History of readings from a table."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.monitor.actions.requests import is_statutory
from riverchief.monitor.backfill import CHUNK, store_history, take_turns
from riverchief.monitor.codes import words
from riverchief.monitor.importing.measured import measured
from riverchief.monitor.importing.table import Fields, Row
from riverchief.monitor.importing.value_table import Cell, ImportValues, contradiction
from riverchief.monitor.models import Kind
from riverchief.monitor.readings import MEASURED_FLAG, REFUSED_FLAG, ReadingChecks, ReadingRow
from riverchief.monitor.retrieval import retrieve
from riverchief.monitor.store import REFUSED_GIVES_WAY, Key
from riverchief.registry.importing.values import BadValue
from riverchief.registry.models import Station

SERIES = {
    **{value: value for value in Kind.values},
    **{label: value for value, label in Kind.choices},
    "小时均值": Kind.HOUR, "日均值": Kind.DAY, "日均": Kind.DAY, "瞬时": Kind.INSTANT,
}  # fmt: skip
FLAGS = {
    **{flag: flag for flag in "NFMSDCTB"},
    "正常": "N", "停运": "F", "维护": "M", "手工输入": "S", "故障": "D", "校准": "C", "超量程": "T", "通讯异常": "B",
}  # fmt: skip
OLDEST = datetime(2000, 1, 1, tzinfo=clock.SHANGHAI)
"""How old a value may be is asked of a device's clock, not of history; before this, months have no tables."""

Said = tuple[float | None, str]
"""Value and flag."""


@dataclass(kw_only=True)
class ImportReadings(ImportValues):
    """Readings of stations: by station, time and series (hour, day, …); a flag where the file has one, else normal.

    A reading that is there stays: an equal one is unchanged, another value is told. History raises no alarm. What an
    enterprise's monitor measures, only the monitor says.
    """

    name: ClassVar[str] = "monitor.import_readings"
    fields: ClassVar[Fields] = (
        ("station", "at", "series", "parameter", "value", "unit", "flag"),
        ("station", "at", "series"),
    )
    capability: ClassVar[Capability] = Capability.IMPORT_READINGS
    rows: list[tuple[int, ReadingRow]] = field(init=False, repr=False, default_factory=list)
    checks: ReadingChecks = field(init=False, repr=False)

    def prepare(self) -> None:
        """The stations, and what a value must satisfy."""
        super().prepare()
        self.checks = checks_of_history()

    def take_value(self, number: int, row: Row, station: Station, at: datetime, cell: Cell) -> None:
        """A value, or that there is none for the reason of its flag."""
        if is_statutory(station) and station.mn:
            raise BadValue(
                "station",
                f"{station.code} 是企业自行监测设备，其数据只由设备上报。"
                f"|{station.code} is an enterprise's monitor: its readings come from the monitor alone.",
                "请企业由设备补传（或在数据对话中请求补传）。"
                "|Let the enterprise have the monitor send them (补传), or ask the monitor for the period.",
            )
        series = _word(row, "series", SERIES, "")
        flag = _word(row, "flag", FLAGS, MEASURED_FLAG)
        found = measured(cell.text, cell.column, cell.parameter.key)
        if found is None and flag == MEASURED_FLAG:
            return
        if found is not None and found.below:
            raise BadValue(
                cell.column,
                f"“{cell.text}”低于检出限，不是仪器读数。|“{cell.text}” lies below a detection limit and is no reading.",
                "请作为实验室结果导入。|Import it as a result of a laboratory.",
            )
        reading = reading_row(station, at, series, cell, None if found is None else found.value, flag)
        refuse_impossible(reading, self.checks, cell)
        self.rows.append((number, reading))

    def finish(self) -> None:
        """Write what is new; tell what contradicts what is there, or an earlier row of the file.

        What the instrument itself sends between look and write stands too: the write leaves it, and it is told as well.
        """
        take_turns()
        for start in range(0, len(self.rows), CHUNK):
            chunk = self.rows[start : start + CHUNK]
            said = _there(row for _, row in chunk)
            new: dict[Key, tuple[int, ReadingRow]] = {}
            for number, row in chunk:
                before = said.get(row.key)
                if before is None:
                    said[row.key] = (row.value, row.flag)
                    new[row.key] = (number, row)
                else:
                    self._beside(number, row, before)
            beaten = store_history((row for _, row in new.values()), gives_way=REFUSED_GIVES_WAY)
            self.result.created += len(new) - len(beaten)
            said = _there(new[key][1] for key in beaten) if beaten else {}
            for key in beaten:
                number, row = new[key]
                # Nothing said: the value of a review that stays refused, and is this one.
                self._beside(number, row, said.get(key, (row.value, row.flag)))
        self.tell_assumed_units()

    def _beside(self, number: int, row: ReadingRow, before: Said) -> None:
        if _equal(before, row):
            self.result.unchanged += 1
            return
        error = contradiction(row.parameter, _told(before), _told((row.value, row.flag)))
        self.result.refuse(number, error.field, error.message, error.cure)


def checks_of_history() -> ReadingChecks:
    """What a value of the past must satisfy to be possible."""
    checks = ReadingChecks.of(get_rule("monitor.reading_checks"))
    return replace(checks, oldest=clock.now() - OLDEST)


def reading_row(
    station: Station, at: datetime, series: str, cell: Cell, value: float | None, flag: str = MEASURED_FLAG
) -> ReadingRow:
    """A reading of a station, the value turned into the unit of the quality standards."""
    return ReadingRow(
        station_id=station.pk,
        parameter=cell.parameter.key,
        kind=series,
        period_start=at,
        sampled_at=at,
        value=None if value is None else value * cell.factor,
        unit=cell.parameter.reading_unit,
        flag=flag,
        received_at=clock.now(),
    )


def refuse_impossible(row: ReadingRow, checks: ReadingChecks, cell: Cell) -> None:
    """Raise `BadValue` for a reading that cannot be true."""
    if reason := checks.reason(row, known=True):
        zh, en = words("reading_reasons", reason)
        raise BadValue(
            cell.column,
            f"“{cell.text}”（{row.period_start.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}）不可能：{zh}。"
            f"|“{cell.text}” ({row.period_start.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}) is not possible: {en}.",
            "请核对数值、单位和时间。|Check value, unit and time.",
        )


def _word(row: Row, name: str, known: dict[str, str], default: str) -> str:
    text = row.get(name, "").strip() or default
    if text not in known:
        raise BadValue(
            name,
            f"不认识“{text}”。|“{text}” is not known.",
            f"可用：{'、'.join(known)}|Use one of: {', '.join(known)}",
        )
    return str(known[text])


def _there(rows: Iterable[ReadingRow]) -> dict[Key, Said]:
    """What is said already by the readings of the same keys, but those that our own checks refused."""
    wanted = list(rows)
    found = retrieve(
        ("station_id", "parameter", "kind", "period_start", "value", "flag"),
        stations={row.station_id for row in wanted},
        start=min(row.period_start for row in wanted),
        end=max(row.period_start for row in wanted),
        parameters={row.parameter for row in wanted},
        kinds={row.kind for row in wanted},
    )
    return {
        (station_id, parameter, kind, at): (value, flag)
        for station_id, parameter, kind, at, value, flag in found
        if flag != REFUSED_FLAG
    }


def _equal(before: Said, row: ReadingRow) -> bool:
    value, flag = before
    if value is None or row.value is None:
        return (value, flag) == (row.value, row.flag)
    return flag == row.flag and abs(value - row.value) <= 1e-9 * max(abs(value), abs(row.value))


def _told(said: Said) -> str:
    value, flag = said
    return f"{'—' if value is None else f'{value:g}'}{'' if flag == MEASURED_FLAG else f' ({flag})'}"
