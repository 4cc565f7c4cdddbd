"""Results of a laboratory from a table."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from riverchief.accounts.models import User
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.monitor.importing.measured import measured
from riverchief.monitor.importing.readings import checks_of_history, refuse_impossible
from riverchief.monitor.importing.table import Fields, Row
from riverchief.monitor.importing.value_table import Cell, ImportValues, contradiction
from riverchief.monitor.lab_readings import (
    Key,
    instrument_readings,
    key_of,
    reading_of,
    share_of_limit,
    store_results,
)
from riverchief.monitor.models import LabResult
from riverchief.monitor.readings import ReadingChecks
from riverchief.registry.importing.values import BadValue, short
from riverchief.registry.models import Station


@dataclass(kw_only=True)
class ImportLabResults(ImportValues):
    """Results of samples of stations: by station, parameter and time of sampling, `<0.05` for below a detection limit.

    A result that is there stays: an equal one is unchanged, another one is told. Of each a reading follows (instant), so
    that charts and classes know it; below a limit it is a share of the limit (rule `monitor.non_detects`). Where an
    instrument's reading of that very time stands, the result is told and not taken.
    """

    name: ClassVar[str] = "monitor.import_lab_results"
    fields: ClassVar[Fields] = (
        ("station", "at", "parameter", "value", "unit", "sample_no", "laboratory", "method"),
        ("station", "at"),
    )
    capability: ClassVar[Capability] = Capability.IMPORT_READINGS
    known: dict[Key, LabResult] = field(init=False, repr=False)
    new: list[tuple[int, str, LabResult]] = field(init=False, repr=False, default_factory=list)
    checks: ReadingChecks = field(init=False, repr=False)
    share: float = field(init=False, repr=False)

    def prepare(self) -> None:
        """The stations, the results there are, and the rules."""
        super().prepare()
        self.checks = checks_of_history()
        self.share = share_of_limit()
        stations = [row.pk for row in set(self.stations.values())]
        there = LabResult.objects.filter(station__in=stations).order_by("version")  # the last one holds
        self.known = {(row.station_id, row.parameter, row.sampled_at): row for row in there}

    def take_value(self, number: int, row: Row, station: Station, at: datetime, cell: Cell) -> None:
        """A result; an empty cell is none."""
        found = measured(cell.text, cell.column, cell.parameter.key)
        if found is None:
            return
        result = LabResult(
            station_id=station.pk,
            parameter=cell.parameter.key,
            sampled_at=at,
            value=found.value * cell.factor,
            unit=cell.parameter.reading_unit,
            below_limit=found.below,
            written=short(cell.text.strip(), cell.column, 40),
            sample_no=short(row.get("sample_no", "").strip(), "sample_no", 60),
            laboratory=short(row.get("laboratory", "").strip(), "laboratory", 120),
            method=short(row.get("method", "").strip(), "method", 120),
            file_name=self.source_name[-200:],
            entered_by=self.actor if isinstance(self.actor, User) else None,
            entered_at=clock.now(),
        )
        refuse_impossible(reading_of(result, self.share), self.checks, cell)
        key = key_of(result)
        before = self.known.get(key)
        if before is None:
            self.known[key] = result
            self.new.append((number, cell.column, result))
        elif _told(before) == _told(result):
            self.result.unchanged += 1
        else:
            raise contradiction(cell.column, _told(before), _told(result))

    def finish(self) -> None:
        """Write the results, and the readings that follow from them; tell which an instrument's reading stands beside."""
        instruments = instrument_readings([key_of(result) for _, _, result in self.new])
        taken = []
        for number, column, result in self.new:
            if key_of(result) in instruments:
                error = _beside(column, instruments[key_of(result)], result)
                self.result.refuse(number, error.field, error.message, error.cure)
            else:
                taken.append(result)
        store_results(taken)
        self.result.created = len(taken)
        self.tell_assumed_units()


def _beside(column: str, value: float | None, result: LabResult) -> BadValue:
    there, given = "—" if value is None else f"{value:.9g} {result.unit}".strip(), _told(result)
    return BadValue(
        column,
        f"同一时间已有仪器读数：已有 {there}，文件 {given}。"
        f"|An instrument's reading of this time stands: {there} there, {given} in the file.",
        "实验室结果不覆盖仪器读数；请核对点位和采样时间。"
        "|A laboratory's result never replaces an instrument's reading; check the station and the time of sampling.",
    )


def _told(row: LabResult) -> str:
    return f"{'<' if row.below_limit else ''}{row.value:.9g} {row.unit}".strip()
