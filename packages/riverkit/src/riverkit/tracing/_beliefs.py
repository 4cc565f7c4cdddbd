"""What the commands believe of readings and rivers before a search, where the user says nothing: as tracer tests taught."""

from collections.abc import Sequence

from riverkit.network import Network
from riverkit.tracing._shown import HOUR_S
from riverkit.tracing.alternatives import reaches_above
from riverkit.tracing.dead_zones import StoragePrior
from riverkit.tracing.model import HydraulicGroup, HydraulicPrior, Noise
from riverkit.tracing.survey import Instrument

RELATIVE, MISFIT, MISFIT_H, MISFIT_WIDTHS = 0.05, 0.1, 0.5, 1.1
"""Of a reading's level; and what no kernel follows of a real cloud: a share of the station's rise, alike for so many hours at least, and
for so many standard deviations of the cloud."""

DEAD_ZONES = StoragePrior(0.15, 2e-4, share_log10_sd=0.3, exchange_log10_sd=0.4)
"""Of streams from brooks to rivers: without them a cloud's tail is taken for a longer way."""

TRIED_PLACES = 128
"""Hydraulic settings are tried with so many places, whatever the size of the network; those that count are weighed with all."""

DISPERSION_LOG10_SD = 0.5
VELOCITY_SD, ESTIMATED_VELOCITY_SD = 0.2, 0.5
ABOVE_SD, GAIN_SD = 0.3, 0.35
"""And of the velocities above all stations beside those between them, and of the share of a release that each station sees: as far as they lie
apart on tracer tests."""
DISCHARGE_SD, ESTIMATED_DISCHARGE_SD = 0.1, 0.3
"""Log standard deviations of what somebody gave, and of what a formula did: on 1,119 gauged sections formulas scatter by 0.55 in velocity."""


def noise_of(absolute_mg_l: float, misfit: float) -> Noise:
    """Of readings with such an error, and a model off by such a share of the rise."""
    return Noise(absolute_mg_l, RELATIVE, misfit, MISFIT_H * HOUR_S, correlation_widths=MISFIT_WIDTHS)


def hydraulics_of(
    network: Network,
    stations: Sequence[Instrument],
    n_settings: int,
    *,
    velocity_sd: float | None,
    dead_zones: bool,
    seed: int,
) -> HydraulicPrior:
    """What is believed of the ways to the stations; one setting takes the network's hydraulics as certain.

    Args:
        velocity_sd: log standard deviation of all velocities; None for the usual one, wider where a formula gave any.
    """
    if n_settings == 1:
        return HydraulicPrior()
    own = seen_from(stations)
    guessed = {name for reach in reaches_above(network, own) for name in reach.estimated}
    if velocity_sd is None:
        velocity_sd = ESTIMATED_VELOCITY_SD if "velocity_m_s" in guessed else VELOCITY_SD
    above = HydraulicGroup(
        _above_all(network, own), velocity_log_sd=ABOVE_SD, dispersion_log10_sd=DISPERSION_LOG10_SD
    )
    return HydraulicPrior(
        n_settings,
        velocity_sd,
        DISPERSION_LOG10_SD,
        seed,
        groups=(above,),
        storage=DEAD_ZONES if dead_zones else None,
        adaptive=True,
        tried_places=TRIED_PLACES,
        gain_log_sd=GAIN_SD,
        discharge_log_sd=ESTIMATED_DISCHARGE_SD if "discharge_m3s" in guessed else DISCHARGE_SD,
    )


def _above_all(network: Network, own: set[str]) -> list[str]:
    """The reaches above the uppermost stations, and their own: how fast water flows there nobody has seen."""
    above = {reach: set(network.upstream(reach)) for reach in own}
    uppermost = [reach for reach in own if not (above[reach] & own) - {reach}]
    return sorted(set().union(*(above[reach] for reach in uppermost)))


def seen_from(stations: Sequence[Instrument]) -> set[str]:
    """The reaches on which anything was read."""
    return {place.reach_id for station in stations for place in station.points.locations}
