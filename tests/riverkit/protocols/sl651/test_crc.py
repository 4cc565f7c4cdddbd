"""The check code, against its printed steps."""

from hypothesis import given
from hypothesis import strategies as st
from riverkit.protocols.sl651 import crc

from .conftest import check_code


def test_the_check_value_is_that_of_modbus() -> None:
    assert crc(b"123456789") == 0x4B37
    assert crc(b"") == 0xFFFF


@given(st.binary(max_size=300))
def test_two_bytes_at_a_time_give_what_single_bits_give(data: bytes) -> None:
    assert crc(data) == check_code(data)


@given(st.binary(min_size=1, max_size=80), st.data())
def test_every_error_within_two_neighbouring_bytes_is_caught(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    burst = draw.draw(st.integers(1, 0xFFFF)).to_bytes(2, "big")[: len(data) - at]
    spoilt = bytearray(data)
    for index, byte in enumerate(burst):
        spoilt[at + index] ^= byte
    assert (bytes(spoilt) == data) == (crc(bytes(spoilt)) == crc(data))
