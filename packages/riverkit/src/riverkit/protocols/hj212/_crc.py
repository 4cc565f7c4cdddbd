"""The check code of HJ 212 (annex A of HJ 212-2017), twice: as printed, and folded.

The standard calls it ANSI CRC16, but its steps XOR each byte with the register *already moved down by 8*, so the
low byte is lost: ``r = T[(r >> 8) ^ byte]``. Two things follow. Only 256 of 65,536 codes ever occur, so a wide
corruption passes about once in 256 and a right code proves little (the decoder checks the content too). And the
state has 8 bits and every step is linear over XOR, so a whole segment can be folded in halves.
"""

from functools import reduce

_POLYNOMIAL = 0xA001
_START = 0xFFFF


def _shifted(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ _POLYNOMIAL if value & 1 else value >> 1
    return value


_TABLE = tuple(_shifted(value) for value in range(256))
_HIGH_BYTE = bytes(entry >> 8 for entry in _TABLE)
# _ADVANCE[k] carries a state over 2**k bytes; 2**14 bytes exceed every segment that four digits can announce.
_ADVANCE = [_HIGH_BYTE]
for _ in range(14):
    _ADVANCE.append(_ADVANCE[-1].translate(_ADVANCE[-1]))


def crc_by_table(segment: bytes) -> int:
    """The check code of a segment, byte by byte as annex A prints it: the reference for :func:`crc`."""
    return reduce(lambda register, byte: _TABLE[(register >> 8) ^ byte], segment, _START)


def crc(segment: bytes) -> int:
    """The check code (0..0xFFFF) of a data segment, from ``QN=`` to the closing ``&&``.

    Neighbouring bytes are merged pairwise, ``log2(n)`` times, by table translation and one wide XOR: about three
    times as fast as the loop in plain Python.

        assert crc(b"123456789") == 0x2F80
        assert crc(b"") == 0xFFFF
    """
    if not segment:
        return _START
    if len(segment) >= 1 << len(_ADVANCE):
        return crc_by_table(segment)
    states = bytes([segment[0] ^ (_START >> 8)]) + segment[1:]
    for advance in _ADVANCE:
        count = len(states)
        if count == 1:
            break
        if count & 1:
            states = b"\0" + states  # a leading zero state is carried to zero: it changes nothing
            count += 1
        earlier = int.from_bytes(states[0::2].translate(advance), "big")
        later = int.from_bytes(states[1::2], "big")
        states = (earlier ^ later).to_bytes(count // 2, "big")
    return _TABLE[states[0]]
