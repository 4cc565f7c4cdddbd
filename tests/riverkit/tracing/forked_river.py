"""A river of two arms, and what is measured on it by the closed forms alone."""

import numpy as np
from riverkit.network import Network, Reach, Regime
from scipy import special

FLOW, SPEED, SPREAD = 2.0, 0.5, 12.0


def river(regime=Regime.FREE):
    """Two arms of 6 and 8 km meet and flow 10 km to the outlet."""

    def reach(name, up, down, length, flow, **more):
        return Reach(
            name,
            up,
            down,
            length,
            velocity_m_s=SPEED,
            dispersion_m2s=SPREAD,
            discharge_m3s=flow,
            **more,
        )

    return Network.build(
        [
            reach("west", "w", "x", 6_000.0, 1.2, regime=regime),
            reach("east", "e", "x", 8_000.0, 0.8),
            reach("stem", "x", "o", 10_000.0, FLOW),
        ]
    )


def arrived(distance_m, time_s):
    """Share of an instantaneous release that has passed after a time: the inverse Gaussian distribution."""
    time = np.maximum(time_s, 1e-9)
    root = np.sqrt(2 * SPREAD * time)
    tail = np.exp(SPEED * distance_m / SPREAD + special.log_ndtr(-(distance_m + SPEED * time) / root))
    return np.where(time_s > 0, special.ndtr((SPEED * time - distance_m) / root) + tail, 0.0)


def concentration(distance_m, time_s, start_s, duration_s, mass_kg, flow=FLOW):
    passed = arrived(distance_m, time_s - start_s) - arrived(distance_m, time_s - start_s - duration_s)
    return mass_kg / duration_s * passed * 1_000.0 / flow
