"""What a trace is computed from, as plain values that are stored with it.

A trace must be readable years later, when readings are archived and the network is another: so it keeps values, not
references, and is computed from nothing else.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from riverkit.network import Location, Network, Reach, Regime

from riverchief.trace.codes import CandidateKind


@dataclass(frozen=True)
class StationInput:
    """The readings of one station.

    `value` holds what was read, in g/m³ (= mg/L), None where nothing usable was; `usual` what the station shows at
    that hour of the day when nothing happens; `scatter` how far readings stray from that. Times are in seconds from
    the origin of the trace.
    """

    station_id: int
    code: str
    name_zh: str
    name_en: str
    reach_id: str
    chainage_m: float
    discharge_m3s: float
    affected: bool
    unit: str
    time_s: list[float]
    value: list[float | None]
    flag: list[str]
    usual: list[float]
    scatter: float

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(self.reach_id, self.chainage_m)


@dataclass(frozen=True)
class SampleInput:
    """The result of a bottle taken by hand; it names a row of the monitor's samples.

    `value` is in g/m³, the detection limit where `below` is set. `usual` is what the water there is taken to hold without
    the event, from the event's stations; `spread` the standard deviation of that, and `error` of the result itself. Not
    `used`: no freely flowing way leads from a place in question to it.
    """

    id: int
    reach_id: str
    chainage_m: float
    lon: float
    lat: float
    time_s: float
    value: float
    below: bool
    discharge_m3s: float
    usual: float
    spread: float
    error: float
    used: bool = True

    @property
    def key(self) -> str:
        """What names it among the stations of a trace."""
        return f"sample:{self.id}"

    @property
    def location(self) -> Location:
        """Where the water was taken."""
        return Location(self.reach_id, self.chainage_m)


@dataclass(frozen=True)
class SamplingPlaceInput:
    """A place where a crew can take water, in words that name no outfall.

    `above_m`: how far above the station it is, below 0 for one below it, None where there is no station on the way.
    """

    reach_id: str
    chainage_m: float
    lon: float
    lat: float
    reach_code: str
    river_zh: str
    river_en: str
    station_zh: str = ""
    station_en: str = ""
    above_m: float | None = None

    @property
    def location(self) -> Location:
        """Where on the network."""
        return Location(self.reach_id, self.chainage_m)


@dataclass(frozen=True)
class SamplingInput:
    """What the next samples are chosen from: when a crew was first asked, places, what it can do (`trace.sampling`)."""

    asked_at_s: float
    places: list[SamplingPlaceInput]
    settings: dict[str, Any]
    settings_version: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SamplingInput":
        """From plain values."""
        return cls(**{**data, "places": [SamplingPlaceInput(**row) for row in data["places"]]})


@dataclass(frozen=True)
class CompanionInput:
    """A parameter that rose together with the event's, as the stations of the trace read it."""

    parameter: str
    stations: list[StationInput]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CompanionInput":
        """From plain values."""
        return cls(data["parameter"], [StationInput(**row) for row in data["stations"]])


@dataclass(frozen=True)
class FingerprintInput:
    """In what proportions to the mass of `reference` a kind of outfall releases other parameters.

    `log_sd` is the standard deviation of the natural logarithm of each ratio.
    """

    reference: str
    ratios: dict[str, float]
    log_sd: float


@dataclass(frozen=True)
class CandidateInput:
    """A place, or "nothing", with its weight before the readings.

    `prior` is what the rules give it, `weight` what people made of that (equal to it where nobody changed anything).
    `rain_driven`: it begins with the rain. `ran`: from when to when it is on record as running over, ISO 8601 (no end: it
    still ran); then it begins within these times. `reach_ids`: those that a catchment drains to. `fingerprint`: None where
    nothing is known of the proportions in which it releases several parameters.
    """

    key: str
    kind: str
    prior: float
    weight: float | None = None
    outfall_id: int | None = None
    adjustment_id: int | None = None
    reach_id: str | None = None
    chainage_m: float | None = None
    lon: float | None = None
    lat: float | None = None
    rain_driven: bool = False
    ran: list[tuple[str, str | None]] = field(default_factory=list)
    reach_ids: list[str] = field(default_factory=list)
    fingerprint: FingerprintInput | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CandidateInput":
        """From plain values."""
        given = data.get("fingerprint")
        return cls(
            **{
                **data,
                "ran": [(begins_at, ends_at) for begins_at, ends_at in data.get("ran", [])],
                "fingerprint": FingerprintInput(**given) if given else None,
            }
        )

    @property
    def believed(self) -> float:
        """The weight that counts."""
        return self.prior if self.weight is None else self.weight

    @property
    def location(self) -> Location | None:
        """Where on the network; None for a catchment and for "nothing"."""
        if self.reach_id is None or self.chainage_m is None:
            return None
        return Location(self.reach_id, self.chainage_m)


@dataclass(frozen=True)
class AdjustmentInput:
    """What a person changed before this attempt, and why.

    `factor` is how many times as likely a candidate is taken to be as the rules have it; for a place that was added,
    as a listed outfall. It is 0 for one that was ruled out. Of hours of rain `begins_at` and `ends_at` tell, ISO 8601.
    """

    id: int
    kind: str
    key: str
    factor: float
    reason: str
    made_by: str
    made_at: str
    label: str = ""
    reach_id: str | None = None
    chainage_m: float | None = None
    lon: float | None = None
    lat: float | None = None
    begins_at: str | None = None
    ends_at: str | None = None
    amount_mm: float | None = None


@dataclass(frozen=True)
class RainInput:
    """A spell of rain as gauges measured it: ISO 8601, mean amount in mm, codes of the gauges."""

    begins_at: str
    ends_at: str
    amount_mm: float
    gauges: list[str]


@dataclass(frozen=True)
class Excluded:
    """What was left out (a code or a count), and why: a reader must know what the answer does not rest on."""

    what: str
    reason_zh: str
    reason_en: str


@dataclass(frozen=True)
class TraceInputs:
    """Everything a trace is computed from."""

    parameter: str
    origin: datetime
    opened_at_s: float
    last_at_s: float
    basin_code: str
    basin_version: int
    reaches: list[dict[str, Any]]
    stations: list[StationInput]
    candidates: list[CandidateInput]
    excluded: list[Excluded]
    settings: dict[str, Any]
    settings_version: str = ""
    adjustments: list[AdjustmentInput] = field(default_factory=list)
    samples: list[SampleInput] = field(default_factory=list)
    sampling: SamplingInput | None = None
    companions: list[CompanionInput] = field(default_factory=list)
    fingerprints_version: str = ""
    rain: list[RainInput] = field(default_factory=list)

    @property
    def parameters(self) -> list[str]:
        """What is traced, the event's own parameter first."""
        return [self.parameter, *(row.parameter for row in self.companions)]

    @property
    def bottles(self) -> list[SampleInput]:
        """The samples that count."""
        return [sample for sample in self.samples if sample.used]

    @property
    def measured(self) -> int:
        """How many readings it rests on."""
        stations = [*self.stations, *(row for companion in self.companions for row in companion.stations)]
        return sum(value is not None for station in stations for value in station.value)

    def n_starts(self, step_s: float) -> int:
        """Start times from the origin on: what starts after the last affected reading cannot have caused it."""
        return math.ceil(self.last_at_s / step_s) + 1

    @property
    def rain_s(self) -> tuple[tuple[float, float], ...]:
        """From when to when water that rain drives may have begun to come, in seconds from the origin."""
        lag_s = 3600.0 * self.settings["rain"]["lag_hours"] if "rain" in self.settings else 0.0
        # As measured, and as people state it.
        spells: list[RainInput | AdjustmentInput] = [*self.rain, *self.adjustments]
        return tuple(
            (self._seconds(row.begins_at), self._seconds(row.ends_at) + lag_s)
            for row in spells
            if row.begins_at is not None and row.ends_at is not None
        )

    def ran_s(self, candidate: CandidateInput) -> tuple[tuple[float, float], ...]:
        """From when to when a candidate is on record as running over, in seconds from the origin."""
        return tuple(
            (self._seconds(begins_at), self.last_at_s if ends_at is None else self._seconds(ends_at))
            for begins_at, ends_at in candidate.ran
        )

    def _seconds(self, moment: str) -> float:
        return (datetime.fromisoformat(moment) - self.origin).total_seconds()

    def network(self) -> Network:
        """The part of the river network that the trace is about."""
        return Network.build(
            Reach(**{**row, "regime": Regime(row["regime"]), "estimated": frozenset(row["estimated"])})
            for row in self.reaches
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "origin": self.origin.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TraceInputs":
        """The inverse of `to_json`."""
        return cls(
            **{
                **data,
                "origin": datetime.fromisoformat(data["origin"]),
                "stations": [StationInput(**row) for row in data["stations"]],
                "candidates": [CandidateInput.from_json(row) for row in data["candidates"]],
                "excluded": [Excluded(**row) for row in data["excluded"]],
                # Attempts from before people could change anything have none.
                "adjustments": [AdjustmentInput(**row) for row in data.get("adjustments", [])],
                # Nor from before gauges counted.
                "rain": [RainInput(**row) for row in data.get("rain", [])],
                # Nor from before bottles counted.
                "samples": [SampleInput(**row) for row in data.get("samples", [])],
                # Nor from before several parameters were weighed jointly.
                "companions": [CompanionInput.from_json(row) for row in data.get("companions", [])],
                "sampling": SamplingInput.from_json(data["sampling"]) if data.get("sampling") else None,
            }
        )


def reach_to_json(reach: Reach) -> dict[str, Any]:
    """A reach without its line: places are kept as chainages."""
    return {
        "id": reach.id,
        "up": reach.up,
        "down": reach.down,
        "length_m": reach.length_m,
        "discharge_m3s": reach.discharge_m3s,
        "velocity_m_s": reach.velocity_m_s,
        "width_m": reach.width_m,
        "depth_m": reach.depth_m,
        "dispersion_m2s": reach.dispersion_m2s,
        "flow_share": reach.flow_share,
        "regime": reach.regime.value,
        "name": reach.name,
        "estimated": sorted(reach.estimated),
    }


def with_priors(candidates: list[CandidateInput], shares: Mapping[str, float]) -> list[CandidateInput]:
    """Split each kind's weight over its candidates, by the weights they have among themselves."""
    total = {
        kind: sum(row.prior for row in candidates if row.kind == kind) or 1.0 for kind in CandidateKind.values
    }
    return [replace(row, prior=shares[row.kind] * row.prior / total[row.kind]) for row in candidates]
