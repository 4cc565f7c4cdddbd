"""What is wrong with a packet: refused (an error) or merely unusual (a deviation)."""

from dataclasses import dataclass

from riverkit.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Deviation:
    """A named departure from HJ 212-2017 that a reader can live with.

    ``syntax`` deviations break the written form: strict mode refuses them. The others only lack or add something
    that older or newer editions allow, and are reported in both modes.
    """

    name: str
    where: str
    message: str
    syntax: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of a data area that could not be read and was left out: its text, and the name and words of the error."""

    text: str
    name: str
    message: str


class Hj212Error(ProtocolError):
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
