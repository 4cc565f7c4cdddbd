"""Pictures of the dye tests: the places found, and every test with what was seen, expected and inferred."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from matplotlib.figure import Figure
from riverkit.blind import Origin, Passage, Population
from riverkit.blind.plot import ACCENT, MUTED, TRUTH, draw_curves, draw_fronts, draw_place
from riverkit.blind.tracer_tests import Curve, TracerTest
from riverkit.tracing.result import Interval

SMALL = 7
ROW_INCHES = 1.75
TITLES = (
    "observed: µg/L over hours",
    "fronts, h, over time under way, h",
    "place: % per km, km above the first station",
)


class Found(Protocol):
    """An answer's place."""

    @property
    def place(self) -> Interval:
        """Metres above the first station."""

    @property
    def best_m(self) -> float:
        """The one place named."""


class Case(Protocol):
    """A test with both answers."""

    @property
    def test(self) -> TracerTest: ...
    @property
    def ours(self) -> Found: ...
    @property
    def law(self) -> Found: ...
    @property
    def distance_m(self) -> float: ...


class Shown(NamedTuple):
    """One test, and what it was judged by; `truth_m` is the true distance above the first station."""

    name: str
    origin: Origin
    curves: Sequence[Curve]
    passages: Sequence[Passage]
    population: Population
    truth_m: float


def plot_places(cases: Sequence[Case], path: Path) -> None:
    """Place over true place for every test, ours above the spread law's."""
    figure = Figure(figsize=(9.0, 0.42 * len(cases) + 1.4), layout="constrained", facecolor="white")
    axes = figure.subplots()
    for row, case in enumerate(reversed(cases)):
        ours, law = case.ours, case.law
        for place, named, shift, colour in (
            (ours.place, ours.best_m, 0.13, ACCENT),
            (law.place, law.place.median, -0.17, MUTED),
        ):
            ends = np.array([place.low, place.high]) / case.distance_m
            width = 3 if shift > 0 else 2
            axes.plot(ends, [row + shift] * 2, color=colour, lw=width, solid_capstyle="butt")
            axes.plot(named / case.distance_m, row + shift, "o", color=colour, ms=5)
    axes.axvline(1.0, color=TRUTH, ls="--", lw=1.2)
    names = [f"{case.test.name}  {case.distance_m / 1e3:.0f} km" for case in reversed(cases)]
    axes.set_yticks(range(len(cases)), names, fontsize=8)
    axes.set(xscale="log", xlabel="found distance over the true one (place named and 90 % interval)")
    axes.set_xticks([0.25, 0.5, 1, 2, 4, 8], ["¼", "½", "1", "2", "4", "8"])
    axes.minorticks_off()
    axes.set_title(
        "Real releases of dye: blind location (green), spread law of practice (grey)", loc="left", fontsize=10
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def plot_each(tests: Sequence[Shown], path: Path) -> None:
    """A row for every test: curves and suspected start, fronts seen and expected, posterior of the place."""
    figure = Figure(figsize=(13.0, ROW_INCHES * len(tests) + 1.0), layout="constrained", facecolor="white")
    rows = figure.subplots(len(tests), 3, squeeze=False)
    for row, test in zip(rows, tests, strict=True):
        draw_curves(row[0], test.origin, test.curves)
        row[0].axvline(0.0, color=TRUTH, lw=1.2, ls="--", label="true start (not used)")
        draw_fronts(row[1], test.origin, test.passages, test.population)
        draw_place(row[2], test.origin, test.truth_m)
        row[0].set_title(test.name, loc="left", fontsize=SMALL + 2, fontweight="bold")
        for axes in row:
            _shrink(axes)
    entries: dict[str, Any] = {}
    for axes, title in zip(rows[0], TITLES, strict=True):
        axes.set_title(title, loc="right", fontsize=SMALL + 1)
        entries |= {label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(
        entries.values(), entries, frameon=False, fontsize=SMALL + 1, loc="outside upper left", ncols=4
    )
    figure.savefig(path, dpi=85)


def _shrink(axes: Any) -> None:
    axes.set(xlabel="", ylabel="")
    axes.tick_params(labelsize=SMALL, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    for text in axes.texts:
        text.set_fontsize(SMALL)
