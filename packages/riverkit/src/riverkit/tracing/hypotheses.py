"""A posterior as a list of weighted releases, and what each of them would show anywhere on the network."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riverkit.errors import TracingError
from riverkit.network import Location, Network
from riverkit.tracing.hydraulics import Setting
from riverkit.tracing.model import Floats, Ints
from riverkit.tracing.tally import Draws
from riverkit.transport import LaplaceGrid, arrivals

GRAMS_PER_KILOGRAM = 1_000.0
NOWHERE = -1
Parts = tuple[tuple[Location, float], ...]
WINDOW, DAMPING = 1.5, 18.0
"""As in the trace: kernels are inverted over 1.5 times the span needed."""


@dataclass(frozen=True, eq=False)
class Hypotheses:
    """Releases that the readings so far allow, some of each candidate; arrays over the releases.

    Attributes:
        keys: names of the candidates.
        places: where releases may begin: points, each with its share of the mass (as `Place.parts` of a trace).
        candidate: whose release it is, a number in `keys`.
        weight: probability of the release; all sum to 1, those of a candidate to its probability.
        place: where it began, a number in `places`; `NOWHERE` (-1) for no release in this network.
        setting: the hydraulics it moves with, a number in `settings`.
        start_s, duration_s: on the stations' time axis.
        mass_kg, mass_sd_kg: the released mass, normal.
    """

    keys: tuple[str, ...]
    places: tuple[Parts, ...]
    settings: tuple[Setting, ...]
    candidate: Ints
    weight: Floats
    place: Ints
    setting: Ints
    start_s: Floats
    duration_s: Floats
    mass_kg: Floats
    mass_sd_kg: Floats

    def __post_init__(self) -> None:
        columns = (self.candidate, self.place, self.setting, self.start_s, self.duration_s, self.mass_kg)
        if not len(self.weight) or {len(column) for column in columns} != {len(self.weight)}:
            raise TracingError("Hypotheses need at least one release, and every column a value for each.")
        if not (self.weight >= 0).all() or abs(float(self.weight.sum()) - 1.0) > 1e-6:
            raise TracingError(
                f"The weights of the hypotheses sum to {self.weight.sum():g}. Make them sum to 1."
            )

    def probabilities(self) -> Floats:
        """Of each candidate, in the order of `keys`."""
        return np.bincount(self.candidate, self.weight, minlength=len(self.keys)).astype(np.float64)

    def thinned(self, per_candidate: int, least: float) -> "Hypotheses":
        """At most so many releases of each candidate, evenly along their weight, in the order of candidates.

        Candidates below the probability `least` are left out, and the others' probabilities scaled to sum to 1.
        """
        probabilities = self.probabilities()
        kept = np.flatnonzero(probabilities >= least)
        total = float(probabilities[kept].sum())
        rows, weights = [], []
        for candidate in kept.tolist():
            own = np.flatnonzero((self.candidate == candidate) & (self.weight > 0))
            share = self.weight[own]
            if len(own) > per_candidate:
                cumulated = np.cumsum(share)
                targets = (np.arange(per_candidate) + 0.5) * (cumulated[-1] / per_candidate)
                own = own[np.searchsorted(cumulated, targets)]
                share = np.full(per_candidate, probabilities[candidate] / per_candidate)
            rows.append(own)
            weights.append(share / total)
        row = np.concatenate(rows)
        return Hypotheses(
            keys=self.keys,
            places=self.places,
            settings=self.settings,
            candidate=self.candidate[row],
            weight=np.concatenate(weights),
            place=self.place[row],
            setting=self.setting[row],
            start_s=self.start_s[row],
            duration_s=self.duration_s[row],
            mass_kg=self.mass_kg[row],
            mass_sd_kg=self.mass_sd_kg[row],
        )

    def beside(self, other: "Hypotheses", share: float) -> "Hypotheses":
        """Both together: this with 1 - `share` of the weight, the other with `share`; candidates go by their keys."""
        keys = tuple(dict.fromkeys((*self.keys, *other.keys)))
        numbers = np.array([keys.index(key) for key in other.keys], dtype=np.int64)
        elsewhere = other.place == NOWHERE
        columns = {
            "candidate": (self.candidate, numbers[other.candidate]),
            "weight": ((1.0 - share) * self.weight, share * other.weight),
            "place": (self.place, np.where(elsewhere, NOWHERE, other.place + len(self.places))),
            "setting": (self.setting, other.setting + len(self.settings)),
            **{
                name: (getattr(self, name), getattr(other, name))
                for name in ("start_s", "duration_s", "mass_kg", "mass_sd_kg")
            },
        }
        return Hypotheses(
            keys,
            (*self.places, *other.places),
            (*self.settings, *other.settings),
            **{name: np.concatenate(both) for name, both in columns.items()},
        )

    def concentration_per_kg(
        self,
        network: Network,
        stations: Sequence[Location],
        discharge_m3s: Floats,
        time_s: Floats,
        *,
        step_s: float,
        decay_per_s: float = 0.0,
    ) -> Floats:
        """Rise over the background for each kilogram released, g/m³: shape [releases, stations, times].

        `step_s` is the time step of the kernels; errors as `riverkit.transport.arrivals`.
        """
        result = np.zeros((len(self.weight), len(stations), len(time_s)))
        real = np.flatnonzero(self.place != NOWHERE)
        if not len(real):
            return result
        span_s = max(float(time_s.max() - self.start_s[real].min()), step_s)
        grid = LaplaceGrid.over(WINDOW * span_s, step_s, DAMPING)
        ends = grid.time_s
        rows_of: defaultdict[int, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for row in real.tolist():
            rows_of[int(self.setting[row])][int(self.place[row])].append(row)
        for setting, rows_at in rows_of.items():
            velocity_factor, dispersion_factor, storage = self.settings[setting]
            points = [(place, part) for place in rows_at for part in self.places[place]]
            for number, transforms in arrivals(
                network,
                stations,
                [location for _, (location, _) in points],
                grid,
                decay_per_s=decay_per_s,
                velocity_factor=velocity_factor,
                dispersion_factor=dispersion_factor,
                storage=storage,
            ):
                passing = np.flatnonzero(transforms.any(axis=1))
                place, (_, share) = points[number]
                arrived = share * np.maximum(grid.arrived(transforms[passing]), 0.0)
                for row in rows_at[place]:
                    duration_s = max(float(self.duration_s[row]), step_s)
                    since = time_s - self.start_s[row]
                    for at, curve in zip(passing.tolist(), arrived, strict=True):
                        passed = np.interp(since, ends, curve, left=0.0)
                        passed -= np.interp(since - duration_s, ends, curve, left=0.0)
                        result[row, at] += np.maximum(passed, 0.0) / duration_s
        result *= (GRAMS_PER_KILOGRAM / discharge_m3s)[:, None]
        return result


def from_draws(
    keys: Sequence[str],
    probabilities: Sequence[float],
    draws: Sequence[tuple[Draws, Floats] | None],
    places: Sequence[Parts],
    settings: Sequence[Setting],
    *,
    first_start_s: float,
    step_s: float,
    duration_steps: Sequence[int],
) -> Hypotheses:
    """The draws that a trace keeps of every candidate (its `Tally.draws`), None for no release in this network.

    `places` and `settings` are those that the draws' numbers mean; the mass is that of the first parameter. A strength cut at zero becomes a mass drawn
    from it, without a spread of its own: the cut matters, and many draws make up for the spread.
    """
    parts: list[list[Floats]] = []
    for candidate, (probability, drawn) in enumerate(zip(probabilities, draws, strict=True)):
        if drawn is None:
            parts.append(
                [np.array([value]) for value in (candidate, probability, NOWHERE, 0, 0.0, step_s, 0.0)]
            )
            continue
        own, weights = drawn
        parts.append(
            [
                np.full(len(weights), float(candidate)),
                probability * weights,
                own.place.astype(np.float64),
                own.setting.astype(np.float64),
                first_start_s + step_s * own.start.astype(np.float64),
                step_s * np.asarray(duration_steps, dtype=np.float64)[own.duration],
                own.masses()[:, 0],
            ]
        )
    candidate_of, weight, place, setting, start_s, duration_s, mass_kg = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return Hypotheses(
        keys=tuple(keys),
        places=tuple(places),
        settings=tuple(settings),
        candidate=candidate_of.astype(np.int64),
        weight=weight / weight.sum(),
        place=place.astype(np.int64),
        setting=setting.astype(np.int64),
        start_s=start_s,
        duration_s=duration_s,
        mass_kg=mass_kg,
        mass_sd_kg=np.zeros(len(mass_kg)),
    )
