"""Water-quality classes by national standard: limits as dated data, single-factor class, agreement with published ones."""

from ._agreement import Assessment, Difference, Share, assess
from ._classes import WaterClass
from ._classify import REQUIRED, Classification, Verdict, class_of, classify, water_class
from ._readings_file import Readings, RowProblem, read_readings
from ._standard import PARAMETERS, Parameter, Standard, WaterBody, standard
from ._water_body import LearnedWaterBody, learn_water_body

__all__ = [
    "PARAMETERS",
    "REQUIRED",
    "Assessment",
    "Classification",
    "Difference",
    "LearnedWaterBody",
    "Parameter",
    "Readings",
    "RowProblem",
    "Share",
    "Standard",
    "Verdict",
    "WaterBody",
    "WaterClass",
    "assess",
    "class_of",
    "classify",
    "learn_water_body",
    "read_readings",
    "standard",
    "water_class",
]
