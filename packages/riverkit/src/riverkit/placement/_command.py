"""`riverkit place`: stations to add to a network, or to choose from a given impact matrix."""

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from riverkit._command_line import FilePath, NewFile, Number, plain_console
from riverkit.errors import PlacementError
from riverkit.network import Location, Network
from riverkit.network._options import NetworkOptions, network_options, places_along, read_network
from riverkit.output import write_csv
from riverkit.placement.greedy import Floats
from riverkit.placement.identify import IdentifyPlacement, discharges, place_to_identify
from riverkit.placement.impact import ImpactPlacement, place_for_impact
from riverkit.placement.tables import (
    NamedPlace,
    point_of,
    read_impact,
    read_names,
    read_places,
    write_places,
)
from riverkit.placement.travel import TypicalRelease, travel
from riverkit.tracing.candidate_table import read_candidates

HOUR_S = 3_600.0
SOONEST, TELLING = "soonest", "telling"


@click.command()
@click.argument("network_file", metavar="[NETWORK]", required=False, type=FilePath)
@network_options
@click.option("--count", type=click.IntRange(min=1), required=True, help="Stations to be added.")
@click.option(
    "--goal",
    type=click.Choice([SOONEST, TELLING]),
    default=TELLING,
    show_default=True,
    help="Releases are seen soonest, or their sources are told apart best.",
)
@click.option(
    "--existing",
    "existing_file",
    type=FilePath,
    help="CSV of the stations there are: station, lon, lat (or reach, chainage_m); with --impact only station.",
)
@click.option(
    "--places",
    "places_file",
    type=FilePath,
    help="CSV of the places to choose from: station, lon, lat (or reach, chainage_m).",
)
@click.option(
    "--places-every-km",
    "every_km",
    type=Number(min=0.01),
    default=2.0,
    show_default=True,
    help="Without --places or --sources: so far apart on every reach, at least one on each.",
)
@click.option(
    "--sources",
    "sources_file",
    type=FilePath,
    help="CSV of the possible sources: key, lon, lat (or reach, chainage_m), prior?; else anywhere.",
)
@click.option("--mass-kg", type=Number(min=0, min_open=True), help="Of a typical release; the median.")
@click.option(
    "--threshold-mg-l",
    type=Number(min=0, min_open=True),
    help="Rise above the background that a station notices.",
)
@click.option(
    "--duration-h",
    type=Number(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Of a typical release.",
)
@click.option(
    "--horizon-h",
    type=Number(min=0, min_open=True),
    default=72.0,
    show_default=True,
    help="With --goal soonest: what nobody notices counts as seen so late.",
)
@click.option(
    "--impact",
    "impact_file",
    type=FilePath,
    help="Instead of NETWORK, CSV: scenario, weight?, undetected?, and a column of impacts for each place.",
)
@click.option(
    "--undetected", type=Number(), help="With --impact: impact of what nobody notices, where no column tells."
)
@click.option("--out", type=NewFile, help="Write the places: .geojson, else CSV.")
def command(
    network_file: Path | None,
    network_options: NetworkOptions,
    count: int,
    goal: str,
    existing_file: Path | None,
    places_file: Path | None,
    every_km: float,
    sources_file: Path | None,
    mass_kg: float | None,
    threshold_mg_l: float | None,
    duration_h: float,
    horizon_h: float,
    impact_file: Path | None,
    undetected: float | None,
    out: Path | None,
) -> None:
    """Choose places for stations on NETWORK, or among the columns of --impact.

    Beside the result stands what no choice of as many places can do better than: a proven bound, often a loose one.
    """
    console = plain_console()
    if (network_file is None) == (impact_file is None):
        raise click.UsageError("Give NETWORK or --impact, one of them.")
    if impact_file is not None:
        _from_matrix(console, impact_file, undetected, count, existing_file, out)
        return
    if mass_kg is None or threshold_mg_l is None:
        raise click.UsageError(
            "Give --mass-kg of a typical release, and --threshold-mg-l that a station notices."
        )
    assert network_file is not None
    network = read_network(console, network_file, network_options)
    existing = read_places(network, existing_file) if existing_file else []
    places = read_places(network, places_file) if places_file else _laid_out(network, every_km)
    sources, prior = _sources(network, sources_file, every_km)
    release = TypicalRelease(mass_kg, threshold_mg_l, duration_s=duration_h * HOUR_S)
    at, there = [place.location for place in places], [place.location for place in existing]
    with console.status(f"weighing {len(places)} places for {len(sources)} sources"):
        if goal == TELLING:
            telling = place_to_identify(network, at, count, sources, release, prior=prior, existing=there)
            chosen = [places[number] for number in telling.places]
        else:
            everywhere = [*there, *at]
            hours = travel(network, everywhere, sources).detection_h(release, discharges(network, everywhere))
            soonest = place_for_impact(hours.T, horizon_h, count, existing=range(len(there)), weight=prior)
            chosen = [places[number - len(there)] for number in soonest.places]
    _show_places(console, network, chosen)
    if goal == TELLING:
        _tell_telling(console, telling)
    else:
        _tell_impact(console, soonest, "hours to detection", count)
    if out is not None:
        write_places(out, network, chosen)
        console.print(f"places: {out}")


def _from_matrix(
    console: Console,
    impact_file: Path,
    undetected: float | None,
    count: int,
    existing_file: Path | None,
    out: Path | None,
) -> None:
    table = read_impact(impact_file, undetected)
    names = read_names(existing_file) if existing_file else []
    for name in names:
        if name not in table.places:
            raise PlacementError(
                f"Existing station {name!r} is no column of {impact_file.name}. It has {', '.join(table.places)}."
            )
    existing = [table.places.index(name) for name in names]
    found = place_for_impact(table.impact, table.undetected, count, existing=existing, weight=table.weight)
    chosen = [table.places[number] for number in found.places]
    console.print(f"Stations at: {', '.join(chosen)}")
    _tell_impact(console, found, "impact", count)
    if out is not None:
        write_csv(out, [["station"], *([name] for name in chosen)])
        console.print(f"places: {out}")


def _laid_out(network: Network, every_km: float) -> list[NamedPlace]:
    return [
        NamedPlace(f"{place.reach_id} @ {place.chainage_m:.0f} m", place)
        for reach in network.reaches
        for place in places_along(reach, every_km)
    ]


def _sources(network: Network, path: Path | None, every_km: float) -> tuple[list[Location], Floats]:
    """Where a release may begin, and the prior of each: by length of channel where nothing is given."""
    if path is not None:
        given = [each for each in read_candidates(network, path) if each.location is not None]
        places = [each.location for each in given if each.location is not None]
        return places, np.array([each.prior for each in given])
    parts = [(reach.length_m, places_along(reach, every_km)) for reach in network.reaches]
    return (
        [place for _, places in parts for place in places],
        np.array([length / len(places) for length, places in parts for _ in places]),
    )


def _show_places(console: Console, network: Network, chosen: Sequence[NamedPlace]) -> None:
    table = Table(title="Stations to add", title_justify="left")
    for heading in ("", "place", "reach"):
        table.add_column(heading)
    for heading in ("from its upper end, m", "lon", "lat"):
        table.add_column(heading, justify="right")
    for number, place in enumerate(chosen, start=1):
        point = point_of(network, place.location)
        table.add_row(
            str(number),
            place.name,
            place.location.reach_id,
            f"{place.location.chainage_m:.0f}",
            *(f"{value:.5f}" for value in point or ()),
        )
    console.print(table)


def _tell_telling(console: Console, found: IdentifyPlacement) -> None:
    console.print(
        f"Sources that look like the true one: {found.confusable:.1%} of all (before {found.before:.1%}; no choice of "
        f"{len(found.places)} leaves less than {found.lower_bound:.1%}, proven).\n"
        f"The stations are certain to tell {found.bits:.1f} of {found.prior_bits:.1f} bits about the source; "
        f"{found.unseen_share:.0%} of the releases none notices.",
    )


def _tell_impact(console: Console, found: ImpactPlacement, what: str, count: int) -> None:
    saved, possible = found.before - found.mean_impact, found.before - found.lower_bound
    console.print(
        f"Mean {what}: {found.mean_impact:.4g} (before {found.before:.4g}; no choice of {count} has less than "
        f"{found.lower_bound:.4g}, proven"
        + (f": at least {saved / possible:.0%} of what can be saved)." if possible > 0 else ").")
        + f"\n{found.seen_share:.0%} of the scenarios are noticed.",
    )
