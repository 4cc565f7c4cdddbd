"""Packets out of a connection, however its bytes are portioned and whatever lies between."""

import os
import random

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


def _fuzz(count: int, seed: int) -> None:
    """Corrupt streams of known packets: the decoder never raises, and every untouched packet comes out."""
    chance = random.Random(seed)
    for _ in range(count):
        expected, stream = [], b""
        for _ in range(chance.randint(1, 6)):
            frame = bytearray(chance.choice([EXAMPLE, OTHER]))
            if chance.random() < 0.5:
                expected.append(bytes(frame[:-2]))
            else:
                for _ in range(chance.randint(1, 4)):
                    at = chance.randrange(len(frame) - 2)
                    action = chance.random()
                    if action < 0.6:
                        frame[at] = chance.randrange(256)
                    elif action < 0.8:
                        del frame[at]
                    else:
                        frame.insert(at, chance.choice(b"#&0;=\r"))
            stream += bytes(frame)
        sizes = [chance.randint(1, 150) for _ in range(8)]
        items = run(portions(stream, sizes))
        assert items == run([stream])
        found = [packet.raw for packet in packets(items)]
        for raw in set(expected):
            assert found.count(raw) >= expected.count(raw), stream


def test_fuzzed_streams_lose_no_untouched_packet() -> None:
    _fuzz(count=300, seed=1)


@pytest.mark.soak
@pytest.mark.skipif(
    os.environ.get("RIVERCHIEF_SOAK") != "1", reason="full count: set RIVERCHIEF_SOAK=1 (make soak)"
)
def test_fuzzed_streams_lose_no_untouched_packet_in_the_full_count() -> None:
    _fuzz(count=100_000, seed=2)
