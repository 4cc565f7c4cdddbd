"""Where to sample next, and what samples said, as rows of the report. Candidates are told by their rank."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from riverchief.base.clock import SHANGHAI

Shown = Mapping[str, Any]
Words = Mapping[str, str]
Pick = Callable[[str, str], str]

LETTERS = "ABC"
SUGGESTED = ("letter", "place", "window", "passage", "gain", "means")
FETCHED = ("place", "taken", "found", "expected", "by")


def suggested_rows(sampling: Shown, words: Words, pick: Pick) -> list[list[str]]:
    """A row for each bottle to fill, named as `SUGGESTED`."""
    return [
        [
            letter,
            f"{place_of(row['where'], words, pick)} ({row['lon']:.5f}, {row['lat']:.5f})",
            _period(row["window"]) + (f" ({words['passed']})" if row["passed"] else ""),
            _period(row["passage"]) if row["passage"] else words["no_passage"],
            f"{row['bits']:.2g} / {sampling['open_bits']:.2g}",
            "\n".join(_outcome(outcome, words) for outcome in row["outcomes"]),
        ]
        for letter, row in zip(LETTERS, sampling["suggestions"], strict=False)
    ]


def assumptions(sampling: Shown, words: Words) -> str:
    """What the choice rests on, in one line."""
    crew = sampling["crew"]
    all_day = crew["work_from_hour"] <= 0 and crew["work_to_hour"] >= 24
    hours = words["day_and_night"] if all_day else words["hours"].format(**crew)
    facts = {name: f"{value:g}" for name, value in crew.items() if name != "relative_error"}
    return words["assumed"].format(
        **facts,
        at=_time(sampling["asked_at"]),
        places=sampling["places"],
        hours=hours,
        error=f"{100 * crew['relative_error']:.0f} %",
    )


def fetched_rows(samples: Iterable[Shown], words: Words, pick: Pick) -> list[list[str]]:
    """A row for each sample that counted, named as `FETCHED`."""
    return [
        [
            place_of(row["where"], words, pick),
            _time(row["taken_at"]),
            f"{'< ' if row['below_limit'] else ''}{row['value']:g} {row['unit']}",
            _expected(row, words),
            f"{row['taken_by']} · {row['entered_by']}",
        ]
        for row in samples
        if row["used"]
    ]


def _expected(row: Shown, words: Words) -> str:
    """What the leading candidates led to expect of a sample; that it fits none of them is said first."""
    means = ", ".join(
        f"{given['rank']}: {given['mean']:.2g} ({given['low']:.2g}–{given['high']:.2g})"
        for given in row["expected"]
    )
    return f"{words['unexplained']}\n{means}" if row["unexplained"] else means


def place_of(where: Shown, words: Words, pick: Pick) -> str:
    """A place by its river and the nearest station; a catchment by the station that it lies above."""
    river = pick(where["river_zh"], where["river_en"]) or where["reach_code"]
    station = pick(where["station_zh"], where["station_en"])
    above_m = where["above_m"]
    if not river:
        return words["catchment"].format(station=station)
    if above_m is None or not station:
        return f"{river} ({where['reach_code']})"
    key = "at" if above_m == 0 else "above" if above_m > 0 else "below"
    return words[f"place_{key}"].format(river=river, station=station, km=f"{abs(above_m) / 1000:.1f}")


def _outcome(outcome: Shown, words: Words) -> str:
    moved = [f"{row['rank']}\u00a0↑\u00a0{_share(row['after'])}" for row in outcome["rises"]]
    moved += [f"{row['rank']}\u00a0↓\u00a0{_share(row['after'])}" for row in outcome["falls"]]
    low, high = outcome["low"], outcome["high"]
    if low is None and high is None:
        value = words["any"]
    elif low is None:
        value = f"< {high:.2g}"
    else:
        value = f"≥ {low:.2g}" if high is None else f"{low:.2g}–{high:.2g}"
    return f"{value} mg/L ({outcome['probability']:.0%}): {', '.join(moved) or words['tells_nothing']}"


def _share(probability: float) -> str:
    """In whole per cent; a model rules nobody out."""
    return "<\u00a01%" if probability < 0.005 else f"{probability:.0%}"


def _period(period: Shown) -> str:
    begin, end = _time(period["begin"]), _time(period["end"])
    if begin == end:
        return begin
    return f"{begin}–{end[6:] if begin[:5] == end[:5] else end}"


def _time(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%m-%d %H:%M}"
