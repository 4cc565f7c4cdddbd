"""`riverkit locate`: where a cloud began, without candidates."""

import dataclasses
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from riverkit._command_line import ChartFile, FilePath, Folder, NewFile, parameter_option, plain_console
from riverkit.blind.locate import Origin, locate
from riverkit.blind.plot import plot_origin
from riverkit.blind.population import Population
from riverkit.blind.tables import read_passages
from riverkit.blind.tracer_tests import TracerTest, learn_without, named, read_tracer_tests
from riverkit.output import write_json
from riverkit.tracing.result import Interval
from riverkit.tracing.tables import Clock

KILOMETRE, HOUR_S = 1_000.0, 3_600.0


@click.command()
@click.option(
    "--stations",
    "stations_file",
    type=FilePath,
    help="CSV: station, distance_km, discharge_m3s, section_velocity_m_s?, background_mg_l?",
)
@click.option(
    "--readings",
    "readings_file",
    type=FilePath,
    help="CSV: station, time, value_mg_l (<0.05: below detection), parameter?, flag?",
)
@parameter_option
@click.option(
    "--tracer-tests",
    type=Folder,
    help="Instead: a folder of tracer tests (btc_stations.csv, btc_series.csv), the injection hidden.",
)
@click.option("--event", help="With --tracer-tests: which one, for example CHA_5-4-71 or MON_6-7-68/C.")
@click.option("--plot", "plot_file", type=ChartFile, help="Write a chart (PNG, SVG or PDF).")
@click.option("--json", "json_file", type=NewFile, help="Write the answer with its densities.")
def command(
    stations_file: Path | None,
    readings_file: Path | None,
    parameter: str | None,
    tracer_tests: Path | None,
    event: str | None,
    plot_file: Path | None,
    json_file: Path | None,
) -> None:
    """Find how far above the first station a release lay, when it was and how much, on one river line.

    It needs the curves of two stations or more, and no candidates, velocities or dispersions: travel times come from how
    clouds spread on real rivers. An answer is a suspicion with an interval, never proof: confirm on site.
    """
    console = plain_console()
    if tracer_tests is not None:
        if event is None:
            raise click.UsageError("--tracer-tests needs --event.")
        tests = read_tracer_tests(tracer_tests)
        test = named(tests, event)
        population = learn_without(tests, test.code)
        curves, passages, clock = list(test.curves), test.hidden(len(test.curves)), Clock(None)
        console.print(f"{test.name}: learned from {population.source}.")
    elif stations_file is not None and readings_file is not None:
        test, population = None, Population.default()
        curves, passages, clock = read_passages(stations_file, readings_file, parameter, tell=console.print)
    else:
        raise click.UsageError("Give --stations and --readings, or --tracer-tests and --event.")
    origin = locate(passages, population)
    _show(console, origin, clock, test)
    if plot_file:
        plot_origin(
            origin,
            curves,
            passages,
            population,
            plot_file,
            title=test.name if test else "Suspected origin of the cloud",
            truth_m=test.journey.passages[0].distance_m if test else None,
        )
        console.print(f"chart: {plot_file}")
    if json_file:
        answer = {field.name: _plain(getattr(origin, field.name)) for field in dataclasses.fields(origin)} | {
            "population": population.to_dict()
        }
        write_json(json_file, answer)
        console.print(f"answer: {json_file}")


def _plain(value: object) -> object:
    if isinstance(value, Interval):
        return dataclasses.asdict(value)
    return value if isinstance(value, float) else list(value)  # type: ignore[call-overload]


def _show(console: Console, origin: Origin, clock: Clock, test: TracerTest | None) -> None:
    table = Table(title="Suspected origin", title_justify="left")
    for heading in ("", "median", "90 % interval", *(("true",) if test else ())):
        table.add_column(heading)

    def row(what: str, interval: Interval, scale: float, pattern: str, truth: float | None) -> None:
        low, middle, high = (
            pattern.format(value / scale) for value in (interval.low, interval.median, interval.high)
        )
        table.add_row(
            what, middle, f"{low} … {high}", *((pattern.format(truth),) if truth is not None else ())
        )

    journey = test.journey if test else None
    row("km above the first station", origin.distance_m, KILOMETRE, "{:.1f}",
        journey.passages[0].distance_m / KILOMETRE if journey else None)  # fmt: skip
    nearest = f"{origin.best_m / KILOMETRE:.1f}"
    table.add_row("  to name one", nearest, "least expected relative error", *(("",) if test else ()))
    start = origin.start_s
    table.add_row(
        "start",
        clock.show(start.median),
        f"{clock.show(start.low)} … {clock.show(start.high)}",
        *((clock.show(0.0),) if test else ()),
    )
    row("hours under way to the first station", origin.travel_s, HOUR_S, "{:.1f}",
        journey.passages[0].middle_s / HOUR_S if journey else None)  # fmt: skip
    row("mass released, kg", origin.released_kg, 1.0, "{:.3g}", journey.mass_kg if journey else None)
    console.print(table)
    console.print(
        "The mass is that released if no more was lost on the way than on the rivers learned from: of fourteen real releases three lost "
        "85 to 87 % of their dye before the first station, and their masses lie outside the interval."
    )
