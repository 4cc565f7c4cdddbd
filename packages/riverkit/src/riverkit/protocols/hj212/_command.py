"""``riverkit hj212``: look into packets."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from .._shown import read_bytes, show
from ._codes import DATA_FLAGS, DATA_FLAGS_2005, Edition, commands, factor_of
from ._packet import FactorValue, Packet
from ._stream import StreamDecoder

# The edition that most of the field speaks first: the version bits of Flag are not to be trusted.
_EDITIONS: tuple[Edition, ...] = ("2017", "2025", "2005")
_FLAGS = {**DATA_FLAGS, **DATA_FLAGS_2005}


@click.group("hj212")
def group() -> None:
    """Look into HJ 212 packets."""


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--strict", is_flag=True, help="Refuse what breaks the written form, as the standard's own examples do."
)
def decode(file: Path, strict: bool) -> None:
    """Print the packets in FILE (- for standard input), as they came from a connection, and what is broken.

    Exits with 1 if anything was broken.
    """
    data = read_bytes(file)
    decoder = StreamDecoder(mode="strict" if strict else "lenient")
    show([*decoder.feed(data), *decoder.close()], _print_packet)


def _command_name(cn: str) -> str:
    return next(
        (commands(edition)[cn].name for edition in _EDITIONS if cn in commands(edition)), "unknown command"
    )


def _print_packet(console: Console, packet: Packet) -> None:
    table = Table(title=f"CN {packet.cn} {_command_name(packet.cn)}", title_justify="left")
    table.add_column("field", style="bold")
    table.add_column("value")
    split = "" if packet.pnum is None else f" (part {packet.pno} of {packet.pnum})"
    for name, value in (
        ("MN", packet.mn),
        ("ST", packet.st),
        ("QN", packet.qn),
        ("Flag", packet.flag),
        ("answer wanted", f"{'yes' if packet.wants_answer else 'no'}{split}"),
    ):
        table.add_row(name, "-" if value is None else str(value))
    measured = packet.values()
    # What is shown as a value below is not repeated as a field here.
    shown = {value.code for value in measured}
    for group_of_fields in packet.fields:
        for key, text in group_of_fields:
            if key.rpartition("-")[0] not in shown:
                table.add_row(key, text)
    for reading in measured:
        table.add_row(f"{reading.code} {reading.kind}", _measured(reading, packet.st))
    for deviation in packet.deviations:
        table.add_row(f"deviation: {deviation.name}", f"{deviation.message} (at {deviation.where})")
    console.print(table)


def _measured(value: FactorValue, st: str) -> str:
    factor = factor_of(value.code, st)
    unit = "" if value.unit == "1" else value.unit
    number = "no value" if value.value is None else f"{value.value} {unit}".rstrip()
    flag = "flag unknown" if value.flag is None else f"{value.flag} {_FLAGS[value.flag]}"
    sampled = "" if value.sample_time is None else f", sampled {value.sample_time:%Y-%m-%d %H:%M:%S}"
    return f"{factor.name_zh if factor else 'unknown factor'}  {number}  ({flag}{sampled})"
