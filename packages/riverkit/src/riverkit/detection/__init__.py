"""Quality control of readings, and events: what departs from a station's own normal."""

from .bloom import BloomDay, BloomRules, bloom_days, told_days
from .calibration import Labelled, Tried, calibrate, point_f1, verdicts
from .events import Detection, Event, Reason, detect
from .measured import MEASURED, measured
from .normal import Departure, Normal, Settings
from .quality import (
    Finding,
    against_neighbour,
    change_too_fast,
    check,
    inconsistent,
    missing,
    out_of_range,
    oversaturated,
    spikes,
    stuck,
)
from .rules import ParameterRules, QualityRules
from .silence import Silence, silences, stale

__all__ = [
    "MEASURED",
    "BloomDay",
    "BloomRules",
    "Departure",
    "Detection",
    "Event",
    "Finding",
    "Labelled",
    "Normal",
    "ParameterRules",
    "QualityRules",
    "Reason",
    "Settings",
    "Silence",
    "Tried",
    "against_neighbour",
    "bloom_days",
    "calibrate",
    "change_too_fast",
    "check",
    "detect",
    "inconsistent",
    "measured",
    "missing",
    "out_of_range",
    "oversaturated",
    "point_f1",
    "silences",
    "spikes",
    "stale",
    "stuck",
    "told_days",
    "verdicts",
]
