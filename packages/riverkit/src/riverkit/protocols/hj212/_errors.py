"""What is wrong with a packet of HJ 212: refused as a whole (an error) or in part."""

from dataclasses import dataclass

from .._common import PacketRefused


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of a data area that could not be read and was left out: its text, and the name and words of the error."""

    text: str
    name: str
    message: str


class Hj212Error(PacketRefused):
    """A frame or packet of HJ 212 is refused."""
