"""The text of a SWMM input file (.inp): sections, lines, words, and errors that name the place."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from riverkit.errors import NetworkError

_WORD = re.compile(r'"([^"]*)"|([^\s"]+)')
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class InpLine:
    """The words of one line, and where it stands."""

    file: str
    section: str
    number: int
    words: tuple[str, ...]

    def error(self, message: str) -> NetworkError:
        """An error that names this line."""
        return NetworkError(f"{self.file}, [{self.section}], line {self.number}: {message}")

    def text(self, position: int, what: str) -> str:
        """The word at a position (0 is the first); an error if the line ends before."""
        if position >= len(self.words):
            raise self.error(f"the line ends before the {what} (word {position + 1}). Complete it.")
        return self.words[position]

    def number_at(self, position: int, what: str, default: float | None = None) -> float:
        """The number at a position; `default` where the line ends before."""
        if default is not None and position >= len(self.words):
            return default
        word = self.text(position, what)
        try:
            return float(word)
        except ValueError:
            raise self.error(f"the {what} is {word!r}. Give a number.") from None


class InpFile:
    """A SWMM input file by section. Section names may be shortened to four letters, as in SWMM."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._lines: defaultdict[str, list[InpLine]] = defaultdict(list)
        section = None
        for number, raw in enumerate(_decoded(path).splitlines(), start=1):
            line = raw.split(";", 1)[0].strip()
            if line.startswith("["):
                if not line.endswith("]"):
                    raise NetworkError(
                        f"{path.name}, line {number}: {line!r} opens a section but lacks its ']'."
                    )
                section = line[1:-1].strip().upper()
            elif line and section is None:
                raise NetworkError(
                    f"{path.name}, line {number}: text before the first [SECTION]. Is this a SWMM input file?"
                )
            elif line and section is not None:
                words = tuple(quoted or plain for quoted, plain in _WORD.findall(line))
                self._lines[section[:4]].append(InpLine(path.name, section, number, words))

    def lines(self, section: str) -> list[InpLine]:
        """The lines of a section; none if the file lacks it."""
        return self._lines.get(section[:4], [])

    def option(self, name: str, default: str) -> str:
        """A value of [OPTIONS], in upper case."""
        values = [
            line.text(1, name).upper() for line in self.lines("OPTIONS") if line.words[0].upper() == name
        ]
        return values[-1] if values else default

    def table(self, section: str, value: Callable[[InpLine], _Value]) -> dict[str, _Value]:
        """One value a line by the name that begins it; an error where a name comes twice."""
        found: dict[str, _Value] = {}
        for line in self.lines(section):
            if line.words[0] in found:
                raise line.error(f"{line.words[0]!r} is given twice. Give every object its own name.")
            found[line.words[0]] = value(line)
        return found

    def points(self, section: str) -> dict[str, list[tuple[float, float]]]:
        """Places by name, several lines each ([VERTICES]) or one ([COORDINATES])."""
        found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        for line in self.lines(section):
            found[line.words[0]].append(
                (line.number_at(1, "x coordinate"), line.number_at(2, "y coordinate"))
            )
        return dict(found)


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NetworkError(f"{path.name} cannot be read: {error.strerror}.") from error
    # GB 18030 takes almost any bytes, so UTF-8, which does not, is tried first.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NetworkError(f"{path.name} is neither UTF-8 nor GB 18030 text. Save it as UTF-8.")


def curve_area(points: Sequence[tuple[float, float]], depth: float) -> float:
    """The integral of a depth-area table from 0 to `depth`: a volume. Area stays that of the nearest end outside."""
    volume, depths = 0.0, sorted(points)
    below, area = 0.0, depths[0][1]
    for level, here in depths:
        top = min(level, depth)
        if top > below:
            at_top = area + (here - area) * (top - below) / (level - below)
            volume += 0.5 * (area + at_top) * (top - below)
        below, area = level, here
    return volume + max(depth - below, 0.0) * area
