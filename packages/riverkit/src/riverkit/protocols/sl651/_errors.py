"""What is wrong with a packet: refused (an error), or merely unusual (a Deviation, as in HJ 212)."""

from riverkit.errors import ProtocolError

from ..hj212 import Deviation


class Sl651Error(ProtocolError):
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
