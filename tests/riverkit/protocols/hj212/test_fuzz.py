"""Millions of broken packets: none crashes or hangs the decoder, and none costs a packet that is whole."""

import os
import random
from typing import Literal

import pytest
from riverkit.protocols.hj212 import FrameError, Hj212Error, Packet, StreamDecoder, crc, decode, encode

from tests.riverkit.protocols.full_count import FULL_COUNT, tried_on_all_cores

MODES: tuple[Literal["lenient", "strict", "salvage"], ...] = ("lenient", "strict", "salvage")
_HEAD = "QN=20160801085857223;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
SEGMENTS = [
    text.encode()
    for text in (
        _HEAD + "CP=&&&&",
        _HEAD + "CP=&&RtdInterval=30&&",
        _HEAD + "CP=&&DataTime=20160801085857;w01018-Rtd=40.1,w01018-Flag=N;w21003-Rtd=1.2,w21003-Flag=D&&",
        _HEAD
        + "CP=&&DataTime=20160801085857;w01018-SampleTime=20160801070000,w01018-Rtd=-2.2,w01018-Flag=N&&",
        _HEAD.replace("Flag=5", "Flag=7;PNUM=2;PNO=1") + "CP=&&DataTime=20160801080000;w00000-Cou=63.0&&",
        _HEAD + "CP=&&DataTime=20160801062035;PolId=w01018;i11001-Info=//清洗管路//&&",
        "ST=32;CN=2051;PW=123456;MN=88888880000001;CP=&&DataTime=20040516021000;B01-Cou=200;011-Avg=1.1&&",
        "ST=91;CN=9011;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=20040516010101001;QnRtn=1&&",
    )
]
TOKENS = [
    *(
        b";",
        b",",
        b"=",
        b"&",
        b"&&",
        b"//",
        b"=//",
        b"-",
        b".",
        b"#",
        b"##",
        b"##0101",
        b"##9999",
        b"\r\n",
        b"\0",
    ),
    *(
        b"CP=&&",
        b"&&1C80",
        b"Flag=",
        b"PNUM=2;",
        b"MN=;",
        b"-Flag=X",
        b"-Rtd=",
        b"w01018-Rtd=4O.1",
        b"DataTime=",
    ),
    *(b"20250229000000", b"99999999999999", b"1e99", b"9" * 60, "清".encode(), "清".encode("gbk"), b"\xff"),
]
SOAK = os.environ.get("RIVERCHIEF_SOAK") == "1"


def framed(segment: bytes) -> bytes:
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc(segment))


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One to three bytes or tokens changed, lost, doubled, put in or exchanged."""
    for _ in range(1 + int(chance.random() * 3)):
        at = int(chance.random() * len(data))
        action = chance.random()
        if action < 0.3:
            data = data[:at] + bytes([int(chance.random() * 256)]) + data[at + 1 :]
        elif action < 0.45:
            data = data[:at] + data[at + 1 + int(chance.random() * 12) :]
        elif action < 0.85:
            data = (
                data[:at] + TOKENS[int(chance.random() * len(TOKENS))] + data[at + int(chance.random() * 3) :]
            )
        elif action < 0.95:
            data = data[: at + int(chance.random() * 40)] + data[at:]
        else:
            data = (
                data[:at] + data[at + 8 : at + 9] + data[at + 1 : at + 8] + data[at : at + 1] + data[at + 9 :]
            )
    return data[:9999]


def check_segment(segment: bytes, chance: random.Random) -> None:
    """A broken segment in a faultless frame, so that its content is what is judged."""
    frame = framed(segment)
    try:
        packet = decode(frame, mode=MODES[int(chance.random() * 3)])
    except Hj212Error:
        return
    assert packet.values() is not None
    assert packet.data_time is None or packet.data_time.tzinfo is not None
    if chance.random() < 0.1:
        assert encode(packet) == frame


def check_stream(frames: list[tuple[bytes, bool]], chance: random.Random) -> None:
    """Whole and broken frames on one connection, in any portions."""
    stream = b"".join(frame for frame, _ in frames)
    decoder = StreamDecoder()
    items: list[Packet | FrameError] = []
    position = 0
    while position < len(stream):
        size = 1 + int(chance.random() * 400)
        items += decoder.feed(stream[position : position + size])
        position += size
    items += decoder.close()
    whole = StreamDecoder()
    assert items == [*whole.feed(stream), *whole.close()]
    raw = [item.raw for item in items if isinstance(item, Packet)]
    untouched = [frame[:-2] for frame, is_whole in frames if is_whole]
    for frame in set(untouched):
        assert raw.count(frame) >= untouched.count(frame)


def fuzz(count: int, seed: int) -> int:
    """Try ``count`` broken packets, half of them alone and half in streams; an exception tells the packet."""
    chance = random.Random(seed)
    frames = [framed(segment) for segment in SEGMENTS]
    broken = 0
    while broken < count:
        segment = mutated(SEGMENTS[int(chance.random() * len(SEGMENTS))], chance)
        neighbours = [(frames[int(chance.random() * len(frames))], chance.random() < 0.4) for _ in range(5)]
        stream = [(frame if whole else mutated(frame, chance), whole) for frame, whole in neighbours]
        in_stream = sum(not whole for _, whole in stream)
        try:
            check_stream(stream, chance)
            for _ in range(max(in_stream, 1)):
                check_segment(segment, chance)
                segment = mutated(SEGMENTS[int(chance.random() * len(SEGMENTS))], chance)
        except Exception as error:
            error.add_note(f"segment {segment!r}, stream {stream!r}")
            raise
        broken += in_stream + max(in_stream, 1)
    return broken


def test_broken_packets_neither_crash_the_decoder_nor_cost_whole_ones() -> None:
    assert fuzz(3_000, seed=1) >= 3_000


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="full count: set RIVERCHIEF_SOAK=1 (make soak)")
def test_ten_million_broken_packets_neither_crash_nor_hang_the_decoder(fault_account) -> None:
    tried = tried_on_all_cores(fuzz)
    fault_account("mutated packets of HJ 212", f"{tried:,}")
    assert tried >= FULL_COUNT
