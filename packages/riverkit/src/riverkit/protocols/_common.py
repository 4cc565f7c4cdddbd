"""What the codecs share: how a packet is refused, what is merely unusual in it, and whose time is written."""

from dataclasses import dataclass
from datetime import timedelta, timezone

from riverkit.errors import ProtocolError

CHINA_STANDARD_TIME = timezone(timedelta(hours=8), "CST")
"""Both standards write times without a zone."""

FIRST_YEAR, LAST_YEAR = 1970, 2100
"""No instrument has measured before or will after: such a time is impossible, as month 13 is, and near the calendar's
ends it would have none in another zone."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A named departure from the standard that a reader can live with.

    ``syntax`` deviations break the written form: strict mode refuses them. The others only lack or add something
    that older or newer editions allow, and are reported in both modes.
    """

    name: str
    where: str
    message: str
    syntax: bool = False


@dataclass(frozen=True, slots=True)
class FrameError:
    """Bytes of a stream that gave no packet.

    ``name`` is that of the error that refused them, or "garbage" for bytes outside any frame; ``offset`` counts from
    the start of the stream; ``message`` tells what, where and the cure; ``raw`` is what was received, without a line end.
    """

    name: str
    offset: int
    message: str
    raw: bytes


class PacketRefused(ProtocolError):
    """A frame or packet is refused. ``name`` is a stable word for counters, ``where`` the place, ``cure`` what to do."""

    def __init__(
        self,
        name: str,
        message: str,
        *,
        where: str,
        cure: str,
        deviations: tuple[Deviation, ...] = (),
    ) -> None:
        super().__init__(f"{message} (at {where}); {cure}")
        self.name = name
        self.message = message
        self.where = where
        self.cure = cure
        self.deviations = deviations
