"""How commands take a network: the same options, and the same words on what was assumed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from riverkit.network.graph import Network
from riverkit.network.hydraulics import estimate_hydraulics
from riverkit.network.mapping import PRESETS
from riverkit.network.readers import read_vector
from riverkit.network.repairs import repair

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--mapping", type=click.Choice(sorted(PRESETS)), help="Whose attribute names the network file has."
    ),
    click.option("--layer", help="Layer of the network file; needed if it has several."),
    click.option(
        "--specific-discharge",
        type=float,
        help="m³/s per km², to estimate missing flows from catchment area.",
    ),
)


def network_options(command: Command) -> Command:
    """Give a command `mapping`, `layer` and `specific_discharge`, which `read_network` takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_network(
    console: Console, path: Path, mapping: str | None, layer: str | None, specific_discharge: float | None
) -> Network:
    """The network of a vector file, repaired and completed as asked; says what was left out, mended and estimated."""
    read = read_vector(path, layer=layer, mapping=PRESETS[mapping] if mapping else None)
    reaches, report = repair(read.reaches)
    if read.problems or report.repaired:
        console.print(
            f"{path.name}: {len(read.problems)} rows with problems, {len(report.repaired)} repairs; "
            "see `riverkit network check`.",
            highlight=False,
        )
    if specific_discharge is not None:
        reaches = estimate_hydraulics(reaches, specific_discharge_m3s_km2=specific_discharge)
        filled = sum(bool(reach.estimated) for reach in reaches)
        console.print(
            f"Hydraulics of {filled} of {len(reaches)} reaches are estimated by formula.", highlight=False
        )
    return Network.build(reaches)
