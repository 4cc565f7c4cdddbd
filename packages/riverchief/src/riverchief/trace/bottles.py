"""Samples taken by hand as inputs of a trace, and what water holds where no station stands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median, pstdev
from typing import Any

from riverkit.network import Location

from riverchief.base.clock import SHANGHAI
from riverchief.monitor.models import Sample
from riverchief.trace.ground import Ground
from riverchief.trace.habit import GRAMS_PER_M3
from riverchief.trace.inputs import Excluded, SampleInput, StationInput


def samples_of(event_id: int) -> list[Sample]:
    """The samples taken for an event that hold: those that were corrected do not."""
    return list(Sample.objects.filter(event_id=event_id, corrected_by__isnull=True))


def places_of(samples: Sequence[Sample]) -> dict[int, Location]:
    """Where each was taken."""
    return {sample.pk: Location(str(sample.reach_id), sample.chainage_m) for sample in samples}


def sample_inputs(
    samples: Sequence[Sample],
    ground: Ground,
    stations: Sequence[StationInput],
    origin: datetime,
    rule: Mapping[str, Any],
    discrepancy: float,
) -> tuple[list[SampleInput], list[Excluded]]:
    """The samples as values, and which of them say nothing here.

    Args:
        stations: those of the trace.
        rule: the body of `trace.sampling`.
        discrepancy: what the model cannot follow, as a share of a rise.
    """
    usual, spread = background_of(stations, rule)
    quiet = quiet_scatter(stations)
    reachable = {bottle.key for bottle in ground.bottles}
    found, left_out = [], []
    for sample in samples:
        value = sample.value * GRAMS_PER_M3[sample.unit]
        # A release only adds, so that the water there held no more than what was found without it.
        level = min(usual, value / 2 if sample.below_limit else value)
        used = sample.pk in reachable
        share = (rule["relative_error"] * value) ** 2 + (discrepancy * (value - level)) ** 2
        found.append(
            SampleInput(
                id=sample.pk,
                reach_id=str(sample.reach_id),
                chainage_m=sample.chainage_m,
                lon=sample.lon,
                lat=sample.lat,
                time_s=(sample.taken_at - origin).total_seconds(),
                value=value,
                below=sample.below_limit,
                discharge_m3s=ground.network.reach(str(sample.reach_id)).discharge_m3s or 0.0
                if used
                else 0.0,
                usual=level,
                spread=spread,
                error=(quiet**2 + share) ** 0.5,
                used=used,
            )
        )
        if not used:
            left_out.append(
                Excluded(
                    f"{sample.taken_at.astimezone(SHANGHAI):%m-%d %H:%M}",
                    "人工样品：候选河段的水不自由流经其采样点，稳态方法无从利用",
                    "a sample taken by hand: no freely flowing water leads from a place in question to where it was taken",
                )
            )
    return found, left_out


def background_of(stations: Sequence[StationInput], rule: Mapping[str, Any]) -> tuple[float, float]:
    """What water holds where nobody measured before the event, and the standard deviation of that, g/m³.

    The median of what the stations usually show; they differ from each other, and a place between them may differ as
    much, at least by a stated share.
    """
    levels = [sum(station.usual) / len(station.usual) for station in stations]
    level = median(levels)
    return level, max(pstdev(levels), rule["background_share"] * level, quiet_scatter(stations))


def quiet_scatter(stations: Sequence[StationInput]) -> float:
    """How far readings usually stray, g/m³: what a bottle strays too, however little it holds."""
    return median(station.scatter for station in stations)
