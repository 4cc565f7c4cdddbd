"""`riverkit trace`: where, when and how much was released, from readings at stations."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from riverkit.errors import TracingError
from riverkit.network import Location, Network
from riverkit.network._options import network_options, read_network
from riverkit.tracing.dye_test import (
    SOURCE,
    DyeTest,
    open_upstream,
    prepare_search,
    read_dye_test,
    search,
    zone_km,
)
from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    HydraulicPrior,
    Noise,
    StationSeries,
    StrengthPrior,
)
from riverkit.tracing.plot import plot_candidates, plot_places
from riverkit.tracing.posterior import trace as find_sources
from riverkit.tracing.result import Interval, Posterior
from riverkit.tracing.tables import Clock, read_candidates, read_stations

SHOWN = 10
HOUR_S = 3_600.0
DURATIONS_H = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
NOTHING_PRIOR = 0.05
"""Prior probability of 'nothing in this network' where candidates are laid out automatically."""

FilePath = click.Path(exists=True, dir_okay=False, path_type=Path)
NewFile = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("network_file", metavar="[NETWORK]", required=False, type=FilePath)
@network_options
@click.option(
    "--stations",
    "stations_file",
    type=FilePath,
    help="CSV: station, lon, lat (or reach, chainage_m), discharge_m3s?, background_mg_l?",
)
@click.option(
    "--readings",
    "readings_file",
    type=FilePath,
    help="CSV: station, time (s or ISO 8601), value_mg_l, sigma_mg_l?, flag?",
)
@click.option(
    "--candidates",
    "candidates_file",
    type=FilePath,
    help="CSV: key, lon, lat (or reach, chainage_m), kind? (outfall, unlisted, boundary, nothing), prior?",
)
@click.option(
    "--candidates-every-km",
    "every_km",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0.01),
    help="Without --candidates: a place on the rivers above the stations every so many km.",
)
@click.option(
    "--step-min",
    type=click.FloatRange(min=0.01),
    default=10.0,
    show_default=True,
    help="Time step of the search.",
)
@click.option(
    "--back-h",
    type=click.FloatRange(min=0.1),
    default=48.0,
    show_default=True,
    help="Search start times from so long before the first reading.",
)
@click.option(
    "--noise-mg-l",
    type=click.FloatRange(min=0, min_open=True),
    default=0.05,
    show_default=True,
    help="Absolute error of a reading.",
)
@click.option("--decay-per-day", type=click.FloatRange(min=0), default=0.0, show_default=True)
@click.option(
    "--dye-test",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Instead: a folder of tracer tests (btc_stations.csv, btc_series.csv), the injection hidden.",
)
@click.option("--event", help="With --dye-test: which one, for example CHA_5-4-71.")
@click.option(
    "--upstream-km",
    type=click.FloatRange(min=0.1),
    help="With --dye-test: search so far above the first station [half the stations' span].",
)
@click.option(
    "--settings", "n_settings", type=click.IntRange(min=1), help="Hydraulic settings averaged over."
)
@click.option(
    "--velocity-sd",
    type=click.FloatRange(min=0),
    default=0.15,
    show_default=True,
    help="Log standard deviation of the velocities (a network's; a dye test has its own).",
)
@click.option("--seed", default=0, show_default=True, help="Of the hydraulic settings.")
@click.option("--plot", "plot_file", type=NewFile, help="Write a chart (PNG, SVG or PDF).")
@click.option("--json", "json_file", type=NewFile, help="Write the whole posterior.")
def trace(
    network_file: Path | None,
    mapping: str | None,
    layer: str | None,
    specific_discharge: float | None,
    stations_file: Path | None,
    readings_file: Path | None,
    candidates_file: Path | None,
    every_km: float,
    step_min: float,
    back_h: float,
    noise_mg_l: float,
    decay_per_day: float,
    dye_test: Path | None,
    event: str | None,
    upstream_km: float | None,
    n_settings: int | None,
    velocity_sd: float,
    seed: int,
    plot_file: Path | None,
    json_file: Path | None,
) -> None:
    """Find where a release began: NETWORK with --stations and --readings, or --dye-test with --event.

    Answers are suspicions with probabilities, never proof: confirm on site.
    """
    console = Console()
    if dye_test is not None:
        if event is None:
            raise click.UsageError("--dye-test needs --event.")
        _trace_dye(console, read_dye_test(dye_test, event), every_km, upstream_km, n_settings or 128, seed,
                   plot_file, json_file)  # fmt: skip
        return
    if network_file is None or stations_file is None or readings_file is None:
        raise click.UsageError("Give NETWORK, --stations and --readings, or --dye-test and --event.")
    network = read_network(console, network_file, mapping, layer, specific_discharge)
    stations, clock = read_stations(network, stations_file, readings_file)
    if candidates_file is not None:
        candidates = read_candidates(network, candidates_file)
    else:
        candidates = places_above(network, stations, every_km)
    step_s = step_min * 60.0
    first_start_s = min(float(station.time_s.min()) for station in stations) - back_h * HOUR_S
    last_s = max(float(station.time_s.max()) for station in stations)
    settings = n_settings or 32
    posterior = _with_progress(
        console,
        lambda progress: find_sources(
            network,
            stations,
            candidates,
            first_start_s=first_start_s,
            start_step_s=step_s,
            n_starts=math.ceil((last_s - first_start_s) / step_s),
            durations_s=[hours * HOUR_S for hours in DURATIONS_H],
            noise=Noise(noise_mg_l),
            strength=StrengthPrior.from_readings(stations),
            background=BackgroundPrior(),
            hydraulics=HydraulicPrior(settings, velocity_sd, 0.5, seed) if settings > 1 else HydraulicPrior(),
            decay_per_s=decay_per_day / (24.0 * HOUR_S),
            progress=progress,
        ),
    )
    _show(console, posterior, clock)
    if plot_file:
        best = posterior.candidates[0]
        plot_candidates(posterior, plot_file, title=f"{best.key}: suspected with {best.probability:.0%}")
        console.print(f"chart: {plot_file}", highlight=False)
    _write_json(console, posterior, json_file)


def places_above(network: Network, stations: list[StationSeries], every_km: float) -> list[Candidate]:
    """A candidate every so many kilometres on each reach above a station, at least one a reach, and
    'nothing'."""
    above = sorted({reach for station in stations for reach in network.upstream(station.location.reach_id)})
    candidates = []
    for reach_id in above:
        length = network.reach(reach_id).length_m
        count = max(1, round(length / (1_000.0 * every_km)))
        chainages = [length * (i + 0.5) / count for i in range(count)]
        candidates += [
            Candidate(f"{reach_id} @ {c:.0f} m", Location(reach_id, c), prior=length / count)
            for c in chainages
        ]
    prior = NOTHING_PRIOR / (1.0 - NOTHING_PRIOR) * math.fsum(c.prior for c in candidates)
    return [*candidates, Candidate("nothing in this network", None, "nothing", prior)]


def _trace_dye(
    console: Console,
    test: DyeTest,
    every_km: float,
    upstream_km: float | None,
    n_settings: int,
    seed: int,
    plot_file: Path | None,
    json_file: Path | None,
) -> None:
    if n_settings < 2:
        raise TracingError("A dye test has unknown hydraulics: take some hundreds of --settings.")
    prepared = prepare_search(
        test, every_km=every_km, upstream_km=upstream_km, n_settings=n_settings, seed=seed
    )
    posterior = _with_progress(console, lambda progress: search(prepared, progress))
    console.print(
        f"{test.river}, {test.event}: km are counted downstream from station {test.stations[0].name}."
    )
    _show(console, posterior, Clock(None))
    low, high = zone_km(posterior, prepared.km)
    cut_off = open_upstream(posterior, prepared.km)
    searched_km = -min(prepared.km.values())
    if cut_off:
        console.print(
            f"The search ended {searched_km:g} km above the first station, where a release is still probable: the zone "
            f"is cut off there. Search further, for example --upstream-km {2 * searched_km:g}.",
            style="bold",
            highlight=False,
        )
    best = next(c for c in posterior.candidates if c.key in prepared.km)
    assert best.start_s is not None
    assert best.released_kg is not None
    truth = test.truth
    inside = low <= truth.km <= high
    ranked = [c.key for c in posterior.candidates if c.key in prepared.km]
    nearest = min(prepared.km, key=lambda key: abs(prepared.km[key] - truth.km))
    error_km = prepared.km[best.key] - truth.km
    comparison = Table(title="Against the known injection (used for nothing above)", title_justify="left")
    comparison.add_column("")
    comparison.add_column("found")
    comparison.add_column("true")
    comparison.add_row("place, most probable, km", f"{prepared.km[best.key]:+.1f}", f"{truth.km:+.1f}")
    comparison.add_row(
        "error of that place", f"{error_km:+.1f} km, {abs(error_km / truth.km):.0%} of the way", ""
    )
    comparison.add_row(
        "90 % zone, km",
        f"{low:+.1f}{' or further up' if cut_off else ''} … {high:+.1f}",
        "inside" if inside else "OUTSIDE",
    )
    comparison.add_row(f"rank of {nearest}", f"{ranked.index(nearest) + 1} of {len(ranked)}", "")
    at_truth = next(c for c in posterior.candidates if c.key == nearest)
    for label, candidate in (
        ("most probable place", best),
        (f"place nearest to the truth, {nearest}", at_truth),
    ):
        assert candidate.start_s is not None
        start = candidate.start_s.median / HOUR_S
        comparison.add_row(f"start, {label}, h", f"{start:+.2f}", f"{truth.start_h:+.2f}")
    comparison.add_row("mass, kg", _interval(best.released_kg, 1.0), f"{truth.mass_kg:.2f}")
    console.print(comparison)
    if plot_file:
        title = (
            f"{test.river}, {test.event}: suspected release {-high:.0f} to {-low:.0f} km{' or more' if cut_off else ''} "
            f"above {test.stations[0].name} (90 %),\nmost probable at {-prepared.km[best.key]:.0f} km; the true place "
            f"lies {'inside' if inside else 'outside'}"
        )
        plot_places(posterior, prepared.km, plot_file, title=title, zone_km=(low, high), cut_off=cut_off,
                    truth_km=truth.km, source=SOURCE)  # fmt: skip
        console.print(f"chart: {plot_file}", highlight=False)
    _write_json(console, posterior, json_file)


def _with_progress(console: Console, run: Callable[[Callable[[int, int], None]], Posterior]) -> Posterior:
    columns = (TextColumn("weighing places"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("places", total=None)
        return run(lambda done, total: bar.update(task, completed=done, total=total))


def _show(console: Console, posterior: Posterior, clock: Clock) -> None:
    shown = posterior.candidates[:SHOWN]
    table = Table(title="Suspected sources (not confirmed); intervals 90 %", title_justify="left")
    table.add_column("place")
    table.add_column("probability", justify="right", no_wrap=True)
    table.add_column("start")
    table.add_column("hours")
    table.add_column("released, kg")
    for candidate in shown:
        start = candidate.start_s
        table.add_row(
            candidate.key,
            f"{candidate.probability:.1%}",
            f"{clock.show(start.median)}\n({clock.show(start.low)} … {clock.show(start.high)})"
            if start
            else "",
            _interval(candidate.duration_s, HOUR_S) if candidate.duration_s else "",
            _interval(candidate.released_kg, 1.0) if candidate.released_kg else "",
        )
    console.print(table)
    for note in dict.fromkeys(candidate.note for candidate in shown if candidate.note):
        keys = ", ".join(candidate.key for candidate in shown if candidate.note == note)
        console.print(f"{keys}: {note}", highlight=False)
    rest = len(posterior.candidates) - SHOWN
    if rest > 0:
        others = math.fsum(c.probability for c in posterior.candidates[SHOWN:])
        console.print(f"and {rest} more with {others:.1%} together", highlight=False)
    console.print(
        f"{posterior.hypotheses:,} hypotheses weighed in {posterior.seconds:.1f} s", highlight=False
    )


def _interval(interval: Interval, unit: float) -> str:
    return f"{interval.median / unit:.2f}\n({interval.low / unit:.2f} … {interval.high / unit:.2f})"


def _write_json(console: Console, posterior: Posterior, path: Path | None) -> None:
    if path is not None:
        path.write_text(json.dumps(posterior.to_dict(), ensure_ascii=False, indent=1), encoding="utf-8")
        console.print(f"posterior: {path}", highlight=False)
