"""When a series of readings is an event: pure functions over numpy arrays, no database.

An event needs two things at once: the water is worse than its target class allows, and clearly worse than this place's
own habit. The first alone would alarm every day where a river misses its target all year; the second alone would
alarm on clean water that moves a little.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from riverkit.quality import Standard, WaterBody

Array = NDArray[np.float64]

# Of a normal distribution the median absolute deviation is 0.6745 standard deviations.
_DEVIATIONS_PER_MAD = 1.4826


@dataclass(frozen=True)
class DetectionRules:
    """The rule `monitor.detection`; shares are of 1."""

    window: timedelta
    longest_gap: timedelta
    consecutive: int
    baseline: timedelta
    baseline_guard: timedelta
    least_baseline: int
    rise_scales: float
    least_rise: float
    settle_share: float
    settle_readings: int
    travel_fastest: float
    travel_slowest: float
    travel_slack: timedelta
    unknown_velocity_m_s: float
    drop_reference: timedelta
    drop_least_readings: int
    drop_least_rise: float
    drop_quiet: timedelta

    @classmethod
    def of(cls, body: dict[str, Any]) -> "DetectionRules":
        """From the body of the rule."""
        return cls(
            window=timedelta(hours=body["window_hours"]),
            longest_gap=timedelta(hours=body["longest_gap_hours"]),
            consecutive=body["consecutive"],
            baseline=timedelta(days=body["baseline_days"]),
            baseline_guard=timedelta(hours=body["baseline_guard_hours"]),
            least_baseline=body["least_baseline"],
            rise_scales=body["rise_scales"],
            least_rise=body["least_rise"],
            settle_share=body["settle_share"],
            settle_readings=body["settle_readings"],
            travel_fastest=body["travel_fastest"],
            travel_slowest=body["travel_slowest"],
            travel_slack=timedelta(minutes=body["travel_slack_minutes"]),
            unknown_velocity_m_s=body["unknown_velocity_m_s"],
            drop_reference=timedelta(days=body["drop_reference_days"]),
            drop_least_readings=body["drop_least_readings"],
            drop_least_rise=body["drop_least_rise"],
            drop_quiet=timedelta(hours=body["drop_quiet_hours"]),
        )


@dataclass(frozen=True)
class Scale:
    """A parameter turned so that more is always worse: oxygen is mirrored, pH counts from the middle of its range."""

    sign: float
    middle: float | None
    limit: float
    """On this scale, the worst value that the target class allows."""

    @classmethod
    def of(cls, by: Standard, parameter: str, water_body: WaterBody, target_class: int) -> "Scale | None":
        """The scale of a parameter; None where the standard does not limit it."""
        item = by.parameters.get(parameter)
        if item is None or not item.assessed or water_body not in item.limits:
            return None
        limits = [float(limit) for limit in item.limits[water_body]]
        if item.rule == "range":
            return cls(1.0, (limits[0] + limits[1]) / 2, (limits[1] - limits[0]) / 2)
        if item.rule == "at_least":
            return cls(-1.0, None, -limits[target_class - 1])
        return cls(1.0, None, limits[target_class - 1])

    def badness(self, values: Array) -> Array:
        """Values on this scale."""
        turned: Array = self.sign * values if self.middle is None else np.abs(values - self.middle)
        return turned

    def value(self, badness: float, near: float) -> float:
        """Back in the parameter's own unit; of the two ends of a range, the one on the side of `near`."""
        if self.middle is None:
            return self.sign * badness
        return self.middle + badness if near >= self.middle else self.middle - badness


@dataclass(frozen=True)
class Onset:
    """The first reading of a run that opens an event: its place in the series, and what it is measured against."""

    index: int
    threshold: float
    baseline: float | None
    """On the scale, as the threshold; None where there are too few readings to know a habit."""


def onset(time_s: Array, badness: Array, limit: float, new_from: int, rules: DetectionRules) -> Onset | None:
    """The first run of readings above limit and habit that ends at or after reading `new_from`; None without one.

    `time_s` and `badness` are the measured values of one station and parameter in order of time, long enough back for
    the baseline: the median of `baseline` days that end `baseline_guard` before the run.
    """
    longest_gap = rules.longest_gap.total_seconds()
    run: list[int] = []
    first: Onset | None = None
    for index in range(max(new_from - rules.consecutive + 1, 0), len(badness)):
        if badness[index] <= limit:
            run = []
            continue
        if run and time_s[index] - time_s[run[-1]] > longest_gap:
            run = []
        if not run:
            first = _against_habit(time_s, badness, limit, index, rules)
        assert first is not None
        if badness[index] <= first.threshold:
            run = []
            continue
        run.append(index)
        if len(run) >= rules.consecutive and index >= new_from:
            return first
    return None


def _against_habit(time_s: Array, badness: Array, limit: float, index: int, rules: DetectionRules) -> Onset:
    until = time_s[index] - rules.baseline_guard.total_seconds()
    since = time_s[index] - rules.baseline.total_seconds()
    habit = badness[np.searchsorted(time_s, since) : np.searchsorted(time_s, until)]
    if len(habit) < rules.least_baseline:
        return Onset(index, limit, None)
    median = float(np.median(habit))
    spread = _DEVIATIONS_PER_MAD * float(np.median(np.abs(habit - median)))
    rise = max(rules.rise_scales * spread, rules.least_rise * abs(median))
    return Onset(index, max(limit, median + rise), median)


@dataclass
class Course:
    """How an event goes on at one station; `follow` takes the next readings."""

    threshold: float
    first_s: float
    last_s: float
    peak: float
    peak_s: float
    checked_to_s: float
    normal_readings: int = 0
    settled_s: float | None = None

    def follow(self, time_s: Array, badness: Array, rules: DetectionRules) -> bool:
        """Take the readings after the last one taken; True where there were any.

        A reading above the threshold prolongs the event; `settle_readings` in a row that lie well below it settle it;
        those between do neither, so that a series that hangs about the threshold makes no second event.
        """
        settled_below = self.threshold - (1 - rules.settle_share) * abs(self.threshold)
        begin = int(np.searchsorted(time_s, self.checked_to_s, side="right"))
        for moment, level in zip(time_s[begin:], badness[begin:], strict=True):
            if level > self.threshold:
                self.last_s, self.normal_readings, self.settled_s = float(moment), 0, None
                if level > self.peak:
                    self.peak, self.peak_s = float(level), float(moment)
            elif level <= settled_below:
                self.normal_readings += 1
                if self.settled_s is None and self.normal_readings >= rules.settle_readings:
                    self.settled_s = float(moment)
            elif self.settled_s is None:
                self.normal_readings = 0
            self.checked_to_s = float(moment)
        return begin < len(time_s)


def same_water(
    upstream_first_s: float,
    upstream_last_s: float,
    downstream_first_s: float,
    travel_s: float,
    rules: DetectionRules,
) -> bool:
    """Whether what was seen downstream can be what was seen upstream, `travel_s` away by the mean velocity."""
    slack = rules.travel_slack.total_seconds()
    earliest = upstream_first_s + rules.travel_fastest * travel_s - slack
    latest = upstream_last_s + rules.travel_slowest * travel_s + slack
    return earliest <= downstream_first_s <= latest
