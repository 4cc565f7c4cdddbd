"""`riverkit sample-next`: where and when a crew should take the next samples, after a trace."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from riverkit._command_line import FilePath, NewFile, Number, parameter_option, plain_console
from riverkit.network import Network
from riverkit.network._options import NetworkOptions, network_options, read_network
from riverkit.network.geometry import ELLIPSOID
from riverkit.output import write_json
from riverkit.tracing._searching import SearchOptions, search_options
from riverkit.tracing._shown import HOUR_S, show_hardly_meant, show_posterior, show_remarks
from riverkit.tracing.model import Floats, StationSeries
from riverkit.tracing.next_sample import (
    Crew,
    Outcome,
    SampleNoise,
    SamplingPlace,
    Suggestion,
    next_samples,
)
from riverkit.tracing.reading_tables import at_half_limit, read_stations
from riverkit.tracing.tables import Clock, read_sampling_places

DETOUR = 1.33
"""Roads in China are so much longer than the straight line (Ballou et al. 2002, Transportation Research A 36:843)."""

BACKGROUND_SHARE = 0.3
"""How uncertain a background is that only the stations' readings tell."""

HARDLY_BITS = 0.05
DAY_H = 24.0

LATEST_H = 30 * DAY_H
"""After a month no cloud is left in a river."""

NAMED = 4
"""Of the candidates that a result would raise or lower, the leading ones are named."""


@click.command()
@click.argument("network_file", metavar="NETWORK", type=FilePath)
@network_options
@click.option("--stations", "stations_file", type=FilePath, required=True, help="As for `riverkit trace`.")
@click.option("--readings", "readings_file", type=FilePath, required=True, help="As for `riverkit trace`.")
@parameter_option
@click.option(
    "--places",
    "places_file",
    type=FilePath,
    required=True,
    help="CSV: place, lon, lat (or reach, chainage_m), discharge_m3s?, background_mg_l?, background_sd_mg_l?",
)
@click.option("--count", type=click.IntRange(min=1), default=2, show_default=True, help="Bottles.")
@click.option(
    "--from",
    "from_time",
    metavar="TIME",
    help="The crew sets out, in the readings' manner of time [the last reading].",
)
@click.option("--base", nargs=2, type=Number(), metavar="LON LAT", help="Where it sets out [from any place].")
@click.option(
    "--window",
    "windows",
    nargs=2,
    multiple=True,
    metavar="FROM TO",
    help="When it may work; may be given more than once [24 h from --from].",
)
@click.option(
    "--speed-km-h",
    type=Number(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help=f"On the road, taken as {DETOUR} times the straight line.",
)
@click.option(
    "--handling-min",
    type=Number(min=0),
    default=15.0,
    show_default=True,
    help="At a place, before the crew can go on.",
)
@click.option(
    "--lab-error-mg-l",
    type=Number(min=0, min_open=True),
    help="Absolute error of a sample's result [--noise-mg-l].",
)
@search_options
@click.option("--json", "json_file", type=NewFile, help="Write the suggestions.")
def command(
    network_file: Path,
    network_options: NetworkOptions,
    stations_file: Path,
    readings_file: Path,
    parameter: str | None,
    places_file: Path,
    count: int,
    from_time: str | None,
    base: tuple[float, float] | None,
    windows: tuple[tuple[str, str], ...],
    speed_km_h: float,
    handling_min: float,
    lab_error_mg_l: float | None,
    options: SearchOptions,
    json_file: Path | None,
) -> None:
    """Find where a release may have begun, and where and when the next samples would tell most about it.

    Among --places, which the crew must reach in time; call it again when the first result is in.
    """
    console = plain_console()
    network = read_network(console, network_file, network_options)
    stations, clock = read_stations(network, stations_file, readings_file, parameter, tell=console.print)
    show_remarks(console, network, {parameter or "": stations})
    background = _background(stations)
    places = read_sampling_places(network, places_file, background)
    crew = _crew(network, stations, places, clock, from_time, base, windows, speed_km_h, handling_min)
    name = parameter or ""
    candidates = options.candidates(network, stations, clock)
    flow = options.flow(clock)
    posterior = options.search(console, network, {name: stations}, candidates, flow=flow, keep_releases=True)
    show_posterior(console, posterior, clock)
    show_hardly_meant(console, network, posterior, candidates)
    assert posterior.releases is not None, "they were asked for"
    with console.status("weighing samples"):
        found = next_samples(
            network,
            posterior.releases,
            places,
            crew,
            count,
            SampleNoise(lab_error_mg_l or options.noise_mg_l.of(name)),
            step_s=options.step_s,
            decay_per_s=options.decay_per_s(name),
        )
    assumed = sum((place.background, place.background_sd) == background for place in places)
    if assumed:
        console.print(
            f"Background of {assumed} of {len(places)} places taken from the stations' lower readings: "
            f"{background[0]:.3g} ± {background[1]:.2g} mg/L. Give background_mg_l where you know better.",
        )
    _show(console, found, count, clock)
    if json_file is not None:
        write_json(json_file, [dataclasses.asdict(each) for each in found])
        console.print(f"suggestions: {json_file}")


def _background(stations: Sequence[StationSeries]) -> tuple[float, float]:
    """Mean of the lower quartiles of the stations' readings, g/m³, and how uncertain it is."""
    levels = [
        float(np.nanquantile(at_half_limit(each.value, each.below), 0.25))
        if each.background is None
        else each.background
        for each in stations
    ]
    mean = float(np.mean(levels))
    return mean, max(float(np.std(levels)), BACKGROUND_SHARE * abs(mean))


def _crew(
    network: Network,
    stations: Sequence[StationSeries],
    places: Sequence[SamplingPlace],
    clock: Clock,
    from_time: str | None,
    base: tuple[float, float] | None,
    windows: Sequence[tuple[str, str]],
    speed_km_h: float,
    handling_min: float,
) -> Crew:
    last_s = max(float(station.time_s.max()) for station in stations)
    if base is not None and not (-180 <= base[0] <= 180 and -90 <= base[1] <= 90):
        raise click.BadParameter(
            f"{base[0]:g} {base[1]:g} is no longitude and latitude.", param_hint="--base"
        )
    sets_out_s = last_s if from_time is None else _seconds(clock, from_time, "--from")
    first_s = min(float(station.time_s.min()) for station in stations)
    if not first_s <= sets_out_s <= last_s + LATEST_H * HOUR_S:
        raise click.BadParameter(
            f"{from_time} is {'before the first reading' if sets_out_s < first_s else 'long after the last reading'}: the crew sets "
            f"out from {clock.show(first_s)} to {clock.show(last_s + LATEST_H * HOUR_S)}.",
            param_hint="--from",
        )
    points = [network.point(place.location) for place in places]
    speed_m_s = speed_km_h * 1_000.0 / HOUR_S
    earliest_s = np.full(len(places), sets_out_s)
    if base is not None:
        earliest_s += _road_m([base], points)[0] / speed_m_s
    work = [(_seconds(clock, a, "--window"), _seconds(clock, b, "--window")) for a, b in windows]
    for (begin_s, end_s), (a, b) in zip(work, windows, strict=True):
        if end_s <= begin_s:
            raise click.BadParameter(
                f"{b} is not after {a}. Give the earlier time first.", param_hint="--window"
            )
    return Crew(
        earliest_s,
        _road_m(points, points) / speed_m_s,
        work or [(sets_out_s, sets_out_s + DAY_H * HOUR_S)],
        60.0 * handling_min,
    )


def _seconds(clock: Clock, text: str, option: str) -> float:
    try:
        return clock.seconds(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not in the readings' manner of time: give {clock.manner}.", param_hint=option
        ) from None


def _road_m(some: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]) -> Floats:
    """Length of the road between places (longitude and latitude), as far as the straight line tells."""
    a, b = np.array(some), np.array(others)
    shape = (len(a), len(b))
    lon, lat = (np.broadcast_to(a[:, None, axis], shape).ravel() for axis in (0, 1))
    to_lon, to_lat = (np.broadcast_to(b[:, axis], shape).ravel() for axis in (0, 1))
    straight = ELLIPSOID.inv(lon, lat, to_lon, to_lat)[2]
    road: Floats = DETOUR * np.asarray(straight, dtype=np.float64).reshape(shape)
    return road


def _show(console: Console, found: Sequence[Suggestion], count: int, clock: Clock) -> None:
    if len(found) < count:
        console.print(
            f"The crew can take {len(found)} of {count} bottles: further ones do not fit into its hours. "
            "Widen --window, or set out earlier.",
            style="bold",
        )
    if not found:
        return
    telling = [each for each in found if each.bits >= HARDLY_BITS]
    if not telling:
        console.print(
            "No sample that the crew can take tells the candidates apart: sample elsewhere or sooner.",
            style="bold",
        )
        return
    if len(telling) < len(found):
        console.print(
            f"{len(found) - len(telling)} of {len(found)} bottles would tell nothing more, and are left out."
        )
    table = Table(title="Bottles, by what they are expected to tell", title_justify="left")
    for heading in ("", "place", "best at", "nearly as good", "plume passes"):
        table.add_column(heading)
    table.add_column("bits", justify="right")
    for number, each in enumerate(telling, start=1):
        table.add_row(
            str(number),
            each.place,
            clock.show(each.time_s),
            _span(each.window_s, clock),
            _span(each.passage_s, clock) if each.passage_s else "hardly",
            f"{each.bits:.2f}",
        )
    console.print(table)
    meaning = Table(title="What each result would mean, taken alone", title_justify="left")
    for heading in ("", "result, mg/L", "chance", "suspicion grows", "falls"):
        meaning.add_column(heading)
    for number, each in enumerate(telling, start=1):
        for part, outcome in enumerate(each.outcomes):
            meaning.add_row(
                str(number) if part == 0 else "",
                _range(outcome, part == 0, part == len(each.outcomes) - 1),
                f"{outcome.probability:.0%}",
                _changes(outcome, outcome.rises),
                _changes(outcome, outcome.falls),
            )
    console.print(meaning)


def _changes(outcome: Outcome, keys: Sequence[str]) -> str:
    """The leading ones of these candidates with their probability after the result."""
    ranked = sorted(keys, key=lambda key: -outcome.candidates[key])
    named = ", ".join(f"{key} ({outcome.candidates[key]:.0%})" for key in ranked[:NAMED])
    return f"{named} and {len(ranked) - NAMED} more" if len(ranked) > NAMED else named


def _range(outcome: Outcome, first: bool, last: bool) -> str:
    if first and last:
        return "any"
    if first:
        return f"below {outcome.high:.3g}"
    return f"above {outcome.low:.3g}" if last else f"{outcome.low:.3g} … {outcome.high:.3g}"


def _span(span_s: tuple[float, float], clock: Clock) -> str:
    return f"{clock.show(span_s[0])} … {clock.show(span_s[1])}"
