"""``riverkit sl651``: look into packets."""

import re
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from .._shown import read_bytes, show
from ._codes import STATION_CLASSES, element_of, functions
from ._groups import ElementValue
from ._packet import Packet
from ._stream import StreamDecoder

_HEX_TEXT = re.compile(rb"[0-9A-Fa-f\s]+")
_SHOWN_BYTES = 32


@click.group("sl651")
def group() -> None:
    """Look into SL 651 packets."""


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--strict", is_flag=True, help="Refuse what breaks the written form.")
def decode(file: Path, strict: bool) -> None:
    """Print the packets in FILE (- for standard input), as they came from a connection, and what is broken.

    A file of nothing but hex digits (7E7E...) is read as the bytes that they mean. Exits with 1 if anything was broken.
    """
    data = read_bytes(file)
    if _HEX_TEXT.fullmatch(data) and len(b"".join(data.split())) % 2 == 0:
        data = bytes.fromhex(data.decode())
    decoder = StreamDecoder(mode="strict" if strict else "lenient")
    show([*decoder.feed(data), *decoder.close()], _print_packet)


def _print_packet(console: Console, packet: Packet) -> None:
    known = functions().get(packet.function)
    title = f"Function {packet.function} {known.name if known else 'unknown function'}"
    table = Table(title=title, title_justify="left")
    table.add_column("field", style="bold")
    table.add_column("value")
    split = "" if packet.pnum is None else f", part {packet.pno} of {packet.pnum}"
    sent = packet.sent if packet.sent_at is None else f"{packet.sent_at:%Y-%m-%d %H:%M:%S}"
    letter = packet.station_class
    for name, value in (
        ("station", packet.station),
        ("class", letter and f"{letter} {STATION_CLASSES.get(letter, 'unknown class')}"),
        ("observed", packet.observed_at and f"{packet.observed_at:%Y-%m-%d %H:%M}"),
        ("centre", packet.centre),
        ("direction", f"{packet.direction}, {packet.encoding}{split}"),
        ("serial", packet.serial),
        ("sent", sent),
        ("end", packet.end),
    ):
        table.add_row(name, "-" if value is None else str(value))
    measured = packet.values()
    shown = {value.lead for value in measured}
    for part in packet.groups:
        element = part.element
        if part.is_a("address") or part.is_a("time") or (element.lead if element else part.lead) in shown:
            continue
        table.add_row(part.lead, _bytes(part.data))
    for reading in measured:
        table.add_row(f"{reading.lead} {reading.symbol}".rstrip(), _measured(reading))
    if packet.rest:
        table.add_row("rest", _bytes(packet.rest))
    for deviation in packet.deviations:
        table.add_row(f"deviation: {deviation.name}", f"{deviation.message} (at {deviation.where})")
    console.print(table)


def _bytes(data: bytes) -> str:
    if data.isascii() and data.decode().isprintable():
        return data.decode().strip()
    more = f" ... {len(data)} bytes" if len(data) > _SHOWN_BYTES else ""
    return f"{data[:_SHOWN_BYTES].hex().upper()}{more}"


def _measured(value: ElementValue) -> str:
    element = element_of(value.lead)
    number = "no valid value" if value.value is None else f"{value.value} {value.unit}".rstrip()
    when = "" if value.observed_at is None else f"  ({value.observed_at:%Y-%m-%d %H:%M})"
    return f"{element.name_zh if element else 'unknown element'}  {number}{when}"
