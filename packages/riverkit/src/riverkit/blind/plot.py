"""A chart of a blind location: what was seen, how old the cloud is by its front, and where it began."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from riverkit.blind.locate import Origin
from riverkit.blind.passage import Floats, Passage
from riverkit.blind.population import Population
from riverkit.blind.spread import REFERENCE_S
from riverkit.blind.tracer_tests import Curve
from riverkit.output import refuse_undrawable, writing

INK, MUTED, ACCENT, TRUTH = "#33312e", "#8a857d", "#0f6b6b", "#b3261e"
HOUR_S, KILOMETRE, MILLIGRAMS = 3_600.0, 1_000.0, 1_000.0
NORMAL_95 = 1.645
SHOWN_SHARE = 0.99
"""Of the probability, the distances that the chart reaches to."""


def plot_origin(
    origin: Origin,
    curves: Sequence[Curve],
    passages: Sequence[Passage],
    population: Population,
    path: Path,
    *,
    title: str,
    truth_m: float | None = None,
) -> None:
    """Three panels: the curves with the suspected start, the fronts against the law, the place.

    Raises:
        OutputError: matplotlib is not installed, or the file cannot be written.
    """
    refuse_undrawable(path)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 9.5), layout="constrained", facecolor="white")
    observed, spread, place = figure.subplots(3, 1)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, color=INK)
    draw_curves(observed, origin, curves)
    draw_fronts(spread, origin, passages, population)
    draw_place(place, origin, truth_m)
    for axes, corner in ((observed, "upper right"), (spread, "upper left"), (place, "upper left")):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=MUTED, labelcolor=INK)
        axes.legend(frameon=False, fontsize=8, loc=corner)
    with writing(path):
        figure.savefig(path, dpi=150)


def draw_curves(axes: Any, origin: Origin, curves: Sequence[Curve]) -> None:
    """What the stations saw, and when it suspectedly began."""
    for number, curve in enumerate(curves):
        order = np.argsort(curve.time_s, kind="stable")
        shade = 1.0 - 0.6 * number / max(len(curves) - 1, 1)
        axes.plot(
            curve.time_s[order] / HOUR_S, MILLIGRAMS * curve.value[order], color=INK, alpha=shade, lw=1.4
        )
        peak = int(np.nanargmax(curve.value))
        axes.annotate(curve.station, (curve.time_s[peak] / HOUR_S, MILLIGRAMS * curve.value[peak]),
                      xytext=(3, 2), textcoords="offset points", fontsize=8, color=INK)  # fmt: skip
    axes.axvspan(origin.start_s.low / HOUR_S, origin.start_s.high / HOUR_S, color=ACCENT, alpha=0.12, lw=0)
    axes.axvline(origin.start_s.median / HOUR_S, color=ACCENT, lw=1.4, label="suspected start, 90 % interval")
    axes.set(xlabel="time, h", ylabel="concentration, µg/L")


def draw_fronts(axes: Any, origin: Origin, passages: Sequence[Passage], population: Population) -> None:
    """The fronts seen over the cloud's suspected age, and those that the law expects."""
    ordered = sorted(passages, key=lambda passage: passage.middle_s)
    delay = np.array([passage.middle_s - ordered[0].middle_s for passage in ordered])
    travel = {
        name: (value + delay) / HOUR_S
        for name, value in (
            ("low", origin.travel_s.low),
            ("median", origin.travel_s.median),
            ("high", origin.travel_s.high),
        )
    }
    law = population.spread
    ages: Floats = np.geomspace(travel["low"].min() / 2, travel["high"].max() * 2, 60)
    middle = np.exp(law.intercept + law.exponent * np.log(ages * HOUR_S / REFERENCE_S)) / HOUR_S
    factor = float(np.exp(NORMAL_95 * np.sqrt(law.river_sd**2 + law.along_sd**2 + law.curve_scale**2)))
    axes.fill_between(
        ages, middle / factor, middle * factor, color=MUTED, alpha=0.18, lw=0, label="rivers at large, 90 %"
    )
    axes.plot(ages, middle, color=MUTED, lw=1)
    axes.errorbar(
        travel["median"],
        [passage.front_s / HOUR_S for passage in ordered],
        xerr=[travel["median"] - travel["low"], travel["high"] - travel["median"]],
        fmt="o",
        color=ACCENT,
        capsize=3,
        ms=5,
        label="stations at their suspected age, 90 %",
    )
    axes.set(
        xscale="log", yscale="log", xlabel="time under way, h", ylabel="front (5 to 25 % of the mass), h"
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(subs=(1.0, 2.0, 5.0))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")


def draw_place(axes: Any, origin: Origin, truth_m: float | None) -> None:
    """The probability of every distance."""
    grid = origin.distance_grid_m / KILOMETRE
    # Equal steps of the logarithm: the density per kilometre is the probability over the step's width.
    density = 100.0 * origin.distance_density / np.gradient(grid)
    reach = grid[int(np.searchsorted(np.cumsum(origin.distance_density), SHOWN_SHARE))]
    inside = (grid >= origin.distance_m.low / KILOMETRE) & (grid <= origin.distance_m.high / KILOMETRE)
    axes.plot(grid, density, color=ACCENT, lw=1.6)
    axes.fill_between(grid, density, where=inside, color=ACCENT, alpha=0.15, lw=0, label="90 % interval")
    axes.axvline(
        origin.best_m / KILOMETRE,
        color=ACCENT,
        lw=1.4,
        label="suspected place, of least expected relative error",
    )
    if truth_m is not None:
        axes.axvline(truth_m / KILOMETRE, color=TRUTH, lw=1.5, ls="--", label="true place (not used)")
    axes.set(xlim=(min(reach, 4 * origin.distance_m.high / KILOMETRE), 0), ylim=(0, None))
    axes.set(
        xlabel="distance above the first station, km (the river flows to the right)",
        ylabel="probability, % per km",
    )
