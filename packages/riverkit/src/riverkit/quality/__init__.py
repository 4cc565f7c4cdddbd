"""Water-quality classes by national standard: limits as dated data, single-factor class, agreement with published ones."""

from ._classes import WaterClass
from ._classify import REQUIRED, Classification, Verdict, class_of, classify, water_class
from ._standard import PARAMETERS, Parameter, Standard, WaterBody, standard

__all__ = [
    "PARAMETERS",
    "REQUIRED",
    "Classification",
    "Parameter",
    "Standard",
    "Verdict",
    "WaterBody",
    "WaterClass",
    "class_of",
    "classify",
    "standard",
    "water_class",
]
