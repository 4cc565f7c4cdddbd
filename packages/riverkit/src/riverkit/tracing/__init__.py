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

__all__ = [
    "BackgroundPrior",
    "Candidate",
    "CandidateResult",
    "Contrast",
    "HydraulicGroup",
    "HydraulicPrior",
    "Interval",
    "Noise",
    "Posterior",
    "StartPrior",
    "StationPrediction",
    "StationSeries",
    "StoragePrior",
    "StrengthPrior",
    "diffuse",
    "trace",
]
