"""How long a release takes from every source to every place, and when it would be seen there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from riverkit.errors import PlacementError
from riverkit.network import Location, Network
from riverkit.placement.greedy import Floats
from riverkit.transport import moments, moments_together

GRAMS_PER_KILOGRAM = 1_000.0


@dataclass(frozen=True)
class TypicalRelease:
    """What a future release may look like, and when a station notices it.

    Attributes:
        mass_kg: median of the released mass.
        mass_log_sd: standard deviation of its natural logarithm; 1 is a factor of 2.7 up or down.
        duration_s: at a constant rate.
        threshold_g_m3: rise above the background that a station notices, g/m³ (= mg/L).
    """

    mass_kg: float
    threshold_g_m3: float
    mass_log_sd: float = 1.0
    duration_s: float = 3_600.0

    def __post_init__(self) -> None:
        if not min(self.mass_kg, self.threshold_g_m3, self.mass_log_sd, self.duration_s) > 0:
            raise PlacementError(f"{self}: mass, threshold, spread and duration must all be above 0.")


@dataclass(frozen=True, eq=False)
class Travel:
    """From every source to every place, arrays of shape [places, sources]; NaN where the water does not pass.

    Attributes:
        share: of the mass that passes the place, 0 where none does.
        mean_s, sigma_s: mean and standard deviation of the travel time of an instantaneous release.
    """

    share: Floats
    mean_s: Floats
    sigma_s: Floats

    def log_peak_ratio(self, release: TypicalRelease, discharge_m3s: Floats) -> Floats:
        """Logarithm of the peak's rise over the threshold for the median mass; -inf where nothing passes.

        The cloud is taken as normal; `discharge_m3s` is the flow at each place.
        """
        sigma = np.sqrt(self.sigma_s**2 + release.duration_s**2 / 12.0)
        peak = release.mass_kg * GRAMS_PER_KILOGRAM * self.share
        peak = peak / (np.sqrt(2.0 * np.pi) * sigma * discharge_m3s[:, None])
        with np.errstate(divide="ignore"):
            ratio: Floats = np.log(np.where(self.share > 0, peak, 0.0) / release.threshold_g_m3)
        return ratio

    def seen_probability(self, release: TypicalRelease, discharge_m3s: Floats) -> Floats:
        """Probability, over the released mass, that the cloud's peak is noticed at the place."""
        seen: Floats = special.ndtr(self.log_peak_ratio(release, discharge_m3s) / release.mass_log_sd)
        return seen

    def detection_h(self, release: TypicalRelease, discharge_m3s: Floats) -> Floats:
        """Hours from the start of a release of median mass until the place notices it; inf where it never does."""
        ratio = self.log_peak_ratio(release, discharge_m3s)
        sigma = np.sqrt(self.sigma_s**2 + release.duration_s**2 / 12.0)
        middle = self.mean_s + 0.5 * release.duration_s
        seen = ratio >= 0
        # A normal cloud rises above the threshold so many deviations before its middle, but not before it begins.
        rises = np.maximum(middle - sigma * np.sqrt(2.0 * np.where(seen, ratio, 0.0)), 0.0)
        hours: Floats = np.where(seen, rises / 3_600.0, np.inf)
        return hours


def travel(network: Network, places: Sequence[Location], sources: Sequence[Location]) -> Travel:
    """Travel from every source to every place; errors as `riverkit.transport.moments`."""
    if not places or not sources:
        raise PlacementError("Give at least one place for a station and one possible source.")
    arrays = network.arrays
    if (arrays.flow_share * arrays.kept_share == 1.0).all():
        return _on_tree(network, places, sources)
    return Travel(*moments_together(network, places, sources))


def _on_tree(network: Network, places: Sequence[Location], sources: Sequence[Location]) -> Travel:
    """Where no channel divides or loses water: cumulants add along the one way, so a few sweeps give those of all pairs.

    Of a place and a source above it, those to the lowest place below both are known; the difference is
    theirs.
    """
    below = _passing(network, places, places)
    shape = (len(places), len(sources))
    passing = _passing(network, places, sources)
    mean, variance = np.full(shape, np.nan), np.full(shape, np.nan)
    left = np.ones(len(places), dtype=bool)
    # The place that most places lie above is the lowest of its river.
    for lowest in np.argsort(-below.sum(axis=1), kind="stable").tolist():
        if not left[lowest]:
            continue
        rows = np.flatnonzero(below[lowest] & left)
        left[rows] = False
        columns = np.flatnonzero(passing[lowest])
        ends = [places[row] for row in rows.tolist()] + [sources[column] for column in columns.tolist()]
        way = moments(network, places[lowest], ends)
        square = way.sigma_s**2
        of_places, of_sources = slice(None, len(rows)), slice(len(rows), None)
        block = np.ix_(rows, columns)
        mean[block] = way.mean_s[of_sources] - way.mean_s[of_places, None]
        variance[block] = square[of_sources] - square[of_places, None]
    mean, variance = (np.where(passing, np.maximum(each, 0.0), np.nan) for each in (mean, variance))
    return Travel(passing.astype(np.float64), mean, np.sqrt(variance))


def _passing(
    network: Network, places: Sequence[Location], sources: Sequence[Location]
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Whether the water of each source (column) passes each place (row)."""
    row_of_source = np.array([network.index(source.reach_id) for source in sources])
    chainage = np.array([source.chainage_m for source in sources])
    passing = np.zeros((len(places), len(sources)), dtype=bool)
    for row, place in enumerate(places):
        above = np.zeros(len(network), dtype=bool)
        above[[network.index(reach_id) for reach_id in network.upstream(place.reach_id)]] = True
        same = row_of_source == network.index(place.reach_id)
        passing[row] = np.where(same, chainage <= place.chainage_m, above[row_of_source])
    return passing
