"""The check code of SL 651: CRC-16/MODBUS, two bytes at a time."""

from array import array
from functools import cache
from struct import unpack_from

_POLYNOMIAL = 0xA001
_START = 0xFFFF


def _shifted(register: int) -> int:
    for _ in range(8):
        register = (register >> 1) ^ _POLYNOMIAL if register & 1 else register >> 1
    return register


_TABLE = tuple(_shifted(value) for value in range(256))


@cache
def _pair_table() -> "array[int]":
    """What a register becomes over two bytes: made when first needed (65,536 entries in 128 kB)."""
    once = [(value >> 8) ^ _TABLE[value & 0xFF] for value in range(0x1_0000)]
    return array("H", (once[value] for value in once))


def crc(data: bytes) -> int:
    """The check code (0..0xFFFF) of a frame from its start mark to its end mark, both included.

    Written high byte first (in four hex digits in ASCII frames), unlike Modbus itself.

        assert crc(b"123456789") == 0x4B37
        assert crc(b"") == 0xFFFF
    """
    table = _pair_table()
    register = _START
    # The register has 16 bits: a pair of bytes is taken in by one XOR and leaves nothing behind but its table entry.
    for pair in unpack_from(f"<{len(data) // 2}H", data):
        register = table[register ^ pair]
    if len(data) & 1:
        register = (register >> 8) ^ _TABLE[(register ^ data[-1]) & 0xFF]
    return register


def crc_after(register: int, byte: int) -> int:
    """The register after one more byte, for whoever needs the code at every length."""
    return (register >> 8) ^ _TABLE[(register ^ byte) & 0xFF]
