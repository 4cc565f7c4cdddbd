"""Packets out of a connection, however its bytes are portioned and whatever lies between."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.protocols.hj212 import FrameError, Packet, StreamDecoder, crc, decode, encode

from .conftest import EXAMPLE, Vector, make_packets

OTHER = (
    b"##0087QN=20160801085857534;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&5B40\r\n"
)


def portions(data: bytes, sizes: list[int]) -> list[bytes]:
    parts, position = [], 0
    for size in sizes:
        parts.append(data[position : position + size])
        position += size
    return [*parts, data[position:]]


def run(parts: list[bytes], mode: str = "lenient") -> list[Packet | FrameError]:
    decoder = StreamDecoder(mode=mode)  # type: ignore[arg-type]
    items = [item for part in parts for item in decoder.feed(part)]
    return items + decoder.close()


def packets(items: list[Packet | FrameError]) -> list[Packet]:
    return [item for item in items if isinstance(item, Packet)]


def errors(items: list[Packet | FrameError]) -> list[FrameError]:
    return [item for item in items if isinstance(item, FrameError)]


def test_the_vectors_in_a_stream_are_what_they_are_alone(vectors: list[Vector]) -> None:
    stream = b"".join(vector.frame for vector in vectors)
    whole = run([stream])
    expected = [decode(vector.frame) for vector in vectors if vector.verdict not in ("invalid", "stream")]
    base = next(decode(vector.frame) for vector in vectors if vector.name == "097")
    read = packets(whole)
    # Vectors 106 and 107 hold the base packet once more, and then once more with its successor.
    assert [packet for packet in read if packet in expected and packet != base] == [
        packet for packet in expected if packet != base
    ]
    assert len(read) == len(expected) + 3
    assert run([stream[at : at + 1] for at in range(len(stream))]) == whole
    assert sorted(error.name for error in errors(whole)) == sorted(
        ["crc"] * 6 + ["length", "garbage", "garbage", "data_flag", "time", "missing_mn"]
    )


def test_garbage_before_a_packet_is_reported_and_costs_nothing() -> None:
    garbage, packet = run([b"xx#x\0" + EXAMPLE])
    assert garbage == FrameError(
        "garbage", 0, garbage.message if isinstance(garbage, FrameError) else "", b"xx#x\0"
    )
    assert packet == decode(EXAMPLE)


def test_a_third_hash_does_not_hide_the_header() -> None:
    assert packets(run([b"###" + EXAMPLE[2:]])) == [decode(EXAMPLE)]


@pytest.mark.parametrize("announced", [b"0102", b"0140", b"0300", b"9999"])
def test_a_length_that_is_too_long_neither_swallows_nor_delays_the_next_packet(announced: bytes) -> None:
    decoder = StreamDecoder()
    items = decoder.feed(b"##" + announced + EXAMPLE[6:] + OTHER)
    assert [item.name if isinstance(item, FrameError) else item.cn for item in items] == ["length", "9014"]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_frame_that_ends_together_with_one_around_it_is_not_swallowed(size: int) -> None:
    # One code in 256 is right by chance: of 512 different lead-ins some make the outer frame look whole.
    for number in range(512):
        around = b"QN=%05d;" % number + EXAMPLE[:-6]
        if crc(around) == 0x1C80:
            break
    stream = b"##%04d%b1C80\r\n" % (len(around), around)
    assert packets(run([stream[at : at + size] for at in range(0, len(stream), size)])) == [decode(EXAMPLE)]


def test_a_length_that_is_too_short_is_reported_at_the_line_end() -> None:
    (error,) = StreamDecoder().feed(b"##0100" + EXAMPLE[6:])
    assert isinstance(error, FrameError)
    assert error.name == "length"
    assert error.raw == b"##0100" + EXAMPLE[6:-2]


def test_a_packet_cut_short_by_a_new_connection_leaves_the_new_one_whole() -> None:
    items = run([EXAMPLE[:60], EXAMPLE])
    assert [type(item) for item in items] == [FrameError, Packet]
    assert errors(items)[0].name == "unfinished"
    assert errors(items)[0].offset == 0


def test_a_packet_with_a_right_code_and_impossible_content_is_an_error_in_its_place() -> None:
    segment = EXAMPLE[6:-6].replace(b"RtdInterval=30", b"DataTime=20161301000000")
    bad = b"##%04d%b%04X\r\n" % (len(segment), segment, crc(segment))
    items = run([EXAMPLE + bad + OTHER])
    assert [item.name if isinstance(item, FrameError) else item.cn for item in items] == [
        "1062",
        "time",
        "9014",
    ]


def test_strict_mode_holds_in_a_stream() -> None:
    segment = EXAMPLE[6:-6].replace(b";CP", b"CP")
    odd = b"##%04d%b%04X\r\n" % (len(segment), segment, crc(segment))
    assert [type(item) for item in run([odd])] == [Packet]
    assert errors(run([odd], mode="strict"))[0].name == "missing_separator"


def test_a_length_in_characters_is_found_in_any_portions() -> None:
    segment = EXAMPLE[6:-6].decode().replace("RtdInterval=30", "i11001-Info=//清洗管路//")
    data = segment.encode()
    frame = b"##%04d%b%04X\r\n" % (len(segment), data, crc(data))
    whole = run([frame + OTHER])
    assert [packet.cn for packet in packets(whole)] == ["1062", "9014"]
    assert errors(whole) == []
    stream = frame + OTHER
    assert run([stream[at : at + 1] for at in range(len(stream))]) == whole


def test_what_waits_is_bounded_whatever_comes() -> None:
    decoder = StreamDecoder()
    for _ in range(200):
        decoder.feed(b"##9999" + b"x" * 994)
        assert decoder.waiting <= 60_000
    decoder = StreamDecoder()
    for _ in range(200):
        decoder.feed(b"no header in sight " * 50)
        assert decoder.waiting <= 20_000


def test_every_byte_is_in_a_packet_or_in_an_error_or_a_line_end() -> None:
    stream = b"ab\r\n" + EXAMPLE + b"##12" + EXAMPLE[:50] + b"\n" + OTHER + b"##0101tail"
    raw = b"".join(item.raw for item in run([stream]))
    assert raw == stream.replace(b"\r\n", b"").replace(b"\n", b"")


pieces = st.one_of(
    make_packets().map(encode),
    make_packets().map(lambda packet: encode(packet)[:-30]),
    make_packets().map(lambda packet: b"##9999" + encode(packet)[6:]),
    st.binary(max_size=12),
    st.sampled_from([b"#", b"##", b"##01", b"##0101", b"##9999", b"&&1C80", b"\r\n"]),
)


@settings(derandomize=True, max_examples=100)
@given(st.lists(pieces, max_size=6), st.lists(st.integers(0, 200), max_size=20))
def test_the_portions_do_not_change_the_outcome(parts: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(parts)
    assert run(portions(stream, sizes)) == run([stream])


@settings(derandomize=True, max_examples=100)
@given(
    st.lists(make_packets(), min_size=1, max_size=4), st.lists(st.binary(max_size=15), min_size=4, max_size=4)
)
def test_garbage_between_packets_costs_none(sent: list[Packet], garbage: list[bytes]) -> None:
    frames = [encode(packet) for packet in sent]
    stream = b"".join(
        noise.replace(b"#", b".") + frame for noise, frame in zip(garbage, frames, strict=False)
    )
    assert [packet.raw for packet in packets(run([stream]))] == [frame[:-2] for frame in frames]
