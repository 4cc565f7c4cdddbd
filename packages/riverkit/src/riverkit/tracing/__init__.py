"""Who released it, when and how much: the posterior over sources, given readings at stations."""

from riverkit.tracing.alternatives import with_alternatives
from riverkit.tracing.coarser import averaged, step_for_combinations
from riverkit.tracing.dead_zones import PowerLawPrior, StoragePrior
from riverkit.tracing.fingerprint import Fingerprint, Ratio
from riverkit.tracing.glitches import without_wrong
from riverkit.tracing.learning import ConfirmedEvent, learn_hydraulics
from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    HydraulicGroup,
    HydraulicPrior,
    LearnedHydraulics,
    Noise,
    StartPrior,
    StationSeries,
    StrengthPrior,
    diffuse,
)
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.posterior import trace, trace_jointly
from riverkit.tracing.result import (
    CandidateResult,
    Contrast,
    Interval,
    ParameterResult,
    Posterior,
    SetAside,
    StationPrediction,
)
from riverkit.tracing.several import CombinationResult, SourceCount, SourceResult, trace_several
from riverkit.tracing.survey import Survey
from riverkit.tracing.uncertain import Misfit

__all__ = [
    "BackgroundPrior",
    "Candidate",
    "CandidateResult",
    "CombinationResult",
    "ConfirmedEvent",
    "Contrast",
    "Fingerprint",
    "HydraulicGroup",
    "HydraulicPrior",
    "Interval",
    "LearnedHydraulics",
    "Misfit",
    "Noise",
    "Parameter",
    "ParameterResult",
    "Posterior",
    "PowerLawPrior",
    "Ratio",
    "SetAside",
    "SourceCount",
    "SourceResult",
    "StartPrior",
    "StationPrediction",
    "StationSeries",
    "StoragePrior",
    "StrengthPrior",
    "Survey",
    "averaged",
    "diffuse",
    "learn_hydraulics",
    "step_for_combinations",
    "trace",
    "trace_jointly",
    "trace_several",
    "with_alternatives",
    "without_wrong",
]
