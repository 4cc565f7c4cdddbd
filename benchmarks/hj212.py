"""HJ 212: what of the test vectors is taken, refused and written back, and packets read per second.

Run as ``python -m benchmarks.hj212 [--data DIR]``. Speed is that of distinct packets of 264 bytes with five values, from
the bytes of a frame to typed values (check code, header, numbers, times, flags, units), in processor time: the fastest
of some interleaved rounds, which is what a quiet core gives. The peer reads the same packets in the same run, to values
of its own: a plain decoder whose check code follows the printed steps of annex A; the same with a table beside it.
"""

import argparse
import gc
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from riverkit.protocols.hj212 import (
    CHINA_STANDARD_TIME,
    Assembler,
    Assembly,
    Hj212Error,
    Packet,
    StreamDecoder,
    build_upload,
    decode,
    encode,
    write_qn,
)

from benchmarks._data import add_data_option
from benchmarks._hj212_reference import crc_as_printed, crc_by_table, read_packet
from benchmarks._hj212_vectors import FILE, Vector, read_vectors
from benchmarks._report import report

_PACKET_BYTES = 264
_PACKETS = 2_000
_ROUNDS = 15
_ONE_FRAME = ("valid", "quirk", "lenient")
_STREAMS = ("stream", "split")


def make_frames(count: int) -> list[bytes]:
    """Distinct uploads of 264 bytes with five values each."""
    chance = random.Random(1)
    start = datetime(2026, 7, 1, tzinfo=CHINA_STANDARD_TIME)
    frames = []
    for number in range(count):
        at = start + timedelta(minutes=number, milliseconds=number)
        widths = {
            "w01001": (6, 9, 2),
            "w01009": (1, 10, 1),
            "w01018": (10, 99, 1),
            "w21003": (0, 9, 3),
            "w21011": (0, 9, 2),
        }
        values = {
            code: (Decimal(f"{chance.uniform(low, high - 0.1):.{digits}f}"), "N")
            for code, (low, high, digits) in widths.items()
        }
        frames.append(build_upload(f"A0B1C2{number:010d}", "123456", "2011", at, values, write_qn(at)))
    assert {len(frame) for frame in frames} == {_PACKET_BYTES}
    return frames


def read_to_values(frames: Iterable[bytes]) -> None:
    """From the bytes of each frame to its typed values."""
    for frame in frames:
        packet = decode(frame)
        packet.values()
        _ = packet.data_time


def read_plainly(crc: Callable[[bytes], int]) -> Callable[[Iterable[bytes]], None]:
    """The same by the plain decoder with a check code of its own."""

    def read(frames: Iterable[bytes]) -> None:
        for frame in frames:
            read_packet(frame, crc)

    return read


def read_fields(frames: Iterable[bytes]) -> None:
    """From the bytes of each frame to its checked fields."""
    for frame in frames:
        decode(frame)


def read_stream(frames: Iterable[bytes]) -> None:
    """The same, of frames that come in one stream, ten at a time."""
    decoder = StreamDecoder()
    for portion in frames:
        decoder.feed(portion)


def _seconds(work: Callable[[Iterable[bytes]], None], frames: list[bytes]) -> float:
    gc.collect()
    start = time.process_time()
    work(frames)
    return time.process_time() - start


def measure_speed() -> dict[str, float]:
    """Packets per second of processor time, in the fastest of interleaved rounds."""
    frames = make_frames(_PACKETS)
    portions = [b"".join(frames[at : at + 10]) for at in range(0, _PACKETS, 10)]
    works = {
        "values": (read_to_values, frames, _PACKETS),
        "fields": (read_fields, frames, _PACKETS),
        "stream": (read_stream, portions, _PACKETS),
        "as_printed": (read_plainly(crc_as_printed), frames[: _PACKETS // 10], _PACKETS // 10),
        "by_table": (read_plainly(crc_by_table), frames, _PACKETS),
    }
    seconds = {name: float("inf") for name in works}
    for _ in range(_ROUNDS):
        for name, (work, some, _count) in works.items():
            seconds[name] = min(seconds[name], _seconds(work, some))
    return {name: count / seconds[name] for name, (_, _, count) in works.items()}


def _try_vector(vector: Vector) -> tuple[Packet | None, str]:
    try:
        return decode(vector.frame), ""
    except Hj212Error as error:
        return None, error.name


def _same_segment(packet: Packet) -> bool:
    return encode(packet)[6:-6] == packet.raw[6:-4]


def check_vectors(vectors: list[Vector]) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """What becomes of each vector, as rows for people and counts for machines."""
    taken: Counter[str] = Counter()
    total = Counter(vector.verdict for vector in vectors)
    reasons: Counter[str] = Counter()
    forgiven: Counter[str] = Counter()
    wrong: list[str] = []
    equal = from_fields = 0
    assembler = Assembler()
    messages = 0
    for vector in vectors:
        if vector.verdict in _STREAMS:
            decoder = StreamDecoder()
            items = [*decoder.feed(vector.frame), *decoder.close()]
            packets = [item for item in items if isinstance(item, Packet)]
            messages += sum(isinstance(assembler.add(packet, 0.0), Assembly) for packet in packets)
            taken[vector.verdict] += bool(packets)
            continue
        packet, reason = _try_vector(vector)
        taken[vector.verdict] += packet is not None
        if vector.verdict in _ONE_FRAME and packet is None:
            wrong.append(f"{vector.name} {vector.verdict}, refused: {reason}")
        if vector.verdict == "invalid":
            reasons[reason] += 1
            if packet is not None:
                wrong.append(f"{vector.name} invalid, taken")
        if packet is not None and vector.verdict == "valid":
            equal += _same_segment(packet)
            from_fields += _same_segment_from_fields(packet)
        if packet is not None and vector.verdict != "valid":
            forgiven.update(deviation.name for deviation in packet.deviations)
    others = sorted(total.keys() - {*_ONE_FRAME, *_STREAMS, "invalid"})
    rows = [
        ("valid vectors taken", f"{taken['valid']} of {total['valid']}"),
        ("… segment written back equal", f"{equal} of {taken['valid']}"),
        ("… from the fields alone", f"{from_fields} of {taken['valid']}"),
        ("invalid vectors refused", f"{total['invalid'] - taken['invalid']} of {total['invalid']}"),
        ("… because of", _counts(reasons)),
        *(
            (f"{name} vectors read", f"{taken[name]} of {total[name]}")
            for name in ("quirk", "lenient", "stream", "split")
        ),
        ("forgiven in vectors that are not valid", _counts(forgiven)),
        ("whole messages in stream and split vectors", str(messages)),
        ("other verdicts", ", ".join(f"{name} ({total[name]})" for name in others) or "none"),
        ("against the verdict", "; ".join(wrong) or "none"),
    ]
    figures = {
        "valid_total": total["valid"],
        "valid_accepted": taken["valid"],
        "invalid_total": total["invalid"],
        "invalid_refused": total["invalid"] - taken["invalid"],
        "roundtrip_equal": equal,
        "roundtrip_equal_from_fields": from_fields,
        "quirk_total": total["quirk"],
        "quirk_read": taken["quirk"],
        "lenient_total": total["lenient"],
        "lenient_read": taken["lenient"],
        "stream_total": total["stream"],
        "stream_read": taken["stream"],
    }
    return rows, figures


def _same_segment_from_fields(packet: Packet) -> bool:
    rewritten = encode(replace(packet, raw=b""))
    return rewritten[6:-6] == packet.raw[6:-4]


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common()) or "nothing"


def main() -> None:
    """Check the vectors, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_data_option(parser)
    path = parser.parse_args().data / FILE
    if not path.is_file():
        parser.error(f"no file {path}; give the folder of test vectors with --data or RIVERCHIEF_DATA")
    rows, figures = check_vectors(read_vectors(path))
    speed = measure_speed()
    report(
        "HJ 212: test vectors and speed",
        [
            *rows,
            (f"packets of {_PACKET_BYTES} bytes to typed values, a second", f"{speed['values']:,.0f}"),
            ("… to fields only (decode)", f"{speed['fields']:,.0f}"),
            ("… to fields out of a stream", f"{speed['stream']:,.0f}"),
            ("plain decoder, check code by the printed steps", f"{speed['as_printed']:,.0f}"),
            ("plain decoder, check code by a table", f"{speed['by_table']:,.0f}"),
            ("typed values, times the plain decoder", f"{speed['values'] / speed['as_printed']:.1f}"),
            (
                "typed values, times the plain decoder with a table",
                f"{speed['values'] / speed['by_table']:.1f}",
            ),
        ],
        {
            **figures,
            "packets_per_second": speed["values"],
            "fields_packets_per_second": speed["fields"],
            "stream_packets_per_second": speed["stream"],
            "reference_packets_per_second": speed["as_printed"],
            "speedup_over_reference": speed["values"] / speed["as_printed"],
            "speedup_over_reference_with_table": speed["values"] / speed["by_table"],
        },
    )


if __name__ == "__main__":
    main()
