"""Real dye curves laid over one another at two stations: two or three injections at different places and times.

Real are the curves: shapes, losses of dye, sampling. Assumed is their geometry. The near source is a real injection with
two stations in a row, unchanged. A farther one is a cloud of the same river that was seen further down: what two later
stations saw of it stands for an injection so much farther above ours, with the lower curve moved so that it needs as long
between them as the near cloud (their ways differ by a quarter at most in logarithm, their velocities by a third), and
concentrations such that the masses that passed are kept. A source between the stations is a curve of the
same river measured so far below its injection. Records end in an exponential tail of their own last slope.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from riverkit.blind.tracer_tests import GRAMS_PER_M3, Curve
from riverkit.network import Location, Network, Reach
from riverkit.tracing import (
    Candidate,
    HydraulicGroup,
    HydraulicPrior,
    Misfit,
    Noise,
    PowerLawPrior,
    SourceCount,
    StationSeries,
    StrengthPrior,
    trace_several,
)
from riverkit.tracing.dye_test import CORRELATION, SHEAR_VELOCITY_RATIO
from riverkit.tracing.tables import Row
from riverkit.transport.dispersion import Section, zeng_huai

from benchmarks._dye_clouds import (
    Cloud,
    Collection,
    Floats,
    between,
    farther,
    mixed,
    moments,
    rise_s,
    way_and_velocity,
)
from benchmarks._rivers_at_large import WEAK, Belief, Normal

APART = (1.0, 3.5)
"""Between the middles of mixed clouds, in the mean of their standard deviations: they overlap, and are not one."""

GAIN_LOG_SD = 0.35
BEST_CURVE = 0.0165
"""What the best curve with dead zones through the readings of one station leaves, as a share of the peak: the median of 72
(docs/design/transport.md)."""

BETWEEN = ("upper", "lower")
"""Halves of the way between the stations: a source between them knows the lower one's velocity only."""

STEPS_PER_SIGMA = 3
MOST_OF_RIVER, MOST_OF_RIVER_TO_LEARN = 2, 4
MOST_STARTS = 300
"""Where the clouds of a case are so unlike that one time grid would need more starts, the case is left out."""


@dataclass(frozen=True)
class Release:
    """The truth of one source: candidate, start on the case's time axis, mass released."""

    key: str
    start_s: float
    released_kg: float


@dataclass(frozen=True)
class Case:
    """Readings of two stations and what they are searched with; the truth is for the comparison."""

    name: str
    code: str
    truth: tuple[Release, ...]
    network: Network
    stations: tuple[StationSeries, ...]
    candidates: tuple[Candidate, ...]
    hydraulics: HydraulicPrior
    misfit: Normal
    first_start_s: float
    step_s: float
    n_starts: int

    def weigh(self, number_prior: tuple[float, ...] = (0.9, 0.08, 0.02)) -> SourceCount:
        """One, two or three sources."""
        return trace_several(
            self.network,
            self.stations,
            self.candidates,
            first_start_s=self.first_start_s,
            start_step_s=self.step_s,
            n_starts=self.n_starts,
            durations_s=[self.step_s, 4 * self.step_s],
            noise=Noise(0.05 * GRAMS_PER_M3, relative=0.05, discrepancy=BEST_CURVE),
            strength=StrengthPrior.from_readings(self.stations),
            hydraulics=self.hydraulics,
            misfit=Misfit(math.exp(self.misfit.mean), self.misfit.sd),
            number_prior=number_prior,
        )


def learned(collection: Collection, n_settings: int) -> dict[str, Belief]:
    """For every river what the single clouds of all others teach, at most four pairs of stations of each."""
    found: dict[str, list[Floats]] = {}
    for test in collection.tests:
        own = found.setdefault(test.code, [])
        for upper in range(len(test.curves) - 1):
            if len(own) < MOST_OF_RIVER_TO_LEARN and all(
                collection.measured(test, row) for row in (upper, upper + 1)
            ):
                case = _superposed(
                    collection, [Cloud(test, (upper, upper + 1))], "one", 0, n_settings, WEAK, learning=True
                )
                own.append(np.array(case.weigh(number_prior=(1.0,)).uncertain))
    return {
        code: _taught([each for other, own in found.items() if other != code for each in own])
        for code in found
    }


def _taught(clouds: Sequence[Floats]) -> Belief:
    """By quantity, in the order of `_river`'s prior for a cloud alone: velocity and dispersion of all, near, and the two
    halves between; share and cut-off; two gains; misfit."""
    found = np.array(clouds)
    return Belief(
        velocity=WEAK.velocity.after(found[:, 0]),
        dispersion=WEAK.dispersion.after(found[:, 1]),
        share=WEAK.share.after(found[:, 8]),
        cutoff=WEAK.cutoff.after(found[:, 9]),
        misfit=WEAK.misfit.after(found[:, 12]),
        above=WEAK.above.after(found[:, 3]),
        between=WEAK.between.after(np.concatenate([found[:, 5], found[:, 7]])),
    )


def cases(collection: Collection, n_settings: int, beliefs: dict[str, Belief]) -> list[Case]:
    """All that the collection allows: every near source alone, with a farther one, one between, and both.

    One of each kind from a test, the uppermost stations that give it, and two of a kind from a river. The seeds are the
    numbers of the cases.
    """
    found: list[Case] = []
    of_river: Counter[tuple[str, str]] = Counter()
    for test in collection.tests:
        made: set[str] = set()
        for upper in range(len(test.curves) - 1):
            near = Cloud(test, (upper, upper + 1))
            if not all(collection.measured(test, row) for row in (upper, upper + 1)):
                continue
            farther_up, lower_down = farther(collection, near), between(collection, near)
            kinds: dict[str, list[Cloud | None]] = {
                "one": [near],
                "two, one farther": [near, farther_up],
                "two, one between": [near, lower_down],
                "three": [near, farther_up, lower_down],
            }
            for kind, clouds in kinds.items():
                whole = [cloud for cloud in clouds if cloud is not None]
                if (
                    len(whole) == len(clouds)
                    and kind not in made
                    and of_river[test.code, kind] < MOST_OF_RIVER
                ):
                    case = _superposed(collection, whole, kind, len(found), n_settings, beliefs[test.code])
                    if case.n_starts <= MOST_STARTS:
                        made.add(kind)
                        of_river[test.code, kind] += 1
                        found.append(case)
    return found


def _superposed(
    collection: Collection,
    clouds: Sequence[Cloud],
    kind: str,
    seed: int,
    n_settings: int,
    belief: Belief,
    *,
    learning: bool = False,
) -> Case:
    rng = np.random.default_rng(seed)
    near = clouds[0]
    upper, lower = near.passage(near.first), near.passage(near.at[1])
    way, velocity = way_and_velocity(upper, lower)
    flows = [collection.row(near.test, row).number("discharge_m3s") for row in (near.first, near.at[1])]
    curves: tuple[list[Curve], list[Curve]] = ([], [])
    truth, places = [], {}
    for cloud in clouds:
        shift_s = 0.0 if cloud is near else _shift_s(rng, cloud, near)
        truth.append(Release(_key(cloud), shift_s, cloud.test.journey.mass_kg))
        places[_key(cloud)] = (0, cloud.way_m) if cloud.at[0] is not None else (1, cloud.way_m)
        for station, row in enumerate(cloud.at):
            if row is None:
                continue
            late = shift_s
            if station == 1 and cloud.at[0] is not None and cloud is not near:
                taken = cloud.passage(row).middle_s - cloud.passage(cloud.at[0]).middle_s
                late += lower.middle_s - upper.middle_s - taken
            kept = collection.row(cloud.test, row).number("discharge_m3s") / flows[station]
            curve = cloud.test.curves[row]
            curves[station].append(Curve(curve.station, curve.time_s + late, curve.value * kept))
    widening = collection.widening(near.test.code)
    series = [mixed(each) for each in curves]
    sigmas = [widening * rise_s(*each) for each in series]
    longest = 2.5 * max([upper.distance_m, *(cloud.way_m for cloud in clouds if cloud.at[0] is not None)])
    searched = longest
    if learning:
        longest = upper.distance_m
    lengths = {"near": longest, "upper": 0.5 * way, "lower": 0.5 * way}
    if longest > way and not learning:
        lengths = {"far": longest - way, **lengths, "near": way}
    network, hydraulics = _river(collection, near, lengths, n_settings, belief)
    candidates = _candidates(lengths, places, upper.distance_m)
    if learning:
        candidates = candidates[:1]
    stations = tuple(
        StationSeries(
            Location(reach, lengths[reach]),
            flow,
            time_s,
            value,
            background=0.0,
            correlation_s=CORRELATION * sigma,
            name=name,
        )
        for (time_s, value), flow, sigma, reach, name in zip(
            series, flows, sigmas, ("near", "lower"), ("upper", "lower"), strict=True
        )
    )
    step = min(sigmas) / STEPS_PER_SIGMA
    seen = [each.time_s[each.value > 0.02 * each.value.max()] for each in stations]
    slowest = network.reach("near").velocity_m_s or velocity
    first_start = float(seen[0][0]) - 1.5 * searched / slowest
    n_starts = math.ceil((float(stations[1].time_s[stations[1].value.argmax()]) - first_start) / step)
    return Case(
        f"{near.test.name} {near.test.curves[near.first].station}: {kind}",
        near.test.code,
        tuple(truth),
        network,
        stations,
        candidates,
        hydraulics,
        belief.misfit,
        first_start,
        step,
        n_starts,
    )


def _river(
    collection: Collection, near: Cloud, lengths: dict[str, float], n_settings: int, belief: Belief
) -> tuple[Network, HydraulicPrior]:
    """The river line with what sections and other rivers say of its velocities, dispersion and dead zones."""
    rows = [collection.row(near.test, row) for row in (near.first, near.at[1])]
    stretches = (belief.above, belief.between)
    sections = [_section(row) for row in rows]
    velocity = math.exp(belief.velocity.mean) * math.sqrt(sections[0].velocity_m_s * sections[1].velocity_m_s)
    network = Network.build(
        Reach(
            name,
            f"node {number}",
            f"node {number + 1}",
            length,
            velocity_m_s=velocity,
            dispersion_m2s=10 ** (belief.dispersion.mean + stretches[between].mean)
            * zeng_huai(
                Section(
                    sections[between].width_m,
                    sections[between].depth_m,
                    velocity,
                    SHEAR_VELOCITY_RATIO * velocity,
                )
            ),
            discharge_m3s=rows[between].number("discharge_m3s"),
        )
        for number, (name, length) in enumerate(lengths.items())
        for between in [int(name in BETWEEN)]
    )
    # Two stretches, each unlike the river by this, are unlike one another by what the other rivers have.
    unlike = collection.unlike_of(near.test.code) / math.sqrt(2.0)
    delay_s = (lengths["upper"] + lengths["lower"]) / velocity
    return network, HydraulicPrior(
        n_settings,
        velocity_log_sd=belief.velocity.sd,
        dispersion_log10_sd=belief.dispersion.sd,
        groups=tuple(HydraulicGroup([name], unlike, stretches[name in BETWEEN].sd) for name in lengths),
        storage=PowerLawPrior(
            10**belief.share.mean,
            10**belief.cutoff.mean * delay_s,
            share_log10_sd=belief.share.sd,
            cutoff_log10_sd=belief.cutoff.sd,
        ),
        gain_log_sd=GAIN_LOG_SD,
    )


def _candidates(
    lengths: dict[str, float], true: dict[str, tuple[int, float]], near_m: float
) -> tuple[Candidate, ...]:
    """Outfalls: the true ones, and others along the river that are not beside a true one."""
    places = dict(true)
    longest, way = lengths["near"] + lengths.get("far", 0.0), lengths["upper"] + lengths["lower"]
    others = [
        (0, near_m * factor) for factor in (0.5, 0.71, 1.0, 1.41, 2.0, 2.8) if near_m * factor < longest
    ]
    others += [(1, way * share) for share in (0.25, 0.55, 0.85)]
    for part, up in others:
        if all(part != own or abs(math.log(up / at)) > 0.2 for own, at in places.values()):
            places[f"{'above' if part == 0 else 'between'} {up / 1e3:.1f} km"] = (part, up)
    candidates = []
    for key, (part, up) in places.items():
        reach = "lower" if part else "near"
        if up > lengths[reach] and len(lengths) > (2 if part else 3):
            reach, up = ("upper" if part else "far"), up - lengths[reach]
        candidates.append(Candidate(key, Location(reach, max(lengths[reach] - up, 0.0))))
    return tuple(candidates)


def _key(cloud: Cloud) -> str:
    where = "between" if cloud.at[0] is None else "above"
    return f"{where} {cloud.way_m / 1e3:.1f} km"


def _shift_s(rng: np.random.Generator, cloud: Cloud, near: Cloud) -> float:
    """When a further cloud was released, the near one at 0: its middle passes the first common station a bit apart."""
    own, other = cloud.first, near.at[1] if cloud.at[0] is None else near.first
    widths = [
        moments(each.time_s, each.value)[1] for each in (cloud.test.curves[own], near.test.curves[other])
    ]
    apart = rng.choice([-1.0, 1.0]) * rng.uniform(*APART) * 0.5 * sum(widths)
    return float(near.passage(other).middle_s + apart - cloud.passage(own).middle_s)


def _section(row: Row) -> Section:
    velocity = row.number("velocity_m_s")
    return Section(row.number("width_m"), row.number("depth_m"), velocity, SHEAR_VELOCITY_RATIO * velocity)
