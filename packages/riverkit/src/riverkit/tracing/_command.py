"""`riverkit trace`: where, when and how much was released, from readings at stations."""

from pathlib import Path

import click
from rich.console import Console

from riverkit._command_line import ChartFile, FilePath, Folder, NewFile, Number
from riverkit.network._options import NetworkOptions, network_options, read_network
from riverkit.tracing._dye_command import trace_dye
from riverkit.tracing._searching import SearchOptions, search_options
from riverkit.tracing._several_command import count_sources, show_count, write_count
from riverkit.tracing._shown import show_posterior, write_posterior
from riverkit.tracing.dye_test import read_dye_test
from riverkit.tracing.plot import plot_candidates
from riverkit.tracing.tables import read_instruments

DYE_SETTINGS = 128


@click.command()
@click.argument("network_file", metavar="[NETWORK]", required=False, type=FilePath)
@network_options
@click.option(
    "--stations",
    "stations_file",
    type=FilePath,
    help="CSV: station, lon, lat (or reach, chainage_m), discharge_m3s?, background_mg_l?, parameter?",
)
@click.option(
    "--readings",
    "readings_file",
    type=FilePath,
    help="CSV: station, time (s or ISO 8601), value_mg_l, parameter?, sigma_mg_l?, flag?",
)
@click.option(
    "--survey",
    "survey_files",
    type=FilePath,
    multiple=True,
    help="CSV of a boat's readings: time, value_mg_l, lon, lat (or reach, chainage_m), discharge_m3s?, parameter?, sigma_mg_l?, flag?",
)
@search_options
@click.option(
    "--sources",
    type=click.IntRange(1, 3),
    default=1,
    show_default=True,
    help="Ask also whether up to so many released at a time, and which.",
)
@click.option(
    "--dye-test",
    type=Folder,
    help="Instead: a folder of tracer tests (btc_stations.csv, btc_series.csv), the injection hidden.",
)
@click.option("--event", help="With --dye-test: which one, for example CHA_5-4-71.")
@click.option(
    "--upstream-km",
    type=Number(min=0.1),
    help="With --dye-test: search so far above the first station [half the stations' span].",
)
@click.option("--plot", "plot_file", type=ChartFile, help="Write a chart (PNG, SVG or PDF).")
@click.option("--json", "json_file", type=NewFile, help="Write the whole posterior.")
@click.option("--sources-json", "count_file", type=NewFile, help="With --sources: write how many, and which.")
def trace(
    network_file: Path | None,
    network_options: NetworkOptions,
    stations_file: Path | None,
    readings_file: Path | None,
    survey_files: tuple[Path, ...],
    options: SearchOptions,
    sources: int,
    dye_test: Path | None,
    event: str | None,
    upstream_km: float | None,
    plot_file: Path | None,
    json_file: Path | None,
    count_file: Path | None,
) -> None:
    """Find where a release began: NETWORK with --stations and --readings, with --survey or with all; or --dye-test.

    Readings of several parameters, told apart by a column `parameter`, are weighed jointly: they share place and time.
    Answers are suspicions with probabilities, never proof: confirm on site.
    """
    console = Console()
    if count_file is not None and sources == 1:
        raise click.UsageError("--sources-json needs --sources 2 or 3.")
    if dye_test is not None:
        if event is None:
            raise click.UsageError("--dye-test needs --event.")
        if sources > 1:
            raise click.UsageError("--sources asks about a network: leave --dye-test away.")
        test = read_dye_test(dye_test, event)
        trace_dye(console, test, options.every_km, upstream_km, options.n_settings or DYE_SETTINGS,
                  options.seed, plot_file, json_file)  # fmt: skip
        return
    if network_file is None or not (survey_files or (stations_file and readings_file)):
        raise click.UsageError(
            "Give NETWORK with --stations and --readings, or with --survey, or --dye-test and --event."
        )
    if (stations_file is None) != (readings_file is None):
        raise click.UsageError("--stations and --readings go together: give both or none.")
    network = read_network(console, network_file, network_options)
    instruments, clock = read_instruments(network, stations_file, readings_file, survey_files)
    if sources > 1 and len(instruments) > 1:
        raise click.UsageError(
            f"--sources weighs one parameter, and the readings are of {', '.join(instruments)}: keep the rows of one."
        )
    if sources > 1 and options.flow_file is not None:
        raise click.UsageError("--sources takes the flow as steady: leave --flow away.")
    candidates = options.candidates(network, instruments, clock)
    posterior = options.search(console, network, instruments, candidates, flow=options.flow(clock))
    show_posterior(console, posterior, clock)
    if plot_file:
        best = posterior.candidates[0]
        plot_candidates(posterior, plot_file, title=f"{best.key}: suspected with {best.probability:.0%}")
        console.print(f"chart: {plot_file}", highlight=False)
    write_posterior(console, posterior, json_file)
    if sources > 1:
        count = count_sources(console, network, instruments, candidates, posterior, options, sources)
        show_count(console, count, clock)
        write_count(console, count, count_file)
