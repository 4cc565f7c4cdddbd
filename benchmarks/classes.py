"""Water classes against published ones: agreement, and readings classified per second.

Run as ``python -m benchmarks.classes [--data DIR]`` on the national stations' daily readings.
"""

import argparse
import time

import numpy as np
from riverkit.quality import assess, classify, read_readings

from benchmarks._data import add_data_option
from benchmarks._report import report

_FILE = "monitoring/cnemc_daily_snapshot_100stations_2020-05_2021-04.csv.gz"
_LEARN_BEFORE = np.datetime64("2020-10-22")
_ROWS_TIMED = 1_000_000
_REPEATS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_data_option(parser)
    path = parser.parse_args().data / _FILE
    if not path.is_file():
        parser.error(f"no file {path}; give the folder of real data with --data or RIVERCHIEF_DATA")
    readings = read_readings(path)
    result = assess(readings, learn_before=_LEARN_BEFORE)
    river, applied = result.river_only.fraction, result.applied.fraction
    if river is None or applied is None or result.applied_river_only.fraction is None:
        parser.error(f"{path} has no rows to compare")

    # The file's own values, repeated to a size at which the clock can be trusted; both kinds of water body.
    repeats = -(-_ROWS_TIMED // len(readings.line))
    values = {key: np.tile(column, repeats) for key, column in readings.values.items()}
    water_body = np.tile(np.where(result.lake, "lake", "river"), repeats)
    seconds = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        classify(values, water_body=water_body)
        seconds.append(time.perf_counter() - start)
    rows_per_second = len(water_body) / float(np.median(seconds))

    report(
        "Water classes of 100 national stations, 2020-05-10 to 2021-04-05",
        [
            ("rows with a class and all five values", f"{result.river_only.rows:,}"),
            ("agreement, river limits only", f"{100 * river:.2f} %"),
            (f"rows from {_LEARN_BEFORE} on", f"{result.applied.rows:,}"),
            ("agreement there, river limits only", f"{100 * result.applied_river_only.fraction:.2f} %"),
            (f"agreement there, water types learned before {_LEARN_BEFORE}", f"{100 * applied:.2f} %"),
            ("classified per second (median of 5 runs)", f"{rows_per_second:,.0f}"),
        ],
        {
            "rows": result.river_only.rows,
            "agreement_river_limits_only": river,
            "agreement": applied,
            "rows_per_second": rows_per_second,
            "learned_before": str(_LEARN_BEFORE),
            "rows_evaluated": result.applied.rows,
            "agreement_river_limits_only_evaluated": result.applied_river_only.fraction,
            "differences": len(result.differences),
        },
    )


if __name__ == "__main__":
    main()
