"""Charts of a trace: what is probable, and how the prediction fits the readings. Needs the extra `plot`."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from riverkit.errors import TracingError
from riverkit.tracing.result import CandidateResult, Posterior

INK, MUTED, ACCENT, TRUTH = "#33312e", "#8a857d", "#0f6b6b", "#b3261e"
MILLIGRAMS_PER_GRAM = 1_000.0
HOUR_S = 3_600.0
MOST_BARS = 12

Panel = Callable[[Any], None]


def plot_places(
    posterior: Posterior,
    km: dict[str, float],
    path: Path,
    *,
    title: str,
    zone_km: tuple[float, float],
    truth_km: float | None = None,
) -> None:
    """Probability along one river line, and below it every station from upstream to downstream."""

    def along_the_river(axes: Any) -> None:
        placed = sorted((km[c.key], c.probability) for c in posterior.candidates if c.key in km)
        places = [place for place, _ in placed]
        width = 0.8 * min((b - a for a, b in itertools.pairwise(places)), default=1.0)
        axes.axvspan(*zone_km, color=ACCENT, alpha=0.1, lw=0, label="90 % zone")
        axes.bar(places, [100 * p for _, p in placed], width=width, color=ACCENT, label="suspected place")
        axes.axvline(0.0, color=MUTED, lw=1)
        axes.annotate("first station", (0.0, 0.97), xycoords=("data", "axes fraction"), color=MUTED, rotation=90,
                      ha="right", va="top", fontsize=8)  # fmt: skip
        if truth_km is not None:
            axes.axvline(truth_km, color=TRUTH, lw=1.5, ls="--", label="true place (not used)")
        axes.set_xlabel("distance below the first station, km")
        axes.set_ylabel("probability, %")
        axes.legend(frameon=False, fontsize=8)

    _figure(posterior, path, title, along_the_river)


def plot_candidates(posterior: Posterior, path: Path, *, title: str) -> None:
    """The leading candidates as bars, and below them every station."""

    def bars(axes: Any) -> None:
        leading = posterior.candidates[:MOST_BARS][::-1]
        axes.barh(
            [c.key for c in leading],
            [100 * c.probability for c in leading],
            color=[MUTED if c.kind == "nothing" else ACCENT for c in leading],
        )
        for row, candidate in enumerate(leading):
            axes.annotate(
                f" {100 * candidate.probability:.1f}", (100 * candidate.probability, row), va="center"
            )
        axes.set_xlabel("probability, % (suspected, not confirmed)")

    _figure(posterior, path, title, bars)


def _figure(posterior: Posterior, path: Path, title: str, top: Panel) -> None:
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise TracingError(
            "Charts need matplotlib: install riverkit[plot], or leave the plot out."
        ) from error
    best = _shown(posterior.candidates)
    predicted = best.predicted if best else ()
    fonts = ["Noto Sans CJK SC", "Noto Sans", "DejaVu Sans"]
    installed = set(matplotlib.font_manager.get_font_names())
    style: dict[Any, Any] = {
        "font.family": [font for font in fonts if font in installed],
        "text.color": INK,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(9, 3.4 + 1.9 * len(predicted)), layout="constrained")
        panels = figure.subplots(
            1 + len(predicted), 1, squeeze=False, height_ratios=[1.5] + [1.0] * len(predicted)
        )[:, 0]
        figure.suptitle(title, x=0.01, ha="left", fontsize=12)
        top(panels[0])
        for axes, station in zip(panels[1:], predicted, strict=True):
            axes.sharex(panels[1])
            hours = [time / HOUR_S for time in station.time_s]
            low, high, mean, seen = (
                [MILLIGRAMS_PER_GRAM * value for value in series]
                for series in (station.low, station.high, station.mean, station.observed)
            )
            axes.fill_between(
                hours, low, high, color=ACCENT, alpha=0.2, lw=0, label="90 % of the model's curves"
            )
            axes.plot(
                hours, mean, color=ACCENT, lw=1.2, label=f"predicted, release at {best.key}" if best else ""
            )
            axes.plot(hours, seen, "o", color=INK, ms=3, label="observed")
            axes.set_ylim(bottom=0.0)
            axes.set_ylabel(f"{station.station}\nµg/L")
        if predicted:
            panels[1].legend(frameon=False, fontsize=8)
            panels[-1].set_xlabel("time, h")
        figure.savefig(path, dpi=130)


def _shown(candidates: Sequence[CandidateResult]) -> CandidateResult | None:
    return next((candidate for candidate in candidates if candidate.predicted), None)
