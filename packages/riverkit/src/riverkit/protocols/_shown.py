"""Showing what came out of a stream: the part that the commands of all protocols have in common."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from riverkit._command_line import plain_console

from ._common import FrameError

Packet = TypeVar("Packet")

_EXIT_BROKEN = 1


def read_bytes(file: Path) -> bytes:
    """The bytes of a file; of standard input for "-"."""
    return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()


def show(items: Sequence[Packet | FrameError], show_packet: Callable[[Console, Packet], None]) -> None:
    """Print packets and what is broken, in order, and their numbers; ends the program with 1 if anything was broken."""
    console = plain_console()
    broken = 0
    for item in items:
        if isinstance(item, FrameError):
            broken += 1
            console.print(f"Byte {item.offset}: {item.name}: {item.message}")
        else:
            show_packet(console, item)
    console.print(f"{len(items) - broken} packets, {broken} broken")
    if broken:
        sys.exit(_EXIT_BROKEN)
