"""Which part of a network adds how much, from steady loads at stations."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, special

from riverkit.errors import LoadsError
from riverkit.loads.zones import Floats, Piece, Zone, cut, delivered, zones
from riverkit.network import Location, Network
from riverkit.tracing.evidence import strength_at
from riverkit.tracing.result import Interval, interval_of_values

Ints = NDArray[np.int64]

KG_PER_DAY = 86.4
"""Of a gram in a second."""

RATES = 16
SETTINGS = 48
"""So many rates of decay, and so many draws of where loads enter, each with one of the rates."""

CHAINS_EACH = 12
SWEEPS = 80

NO_LOAD = 0.2
"""Chance beforehand that a zone adds nothing at all."""

NODES: Floats = np.linspace(-3.0, 3.0, 13)
DECADE_LOG_SD = math.log(10.0)
"""A zone may add ten times as much for its length as the others, or a tenth: one standard deviation."""

PER_METRE: Floats = 10.0 ** np.linspace(-4.0, 2.0, 25)
"""What zones add by their length is anything beforehand, around the largest load seen over all channel."""

STRANGE = 2.5


@dataclass(frozen=True)
class LoadStation:
    """A mean concentration and flow at a place, each with its standard error.

    Attributes:
        concentration_g_m3, concentration_sd: g/m³ (= mg/L).
        discharge_m3s, discharge_sd: m³/s; flow meters in rivers err by some 5 to 15 %.
    """

    name: str
    location: Location
    concentration_g_m3: float
    concentration_sd: float
    discharge_m3s: float
    discharge_sd: float

    def __post_init__(self) -> None:
        if not (self.discharge_m3s > 0 and self.concentration_g_m3 >= 0):
            raise LoadsError(f"Station {self.name!r}: give a flow above 0 and a concentration of at least 0.")
        if not (self.concentration_sd > 0 and self.discharge_sd >= 0):
            raise LoadsError(
                f"Station {self.name!r}: give the concentration a standard error above 0, the flow one of at least 0."
            )

    @property
    def load_kg_d(self) -> float:
        """Load that passes, kg a day."""
        return self.concentration_g_m3 * self.discharge_m3s * KG_PER_DAY

    @property
    def load_sd_kg_d(self) -> float:
        """Its standard error, that of a product of independent factors."""
        by_concentration = self.concentration_sd * self.discharge_m3s
        by_discharge = self.concentration_g_m3 * self.discharge_sd
        both = self.concentration_sd * self.discharge_sd
        return KG_PER_DAY * math.hypot(by_concentration, by_discharge, both)


@dataclass(frozen=True)
class DecayPrior:
    """First-order loss on the way: median (1/s) and standard deviation of the natural logarithm."""

    median_per_s: float
    log_sd: float = 0.5

    def __post_init__(self) -> None:
        if not (self.median_per_s > 0 and self.log_sd >= 0):
            raise LoadsError(f"{self}: the median must be above 0 and the deviation at least 0.")


@dataclass(frozen=True)
class ZoneLoad:
    """What a part of the network adds.

    Attributes:
        name: after the stations around it.
        reach_ids: reaches that lie in it, wholly or partly. Its load is theirs together: no station separates them.
        length_km: of their channels in the zone.
        load_kg_d: load that enters the water there (not what is left of it at a station); None where no station
            lies below.
        share: of the loads of all zones; None with the load.
        adds_probability: that it adds more than a twentieth of all.
        note: what the reader should know; empty if nothing.
    """

    name: str
    reach_ids: tuple[str, ...]
    length_km: float
    load_kg_d: Interval | None
    share: Interval | None
    adds_probability: float
    note: str = ""


@dataclass(frozen=True)
class StationLoad:
    """Load measured and explained at a station, kg a day; `note` where they disagree."""

    name: str
    measured_kg_d: float
    measured_sd_kg_d: float
    explained_kg_d: Interval
    note: str = ""


@dataclass(frozen=True)
class Apportionment:
    """Zones in the order of the river, the unseen one last, and the stations."""

    zones: tuple[ZoneLoad, ...]
    stations: tuple[StationLoad, ...]
    total_kg_d: Interval


def apportion(
    network: Network,
    stations: Sequence[LoadStation],
    *,
    decay: DecayPrior | None = None,
    unevenness_log_sd: float = 1.0,
    points: bool = True,
    seed: int = 0,
) -> Apportionment:
    """Share the loads of the stations out among the parts of the network between them.

    The load at a station is Σ R q over the zones above, with q ≥ 0 and R what decay and divisions of the channel leave
    of it. A zone adds nothing, or a half-normal load whose deviation is its length times a load per metre that all
    zones share, give or take a decade; the posterior learns the load per metre. It is averaged over the decay's prior
    and over where in its zone a load enters; both are taken as they are, not learned from the loads. It is drawn by
    Gibbs sampling in many short chains.

    Args:
        decay: none by default; then neither velocity nor dispersion is needed.
        unevenness_log_sd: how unevenly loads enter along the channels of a zone: standard deviation of the natural
            logarithm of the load per metre. It matters with decay, and where channels divide.
        points: whether a share of a zone's load, from nothing to all, may enter at one place.

    Raises:
        LoadsError: no station, or a name twice.
        TransportError: with decay, a reach above a station has no velocity, or its flow is not free.
    """
    names = [station.name for station in stations]
    if not stations:
        raise LoadsError("No station. Give the load of at least one.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise LoadsError(f"Station {twice!r} is given more than once. Combine its readings.")
    places = [station.location for station in stations]
    pieces = cut(network, places)
    parts = zones(network, places, pieces)
    seen = [zone for zone in parts if zone.seen_by]
    if not seen:
        raise LoadsError("No channel lies above any station. Check their places.")
    rng = np.random.default_rng(seed)
    matrices = _matrices(network, places, pieces, seen, decay, unevenness_log_sd, points, rng)
    lengths = np.array([math.fsum(pieces[piece].length_m for piece in zone.pieces) for zone in seen])
    loads = _draw(matrices, lengths, stations, rng)
    total = loads.sum(axis=1)
    shares = loads / np.where(total > 0, total, 1.0)[:, None]
    weights = np.ones(len(loads))
    together = _not_separated(matrices[0])
    zone_names = _names(parts, pieces, names)
    found = []
    for number, zone in enumerate(parts):
        visible = number < len(seen)
        found.append(
            ZoneLoad(
                name=zone_names[number],
                reach_ids=tuple(dict.fromkeys(pieces[piece].middle.reach_id for piece in zone.pieces)),
                length_km=math.fsum(pieces[piece].length_m for piece in zone.pieces) / 1_000.0,
                load_kg_d=interval_of_values(loads[:, number], weights) if visible else None,
                share=interval_of_values(shares[:, number], weights) if visible else None,
                adds_probability=float((shares[:, number] > 0.05).mean()) if visible else 0.0,
                note=_note(number, visible, together, zone_names),
            )
        )
    explained = np.einsum("cz,csz->cs", loads, np.repeat(matrices, CHAINS_EACH, axis=0))
    return Apportionment(
        zones=tuple(found),
        stations=tuple(_station(station, explained[:, row], weights) for row, station in enumerate(stations)),
        total_kg_d=interval_of_values(total, weights),
    )


def _matrices(
    network: Network,
    places: Sequence[Location],
    pieces: Sequence[Piece],
    seen: Sequence[Zone],
    decay: DecayPrior | None,
    unevenness_log_sd: float,
    points: bool,
    rng: np.random.Generator,
) -> Floats:
    """What reaches each station of a unit load of each zone: shape [settings, stations, zones]."""
    middles = [piece.middle for piece in pieces]
    metres = np.array([piece.length_m for piece in pieces])
    if decay is None:
        shares = [delivered(network, places, middles, 0.0)]
    else:
        # Evenly along the prior: few rates stand for it better than as many at random.
        deviations = special.ndtri((np.arange(RATES) + 0.5) / RATES)
        rates = decay.median_per_s * np.exp(decay.log_sd * deviations)
        shares = [delivered(network, places, middles, rate) for rate in rates.tolist()]
    matrices = np.empty((SETTINGS, len(places), len(seen)))
    for setting in range(SETTINGS):
        share = shares[setting % len(shares)]
        weight = metres * np.exp(unevenness_log_sd * rng.standard_normal(len(metres)))
        for column, zone in enumerate(seen):
            own = list(zone.pieces)
            entering = weight[own] / weight[own].sum()
            if points:
                # How much comes from the greatest outfall is as unknown as where it is.
                at_one_place = rng.random()
                entering *= 1.0 - at_one_place
                entering[rng.choice(len(own), p=metres[own] / metres[own].sum())] += at_one_place
            matrices[setting, :, column] = share[:, own] @ entering
    return matrices


def _draw(
    matrices: Floats, lengths: Floats, stations: Sequence[LoadStation], rng: np.random.Generator
) -> Floats:
    """Draws of the zones' loads, kg a day: shape [settings · chains, zones], one from each chain."""
    measured = np.array([station.load_kg_d for station in stations])
    precision = np.array([station.load_sd_kg_d for station in stations]) ** -2.0
    largest = max(float(measured.max()), float((precision**-0.5).max()))
    normal = np.einsum("msz,s,msy->mzy", matrices, precision, matrices)
    pull = np.einsum("msz,s->mz", matrices, precision * measured)
    root = np.sqrt(precision)
    start, _ = optimize.nnls(matrices.mean(axis=0) * root[:, None], measured * root)
    normal, pull = (np.repeat(each, CHAINS_EACH, axis=0) for each in (normal, pull))
    chains = np.arange(len(pull))
    loads = np.tile(start, (len(pull), 1))
    scales = PER_METRE * largest / lengths.sum()
    per_metre = np.full(len(pull), largest / lengths.sum())
    expected = np.empty_like(loads)
    log_prior = np.concatenate(
        [[math.log(NO_LOAD)], math.log1p(-NO_LOAD) + special.log_softmax(-0.5 * NODES**2)]
    )
    for _ in range(SWEEPS):
        for zone, length in enumerate(lengths.tolist()):
            held = normal[:, zone, zone]
            others = np.einsum("cz,cz->c", normal[:, zone], loads) - held * loads[:, zone]
            deviation = length * per_metre[:, None] * np.exp(DECADE_LOG_SD * NODES)
            sd = (held[:, None] + deviation**-2.0) ** -0.5
            mean = (pull[:, zone] - others)[:, None] * sd**2
            # The load itself is integrated out, or a chain would never leave zero.
            evidence = (
                math.log(2.0) + np.log(sd / deviation) + 0.5 * (mean / sd) ** 2 + special.log_ndtr(mean / sd)
            )
            logs = log_prior + np.concatenate([np.zeros((len(chains), 1)), evidence], axis=1)
            chosen = _choice(logs, rng) - 1
            drawn = strength_at(rng.random(len(chains)), mean[chains, chosen], sd[chains, chosen])
            loads[:, zone] = np.where(chosen < 0, 0.0, drawn)
            expected[:, zone] = np.where(chosen < 0, np.inf, length * np.exp(DECADE_LOG_SD * NODES[chosen]))
        adding = np.isfinite(expected).sum(axis=1)
        squares = ((loads / expected) ** 2).sum(axis=1)
        logs = -adding[:, None] * np.log(scales) - 0.5 * squares[:, None] / scales**2
        per_metre = scales[_choice(logs, rng)]
    return loads


def _choice(logs: Floats, rng: np.random.Generator) -> Ints:
    """A column for each row, drawn by the weights of these logarithms."""
    cumulated = np.cumsum(np.exp(logs - logs.max(axis=1, keepdims=True)), axis=1)
    chosen: Ints = (cumulated < rng.random((len(logs), 1)) * cumulated[:, -1:]).sum(axis=1)
    return chosen


def _not_separated(matrix: Floats) -> frozenset[int]:
    """Zones that can exchange load without any station seeing it (the null space of the matrix)."""
    silent = linalg.null_space(matrix / matrix.max(axis=0))
    return frozenset(np.flatnonzero(np.abs(silent).max(axis=1, initial=0.0) > 1e-6).tolist())


def _names(parts: Sequence[Zone], pieces: Sequence[Piece], stations: Sequence[str]) -> list[str]:
    """Each zone by the stations around it, and by its uppermost reach where that does not tell it from others."""
    names = []
    for zone in parts:
        if not zone.seen_by:
            names.append("below all stations")
            continue
        upper = ", ".join(stations[row] for row in zone.fed_by)
        lower = stations[zone.seen_by[0]]
        names.append(f"{upper} → {lower}" if upper else f"above {lower}")
    return [
        f"{name}, from reach {pieces[zone.pieces[0]].middle.reach_id}" if names.count(name) > 1 else name
        for name, zone in zip(names, parts, strict=True)
    ]


def _note(number: int, visible: bool, together: frozenset[int], names: Sequence[str]) -> str:
    if not visible:
        return "No station lies below: nothing is known of its load."
    if number in together:
        others = "; ".join(names[other] for other in sorted(together - {number}))
        return f"The stations cannot tell this part from: {others}. The split rests on the prior."
    return ""


def _station(station: LoadStation, explained: Floats, weights: Floats) -> StationLoad:
    sd = station.load_sd_kg_d
    gap = station.load_kg_d - float(explained.mean())
    note = ""
    if gap < -STRANGE * sd:
        note = "Less passes here than comes from above: water is taken, or more decays than was allowed for."
    elif gap > STRANGE * sd:
        note = "More passes here than the stations below allow for."
    return StationLoad(station.name, station.load_kg_d, sd, interval_of_values(explained, weights), note)
