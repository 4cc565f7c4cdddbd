"""Packets out of a connection, however its bytes are portioned and whatever lies between."""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverkit.protocols.sl651 import FrameError, Packet, StreamDecoder, decode, encode

from tests.riverkit.protocols.full_count import FULL_COUNT, tried_on_all_cores

from .conftest import ANSWER, ASCII_UPLOAD, FRONT, PLACE, UPLOAD, Vector, check_code, hex_frame, make_packets


def portions(data: bytes, sizes: list[int]) -> list[bytes]:
    found, position = [], 0
    for size in sizes:
        found.append(data[position : position + size])
        position += size
    return [*found, data[position:]]


def run(received: list[bytes], mode: str = "lenient") -> list[Packet | FrameError]:
    decoder = StreamDecoder(mode=mode)  # type: ignore[arg-type]
    items = [item for portion in received for item in decoder.feed(portion)]
    return items + decoder.close()


def packets(items: list[Packet | FrameError]) -> list[Packet]:
    return [item for item in items if isinstance(item, Packet)]


def errors(items: list[Packet | FrameError]) -> list[FrameError]:
    return [item for item in items if isinstance(item, FrameError)]


def test_the_vectors_in_a_stream_are_what_they_are_alone(vectors: list[Vector]) -> None:
    stream = b"".join(vector.frame for vector in vectors)
    whole = run([stream])
    assert packets(whole) == [decode(vector.frame) for vector in vectors if vector.verdict == "True"]
    assert [error.name for error in errors(whole)] == ["crc"]
    assert run([stream[at : at + 1] for at in range(len(stream))]) == whole


def test_both_encodings_and_directions_may_follow_one_another() -> None:
    items = run([UPLOAD + ASCII_UPLOAD + b"\r\n" + ANSWER + UPLOAD])
    assert items == [decode(UPLOAD), decode(ASCII_UPLOAD), decode(ANSWER), decode(UPLOAD)]


def test_garbage_before_a_packet_is_reported_and_costs_nothing() -> None:
    garbage, packet = run([b"\x7e\x01x" + UPLOAD])
    assert isinstance(garbage, FrameError)
    assert (garbage.name, garbage.offset, garbage.raw) == ("garbage", 0, b"\x7e\x01x")
    assert packet == decode(UPLOAD)


def test_a_third_start_byte_does_not_hide_the_header() -> None:
    assert packets(run([b"\x7e" + UPLOAD])) == [decode(UPLOAD)]


@pytest.mark.parametrize("announced", [0x32, 0x60, 0xFFF])
def test_a_length_that_is_too_long_neither_swallows_nor_delays_the_next_packet(announced: int) -> None:
    decoder = StreamDecoder()
    spoilt = UPLOAD[:11] + announced.to_bytes(2, "big") + UPLOAD[13:]
    items = decoder.feed(spoilt + ANSWER)
    assert [item.name if isinstance(item, FrameError) else item.end for item in items][-1] == "EOT"
    assert len(packets(items)) == 1
    assert b"".join(error.raw for error in errors(items)) == spoilt


def test_a_wrong_check_code_is_reported_as_soon_as_the_frame_is_over() -> None:
    (error,) = StreamDecoder().feed(UPLOAD[:-1] + b"\x00")
    assert isinstance(error, FrameError)
    assert (error.name, error.offset, error.raw) == ("crc", 0, UPLOAD[:-1] + b"\x00")


def test_a_packet_cut_short_by_a_new_connection_leaves_the_new_one_whole() -> None:
    items = run([UPLOAD[:40], UPLOAD])
    assert [type(item) for item in items] == [FrameError, Packet]
    assert (errors(items)[0].name, errors(items)[0].raw) == ("unfinished", UPLOAD[:40])


def test_a_picture_may_hold_what_looks_like_a_start() -> None:
    picture = b"\xff\xd8" + UPLOAD[:20] + b"\x7e\x7e\x7e" + ASCII_UPLOAD[:30]
    frame = hex_frame(FRONT + PLACE + b"\xf3\xf3" + picture, 0x36)
    (packet,) = run([frame])
    assert isinstance(packet, Packet)
    assert packet.picture == picture


def test_strict_mode_holds_in_a_stream() -> None:
    odd = hex_frame(FRONT + PLACE + bytes.fromhex("4612 0A62"))
    assert [type(item) for item in run([odd])] == [Packet]
    (error,) = errors(run([odd], mode="strict"))
    assert (error.name, error.raw) == ("not_bcd", odd)


def test_what_waits_is_bounded_whatever_comes() -> None:
    decoder = StreamDecoder()
    for _ in range(100):
        decoder.feed(UPLOAD[:11] + b"\x0f\xff\x02" + b"x" * 986)
        assert decoder.waiting <= 20_000
    decoder = StreamDecoder()
    for _ in range(100):
        decoder.feed(b"no header in sight " * 50)
        assert decoder.waiting <= 20_000


pieces = st.one_of(
    make_packets().map(encode),
    make_packets().map(lambda packet: encode(packet)[:-5]),
    make_packets().map(lambda packet: encode(packet)[:20]),
    make_packets().map(lambda packet: b"\x7e\x7e\x7e" + encode(packet)[3:]),
    st.binary(max_size=12),
    st.sampled_from(
        [b"\x7e", b"\x7e\x7e", b"\x01", b"\x01010", b"\x02", b"\x16", b"\r\n", UPLOAD[:14], ASCII_UPLOAD[:24]]
    ),
)


@given(st.lists(pieces, max_size=6), st.lists(st.integers(0, 120), max_size=20))
def test_the_portions_do_not_change_the_outcome(parts: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(parts)
    assert run(portions(stream, sizes)) == run([stream])


@given(st.lists(pieces, max_size=6))
def test_every_byte_is_in_a_packet_or_in_an_error_or_a_line_end(parts: list[bytes]) -> None:
    stream = b"".join(parts)
    position = 0
    for item in run([stream]):
        at = stream.index(item.raw, position)
        assert not stream[position:at].strip(b"\r\n")
        position = at + len(item.raw)
    assert not stream[position:].strip(b"\r\n")


@given(
    st.lists(make_packets(), min_size=1, max_size=4), st.lists(st.binary(max_size=15), min_size=4, max_size=4)
)
def test_garbage_between_packets_costs_none(sent: list[Packet], garbage: list[bytes]) -> None:
    frames = [encode(packet) for packet in sent]
    stream = b"".join(
        noise.replace(b"\x7e", b".").replace(b"\x01", b".") + frame
        for noise, frame in zip(garbage, frames, strict=False)
    )
    assert [packet.raw for packet in packets(run([stream]))] == frames


def _has_right_code(frame: bytes) -> bool:
    if frame[0] == 0x01:
        return check_code(frame[:-4]) == int(frame[-4:], 16)
    return check_code(frame[:-2]) == int.from_bytes(frame[-2:], "big")


def _fuzz(count: int, seed: int) -> None:
    """Corrupt streams of known packets: the decoder never raises, takes no wrong code, and loses no untouched packet."""
    chance = random.Random(seed)
    known = [UPLOAD, ANSWER, ASCII_UPLOAD, hex_frame(b"\xff\xd9" * 20, 0x36, end=0x17, split=b"\x00\x20\x02")]
    for _ in range(count):
        expected, stream = [], b""
        for _ in range(chance.randint(1, 6)):
            frame = bytearray(chance.choice(known))
            if chance.random() < 0.5:
                expected.append(bytes(frame))
            else:
                for _ in range(chance.randint(1, 4)):
                    at = chance.randrange(len(frame))
                    action = chance.random()
                    if action < 0.6:
                        frame[at] = chance.randrange(256)
                    elif action < 0.8:
                        del frame[at]
                    else:
                        frame.insert(at, chance.choice(b"\x7e\x01\x02\x16\x03\x00F"))
            stream += bytes(frame)
        items = run(portions(stream, [chance.randint(1, 150) for _ in range(8)]))
        assert items == run([stream])
        found = [packet.raw for packet in packets(items)]
        for raw in set(expected):
            assert found.count(raw) >= expected.count(raw), stream
        for packet in packets(items):
            assert _has_right_code(packet.raw), stream
            packet.values()


def test_fuzzed_streams_lose_no_untouched_packet() -> None:
    _fuzz(count=300, seed=1)


def _mutate(count: int, seed: int) -> int:
    """Feed mutated packets to one decoder: it never raises or hoards, takes no wrong code, and finds what is between; returns how many."""
    chance = random.Random(seed)
    known = [UPLOAD, ANSWER, ASCII_UPLOAD]
    decoder = StreamDecoder()
    sent = found = 0
    while sent < count:
        stream = bytearray()
        for _ in range(500):
            frame = bytearray(chance.choice(known))
            for _ in range(chance.randint(1, 3)):
                frame[chance.randrange(len(frame))] = chance.randrange(256)
            stream += frame
        sent += 500
        whole = 0
        for item in decoder.feed(bytes(stream + ANSWER)):
            if isinstance(item, Packet):
                item.values()
                whole += item.raw == ANSWER
                assert item.raw in known or _has_right_code(item.raw), stream
        assert whole
        found += whole
        assert decoder.waiting < 20_000
    assert found >= sent // 500
    return sent


def test_mutated_packets_neither_stop_nor_fool_the_decoder() -> None:
    _mutate(count=5_000, seed=3)


SOAK = pytest.mark.skipif(
    os.environ.get("RIVERCHIEF_SOAK") != "1", reason="full count: set RIVERCHIEF_SOAK=1 (make soak)"
)


@pytest.mark.soak
@SOAK
def test_fuzzed_streams_lose_no_untouched_packet_in_the_full_count() -> None:
    _fuzz(count=100_000, seed=2)


@pytest.mark.soak
@SOAK
def test_mutated_packets_neither_stop_nor_fool_the_decoder_in_the_full_count(fault_account) -> None:
    tried = tried_on_all_cores(_mutate)
    fault_account("mutated packets of SL 651", f"{tried:,}")
    assert tried >= FULL_COUNT
