"""When an outfall ran over, as the states and the flow of its devices tell it. Pure: times and values in, runs out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

FLOW = "flow"
STATE_SUFFIX = "-RS"
"""Equipment states of HJ 212 are readings of the parameter SBx-RS."""

Timed = Sequence[tuple[float, float]]
"""Time in seconds and value, in order of time; only measurements."""


@dataclass(frozen=True)
class SignalRules:
    """The rule `monitor.overflow_signals`."""

    by_outfall_kind: Mapping[str, str]
    signals: Mapping[str, Mapping[str, str]]
    running_state: float
    starts_l_s: float
    stops_l_s: float
    flow_readings: int
    join_s: float
    longest_gap_s: float
    window: timedelta

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "SignalRules":
        """From the body of the rule."""
        return cls(
            by_outfall_kind=body["by_outfall_kind"],
            signals=body["signals"],
            running_state=body["running_state"],
            starts_l_s=body["flow_starts_l_s"],
            stops_l_s=body["flow_stops_l_s"],
            flow_readings=body["flow_readings"],
            join_s=60 * body["join_minutes"],
            longest_gap_s=60 * body["longest_gap_minutes"],
            window=timedelta(days=body["window_days"]),
        )


@dataclass(frozen=True)
class Run:
    """From when to when it ran, in seconds; no stop: it still runs. `volume_m3` None: not metered."""

    start_s: float
    stop_s: float | None
    volume_m3: float | None = None


def runs(signals: Mapping[str, Timed], rules: SignalRules) -> list[Run]:
    """The overflows of one outfall in order of time: it runs while any of its devices does.

    A pause shorter than `join_s` is none, and a stop counts when it has lasted that long: pumps start and stop.
    """
    spans: list[tuple[float, float | None]] = []
    for parameter, timed in signals.items():
        spans += _flow_spans(timed, rules) if parameter == FLOW else _state_spans(timed, rules)
    heard_s = max((timed[-1][0] for timed in signals.values() if timed), default=0.0)
    flow = signals.get(FLOW, ())
    return [
        Run(start_s, stop_s, _volume_m3(flow, start_s, stop_s, rules) if stop_s is not None else None)
        for start_s, stop_s in _joined(spans, heard_s, rules.join_s)
    ]


def _state_spans(timed: Timed, rules: SignalRules) -> list[tuple[float, float | None]]:
    found: list[tuple[float, float | None]] = []
    start_s: float | None = None
    for at_s, state in timed:
        runs_now = state == rules.running_state
        if runs_now and start_s is None:
            start_s = at_s
        elif not runs_now and start_s is not None:
            found.append((start_s, at_s))
            start_s = None
    return found if start_s is None else [*found, (start_s, None)]


def _flow_spans(timed: Timed, rules: SignalRules) -> list[tuple[float, float | None]]:
    """It begins with some readings in a row of enough flow and ends with as many of hardly any; in between it is as it was."""
    found: list[tuple[float, float | None]] = []
    start_s: float | None = None
    in_a_row = 0
    first_s = 0.0
    for at_s, flow in timed:
        turns = flow >= rules.starts_l_s if start_s is None else flow <= rules.stops_l_s
        if not turns:
            in_a_row = 0
            continue
        first_s = at_s if in_a_row == 0 else first_s
        in_a_row += 1
        if in_a_row < rules.flow_readings:
            continue
        in_a_row = 0
        if start_s is None:
            start_s = first_s
        else:
            found.append((start_s, first_s))
            start_s = None
    return found if start_s is None else [*found, (start_s, None)]


def _joined(
    spans: Iterable[tuple[float, float | None]], heard_s: float, join_s: float
) -> list[tuple[float, float | None]]:
    found: list[tuple[float, float | None]] = []
    for start_s, stop_s in sorted(spans, key=lambda span: span[0]):
        if found:
            first_s, last_s = found[-1]
            if last_s is None or start_s - last_s < join_s:
                found[-1] = (first_s, None if last_s is None or stop_s is None else max(last_s, stop_s))
                continue
        found.append((start_s, stop_s))
    if found and found[-1][1] is not None and heard_s - found[-1][1] < join_s:
        found[-1] = (found[-1][0], None)
    return found


def _volume_m3(flow: Timed, start_s: float, stop_s: float, rules: SignalRules) -> float | None:
    """Each reading holds until the next; where one is missing for too long nobody metered it."""
    within = [(at_s, value) for at_s, value in flow if start_s <= at_s <= stop_s]
    if not within or within[0][0] - start_s > rules.longest_gap_s:
        return None
    edges = [*within, (stop_s, 0.0)]
    if any(later[0] - sooner[0] > rules.longest_gap_s for sooner, later in pairwise(edges)):
        return None
    litres = sum(max(sooner[1], 0.0) * (later[0] - sooner[0]) for sooner, later in pairwise(edges))
    return round(litres / 1000, 1)
