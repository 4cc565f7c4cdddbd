"""Collections of tracer tests with known origin, in the layout of `btc_stations.csv` and `btc_series.csv`.

Curves of Nordin & Sabol, USGS WRI 20-74 (1974), as digitised: microgram per litre over hours since the injection.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from riverkit.blind.passage import Floats, Passage
from riverkit.blind.population import Journey, Population, learn
from riverkit.errors import TracingError
from riverkit.tracing.tables import Row, read_rows

STATIONS, SERIES = "btc_stations.csv", "btc_series.csv"
HOUR_S = 3_600.0
GRAMS_PER_M3 = 1e-3
"""One microgram per litre."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One station's curve: seconds since the injection, g/m³."""

    station: str
    time_s: Floats
    value: Floats


@dataclass(frozen=True)
class TracerTest:
    """One injection followed down a river.

    Attributes:
        name: event, with the injection behind a stroke where an event has several.
        code: of the river, the first three letters of the event: what leaving a river out goes by.
        curves, journey: from upstream to downstream; the journey's distances and times count from the injection.
    """

    name: str
    code: str
    curves: tuple[Curve, ...]
    journey: Journey

    def hidden(self, stations: int) -> list[Passage]:
        """What the first so many stations saw, with distances counted from the first of them.

        Times still count from the injection: nothing that looks at them knows where their axis begins, and an answer of
        0 is the right one.
        """
        origin = self.journey.passages[0].distance_m
        return [
            Passage(p.distance_m - origin, p.middle_s, p.front_s, p.mass_kg, p.section_velocity_m_s)
            for p in self.journey.passages[:stations]
        ]


def read_tracer_tests(folder: Path) -> list[TracerTest]:
    """All injections of the collection.

    Every curve opens with a zero at the moment of injection, put there by those who digitised it: it is no reading and
    would give the answer away, so it is dropped.
    """
    readings: defaultdict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in read_rows(folder / SERIES):
        if row.number("time_h") > 0:
            readings[_key(row)].append(
                (row.number("time_h") * HOUR_S, row.number("conc_ug_per_l") * GRAMS_PER_M3)
            )
    rows: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in read_rows(folder / STATIONS):
        rows[_key(row)[:2]].append(row)
    return [_test(event, injection, of_test, readings) for (event, injection), of_test in rows.items()]


def learn_without(tests: Sequence[TracerTest], code: str) -> Population:
    """The population of all rivers but one."""
    others = [test for test in tests if test.code != code]
    return learn([test.journey for test in others], f"{len(others)} tracer tests, without the river {code}")


def _key(row: Row) -> tuple[str, str, str]:
    return row.text("event"), row.text("injection"), row.text("station")


def _test(
    event: str,
    injection: str,
    rows: Sequence[Row],
    readings: dict[tuple[str, str, str], list[tuple[float, float]]],
) -> TracerTest:
    rows = sorted(rows, key=lambda row: row.number("distance_from_injection_m"))
    curves, passages = [], []
    for row in rows:
        if _key(row) not in readings:
            raise row.error("station", f"no curve of it in {SERIES}.")
        time, value = np.array(sorted(readings[_key(row)])).T
        name = f"{event} {row.text('station')}"
        curves.append(Curve(row.text("station"), time, value))
        passages.append(
            Passage.of_curve(
                row.number("distance_from_injection_m"),
                time,
                value,
                row.number("discharge_m3s"),
                section_velocity_m_s=row.optional_number("velocity_m_s"),
                name=name,
            )
        )
    mass = rows[0].number("tracer_mass_kg")
    if not (mass > 0 and math.isfinite(mass)):
        raise rows[0].error("tracer_mass_kg", f"{mass} kg. Give the mass released.")
    code = event.split("_")[0]
    return TracerTest(
        name=event if injection in ("", "-") else f"{event}/{injection}",
        code=code,
        curves=tuple(curves),
        journey=Journey(code, tuple(passages), mass),
    )


def named(tests: Sequence[TracerTest], name: str) -> TracerTest:
    """The test of that name."""
    for test in tests:
        if test.name == name:
            return test
    raise TracingError(f"No tracer test {name!r}. There are: {', '.join(test.name for test in tests)}.")
