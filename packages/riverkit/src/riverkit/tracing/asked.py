"""What a search refuses before it begins: start times, durations and places that cannot be meant."""

import math
from collections.abc import Iterable, Sequence

from riverkit.errors import NetworkError, TracingError
from riverkit.network import Location, Network
from riverkit.tracing.model import Candidate
from riverkit.tracing.survey import Instrument, Survey

MOST_STEPS = 50_000
"""From the first start to the last reading: a year in steps of ten minutes. Time and memory grow with them."""

DAY_S = 86_400.0


def refuse_unusable_grid(
    stations: Iterable[Instrument],
    *,
    first_start_s: float,
    start_step_s: float,
    n_starts: int,
    durations_s: Sequence[float],
) -> None:
    """Raise a `TracingError` if such start times and durations cannot be searched with these readings."""
    if not (0 < start_step_s < math.inf) or n_starts < 1 or not math.isfinite(first_start_s):
        raise TracingError(
            f"{n_starts} start times every {start_step_s} s from {first_start_s} s on: give at least one, a step above 0 and "
            "a first start."
        )
    if not durations_s or not all(0 <= duration < math.inf for duration in durations_s):
        raise TracingError(f"Durations {list(durations_s)}: give at least one, finite and none below 0.")
    for what, span_s in (
        (f"{n_starts} start times reach over", n_starts * start_step_s),
        ("the longest duration is", max(durations_s)),
        *((f"{_name(each)} was read after", float(each.time_s.max()) - first_start_s) for each in stations),
    ):
        if span_s > MOST_STEPS * start_step_s:
            raise TracingError(
                f"The search is too long: {what} {span_s / DAY_S:,.0f} days, {span_s / start_step_s:,.0f} steps of "
                f"{start_step_s:g} s, and {MOST_STEPS:,} can be searched. Check the times, begin later or take a longer step."
            )


def refuse_misplaced(
    network: Network, stations: Iterable[Instrument], candidates: Iterable[Candidate]
) -> None:
    """Raise a `TracingError` that names the first station or candidate that does not lie on the network."""
    for station in stations:
        for place in station.points.locations:
            _refuse_misplaced(network, _name(station), place)
    for candidate in candidates:
        places = [place for place, _ in candidate.parts]
        if candidate.kind == "outfall" and candidate.location is not None:
            places.append(candidate.location)
        for place in places:
            _refuse_misplaced(network, f"Candidate {candidate.key!r}", place)


def _refuse_misplaced(network: Network, what: str, place: Location) -> None:
    try:
        length_m = network.reach(place.reach_id).length_m
    except NetworkError as error:
        raise TracingError(f"{what}: {error}") from error
    if not 0 <= place.chainage_m <= length_m:
        raise TracingError(
            f"{what} lies at {place.chainage_m:g} m of reach {place.reach_id!r}, which is {length_m:g} m long. Give a "
            f"chainage of 0 … {length_m:g}."
        )


def _name(instrument: Instrument) -> str:
    return f"{'Survey' if isinstance(instrument, Survey) else 'Station'} {instrument.label!r}"
