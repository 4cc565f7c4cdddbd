"""Quality control of a station's readings: every doubt with its rule, its readings and the numbers that make it.

Functions over times (N,) in s and values (N,), NaN where nothing was measured. A finding is a doubt, not a deletion:
who may invalidate a value is not decided here. Only `spikes` needs the reading after the one it judges, and `stuck`
reaches back over the readings that turned out not to move.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import DetectionError

from .measured import Array, checked
from .normal import DAY_S
from .rules import QualityRules
from .sliding import Sliding

Mask = NDArray[np.bool_]

_HOUR_S = 3600.0
_MEMORY_S = 7 * DAY_S
_LEAST_CHANGES = 30
_USUAL_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Finding:
    """A doubt about the readings `first` to `last` (places in the series, both in it) of a parameter."""

    rule: str
    parameter: str
    first: int
    last: int
    value: float
    """The reading that is furthest from the limit, or the first; NaN where the doubt is that there is none."""
    limit: float
    """What it was compared with, in the unit of `value`."""
    reason: str
    """In English, complete: numbers included, units left to the caller."""
    over_s: float = 0.0
    """Of a change that is too fast: the time that it took."""


def check(time_s: Array, values: Mapping[str, Array], rules: QualityRules) -> list[Finding]:
    """All rules about values that need one station alone, in the order of readings; parameters without rules pass.

    `missing` is apart: it wants the values before flags took some away, for a reading in maintenance is known of.
    """
    series = {name: checked(time_s, column, name)[1] for name, column in values.items()}
    time_s = np.asarray(time_s, dtype=np.float64)
    found: list[Finding] = []
    for name, column in series.items():
        limits = rules.parameters.get(name)
        if limits is None:
            continue
        found += out_of_range(
            column, name, least=limits.least, most=limits.most, never_zero=limits.never_zero
        )
        if limits.most_change_per_hour is not None:
            found += change_too_fast(
                time_s, column, name, most_per_hour=limits.most_change_per_hour, least=limits.least_step
            )
        if limits.stuck_hours is not None:
            found += stuck(time_s, column, name, hours=limits.stuck_hours)
        if limits.spike_times is not None:
            found += spikes(time_s, column, name, times=limits.spike_times, least=limits.least_step)
    for pair in rules.not_above:
        if pair.part in series and pair.whole in series:
            found += inconsistent(
                series[pair.part], series[pair.whole], pair.part, pair.whole, tolerance=pair.tolerance
            )
    if rules.most_oxygen_saturation is not None and {"do", "wt"} <= series.keys():
        found += oversaturated(series["do"], series["wt"], most=rules.most_oxygen_saturation)
    return sorted(found, key=lambda finding: (finding.first, finding.parameter, finding.rule))


def missing(values: Mapping[str, Array]) -> list[Finding]:
    """A parameter without a value while the station sent others. A station that sent nothing is silent, which is another thing."""
    if len(values) < 2:
        return []
    names = list(values)
    absent = np.isnan(np.array([values[name] for name in names]))
    speaks = ~absent.all(axis=0)
    found = []
    for name, lacking in zip(names, absent, strict=True):
        if lacking.all():
            continue  # the station does not measure it
        for first, last in _runs(lacking & speaks):
            reason = "no value, while the station sent others"
            found.append(Finding("missing", name, first, last, np.nan, np.nan, reason))
    return found


def out_of_range(
    values: Array,
    parameter: str,
    *,
    least: float | None = None,
    most: float | None = None,
    never_zero: bool = False,
) -> list[Finding]:
    """Values that the instrument or the water cannot have."""
    found = []
    if least is not None:
        found += _findings(
            values < least,
            "range",
            parameter,
            lambda first, last: (values[first : last + 1].min(), least, "below the least possible"),
        )
    if most is not None:
        found += _findings(
            values > most,
            "range",
            parameter,
            lambda first, last: (values[first : last + 1].max(), most, "above the most possible"),
        )
    if never_zero:
        found += _findings(
            values == 0,
            "range",
            parameter,
            lambda first, last: (0.0, 0.0, "exactly 0, which this parameter never is"),
        )
    return found


def change_too_fast(
    time_s: Array, values: Array, parameter: str, *, most_per_hour: float, least: float = 0.0
) -> list[Finding]:
    """Readings that differ from an earlier one by more than the water can change in that time, and by more than `least`.

    `least` is a step that nobody wonders about, however quickly it was made: within a minute, the noise of an instrument
    is a large rate. While the water itself can change by less than that, small steps may add up, so each reading is
    compared with all of that time and with the one before them. After a doubt the comparison begins anew: one leap, one
    finding.
    """
    places = np.flatnonzero(~np.isnan(values))
    most_per_s = most_per_hour / _HOUR_S
    earlier: deque[tuple[float, float]] = deque()
    found = []
    for place, at, value in zip(
        places.tolist(), time_s[places].tolist(), values[places].tolist(), strict=True
    ):
        while len(earlier) > 1 and most_per_s * (at - earlier[1][0]) >= least:
            earlier.popleft()
        for at_before, before in reversed(earlier):
            change, passed_s = abs(value - before), at - at_before
            if change > max(least, most_per_s * passed_s):
                reason = (
                    f"changed by {change:.4g} in {passed_s / 60:.4g} min, "
                    f"at most {most_per_hour:g} an hour is possible; before it"
                )
                found.append(_finding("rate", parameter, place, place, value, before, reason, passed_s))
                earlier.clear()
                break
        earlier.append((at, value))
    return found


def stuck(time_s: Array, values: Array, parameter: str, *, hours: float) -> list[Finding]:
    """Three or more readings that are exactly the same for so many hours."""
    places = np.flatnonzero(~np.isnan(values))
    if len(places) < 3:
        return []
    edges = np.flatnonzero(np.diff(values[places]) != 0) + 1
    found = []
    for run in np.split(places, edges):
        lasted = (time_s[run[-1]] - time_s[run[0]]) / _HOUR_S
        if len(run) >= 3 and lasted >= hours:
            value = float(values[run[0]])
            reason = f"{value:g} without any change for {lasted:.1f} hours, at most {hours:g} are plausible"
            found.append(Finding("stuck", parameter, int(run[0]), int(run[-1]), value, value, reason))
    return found


def spikes(
    time_s: Array, values: Array, parameter: str, *, times: float, least: float = 0.0
) -> list[Finding]:
    """Lone readings that leap away from both neighbours: further than `least` and than `times` the usual change.

    The usual change is what 95 % of the changes of the week before stayed below; without 30 changes nothing is judged.
    Needs the next reading: the newest one is never a spike yet.
    """
    places = np.flatnonzero(~np.isnan(values))
    changes = Sliding(_MEMORY_S)
    found = []
    moments, column = time_s[places].tolist(), values[places].tolist()
    for middle in range(1, len(places) - 1):
        before, value, after = column[middle - 1 : middle + 2]
        there, back = value - before, value - after
        leap = min(abs(there), abs(back))
        changes.forget(moments[middle])
        if there * back > 0 and leap > least and len(changes) >= _LEAST_CHANGES:
            limit = times * changes.quantile(_USUAL_SHARE)
            if leap > limit:
                at = int(places[middle])
                reason = (
                    f"leapt by {leap:.4g} and back, {max(limit, least):.4g} would be a usual most; before it"
                )
                found.append(_finding("spike", parameter, at, at, value, before, reason))
        changes.add(moments[middle], abs(there))
    return found


def inconsistent(
    part: Array, whole: Array, part_name: str, whole_name: str, *, tolerance: float = 0.0
) -> list[Finding]:
    """A part that is more than its whole by more than `tolerance`, a share of the whole: at least one of the two is wrong."""

    def worst(first: int, last: int) -> tuple[float, float, str]:
        excess = part[first : last + 1] - whole[first : last + 1]
        at = first + int(np.argmax(excess))
        return float(part[at]), float(whole[at]), f"{part_name} is above {whole_name}"

    return _findings(part > whole * (1 + tolerance), "logic", part_name, worst)


def oversaturated(oxygen_mg_l: Array, temperature_c: Array, *, most: float) -> list[Finding]:
    """Dissolved oxygen above `most` times saturation, 468 / (31.6 + T) mg/L in fresh water at sea level."""
    saturation = 468.0 / (31.6 + np.where(temperature_c > -5, temperature_c, np.nan))

    def worst(first: int, last: int) -> tuple[float, float, str]:
        at = first + int(np.argmax(oxygen_mg_l[first : last + 1] / saturation[first : last + 1]))
        share = 100 * oxygen_mg_l[at] / saturation[at]
        return float(oxygen_mg_l[at]), float(most * saturation[at]), f"{share:.0f} % of saturation; most"

    return _findings(oxygen_mg_l > most * saturation, "logic", "do", worst)


def against_neighbour(
    time_s: Array,
    values: Array,
    parameter: str,
    neighbour_time_s: Array,
    neighbour_values: Array,
    *,
    most: float,
    within_minutes: float,
) -> list[Finding]:
    """Readings that differ by more than `most` from the neighbour's last one, taken at most `within_minutes` before."""
    there = ~np.isnan(neighbour_values)
    moments, column = neighbour_time_s[there], neighbour_values[there]
    place = np.searchsorted(moments, time_s, side="right") - 1
    if not len(moments):
        return []
    comparable = (place >= 0) & (time_s - moments[np.maximum(place, 0)] <= within_minutes * 60)
    beside = np.where(comparable, column[np.maximum(place, 0)], np.nan)

    def worst(first: int, last: int) -> tuple[float, float, str]:
        at = first + int(np.argmax(np.abs(values - beside)[first : last + 1]))
        return float(values[at]), float(beside[at]), f"differs by more than {most:g} from the neighbour"

    return _findings(np.abs(values - beside) > most, "neighbour", parameter, worst)


def _findings(
    doubtful: Mask, rule: str, parameter: str, worst: Callable[[int, int], tuple[float, float, str]]
) -> list[Finding]:
    found = []
    for first, last in _runs(doubtful):
        value, limit, words = worst(first, last)
        found.append(_finding(rule, parameter, first, last, float(value), float(limit), words))
    return found


def _finding(
    rule: str,
    parameter: str,
    first: int,
    last: int,
    value: float,
    limit: float,
    words: str,
    over_s: float = 0.0,
) -> Finding:
    return Finding(rule, parameter, first, last, value, limit, f"{value:g}: {words} ({limit:g})", over_s)


def _runs(mask: Mask) -> list[tuple[int, int]]:
    """First and last place of each run of True."""
    if mask.ndim != 1:
        raise DetectionError(f"a series has {mask.ndim} dimensions; give one value for each time")
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(first), int(after) - 1) for first, after in zip(edges[::2], edges[1::2], strict=True)]
