"""SL 651: the supplied frames taken and refused, and packets decoded per second beside a plain reference decoder.

Run as ``python -m benchmarks.sl651 [--data DIR]``. Verdicts of the vector file: True or valid must be read and written
again byte for byte, False or invalid must be refused; other words are counted and not judged.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
from riverkit.protocols.sl651 import Sl651Error, StreamDecoder, build_upload, decode, encode

from benchmarks import _sl651_reference
from benchmarks._data import add_data_option
from benchmarks._report import report

_FILE = "telemetry/sl651_frames.txt"
_VALID, _INVALID = ("true", "valid"), ("false", "invalid")
_PACKETS, _STATIONS = 5_000, 500
_REPEATS = 5
_PORTION_BYTES = 1400  # what one read of a connection often gives


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_data_option(parser)
    path = parser.parse_args().data / _FILE
    if not path.is_file():
        parser.error(f"no file {path}; give the folder of real data with --data or RIVERCHIEF_DATA")
    counts = _judge(path)

    frames = _uploads()
    stream = b"".join(frames)
    portions = [stream[at : at + _PORTION_BYTES] for at in range(0, len(stream), _PORTION_BYTES)]
    for frame in frames:
        _compare(frame)
    ours, reference, streamed = [], [], []
    for _ in range(_REPEATS):  # in turns, so that other load on the machine falls on all alike
        ours.append(_seconds(lambda frame: decode(frame).values(), frames))
        reference.append(_seconds(_sl651_reference.decode, frames))
        streamed.append(_seconds(StreamDecoder().feed, portions))
    per_second = _PACKETS / float(np.median(ours))
    speedup = float(np.median(np.array(reference) / np.array(ours)))

    report(
        "SL 651: supplied frames, and uploads of 66 bytes with six elements",
        [
            ("valid frames read", f"{counts['valid_accepted']} of {counts['valid']}"),
            (
                "read frames written again byte for byte",
                f"{counts['roundtrip']} of {counts['valid_accepted']}",
            ),
            ("invalid frames refused", f"{counts['invalid_refused']} of {counts['invalid']}"),
            ("frames with other verdicts, not judged", f"{counts['other']}"),
            ("packets decoded per second, with their values", f"{per_second:,.0f}"),
            (
                "packets found in a stream and decoded per second",
                f"{_PACKETS / float(np.median(streamed)):,.0f}",
            ),
            ("times as fast as the plain reference", f"{speedup:.2f}"),
        ],
        {
            "valid_total": counts["valid"],
            "valid_accepted": counts["valid_accepted"],
            "invalid_total": counts["invalid"],
            "invalid_refused": counts["invalid_refused"],
            "roundtrip_equal": counts["roundtrip"],
            "packets_per_second": per_second,
            "speedup_over_reference": speedup,
        },
    )


def _judge(path: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        verdict, *_, text = line.split("\t")
        frame = bytes.fromhex(text)
        kind = "valid" if verdict.lower() in _VALID else "invalid" if verdict.lower() in _INVALID else "other"
        counts[kind] += 1
        try:
            packet = decode(frame)
        except Sl651Error:
            counts[f"{kind}_refused"] += 1
            continue
        counts[f"{kind}_accepted"] += 1
        if kind == "valid":
            counts["roundtrip"] += encode(packet) == frame
    return counts


def _uploads() -> list[bytes]:
    """Timed reports of 500 water-quality stations every five minutes, all different."""
    start = datetime(2025, 7, 1, tzinfo=UTC)
    frames = []
    for index in range(_PACKETS):
        at = start + timedelta(minutes=5 * (index // _STATIONS))
        values: dict[str, Decimal | float | None] = {
            "C": 12.3 + index % 70 / 10,
            "pH": 7.62,
            "DO": None if index % 50 == 0 else 9.1,
            "NH4N": 0.21 + index % 97 / 100,
            "TP": 0.08,
            "VT": 12.15,
        }
        frames.append(
            build_upload(
                1,
                f"00{12_345_678 + index % _STATIONS:08d}",
                "1234",
                "32",
                index,
                at + timedelta(seconds=5 + index % 50),
                station_class="Q",
                observed_at=at,
                values=values,
            )
        )
    return frames


def _compare(frame: bytes) -> None:
    """Both decoders must say the same, else their speeds are not worth comparing."""
    packet, plain = decode(frame), _sl651_reference.decode(frame)
    assert packet.sent_at is not None
    assert plain["sent"] == packet.sent_at.replace(tzinfo=None)
    assert plain["elements"] == {value.lead: value.value for value in packet.values()}


def _seconds(run: Callable[[bytes], object], data: list[bytes]) -> float:
    """Seconds of processor time for one run over all data."""
    start = time.process_time()
    for item in data:
        run(item)
    return time.process_time() - start


if __name__ == "__main__":
    main()
