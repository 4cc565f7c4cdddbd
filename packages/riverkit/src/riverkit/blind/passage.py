"""What a station saw of a passing cloud, in the few numbers that tell how long it has been under way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import TracingError

Floats = NDArray[np.float64]

FRONT = (0.05, 0.25)
"""The front is the time between these shares of the mass. On tracer tests it tells the travel time better than the
standard deviation of the curve, which hangs on a tail that sampling cuts off (docs/design/blind.md)."""

MIDDLE = 0.5
CUT_OFF = 0.5
"""A record that begins or ends above this share of its peak does not hold the passage."""

GRAMS_PER_KILOGRAM = 1_000.0


@dataclass(frozen=True)
class Passage:
    """A cloud's passage at one station.

    Attributes:
        distance_m: of the station along the river, counted downstream from any origin.
        middle_s: when half of the mass had passed, on the common time axis of all stations.
        front_s: time between 5 % and 25 % of the mass.
        mass_kg: mass that passed.
        section_velocity_m_s: mean velocity in the station's cross-section; None if nobody measured it.
    """

    distance_m: float
    middle_s: float
    front_s: float
    mass_kg: float
    section_velocity_m_s: float | None = None

    @classmethod
    def of_curve(
        cls,
        distance_m: float,
        time_s: Floats,
        concentration_g_m3: Floats,
        discharge_m3s: float,
        *,
        background_g_m3: float = 0.0,
        section_velocity_m_s: float | None = None,
        name: str = "",
    ) -> "Passage":
        """Measure a curve; NaN readings are left out, repeated times are averaged by the trapezoids.

        Args:
            time_s, concentration_g_m3: readings in any order.
            background_g_m3: taken off the readings; what is below it counts as nothing.
            name: of the station, for errors.

        Raises:
            TracingError: no cloud in the readings, or one that is cut off at an end.
        """
        where = f"Station {name or f'at {distance_m:g} m'}"
        usable = np.flatnonzero(np.isfinite(concentration_g_m3) & np.isfinite(time_s))
        usable = usable[np.argsort(time_s[usable], kind="stable")]
        time = time_s[usable].astype(float)
        rise = np.maximum(concentration_g_m3[usable] - background_g_m3, 0.0)
        if len(time) < 3 or not rise.max() > 0:
            raise TracingError(
                f"{where}: no cloud in {len(time)} usable readings. Leave the station out, or give the "
                "background that the readings rise above."
            )
        if max(rise[0], rise[-1]) > CUT_OFF * rise.max():
            raise TracingError(
                f"{where}: the record begins or ends within the cloud, at {max(rise[0], rise[-1]) / rise.max():.0%} "
                "of its peak. Give the readings before and after it, or leave the station out."
            )
        passed = np.concatenate([[0.0], np.cumsum((rise[1:] + rise[:-1]) / 2.0 * np.diff(time))])
        begun, quarter, middle = (
            float(np.interp(share * passed[-1], passed, time)) for share in (*FRONT, MIDDLE)
        )
        return cls(
            distance_m=distance_m,
            middle_s=middle,
            front_s=quarter - begun,
            mass_kg=discharge_m3s * float(passed[-1]) / GRAMS_PER_KILOGRAM,
            section_velocity_m_s=section_velocity_m_s,
        )
