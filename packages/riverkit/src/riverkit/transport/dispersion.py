"""Empirical formulas for the longitudinal dispersion coefficient of a river, in m²/s.

All take SI units: width and depth in m, mean velocity and shear velocity in m/s. They are medians, no more: on
measured rivers every modern formula is within a factor of two about half the time, so a use in inference needs
a spread of about 0.5 in log10. Two of them (Zeng & Huai, Wang et al.) hardly need the shear velocity, which is
rarely known. Elder is a lower bound, because it leaves lateral shear out.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from riverkit.errors import TransportError

GRAVITY_M_S2 = 9.80665


@dataclass(frozen=True)
class Section:
    """Mean section of a reach: width, depth (m), mean velocity and shear velocity (m/s), all above 0."""

    width_m: float
    depth_m: float
    velocity_m_s: float
    shear_velocity_m_s: float

    def __post_init__(self) -> None:
        for name in ("width_m", "depth_m", "velocity_m_s", "shear_velocity_m_s"):
            if not getattr(self, name) > 0:
                raise TransportError(
                    f"No dispersion formula with {name} = {getattr(self, name)}. Give a value above 0."
                )

    @property
    def aspect(self) -> float:
        """Width over depth."""
        return self.width_m / self.depth_m

    @property
    def friction(self) -> float:
        """Mean velocity over shear velocity."""
        return self.velocity_m_s / self.shear_velocity_m_s


def elder(section: Section) -> float:
    """Elder (1959), vertical shear only."""
    return 5.93 * section.depth_m * section.shear_velocity_m_s


def fischer(section: Section) -> float:
    """Fischer (1975)."""
    return (
        0.011
        * math.pow(section.velocity_m_s * section.width_m, 2)
        / (section.depth_m * section.shear_velocity_m_s)
    )


def liu(section: Section) -> float:
    """Liu (1977)."""
    lateral = math.pow(section.velocity_m_s * section.width_m, 2) / (
        section.depth_m * section.shear_velocity_m_s
    )
    return 0.18 * math.pow(section.friction, -1.5) * lateral


def iwasa_aya(section: Section) -> float:
    """Iwasa & Aya (1991)."""
    return 2.0 * math.pow(section.aspect, 1.5) * section.depth_m * section.shear_velocity_m_s


def seo_cheong(section: Section) -> float:
    """Seo & Cheong (1998)."""
    scale = section.depth_m * section.shear_velocity_m_s
    return 5.915 * math.pow(section.aspect, 0.62) * math.pow(section.friction, 1.428) * scale


def deng(section: Section) -> float:
    """Deng, Singh & Bengtsson (2001)."""
    mixing = 0.145 + section.friction * math.pow(section.aspect, 1.38) / 3520.0
    scale = section.depth_m * section.shear_velocity_m_s
    return 0.15 / (8.0 * mixing) * math.pow(section.aspect, 5.0 / 3.0) * math.pow(section.friction, 2) * scale


def kashefipour_falconer(section: Section) -> float:
    """Kashefipour & Falconer (2002), both branches."""
    scale = section.depth_m * section.velocity_m_s * section.friction
    if section.aspect > 50.0:
        return 10.612 * scale
    return (7.428 + 1.775 * math.pow(section.aspect, 0.62) * math.pow(section.friction, -0.572)) * scale


def sahay_dutta(section: Section) -> float:
    """Sahay & Dutta (2009)."""
    scale = section.depth_m * section.shear_velocity_m_s
    return 2.0 * math.pow(section.aspect, 0.96) * math.pow(section.friction, 1.25) * scale


def zeng_huai(section: Section) -> float:
    """Zeng & Huai (2014)."""
    return (
        5.4
        * math.pow(section.aspect, 0.7)
        * math.pow(section.friction, 0.13)
        * section.depth_m
        * section.velocity_m_s
    )


def disley(section: Section) -> float:
    """Disley et al. (2015), with the Froude number."""
    froude = section.velocity_m_s / math.sqrt(GRAVITY_M_S2 * section.depth_m)
    scale = section.depth_m * section.shear_velocity_m_s
    return (
        3.563
        * math.pow(froude, -0.4117)
        * math.pow(section.aspect, 0.6776)
        * math.pow(section.friction, 1.0132)
        * scale
    )


def wang(section: Section) -> float:
    """Wang, Huai & Wang (2017)."""
    return (0.718 + 47.9 / section.aspect) * section.velocity_m_s * section.width_m


FORMULAS: dict[str, Callable[[Section], float]] = {
    "elder": elder,
    "fischer": fischer,
    "liu": liu,
    "iwasa-aya": iwasa_aya,
    "seo-cheong": seo_cheong,
    "deng": deng,
    "kashefipour-falconer": kashefipour_falconer,
    "sahay-dutta": sahay_dutta,
    "zeng-huai": zeng_huai,
    "disley": disley,
    "wang": wang,
}
"""Every formula under its authors' names."""
