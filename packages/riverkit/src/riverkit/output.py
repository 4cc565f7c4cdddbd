"""Files that riverkit writes: refused before the work where they cannot be written, and never a traceback after it."""

import csv
import importlib.util
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from riverkit.errors import OutputError

LONGEST_NAME = 41
"""Characters of a name in a table or a chart."""

CHARTS = (".png", ".svg", ".pdf")


def refuse_unwritable(path: Path) -> None:
    """Raise an `OutputError` if nothing can be written at this path; nothing is created or changed."""
    folder = path.parent
    if path.is_dir():
        raise OutputError(f"{path} is a folder. Name a file in it.")
    if not folder.is_dir():
        raise OutputError(f"{path} cannot be written: there is no folder {folder}. Make it, or name another.")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise OutputError(
            f"{path} cannot be written: permission denied. Name a file in a folder of your own."
        )


def refuse_undrawable(path: Path) -> None:
    """As `refuse_unwritable`, for a chart: also where its format is unknown or matplotlib is missing."""
    if path.suffix.lower() not in CHARTS:
        raise OutputError(
            f"{path}: a chart is written as {', '.join(CHARTS)}. Let the name end in one of these."
        )
    if importlib.util.find_spec("matplotlib") is None:
        raise OutputError(f"{path}: charts need matplotlib. Install riverkit[plot], or leave the chart out.")
    refuse_unwritable(path)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What goes wrong with the file inside becomes an `OutputError` that names path and cure."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}). Name a file where there is room and permission."
        ) from error


def write_json(path: Path, value: Any) -> None:
    """Plain lists, numbers and strings as JSON in UTF-8."""
    with writing(path):
        path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def write_csv(path: Path, rows: Iterable[Sequence[object]], encoding: str = "utf-8") -> None:
    """Rows, the header among them, as CSV."""
    with writing(path), path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)


def short_name(name: str) -> str:
    """A name for a table or a chart: a long one is cut in the middle, so that its beginning and its end stay."""
    half = (LONGEST_NAME - 1) // 2
    return name if len(name) <= LONGEST_NAME else f"{name[:half]}…{name[-half:]}"
