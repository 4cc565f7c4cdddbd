"""How commands take a network: the same options, and the same words on what was assumed."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from riverkit._command_line import Number
from riverkit.network.graph import Network
from riverkit.network.hydraulics import estimate_hydraulics
from riverkit.network.mapping import PRESETS
from riverkit.network.model import Location, Reach
from riverkit.network.readers import ReadResult, read_vector
from riverkit.network.repairs import repair
from riverkit.network.swmm import read_swmm

NAMED = 5
"""So many repairs are told one by one."""


@dataclass(frozen=True)
class NetworkOptions:
    """How the network's file is to be read; None where the user said nothing."""

    mapping: str | None
    layer: str | None
    specific_discharge: float | None
    filling: float
    crs: str | None


_OPTIONS = (
    click.option(
        "--mapping", type=click.Choice(sorted(PRESETS)), help="Whose attribute names the network file has."
    ),
    click.option("--layer", help="Layer of the network file; needed if it has several."),
    click.option(
        "--specific-discharge",
        type=Number(min=0, min_open=True),
        help="m³/s per km², to estimate missing flows from catchment area.",
    ),
    click.option(
        "--filling",
        type=Number(),
        default=1.0,
        show_default=True,
        help="Depth over full depth in the pipes of a SWMM file.",
    ),
    click.option("--crs", help="Reference system of the coordinates of a SWMM file, for example EPSG:4549."),
)


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `NetworkOptions`, which it takes as one argument `network_options`."""

    @functools.wraps(command)
    def with_options(
        *,
        mapping: str | None,
        layer: str | None,
        specific_discharge: float | None,
        filling: float,
        crs: str | None,
        **others: Any,
    ) -> Any:
        options = NetworkOptions(mapping, layer, specific_discharge, filling, crs)
        return command(network_options=options, **others)

    for option in reversed(_OPTIONS):
        with_options = option(with_options)
    return with_options


def read_network(console: Console, path: Path, options: NetworkOptions) -> Network:
    """The network of a vector or SWMM file, repaired and completed as asked; says what was left out, mended and
    estimated."""
    read: ReadResult
    if path.suffix.lower() == ".inp":
        read = read_swmm(path, filling=options.filling, crs=options.crs)
    else:
        mapping = PRESETS[options.mapping] if options.mapping else None
        read = read_vector(path, layer=options.layer, mapping=mapping)
    reaches, report = repair(read.reaches)
    if read.problems:
        console.print(f"{path.name}: {len(read.problems)} rows with problems; see `riverkit network check`.")
    for done in report.repaired[:NAMED]:
        console.print(f"{path.name}, repaired: {done.message}")
    if len(report.repaired) > NAMED:
        console.print(f"and {len(report.repaired) - NAMED} more repairs; see `riverkit network check`.")
    if options.specific_discharge is not None:
        reaches = estimate_hydraulics(reaches, specific_discharge_m3s_km2=options.specific_discharge)
        filled = sum(bool(reach.estimated) for reach in reaches)
        console.print(f"Hydraulics of {filled} of {len(reaches)} reaches are estimated by formula.")
    return Network.build(reaches)


def places_along(reach: Reach, every_km: float) -> list[Location]:
    """Places in the middles of equal parts of a reach, each about so long; at least one."""
    count = max(1, round(reach.length_m / (1_000.0 * every_km)))
    return [Location(reach.id, reach.length_m * (i + 0.5) / count) for i in range(count)]
