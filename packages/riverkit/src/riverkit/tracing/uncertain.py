"""What is uncertain besides the sources, as one point: hydraulics, recoveries, and how far the model may be off."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from riverkit.errors import TracingError
from riverkit.tracing.combinations import Cells
from riverkit.tracing.hydraulics import gains_at, n_uncertain, settings_at
from riverkit.tracing.model import Candidate, Floats, HydraulicPrior, Ints
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.readings import Readings, first_points, prepare
from riverkit.tracing.responses import Responses, log_alone, whitened
from riverkit.tracing.search import Search


@dataclass(frozen=True)
class Misfit:
    """How far the model is off beyond the noise's discrepancy, as a share of a station's rise: lognormal, alike at all stations.

    What the best curve through the readings of one station leaves is the noise's; this is what is left besides where one
    water has to do for all stations. Known of a river beforehand is its order of magnitude only, and where a single source
    may be off by more, a second one has to explain more.
    """

    median: float
    log_sd: float

    def __post_init__(self) -> None:
        if not (0 < self.median < math.inf and 0 < self.log_sd < math.inf):
            raise TracingError(
                f"{self}: median and standard deviation must be finite and above 0. Leave it out for no misfit."
            )


@dataclass(frozen=True, eq=False)
class Uncertain:
    """Points, standard normal beforehand: first the hydraulics, then the stations' gains, last the model's misfit.

    Attributes:
        search: laid out for one parameter; its settings and gains are those of no point.
        parameter: the readings and their noise.
        readings: made ready under the noise as given.
        gain_of: of every place where was read, the number of its gain.
        n_gains: 0 where gains are certain.
        misfit: what is unknown of the model's misfit; None for nothing.
    """

    search: Search
    parameter: Parameter
    candidates: Sequence[Candidate]
    readings: Sequence[Readings]
    hydraulics: HydraulicPrior
    gain_of: Ints
    n_gains: int
    misfit: Misfit | None
    first_start_s: float

    @property
    def n_hydraulic(self) -> int:
        """Quantities before the misfit."""
        return n_uncertain(self.hydraulics) + self.n_gains

    @property
    def dimensions(self) -> int:
        """Quantities of a point."""
        return self.n_hydraulic + (self.misfit is not None)

    def cells(self, point: Floats) -> tuple[Cells, float]:
        """All cells at a point; and the log density of the readings with no source there, against that of the noise as given."""
        readings, search = self._readings(point), self.search
        white, observed = whitened(readings)
        every = np.arange(len(search.places))
        responses = Responses(
            self.integrals(point, every), *self.at, white, observed, search.steps, search.n_starts
        )
        response = np.array([responses.on_grid(place) for place in every.tolist()])
        place, duration, start = (each.ravel() for each in np.indices(response.shape[:3]))
        table: Floats = response.reshape(-1, response.shape[-1])
        cells = Cells(
            response=table,
            square=np.einsum("ij,ij->i", table, table),
            onto=table @ observed,
            log_prior=self._log_prior,
            candidate=np.array([each.candidate for each in search.places])[place],
            place=place,
            duration=duration,
            start=start.astype(np.float64),
            strength=self.parameter.strength,
            log_different=self._log_different,
            responses=responses,
        )
        return cells, sum(map(log_alone, readings)) - self._log_alone

    def integrals(self, point: Floats, places: Ints) -> Floats:
        """The running integrals (`Predictor.integral`) of these release places, shape [places, points read, positions]."""
        search = self._search(point)
        predictor = search.measured[0].predictor
        numbers = places.tolist()
        found = {
            number: predictor.integral(rows)
            for number, rows in search.transported_to(0)(0, list(dict.fromkeys(numbers)))
        }
        return np.array([found[number] for number in numbers])

    def whitened(self, point: Floats) -> tuple[Floats, Floats, float]:
        """A matrix A that scales readings so that errors are unit normal, the readings y so scaled, and what is added to
        -½|y - A c|² for the log density of the readings given concentrations c."""
        readings = self._readings(point)
        white, observed = whitened(readings)
        return white, observed, sum(map(log_alone, readings)) + 0.5 * float(observed @ observed)

    @cached_property
    def at(self) -> tuple[Ints, Floats]:
        """Of every reading, the number of its point and its time since the first start, in grid steps."""
        begins = first_points(self.readings)
        return (
            np.concatenate([begin + each.point for begin, each in zip(begins, self.readings, strict=True)]),
            np.concatenate([each.time_s - self.first_start_s for each in self.readings])
            / self.search.grid.dt_s,
        )

    @cached_property
    def _log_alone(self) -> float:
        return sum(map(log_alone, self.readings))

    @cached_property
    def _priors(self) -> Floats:
        priors = np.array([each.prior for each in self.candidates])
        shares: Floats = priors / priors.sum()
        return shares

    @cached_property
    def _log_prior(self) -> Floats:
        search = self.search
        found = np.empty((len(search.places), len(search.steps), search.n_starts))
        for number, place in enumerate(search.places):
            found[number] = math.log(self._priors[place.candidate] * place.share / found[number].size)
            if place.log_start is not None:
                found[number] += place.log_start
        return found.ravel()

    @cached_property
    def _log_different(self) -> tuple[float, ...]:
        twice, thrice = float((self._priors**2).sum()), float((self._priors**3).sum())
        different = (1.0, 1.0 - twice, 1.0 - 3.0 * twice + 2.0 * thrice)
        return tuple(math.log(max(each, np.finfo(float).tiny)) for each in different)

    def _search(self, point: Floats) -> Search:
        own = self.n_hydraulic - self.n_gains
        gains = np.ones((1, len(self.gain_of)))
        if self.n_gains:
            gains = gains_at(self.hydraulics, point[None, own : self.n_hydraulic])[:, self.gain_of]
        return replace(
            self.search,
            settings=list(settings_at(self.search.network, self.hydraulics, point[None, :own])),
            measured=[replace(self.search.measured[0], gains=gains)],
        )

    def _readings(self, point: Floats) -> Sequence[Readings]:
        if self.misfit is None:
            return self.readings
        further = self.misfit.median * math.exp(self.misfit.log_sd * point[-1])
        noise = self.parameter.noise
        noise = replace(noise, discrepancy=math.hypot(noise.discrepancy, further))
        return [prepare(station, noise, self.parameter.background) for station in self.parameter.stations]
