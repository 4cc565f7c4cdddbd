"""What is computed as it was given but is hardly meant: units, flows, places. Remarks, never refusals."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from riverkit.network import Network, Reach
from riverkit.output import short_name
from riverkit.tracing.alternatives import reaches_above
from riverkit.tracing.model import Candidate, StationSeries
from riverkit.tracing.result import Posterior
from riverkit.tracing.survey import Instrument

STRONGER_THAN_SEWAGE = 1_000.0
"""mg/L: strong raw sewage has so much chemical oxygen demand, and less of all else that is asked for (Metcalf & Eddy); what is more
in a river is in another unit, or salt."""

LEVELS_APART = 300.0
"""Usual levels of one parameter at stations of one network differ less; units differ by a thousand."""

FLOWS_APART = 5.0
"""A station's flow against its reach's: a wet day is less than that."""

FALLS_TO = 1.0 / 3.0
"""A river that loses more of its water on the way is more often a slip than a canal."""

SAME_SPOT_M = 50.0
NAMED = 3


def remarks_on(
    network: Network, instruments: Mapping[str, Sequence[Instrument]], seen_from: Sequence[str]
) -> list[str]:
    """Sentences on what is hardly meant of readings (by parameter) and flows; `seen_from` are the reaches with stations."""
    found: list[str] = []
    for parameter, own in instruments.items():
        found += _of_units(f" of {parameter}" if parameter else "", own)
    stations = [each for own in instruments.values() for each in own if isinstance(each, StationSeries)]
    found += dict.fromkeys(remark for station in stations for remark in _of_discharge(network, station))
    return [*found, *_of_falling_flow(reaches_above(network, seen_from))]


def _of_units(of: str, instruments: Sequence[Instrument]) -> Iterator[str]:
    usable = [each for each in instruments if np.isfinite(each.value).any()]
    strong = [each for each in usable if float(np.nanmax(each.value)) > STRONGER_THAN_SEWAGE]
    if strong:
        highest = max(float(np.nanmax(each.value)) for each in strong)
        yield (
            f"Readings{of} at {_names([each.label for each in strong])} reach {highest:,.0f} mg/L, more than strong sewage has. Are these "
            "µg/L? Then name the column value_ug_l."
        )
    levels = {each.label: float(np.nanmedian(each.value)) for each in usable}
    above = {name: level for name, level in levels.items() if level > 0}
    if above:
        low, high = min(above, key=above.__getitem__), max(above, key=above.__getitem__)
        if above[high] > LEVELS_APART * above[low]:
            yield (
                f"The usual level{of} at {high} is {above[high]:.3g} mg/L, at {low} {above[low]:.3g}: {above[high] / above[low]:,.0f} "
                "times as much. Is one of them in µg/L? Give all of them alike."
            )


def _of_discharge(network: Network, station: StationSeries) -> Iterator[str]:
    flow = network.reach(station.location.reach_id).discharge_m3s
    if flow and not 1.0 / FLOWS_APART <= station.discharge_m3s / flow <= FLOWS_APART:
        yield (
            f"{station.label}: {station.discharge_m3s:g} m³/s, and its reach {station.location.reach_id} has {flow:.3g}. Masses go by "
            "the station's, travel by the reach's: give both for the same day and unit."
        )


def _of_falling_flow(reaches: Sequence[Reach]) -> Iterator[str]:
    above: defaultdict[str, list[Reach]] = defaultdict(list)
    leaving: defaultdict[str, int] = defaultdict(int)
    for reach in reaches:
        above[reach.down].append(reach)
        leaving[reach.up] += 1
    falls = [
        (most, reach)
        for reach in reaches
        # Where water divides, or is taken out, less is right.
        if reach.discharge_m3s is not None and reach.flow_share in (None, 1.0) and reach.kept_share is None
        for most in [max(above[reach.up], key=lambda each: each.discharge_m3s or 0.0, default=None)]
        if most is not None and reach.discharge_m3s < FALLS_TO * (most.discharge_m3s or 0.0)
    ]
    if falls:
        named = ", ".join(
            f"from {most.discharge_m3s:.3g} m³/s on {most.id} to {reach.discharge_m3s:.3g} on {reach.id} below it"
            for most, reach in falls[:NAMED]
        )
        more = f", and at {len(falls) - NAMED} more places" if len(falls) > NAMED else ""
        yield (
            f"The flow falls downstream, {named}{more}. Correct it, or give the share that goes on as flow_share or kept_share."
        )


def remark_on_mass(network: Network, posterior: Posterior, candidates: Sequence[Candidate]) -> str | None:
    """Whether the leading place released more than its river is likely to have carried; None where it is likely."""
    best = next((each for each in posterior.candidates if each.released_kg and each.duration_s), None)
    place = next((each.location for each in candidates if best and each.key == best.key), None)
    if best is None or place is None:
        return None
    flow = network.reach(place.reach_id).discharge_m3s
    assert best.released_kg is not None
    assert best.duration_s is not None
    if not flow:
        return None
    strength = 1_000.0 * best.released_kg.low / (max(best.duration_s.high, 1.0) * flow)
    if strength <= STRONGER_THAN_SEWAGE:
        return None
    return (
        f"{short_name(best.key)} would have released {best.released_kg.low:,.0f} kg or more into {flow:.3g} m³/s, {strength:,.0f} mg/L in the "
        "whole river there, more than strong sewage has. Are the readings µg/L (column value_ug_l), or is a flow in another unit?"
    )


def same_spots(candidates: Sequence[Candidate]) -> list[list[str]]:
    """Outfalls at one spot, whom no reading can tell apart: their keys, each spot's together."""
    by_reach: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for each in candidates:
        if each.kind == "outfall" and each.location is not None:
            by_reach[each.location.reach_id].append((each.location.chainage_m, each.key))
    spots: list[list[str]] = []
    for places in by_reach.values():
        before_m = -math.inf
        for chainage_m, key in sorted(places):
            if chainage_m - before_m <= SAME_SPOT_M:
                spots[-1].append(key)
            else:
                spots.append([key])
            before_m = chainage_m
    return [spot for spot in spots if len(spot) > 1]


def remarks_on_spots(
    posterior: Posterior, candidates: Sequence[Candidate], from_probability: float
) -> list[str]:
    """Of spots with several outfalls and so much probability, what they have together."""
    probability = {each.key: each.probability for each in posterior.candidates}
    together = [(math.fsum(probability[key] for key in spot), spot) for spot in same_spots(candidates)]
    return [
        f"{_names(spot)} lie within {SAME_SPOT_M:g} m of each other: no reading in the river tells them apart. Together they have "
        f"{share:.1%}."
        for share, spot in sorted(together, reverse=True)
        if share >= from_probability
    ]


def _names(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(map(short_name, itertools.islice(names, NAMED))) + (
        f" and {more} more" if more > 0 else ""
    )
