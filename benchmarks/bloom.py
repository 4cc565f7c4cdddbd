"""How often the rule of algal blooms warns where nobody reported one: river stations with oxygen and pH, sections with chlorophyll.

    python -m benchmarks.bloom [--data DIR]

Nothing is chosen by these figures. No label tells of a bloom in them, so a warning is counted, not judged.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
from riverkit.detection import BloomRules, bloom_days, told_days

from benchmarks._data import add_data_option
from benchmarks._report import report

_RULE = Path(__file__).parents[1] / "packages/riverchief/src/riverchief/monitor/rules/bloom.json"
_FILE = "cnemc_daily_snapshot_100stations_2020-05_2021-04.csv.gz"
_UTAH_S = -25_200.0
_RIVERS = """
SELECT epoch(datetime::timestamp) + 25200, nullif(do_cor, -9999), nullif(ph_cor, -9999), nullif(temp_cor, -9999)
FROM '{file}' ORDER BY 1
"""
_SNAPSHOTS = """
WITH days AS (
    SELECT section, file_date::date AS day, 1000 * avg(chla) AS chla
    FROM read_csv('{file}') WHERE status = '正常' AND chla IS NOT NULL GROUP BY 1, 2
), pairs AS (
    SELECT *, chla >= {alone} AND lag(chla) OVER w >= {alone} AND day - lag(day) OVER w = 1 AS second
    FROM days WINDOW w AS (PARTITION BY section ORDER BY day)
)
SELECT count(*), count(DISTINCT section), count(*) FILTER (WHERE chla >= {alone}), count(*) FILTER (WHERE second),
       count(DISTINCT section) FILTER (WHERE second)
FROM pairs
"""


def rivers(
    connection: duckdb.DuckDBPyConnection, data: Path, rules: BloomRules
) -> Iterator[dict[str, object]]:
    """Each station: the days that can be judged, those that tell, and the warnings."""
    for file in sorted(data.glob("lro_*.parquet")):
        rows = np.array(connection.execute(_RIVERS.format(file=file)).fetchall(), dtype=float)
        values = dict(zip(("do", "ph", "wt"), rows[:, 1:].T, strict=True))
        days = bloom_days(rows[:, 0], values, rules, _UTAH_S)
        judged = [day for day in days if day.oxygen_swing is not None and day.ph is not None]
        if not judged:
            continue
        yield {
            "station": file.stem.removeprefix("lro_"),
            "days": len(judged),
            "oxygen_signs": sum("do" in day.signs for day in judged),
            "ph_signs": sum("ph" in day.signs for day in judged),
            "days_telling": sum(day.tells for day in judged),
            "warnings": len(told_days(days, rules)),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_data_option(parser)
    folder = parser.parse_args().data / "monitoring"
    if not folder.is_dir():
        parser.error(f"no folder {folder}; give the folder of real data with --data or RIVERCHIEF_DATA")
    rules = BloomRules.of(json.loads(_RULE.read_text("utf-8"))["body"])
    connection = duckdb.connect()
    found = list(rivers(connection, folder, rules))
    (counts,) = connection.execute(
        _SNAPSHOTS.format(file=folder / _FILE, alone=rules.chlorophyll_alone)
    ).fetchall()
    names = ("section_days", "sections", "days_above", "second_days", "sections_with_second_days")
    rows = [
        (
            str(row["station"]),
            f"{row['warnings']} warnings; of {row['days']} days {row['oxygen_signs']} with a sign by oxygen, "
            f"{row['ph_signs']} by pH, {row['days_telling']} by both",
        )
        for row in found
    ]
    rows += [(f"national stations: {name}", str(count)) for name, count in zip(names, counts, strict=True)]
    report(
        "Warnings of an algal bloom where none is known",
        rows,
        {
            "rivers_days": sum(int(str(row["days"])) for row in found),
            "rivers_warnings": sum(int(str(row["warnings"])) for row in found),
            **dict(zip(names, counts, strict=True)),
        },
    )


if __name__ == "__main__":
    main()
