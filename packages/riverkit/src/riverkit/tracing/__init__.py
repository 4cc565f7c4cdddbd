"""Who released it, when and how much: the posterior over sources, given readings at stations."""

from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    HydraulicGroup,
    HydraulicPrior,
    Noise,
    StartPrior,
    StationSeries,
    StoragePrior,
    StrengthPrior,
    diffuse,
)
from riverkit.tracing.posterior import trace
from riverkit.tracing.result import CandidateResult, Contrast, Interval, Posterior, StationPrediction
from riverkit.tracing.several import CombinationResult, SourceCount, SourceResult, trace_several

__all__ = [
    "BackgroundPrior",
    "Candidate",
    "CandidateResult",
    "CombinationResult",
    "Contrast",
    "HydraulicGroup",
    "HydraulicPrior",
    "Interval",
    "Noise",
    "Posterior",
    "SourceCount",
    "SourceResult",
    "StartPrior",
    "StationPrediction",
    "StationSeries",
    "StoragePrior",
    "StrengthPrior",
    "diffuse",
    "trace",
    "trace_several",
]
