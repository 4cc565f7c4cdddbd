"""A packet of SL 651, and the measured values in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .._common import Deviation
from ._codes import EndMark
from ._groups import ElementValue, Group
from ._times import read_time
from ._values import read_values

Encoding = Literal["hex", "ascii"]
Direction = Literal["up", "down"]
AssemblyKey = tuple[str, int, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A packet read, or to be written.

    ``station`` (遥测站地址) is ten hex digits; where it begins with 00 the other eight are the hydrological code. ``password``
    is four hex digits, ``function`` two, ``sent`` twelve decimal digits (YYMMDDhhmmss). The parts of a split message (M3)
    have ``pnum`` (how many) and ``pno`` (which, from 1); only part 1 carries serial number and sending time. ``rest`` is what
    follows the groups and has no structure known here. ``raw`` is the frame as received (empty for a packet made here).

        packet = decode(frame)
        assert packet.function == "32" and packet.observed_at is not None
        assert packet.values()[0].key == "wt"
    """

    encoding: Encoding = "hex"
    direction: Direction
    centre: int
    station: str
    password: str
    function: str
    end: EndMark
    serial: int | None = None
    sent: str | None = None
    pnum: int | None = None
    pno: int | None = None
    groups: tuple[Group, ...] = ()
    rest: bytes = b""
    deviations: tuple[Deviation, ...] = ()
    raw: bytes = b""

    @property
    def sent_at(self) -> datetime | None:
        """The sending time in China Standard Time; None if absent or impossible."""
        return None if self.sent is None else read_time(self.sent)

    @property
    def observed_at(self) -> datetime | None:
        """The first observation time in China Standard Time; None if absent or impossible."""
        group = next((group for group in self.groups if group.is_a("time")), None)
        return None if group is None else group.time

    @property
    def station_class(self) -> str | None:
        """The letter of the station's class (测站分类码, see STATION_CLASSES); None if the body names none."""
        group = next((group for group in self.groups if group.is_a("address")), None)
        if group is None:
            return None
        if self.encoding == "ascii":
            words = group.data.split()
            return words[1].decode("ascii", "replace") if len(words) > 1 else None
        return group.data[5:6].decode("latin-1") or None

    @property
    def text(self) -> str | None:
        """The text set by hand (人工置数); None if the body holds none."""
        group = next((group for group in self.groups if group.is_a("text")), None)
        return None if group is None else group.data.decode("gb18030", "replace").strip()

    @property
    def picture(self) -> bytes | None:
        """The JPEG picture, of a split message only its first part; None if the body holds none."""
        group = next((group for group in self.groups if group.is_a("picture")), None)
        return None if group is None else group.data

    @property
    def assembly_key(self) -> AssemblyKey | None:
        """What the parts of one split message share: (station, centre, function, pnum); None for a whole message."""
        if self.pnum is None or self.pnum < 2:
            return None
        return (self.station, self.centre, self.function, self.pnum)

    def values(self) -> list[ElementValue]:
        """The measured values in the packet's order; repeats and series are kept, each value with its own time.

        Settings (functions 40 to 43) are no values: their identifiers belong to other tables.
        """
        return read_values(self.groups, self.function)
