"""`riverkit loads`: which part of a network adds how much, from mean concentrations and flows at stations."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from riverkit._command_line import FilePath, NewFile, Number, Seed, parameter_option, plain_console
from riverkit.loads.apportion import Apportionment, DecayPrior, LoadStation, apportion
from riverkit.network._options import NetworkOptions, network_options, read_network
from riverkit.output import write_json
from riverkit.tracing.model import StationSeries
from riverkit.tracing.reading_tables import at_half_limit, read_stations
from riverkit.tracing.result import Interval

DAY_S = 86_400.0


@click.command()
@click.argument("network_file", metavar="NETWORK", type=FilePath)
@click.option(
    "--stations",
    "stations_file",
    type=FilePath,
    required=True,
    help="CSV: station, lon, lat (or reach, chainage_m), discharge_m3s (the period's mean; else the reach's).",
)
@click.option(
    "--readings",
    "readings_file",
    type=FilePath,
    required=True,
    help="CSV: station, time (s or ISO 8601), value_mg_l (<0.05: below detection, half of it), parameter?, flag?; their "
    "mean stands for the period.",
)
@parameter_option
@network_options
@click.option(
    "--decay-per-day",
    type=Number(min=0),
    default=0.0,
    show_default=True,
    help="Median rate of loss.",
)
@click.option(
    "--decay-log-sd",
    type=Number(min=0),
    default=0.5,
    show_default=True,
    help="How uncertain that rate is: 0.5 is a factor of 1.6 up or down.",
)
@click.option(
    "--flow-error",
    type=Number(min=0),
    default=0.1,
    show_default=True,
    help="Relative standard error of the flows.",
)
@click.option(
    "--reading-error",
    type=Number(min=0, min_open=True),
    default=0.05,
    show_default=True,
    help="Relative error that all readings of a station share.",
)
@click.option("--seed", type=Seed, default=0, show_default=True)
@click.option("--json", "json_file", type=NewFile, help="Write all figures.")
def command(
    network_file: Path,
    stations_file: Path,
    readings_file: Path,
    parameter: str | None,
    network_options: NetworkOptions,
    decay_per_day: float,
    decay_log_sd: float,
    flow_error: float,
    reading_error: float,
    seed: int,
    json_file: Path | None,
) -> None:
    """Share steady loads out among the parts of NETWORK between its stations.

    A part is all the channel that no station separates: its load is theirs together.
    """
    console = plain_console()
    network = read_network(console, network_file, network_options)
    series, _ = read_stations(network, stations_file, readings_file, parameter, tell=console.print)
    found = apportion(
        network,
        [mean_load(each, flow_error, reading_error) for each in series],
        decay=DecayPrior(decay_per_day / DAY_S, decay_log_sd) if decay_per_day else None,
        seed=seed,
    )
    _show(console, found)
    if json_file is not None:
        write_json(json_file, asdict(found))
        console.print(f"figures: {json_file}")


def mean_load(series: StationSeries, flow_error: float, reading_error: float) -> LoadStation:
    """The mean of a station's usable readings; its error is their scatter and what they share.

    A reading below its detection limit counts as half the limit.
    """
    values = at_half_limit(series.value, series.below)
    values = values[np.isfinite(values)]
    mean = float(values.mean())
    scatter = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    # Where nothing was found, a hundredth of a microgram a litre keeps the error above zero.
    error = max(math.hypot(scatter, reading_error * mean), 1e-5)
    flow = series.discharge_m3s
    return LoadStation(series.label, series.location, max(mean, 0.0), error, flow, flow_error * flow)


def _show(console: Console, found: Apportionment) -> None:
    table = Table(title="Loads of the parts between stations; intervals 90 %", title_justify="left")
    table.add_column("part")
    for heading in ("channel, km", "load, kg/d", "share", "adds > 5 %"):
        table.add_column(heading, justify="right")
    for zone in found.zones:
        if zone.load_kg_d is None or zone.share is None:
            table.add_row(zone.name, f"{zone.length_km:.1f}", "unknown", "", "")
            continue
        shares = Interval(*(100.0 * value for value in (zone.share.median, zone.share.low, zone.share.high)))
        table.add_row(
            zone.name,
            f"{zone.length_km:.1f}",
            _interval(zone.load_kg_d),
            f"{_interval(shares)} %",
            f"{zone.adds_probability:.0%}",
        )
    table.add_section()
    table.add_row("all parts", "", _interval(found.total_kg_d), "", "")
    console.print(table)
    _show_notes(console, [(zone.name, zone.note) for zone in found.zones])
    measured = Table(title="At the stations, kg/d", title_justify="left")
    for heading in ("station", "measured", "explained"):
        measured.add_column(heading, justify="left" if heading == "station" else "right")
    for station in found.stations:
        measured.add_row(
            station.name,
            f"{station.measured_kg_d:.3g} ± {station.measured_sd_kg_d:.2g}",
            _interval(station.explained_kg_d),
        )
    console.print(measured)
    _show_notes(console, [(station.name, station.note) for station in found.stations])


def _show_notes(console: Console, notes: Sequence[tuple[str, str]]) -> None:
    for name, note in notes:
        if note:
            console.print(f"{name}: {note}")


def _interval(interval: Interval) -> str:
    return f"{interval.median:.3g} ({interval.low:.3g} … {interval.high:.3g})"
