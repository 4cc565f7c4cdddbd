"""The check code of annex A."""

from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.protocols.hj212 import crc
from riverkit.protocols.hj212._crc import crc_by_table


def _as_annex_a_prints_it(segment: bytes) -> int:
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            carry = register & 1
            register >>= 1
            if carry:
                register ^= 0xA001
    return register


def test_the_worked_example_of_the_standard(example: bytes) -> None:
    assert crc(example[6:-6]) == 0x1C80


def test_the_known_check_values() -> None:
    assert [crc(text) for text in (b"", b"1", b"A", b"123456789")] == [0xFFFF, 0x9481, 0x7080, 0x2F80]


@settings(derandomize=True, max_examples=200)
@given(st.binary(max_size=1100))
def test_both_forms_follow_the_printed_steps(segment: bytes) -> None:
    assert crc(segment) == crc_by_table(segment) == _as_annex_a_prints_it(segment)


def test_the_longest_segment_that_four_digits_announce() -> None:
    segment = bytes(number % 251 for number in range(9999))
    assert crc(segment) == _as_annex_a_prints_it(segment)


def test_bytes_eight_apart_can_change_places_unseen() -> None:
    assert crc(b"w01018-Rtd=40.1") == crc(b"w01018-R1d=40.t") == _as_annex_a_prints_it(b"w01018-R1d=40.t")
