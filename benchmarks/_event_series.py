"""The labelled series that event detection is measured on, and how a verdict on them is scored."""

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from riverkit.detection import MEASURED, measured, missing

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Without SaQC's own pins: the newest of what it allows. pyarrow reads the tables.
PEERS = ("saqc==2.9.1", "pyarrow>=20")
SCRIPT = Path(__file__).with_name("_event_tables.py")

_WATER = ("Cl", "Cl_2", "pH", "Redox", "Leit", "Trueb")
"""GECCO's columns of water quality; temperature and flows tell of operation."""
_CANARY_WATER = ("B_CL2_VAL", "B_TURB_VAL", "B_PH_VAL", "B_TOC_VAL", "B_COND_VAL", "B_TEMP_VAL")
_LOGAN = ("temp", "cond", "ph", "do", "turb")
SEVEN = (
    *(f"lro_{place}2019.{name}" for place in ("TonyGrove", "MainStreet") for name in ("cond", "ph", "temp")),
    "oddwater_data_sandy_anom.Tur",
)
"""The series for which figures of other methods are known."""
_NO_VALUE = (-9999.0,)


@dataclass(frozen=True)
class Station:
    """Readings at one place: times in s, parameters of water quality, labels of those that have them."""

    name: str
    time_s: Array
    values: Mapping[str, Array]
    labels: Mapping[str, Mask]

    @property
    def weeks(self) -> float:
        return float(self.time_s[-1] - self.time_s[0]) / (7 * 86400)

    def without_value(self, name: str) -> Mask:
        """Where this parameter has no value while the station sent others."""
        mask = np.zeros(len(self.time_s), dtype=bool)
        for finding in missing(self.values):
            if finding.parameter == name:
                mask[finding.first : finding.last + 1] = True
        return mask


@dataclass(frozen=True)
class Plant:
    """GECCO: one label for all parameters together."""

    name: str
    time_s: Array
    values: Mapping[str, Array]
    is_event: Mask


def read(folder: Path, python: Path) -> tuple[list[Plant], list[Station]]:
    """All plants and stations in a data folder, or in its folder `monitoring`."""
    folder = folder / "monitoring" if (folder / "monitoring").is_dir() else folder
    plants: list[Plant] = []
    stations: list[Station] = []
    with tempfile.TemporaryDirectory() as made:
        subprocess.run([str(python), str(SCRIPT), "tables", str(folder), made], check=True)
        for path in sorted(Path(made).glob("*.npz")):
            with np.load(path) as arrays:
                columns = {key: arrays[key] for key in arrays.files}
            time_s = columns.pop("time_s")
            if path.stem.startswith("gecco"):
                water = {key: columns[key] for key in _WATER if key in columns}
                plants.append(Plant(path.stem, time_s, water, columns["EVENT"] > 0))
            else:
                stations.append(_station(path.stem, time_s, columns))
    return plants, stations


def _station(name: str, time_s: Array, columns: dict[str, Array]) -> Station:
    if name.startswith("lro"):
        chosen = {key: columns[key] for key in _LOGAN if key in columns}
        labels = {key: ~np.isnan(columns[f"{key}_qual"]) for key in chosen}
    elif name.startswith("canary"):
        chosen, labels = {key: columns[key] for key in _CANARY_WATER}, {}
    else:  # level is operation, as a flow is
        chosen = {
            key: column for key, column in columns.items() if f"label_{key}" in columns and key != "Level"
        }
        labels = {key: columns[f"label_{key}"] > 0 for key in chosen}
    flags = [MEASURED] * len(time_s)
    values = {key: measured(column, flags, no_value=_NO_VALUE) for key, column in chosen.items()}
    return Station(name, time_s, values, labels)


def labelled_series(stations: list[Station]) -> Iterator[tuple[str, Station, str]]:
    """Name, station and parameter of every series with at least one label."""
    for station in stations:
        for parameter, label in station.labels.items():
            if label.any():
                yield f"{station.name}.{parameter}", station, parameter


def fingerprint(plants: list[Plant]) -> str:
    """Of what a setting was chosen on: the plants' labels and values."""
    digest = hashlib.sha256()
    for plant in plants:
        digest.update(plant.time_s.tobytes() + plant.is_event.tobytes())
    return digest.hexdigest()[:12]


def peer(task: str, python: Path, time_s: Array, columns: Mapping[str, Array]) -> NDArray[np.generic]:
    """A peer's verdict: flags of saqc, or the score of the rolling residual."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "in.npz", Path(folder) / "out.npz"
        arrays: dict[str, Array] = dict(columns)
        np.savez(given, time_s=time_s, **arrays)  # type: ignore[arg-type]
        subprocess.run([str(python), str(SCRIPT), task, str(given), str(out)], check=True, stdout=sys.stderr)
        with np.load(out) as arrays_out:
            found: NDArray[np.generic] = arrays_out["found"]
    return found


def runs(mask: Mask) -> list[tuple[int, int]]:
    """First place and the place after the last of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


_WIDENED = 2


@dataclass(frozen=True)
class EventScore:
    """Event F1 of a series: both masks widened by two readings, then runs that touch a run of the other."""

    labelled: int
    labelled_hit: int
    alarms: int
    alarms_right: int

    @classmethod
    def of(cls, found: Mask, label: Mask) -> "EventScore":
        width = np.ones(2 * _WIDENED + 1)
        alarm, truth = (np.convolve(mask, width, mode="same") > 0.5 for mask in (found, label))
        hit = [bool(alarm[first:after].any()) for first, after in runs(truth)]
        right = [bool(truth[first:after].any()) for first, after in runs(alarm)]
        return cls(len(hit), sum(hit), len(right), sum(right))

    @property
    def f1(self) -> float:
        recall = self.labelled_hit / self.labelled if self.labelled else 0.0
        precision = self.alarms_right / self.alarms if self.alarms else 0.0
        return 2 * recall * precision / (recall + precision) if recall + precision else 0.0
