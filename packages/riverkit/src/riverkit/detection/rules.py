"""The thresholds of quality control as versioned data: a table handed in, never constants of the code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from riverkit.errors import DetectionError


@dataclass(frozen=True, slots=True)
class ParameterRules:
    """What is plausible for one parameter, in its unit; None switches a rule off."""

    least: float | None = None
    most: float | None = None
    never_zero: bool = False
    """Exactly 0 is the output of a dead instrument, not a value of this parameter in a river."""
    least_step: float = 0.0
    """Smaller steps are nothing to wonder about: no rate, however short the time, and no spike, however quiet the series."""
    most_change_per_hour: float | None = None
    stuck_hours: float | None = None
    """Values that do not move at all for so long are those of a stuck instrument."""
    spike_times: float | None = None
    """A lone reading that leaps away and back by so many times the change that 95 % of changes stay below."""
    most_from_neighbour: float | None = None
    """From a second instrument or a station nearby, at nearly the same time."""


@dataclass(frozen=True, slots=True)
class NotAbove:
    """A part cannot be more than its whole: ammonia nitrogen and total nitrogen; `tolerance` is a share of the whole."""

    part: str
    whole: str
    tolerance: float


@dataclass(frozen=True, slots=True)
class QualityRules:
    """A version of the rules of quality control."""

    version: str
    source: str
    parameters: Mapping[str, ParameterRules]
    not_above: tuple[NotAbove, ...] = ()
    most_oxygen_saturation: float | None = None
    """As a share: 1 is saturated."""
    neighbour_minutes: float = 60.0
    silent_intervals: float = 3.0
    """A station is silent after so many of its usual intervals without a reading."""
    stale_minutes: float = 120.0
    """A reading that is received so long after it was taken is stale."""
    no_value: tuple[float, ...] = field(default=())
    """Numbers that mean "no value"."""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "QualityRules":
        """From decoded JSON. Raises DetectionError, naming what it does not know or misses."""
        try:
            parts = dict(body)
            parts["parameters"] = {
                name: ParameterRules(**rules) for name, rules in body["parameters"].items()
            }
            parts["not_above"] = tuple(NotAbove(**pair) for pair in body.get("not_above", ()))
            parts["no_value"] = tuple(body.get("no_value", ()))
            return cls(**parts)
        except (TypeError, KeyError, AttributeError) as error:
            raise DetectionError(
                f"rules of quality control: {error}; see riverkit/detection/data/quality.json for the form"
            ) from error

    @classmethod
    def read(cls, path: Path) -> "QualityRules":
        """From a JSON file."""
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DetectionError(f"rules of quality control in {path}: {error}") from error
        return cls.of(body)

    @classmethod
    def supplied(cls) -> "QualityRules":
        """The rules that come with riverkit: a beginning, to be replaced by an office's own."""
        text = files("riverkit.detection").joinpath("data", "quality.json").read_text(encoding="utf-8")
        return cls.of(json.loads(text))
