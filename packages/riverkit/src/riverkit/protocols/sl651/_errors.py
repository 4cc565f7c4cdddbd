"""What is wrong with a packet of SL 651."""

from .._common import PacketRefused


class Sl651Error(PacketRefused):
    """A frame or packet of SL 651 is refused."""
