"""What a trace is asked: readings at stations, candidate sources, and what is believed beforehand."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

from riverkit.errors import TracingError
from riverkit.network import Location, Network
from riverkit.tracing.dead_zones import PowerLawPrior, StoragePrior
from riverkit.tracing.fingerprint import Fingerprint

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST = 1e12
"""Of readings, in whatever unit: colonies in a litre of sewage stay below it."""

CandidateKind = Literal["outfall", "unlisted", "boundary", "diffuse", "nothing"]
KINDS: tuple[CandidateKind, ...] = get_args(CandidateKind)


class Points(NamedTuple):
    """Where an instrument took its readings.

    Attributes:
        locations: each place once.
        discharge_m3s: of every place.
        of_reading: for each reading the number of its place.
    """

    locations: tuple[Location, ...]
    discharge_m3s: Floats
    of_reading: Ints


def refuse_unusable_series(
    where: str, time_s: Floats, value: Floats, sigma: Floats | None, below: NDArray[np.bool_] | None
) -> None:
    """Raise a `TracingError` that begins with `where` if such readings cannot be used."""
    series = [time_s, value] + ([] if sigma is None else [sigma])
    if below is not None:
        if not (value[: len(below)][below[: len(value)]] > 0).all():
            raise TracingError(f"{where}: a detection limit is not above 0.")
        series.append(below.astype(float))
    if len({len(column) for column in series}) != 1:
        raise TracingError(f"{where}: times, values and errors differ in number. Give each reading all.")
    if not np.isfinite(time_s).all():
        raise TracingError(f"{where}: a reading has no time. Leave it out.")
    if np.isinf(value).any():
        raise TracingError(f"{where}: an infinite reading. Put NaN where a reading is missing.")
    if not np.isfinite(value).any():
        raise TracingError(f"{where}: no usable reading. Leave the station out.")
    if np.nanmax(np.abs(value)) > LARGEST:
        raise TracingError(
            f"{where}: a reading of {value[np.nanargmax(np.abs(value))]:g} is beyond what any water holds. Check its unit, or "
            "leave it out."
        )
    if sigma is not None and not (sigma > 0)[np.isfinite(value)].all():
        raise TracingError(f"{where}: a reading's standard error is not above 0.")


def refuse_unusable_belief(where: str, background: float | None, correlation_s: float | None) -> None:
    """Raise a `TracingError` that begins with `where` if an instrument cannot have these."""
    if background is not None and not math.isfinite(background):
        raise TracingError(f"{where}: background {background} g/m³. Give a number, or None if it is unknown.")
    if correlation_s is not None and not 0 <= correlation_s < math.inf:
        raise TracingError(f"{where}: errors alike over {correlation_s} s. Give a time of at least 0.")


@dataclass(frozen=True, eq=False)
class StationSeries:
    """Readings of one parameter at one station.

    Attributes:
        location: where on the network.
        discharge_m3s: flow at the station during the event, above 0.
        time_s: seconds from an origin common to all stations, in any spacing.
        value: concentration in g/m³ (= mg/L), background included; NaN where missing or flagged.
        below: True where only that is known that the reading was below `value`, its detection limit; None for nowhere.
        sigma: standard error of each reading, g/m³; None takes it from `Noise`.
        background: what the station shows without the event, g/m³; None if unknown.
        correlation_s: time over which the model's error is alike here; None takes it from `Noise`.
        name: for people.
    """

    location: Location
    discharge_m3s: float
    time_s: Floats
    value: Floats
    sigma: Floats | None = None
    background: float | None = None
    correlation_s: float | None = None
    name: str = ""
    below: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        where = f"Station {self.label!r}"
        if not 0 < self.discharge_m3s < math.inf:
            raise TracingError(f"{where}: discharge {self.discharge_m3s} m³/s. Give a flow above 0.")
        refuse_unusable_series(where, self.time_s, self.value, self.sigma, self.below)
        refuse_unusable_belief(where, self.background, self.correlation_s)

    @property
    def points(self) -> Points:
        """The one place at which all readings were taken."""
        nowhere_else = np.zeros(len(self.time_s), dtype=np.int64)
        return Points((self.location,), np.array([self.discharge_m3s]), nowhere_else)

    @property
    def label(self) -> str:
        """Its name, or its reach's id where it has none."""
        return self.name or self.location.reach_id

    def passing_kg(self) -> float:
        """Mass that passed above the lowest reading, by trapezoids over the usable readings."""
        usable = np.flatnonzero(np.isfinite(self.value))
        usable = usable[np.argsort(self.time_s[usable], kind="stable")]
        above = self.value[usable] - self.value[usable].min()
        return self.discharge_m3s * float(np.trapezoid(above, self.time_s[usable])) / 1_000.0


@dataclass(frozen=True)
class StartPrior:
    """When a candidate may have begun: the hours of rain, of work, of an inspection without findings.

    Attributes:
        windows: (from, until), s on the stations' time axis; every start within them is equally likely.
        outside: belief that it began at another time, 0 … 1, spread evenly over the other starts.
    """

    windows: tuple[tuple[float, float], ...]
    outside: float = 0.0

    def __post_init__(self) -> None:
        if not self.windows or not all(-math.inf < begin <= end < math.inf for begin, end in self.windows):
            raise TracingError(f"{self}: give at least one window, none that ends before it begins.")
        if not 0.0 <= self.outside <= 1.0:
            raise TracingError(f"{self}: the belief in another time must be 0 … 1.")

    def log_weights(self, starts_s: Floats, key: str) -> Floats:
        """Log prior of each start time against a uniform one; `key` names the candidate in an error."""
        inside = np.zeros(len(starts_s), dtype=bool)
        for begin, end in self.windows:
            inside |= (starts_s >= begin) & (starts_s <= end)
        within = int(np.count_nonzero(inside))
        elsewhere = len(starts_s) - within
        shares = np.where(inside, (1.0 - self.outside) / max(within, 1), self.outside / max(elsewhere, 1))
        if not shares.any():
            raise TracingError(
                f"Candidate {key!r}: no start time of the search is possible by its windows. Search earlier or later, "
                "let it begin outside of them, or leave it out."
            )
        with np.errstate(divide="ignore"):
            logs: Floats = np.log(shares / shares.sum() * len(starts_s))
        return logs


@dataclass(frozen=True)
class Candidate:
    """A possible explanation of the readings.

    Attributes:
        key: unique name.
        location: the outfall's place; for `unlisted` and `boundary` any place on the reach meant; None for `diffuse` and
            `nothing`.
        kind: `outfall` a known place; `unlisted` somewhere along a reach, unknown where; `boundary` water that comes
            into this network with the upper end of a reach; `diffuse` many places at once, as in rain; `nothing` no
            release in this network.
        prior: weight before the readings, at least 0; the weights need not sum to 1.
        parts: of a `diffuse` candidate, its places and their weights (runoff, or length of bank): they release at the
            same time, in these proportions. `diffuse` makes such a candidate of reaches.
        starts: when it may have begun; None for any start time of the search.
        fingerprint: in what proportions it releases several parameters; None for any.
    """

    key: str
    location: Location | None
    kind: CandidateKind = "outfall"
    prior: float = 1.0
    parts: tuple[tuple[Location, float], ...] = ()
    starts: StartPrior | None = None
    fingerprint: Fingerprint | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise TracingError(f"Candidate {self.key!r}: kind {self.kind!r} is none of {', '.join(KINDS)}.")
        if not 0 <= self.prior <= LARGEST:
            raise TracingError(
                f"Candidate {self.key!r}: prior {self.prior}. Give a number of 0 … {LARGEST:g}."
            )
        if (self.location is None) != (self.kind in ("diffuse", "nothing")):
            raise TracingError(
                f"Candidate {self.key!r} is of kind {self.kind!r} and its location is {self.location}. Give "
                f"every candidate a location but 'diffuse', which has parts, and 'nothing', which has none."
            )
        weights = [weight for _, weight in self.parts]
        if bool(weights) != (self.kind == "diffuse") or not all(
            0.0 < weight < math.inf for weight in weights
        ):
            raise TracingError(
                f"Candidate {self.key!r} is of kind {self.kind!r} and has {len(weights)} parts. Give a 'diffuse' one "
                "parts with weights above 0, and no other any."
            )


def diffuse(
    network: Network,
    key: str,
    reach_ids: Sequence[str],
    *,
    runoff: Sequence[float] | None = None,
    spacing_m: float = 500.0,
    prior: float = 1.0,
    starts: StartPrior | None = None,
    fingerprint: Fingerprint | None = None,
) -> Candidate:
    """A candidate that flows in along whole reaches at once: rain off the land, overflows, scattered discharge.

    Args:
        network: the river network.
        key: unique name.
        reach_ids: the reaches of the catchment.
        runoff: weight of each reach, at least 0; by default its length.
        spacing_m: a reach is stood for by points at most so far apart.
        prior, starts, fingerprint: as of any candidate; rain-driven inflow begins with the rain.
    """
    weights = list(runoff) if runoff is not None else [network.reach(each).length_m for each in reach_ids]
    if len(weights) != len(reach_ids) or not spacing_m > 0:
        raise TracingError(
            f"Candidate {key!r}: {len(reach_ids)} reaches, {len(weights)} weights, points every {spacing_m} m. Give "
            "each reach one weight, and a spacing above 0."
        )
    parts: list[tuple[Location, float]] = []
    for reach_id, weight in zip(reach_ids, weights, strict=True):
        length = network.reach(reach_id).length_m
        points = max(1, math.ceil(length / spacing_m))
        if weight != 0.0:
            parts += [
                (Location(reach_id, (n + 0.5) / points * length), weight / points) for n in range(points)
            ]
    return Candidate(key, None, "diffuse", prior, tuple(parts), starts, fingerprint)


@dataclass(frozen=True)
class Noise:
    """Error of a reading against a perfect prediction: independent, normal.

    The variance is absolute² + (relative · level)² + (discrepancy · rise)², where `level` is a running median
    of the readings and `rise` the station's highest level above its lowest. The last term is what the model
    cannot follow even with the right source (on tracer tests 2 % of the peak with the best kernel; plain
    advection and dispersion need more). That part is alike over neighbouring readings: it weighs as often as there are
    readings within `correlation_s`, so that many readings tell no more of it than one; their own errors do so within `own_correlation_s`.

    Attributes:
        absolute: g/m³, above 0.
        relative, discrepancy: shares.
        correlation_s: time over which the misfit is alike, at least; 0 takes all readings as independent.
        correlation_widths: the same in standard deviations of the cloud that the station's readings show (1.1 on tracer tests):
            what a kernel gets wrong it gets wrong for a good part of a cloud, be that an hour or a day long.
        own_correlation_s: time over which the readings' own errors are alike, as of an analyser that drifts; None takes that
            of the misfit, which is the cautious choice; 0 where they are known to be independent.
    """

    absolute: float
    relative: float = 0.05
    discrepancy: float = 0.05
    correlation_s: float = 0.0
    own_correlation_s: float | None = None
    correlation_widths: float = 0.0

    def __post_init__(self) -> None:
        others = (
            self.relative,
            self.discrepancy,
            self.correlation_s,
            self.own_correlation_s or 0.0,
            self.correlation_widths,
        )
        if not (0 < self.absolute < math.inf and all(0 <= each < math.inf for each in others)):
            raise TracingError(
                f"{self}: the absolute error must be above 0, the others not below 0, and all finite."
            )


class Passing(Protocol):
    """What tells how much passed it: a station or a survey."""

    def passing_kg(self) -> float:
        """Mass above the lowest reading, kg."""


@dataclass(frozen=True)
class StrengthPrior:
    """Belief about the released mass: normal with this mean and standard deviation, cut to what is not
    negative."""

    mean_kg: float
    sd_kg: float

    def __post_init__(self) -> None:
        if not (0 < self.sd_kg < math.inf and math.isfinite(self.mean_kg)):
            raise TracingError(f"{self}: give a finite mean, and a finite standard deviation above 0.")

    @property
    def log_positive(self) -> float:
        """Log of the share of the normal that the cut leaves."""
        return float(special.log_ndtr(self.mean_kg / self.sd_kg))

    @classmethod
    def from_readings(cls, stations: Sequence[Passing], widening: float = 3.0) -> "StrengthPrior":
        """A wide prior: centred on zero, its deviation `widening` times the largest mass seen to pass a
        station.

        It uses the readings for the order of magnitude only. Where nothing rises, a kilogram stands in.
        """
        return cls(0.0, widening * (max(station.passing_kg() for station in stations) or 1.0))


@dataclass(frozen=True)
class BackgroundPrior:
    """Belief about each station's background, which is integrated out exactly.

    Attributes:
        level_sd: g/m³ around the station's given background, or around the median of its readings if none is
            given; None takes the range of the station's readings where no background is given, and the
            noise's absolute error where one is.
        drift_sd_per_day: g/m³ per day, of a straight line through the middle of the record; 0 for none.
    """

    level_sd: float | None = None
    drift_sd_per_day: float = 0.0

    def __post_init__(self) -> None:
        if not all(0 <= sd < math.inf for sd in (self.level_sd or 0.0, self.drift_sd_per_day)):
            raise TracingError(f"{self}: standard deviations must be finite and cannot be below 0.")


@dataclass(frozen=True)
class HydraulicGroup:
    """Reaches with a pair of factors of their own, on top of that of the whole network."""

    reach_ids: Collection[str]
    velocity_log_sd: float
    dispersion_log10_sd: float


@dataclass(frozen=True)
class LearnedHydraulics:
    """What earlier events of a river told: a normal over the prior's own standard normal coordinates.

    The quantities are those that a `HydraulicPrior` leaves open of velocity and dispersion of the whole network, share and
    exchange of the dead zones, in this order. `learn_hydraulics` makes it.

    Attributes:
        mean: of every quantity.
        factor: lower triangular L with covariance L Lᵀ.
    """

    mean: tuple[float, ...]
    factor: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class HydraulicPrior:
    """Belief about the network's hydraulics: lognormal factors on its velocities and dispersions, dead zones.

    The posterior is averaged over `n_settings` quasi-random draws (Kronecker sequence, shifted by `seed`).
    With one setting the medians are used as they stand.

    Attributes:
        velocity_log_sd: standard deviation of the natural logarithm of the velocity factor.
        dispersion_log10_sd: of the decimal logarithm of the dispersion factor (formulas: about 0.5).
        groups: reaches that may differ from the rest of the network.
        storage: None for channels without dead zones.
        gain_log_sd: standard deviation of the natural logarithm of the share of the mass that each station recovers (dye
            loss, gauging, a cloud not mixed over the section; 0.35 on tracer tests). Stations differ independently.
        adaptive: whether settings are drawn where the readings lead, from 32 of them on: sharp readings fit few draws of the
            prior. All are first tried with the middles of reaches and a few durations, in rounds around what fitted; those
            that could matter are weighed in full, each with its prior density over that of all draws.
        tried_places: settings are tried with at most so many release places that stand for all (`places.standing_for_all`); None
            for all of them. What a setting is tried with tells how it is drawn and not what it weighs: those drawn are weighed
            with every place.
        learned: what earlier events of the river told; None before any. See `learn_hydraulics`.
        discharge_log_sd: standard deviation of the natural logarithm by which all discharges together are off (a rating
            curve, a formula, a swell of the day). Only released masses hang on it, for these are in proportion.
    """

    n_settings: int = 1
    velocity_log_sd: float = 0.0
    dispersion_log10_sd: float = 0.0
    seed: int = 0
    groups: tuple[HydraulicGroup, ...] = field(default=())
    storage: StoragePrior | PowerLawPrior | None = None
    adaptive: bool = False
    gain_log_sd: float = 0.0
    learned: LearnedHydraulics | None = None
    discharge_log_sd: float = 0.0
    tried_places: int | None = None

    def __post_init__(self) -> None:
        if self.tried_places is not None and self.tried_places < 1:
            raise TracingError(f"Settings tried with {self.tried_places} places: give at least one, or None.")
        spreads = [self.velocity_log_sd, self.dispersion_log10_sd, self.gain_log_sd]
        spreads += [sd for group in self.groups for sd in (group.velocity_log_sd, group.dispersion_log10_sd)]
        all_spreads = [*spreads, self.discharge_log_sd]
        if self.n_settings < 1 or self.seed < 0 or not all(0 <= sd < math.inf for sd in all_spreads):
            raise TracingError(
                f"{self.n_settings} hydraulic settings by seed {self.seed}, standard deviations {all_spreads}: give at least one "
                "setting, a seed of at least 0, and finite deviations of at least 0."
            )
        if self.storage is not None:
            spreads += self.storage.log10_sds
        if self.n_settings == 1 and max(spreads) > 0:
            raise TracingError(
                "One hydraulic setting cannot stand for an uncertain velocity, dispersion or gain. Use some tens "
                "of settings, or set the standard deviations to 0."
            )
