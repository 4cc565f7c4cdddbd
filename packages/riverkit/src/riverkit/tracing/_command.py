"""`riverkit trace`: where, when and how much was released, from readings at stations."""

from collections.abc import Mapping
from pathlib import Path

import click

from riverkit._command_line import (
    ChartFile,
    FilePath,
    Folder,
    NewFile,
    Number,
    parameter_option,
    plain_console,
)
from riverkit.errors import TracingError
from riverkit.network._options import NetworkOptions, network_options, read_network
from riverkit.output import short_name
from riverkit.tracing._dye_command import trace_dye
from riverkit.tracing._searching import SearchOptions, search_options
from riverkit.tracing._several_command import count_sources, show_count, write_count
from riverkit.tracing._shown import (
    few_settings,
    show_hardly_meant,
    show_posterior,
    show_remarks,
    show_zone,
    write_posterior,
)
from riverkit.tracing.candidate_table import read_fingerprints
from riverkit.tracing.dye_test import read_dye_test
from riverkit.tracing.fingerprint import Fingerprint
from riverkit.tracing.plot import plot_candidates
from riverkit.tracing.reading_tables import read_instruments
from riverkit.tracing.survey import Instrument

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
    help="CSV: station, time (s or ISO 8601), value_mg_l or value_ug_l (<0.05: below detection), parameter?, sigma_mg_l?, flag?",
)
@click.option(
    "--survey",
    "survey_files",
    type=FilePath,
    multiple=True,
    help="CSV of a boat's readings: time, value_mg_l, lon, lat (or reach, chainage_m), discharge_m3s?, parameter?, sigma_mg_l?, flag?",
)
@parameter_option
@search_options
@click.option(
    "--fingerprints",
    "fingerprints_file",
    type=FilePath,
    help="CSV: fingerprint, parameter, ratio, log_sd, reference. Usual ratios of masses, by candidates' fingerprint.",
)
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
    parameter: str | None,
    options: SearchOptions,
    fingerprints_file: Path | None,
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
    console = plain_console()
    if count_file is not None and sources == 1:
        raise click.UsageError("--sources-json needs --sources 2 or 3.")
    if dye_test is not None:
        if event is None:
            raise click.UsageError("--dye-test needs --event.")
        if sources > 1:
            raise click.UsageError("--sources asks about a network: leave --dye-test away.")
        if options.durations_h or options.candidates_file is not None:
            raise click.UsageError(
                "--dye-test has durations of its own and no candidates: leave --durations and --candidates away."
            )
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
    if options.only_listed and options.candidates_file is None:
        raise click.UsageError("--only-listed needs --candidates.")
    network = read_network(console, network_file, network_options)
    instruments, clock = read_instruments(
        network, stations_file, readings_file, survey_files, tell=console.print
    )
    if parameter is not None:
        instruments = _only(instruments, parameter)
    if sources > 1 and len(instruments) > 1:
        raise click.UsageError(
            f"--sources weighs one parameter, and the readings are of {', '.join(instruments)}. Choose one with --parameter."
        )
    if sources > 1 and options.flow_file is not None:
        raise click.UsageError("--sources takes the flow as steady: leave --flow away.")
    show_remarks(console, network, instruments)
    fingerprints = _fingerprints(fingerprints_file, options, len(instruments))
    stations = [station for own in instruments.values() for station in own]
    candidates = options.candidates(network, stations, clock, fingerprints)
    posterior = options.search(console, network, instruments, candidates, flow=options.flow(clock))
    show_posterior(console, posterior, clock, sources)
    show_hardly_meant(console, network, posterior, candidates)
    if options.only_listed:
        console.print(
            "Only what is listed was weighed: if somebody else did it, the best of the list is wrong.",
            style="bold",
        )
    if options.candidates_file is None:
        show_zone(console, network, posterior, candidates)
    if plot_file:
        best = posterior.candidates[0]
        undecided = few_settings(posterior) is not None
        title = f"{short_name(best.key)}: suspected with {best.probability:.0%}"
        if undecided:
            title = "Undecided: the answer hangs on few hydraulic settings"
        plot_candidates(posterior, plot_file, title=title, undecided=undecided)
        console.print(f"chart: {plot_file}")
    write_posterior(console, posterior, json_file)
    if sources > 1:
        count = count_sources(console, network, instruments, candidates, posterior, options, sources)
        show_count(console, count, clock)
        write_count(console, count, count_file)


def _only(instruments: Mapping[str, list[Instrument]], parameter: str) -> dict[str, list[Instrument]]:
    if parameter not in instruments:
        known = ", ".join(filter(None, instruments)) or "none: they have no column 'parameter'"
        raise TracingError(f"--parameter: {parameter!r} is not among the readings' parameters ({known}).")
    return {parameter: instruments[parameter]}


def _fingerprints(path: Path | None, options: SearchOptions, parameters: int) -> dict[str, Fingerprint]:
    if path is None:
        return {}
    if options.candidates_file is None:
        raise click.UsageError("--fingerprints needs --candidates, whose column 'fingerprint' names them.")
    if parameters < 2:
        raise TracingError(
            "Fingerprints compare parameters, and the readings are of one. Give those of several, with a column 'parameter', or "
            "leave --fingerprints away."
        )
    return read_fingerprints(path)
