"""Charts of a trace: what is probable, and how the prediction fits the readings. Needs the extra `plot`."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from riverkit.output import refuse_undrawable, short_name, writing
from riverkit.tracing.result import CandidateResult, Posterior, StationPrediction

INK, MUTED, ACCENT, TRUTH = "#33312e", "#8a857d", "#0f6b6b", "#b3261e"
HOUR_S = 3_600.0
MOST_BARS = 12
SMALL = 8
MICROGRAMS_BELOW = 0.1
"""Where no reading reaches this (g/m³), the axis is in µg/L."""

ROOM_FOR_WORDS = 1.45
"""Height of the panel of places against its highest bar: the names of what is drawn stand above the bars."""

MOST_PROBABLE = "the most probable place"

Panel = Callable[[Any], None]


def plot_places(
    posterior: Posterior,
    km: dict[str, float],
    path: Path,
    *,
    title: str,
    zone_km: tuple[float, float],
    cut_off: bool = False,
    truth_km: float | None = None,
    source: str = "",
) -> None:
    """Probability along one river line above the first station, and below it every station, downstream in order.

    Args:
        km: of each place, counted downstream from the first station, so below 0.
        zone_km: the 90 % zone, in the same count.
        cut_off: whether the upper end of the search, and not the readings, bounds the zone.
        truth_km: the true place, for the comparison.
        source: of the readings.
    """

    def along_the_river(axes: Any) -> None:
        placed = sorted((km[c.key], 100 * c.probability) for c in posterior.candidates if c.key in km)
        places, percent = zip(*placed, strict=True)
        step = min((b - a for a, b in itertools.pairwise(places)), default=1.0)
        low, high = zone_km[0] - step / 2, zone_km[1] + step / 2
        axes.axvspan(low, high, color=ACCENT, alpha=0.1, lw=0)
        axes.bar(places, percent, width=0.8 * step, color=ACCENT)
        axes.set_xlim(places[0] - step, step)
        axes.set_ylim(0.0, ROOM_FOR_WORDS * max(percent))

        def word(place: float, height: float, text: str, color: str, align: str = "left") -> None:
            axes.annotate(text, (place, height), xycoords=("data", "axes fraction"), xytext=(-4 if align == "right" else 4, 0), va="center",
                          textcoords="offset points", color=color, ha=align, fontsize=SMALL)  # fmt: skip

        word(high, 0.94, "90 % zone", ACCENT, "right")
        axes.axvline(0.0, color=MUTED, lw=1)
        if truth_km is not None:
            axes.axvline(truth_km, ymax=0.84, color=TRUTH, lw=1.5, ls="--")
            word(truth_km, 0.82, "true place (not used)", TRUTH)
        if cut_off:
            axes.axvline(places[0] - step / 2, color=INK, lw=1.5, ls=":")
            word(places[0] - step / 2, 0.94, "the search ends here; the zone may go on upstream", INK)
        axes.set_yticks([tick for tick in axes.get_yticks() if tick <= max(percent)])
        axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
        axes.set_xlabel(f"km above {posterior.settings['stations'][0]}; water flows to the right")
        axes.set_title("Probability of each place, %", loc="left", fontsize=SMALL + 1)

    _figure(posterior, path, title, along_the_river, source)


def plot_candidates(posterior: Posterior, path: Path, *, title: str, undecided: bool = False) -> None:
    """The leading candidates as bars, and below them every station; where they are `undecided`, their names without bars."""

    def bars(axes: Any) -> None:
        leading = posterior.candidates[:MOST_BARS][::-1]
        if undecided:
            names = "\n".join(sorted(_drawn(c.key) for c in leading))
            axes.text(0.0, 1.0, names, va="top", fontsize=SMALL, transform=axes.transAxes)
            axes.set_title("Places that may be it, by name", loc="left", fontsize=SMALL + 1)
            axes.set_axis_off()
            return
        axes.barh(
            [_drawn(c.key) for c in leading],
            [100 * c.probability for c in leading],
            color=[MUTED if c.kind == "nothing" else ACCENT for c in leading],
        )
        for row, candidate in enumerate(leading):
            axes.annotate(
                f" {100 * candidate.probability:.1f}",
                (100 * candidate.probability, row),
                va="center",
                fontsize=SMALL,
            )
        axes.set_title("Probability, % (suspected, not confirmed)", loc="left", fontsize=SMALL + 1)

    _figure(
        posterior, path, title, bars, of_best="one of the places that fit" if undecided else MOST_PROBABLE
    )


def _figure(
    posterior: Posterior, path: Path, title: str, top: Panel, source: str = "", of_best: str = MOST_PROBABLE
) -> None:
    refuse_undrawable(path)
    import matplotlib
    from matplotlib.figure import Figure

    best = _shown(posterior.candidates)
    predicted = best.predicted if best else ()
    fonts = ["Noto Sans CJK SC", "Noto Sans", "DejaVu Sans"]
    installed = set(matplotlib.font_manager.get_font_names())
    style: dict[Any, Any] = {
        "font.family": [font for font in fonts if font in installed],
        "text.color": INK,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "axes.labelsize": SMALL + 1,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(9, 3.6 + 1.7 * len(predicted)), layout="constrained")
        panels = figure.subplots(
            1 + len(predicted), 1, squeeze=False, height_ratios=[1.7] + [1.0] * len(predicted)
        )[:, 0]
        figure.suptitle(_literal(title), x=0.01, ha="left", fontsize=12)
        top(panels[0])
        stations = panels[1:]
        peak = max((max(station.observed) for station in predicted), default=0.0)
        unit, factor = ("mg/L", 1.0) if peak >= MICROGRAMS_BELOW else ("µg/L", 1_000.0)
        for axes, station in zip(stations, predicted, strict=True):
            axes.sharex(stations[0])
            _draw_station(axes, station, factor)
            axes.set_title(
                _drawn(f"{station.station} {station.parameter}".rstrip()) + f", {unit}; {_inside(station)}",
                loc="left",
                fontsize=SMALL + 1,
            )
            axes.tick_params(labelbottom=axes is stations[-1])
        if best and predicted:
            figure.legend(
                *stations[0].get_legend_handles_labels(), title=f"If released at {_drawn(best.key)}, {of_best}", frameon=False, fontsize=SMALL,
                title_fontsize=SMALL, loc="outside lower left", ncols=4, alignment="left",
            )  # fmt: skip
            stations[-1].set_xlabel("time, h")
        if source:
            beside_legend_title = 0.37 / figure.get_figheight()
            figure.text(
                0.99, beside_legend_title, f"Readings: {source}", ha="right", color=MUTED, fontsize=SMALL
            )
        with writing(path):
            figure.savefig(path, dpi=130)


def _literal(text: str) -> str:
    """As it stands: a dollar begins a formula otherwise."""
    return text.replace("$", r"\$")


def _drawn(name: str) -> str:
    return _literal(short_name(name))


def _inside(station: StationPrediction) -> str:
    """How many readings the band of readings holds."""
    bands = zip(station.observed, station.reading_low, station.reading_high, strict=True)
    inside = sum(low <= value <= high for value, low, high in bands)
    return f"{inside} of {len(station.observed)} readings inside the wide band"


def _draw_station(axes: Any, station: StationPrediction, factor: float) -> None:
    hours = [time / HOUR_S for time in station.time_s]

    def scaled(values: Sequence[float]) -> list[float]:
        return [factor * value for value in values]

    axes.fill_between(hours, scaled(station.reading_low), scaled(station.reading_high), color=ACCENT, alpha=0.13, lw=0,
                      label="90 % of readings or more, with the errors they and the model may have")  # fmt: skip
    axes.fill_between(hours, scaled(station.low), scaled(station.high), color=ACCENT, alpha=0.3, lw=0,
                      label="90 % of the model's curves")  # fmt: skip
    axes.plot(hours, scaled(station.mean), color=ACCENT, lw=1.2, label="mean curve")
    axes.plot(hours, scaled(station.observed), "o", color=INK, ms=3, label="observed")
    axes.set_ylim(bottom=0.0)
    axes.locator_params(axis="y", nbins=5, steps=[1, 2, 5, 10])


def _shown(candidates: Sequence[CandidateResult]) -> CandidateResult | None:
    return next((candidate for candidate in candidates if candidate.predicted), None)
