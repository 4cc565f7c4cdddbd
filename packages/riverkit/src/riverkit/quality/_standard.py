"""Water-quality standards as dated data: which limit holds for which parameter, in which water body."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from riverkit.errors import StandardError

WaterBody = Literal["river", "lake"]
Rule = Literal["at_most", "at_least", "range", "none"]

_FILES = {"GB 3838-2002": "gb3838-2002.json"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One item of a standard.

    ``limits`` holds, per water body, the limits of classes I to V in ``unit`` (``at_most``: a value up to the limit
    belongs to the class; ``at_least``: from the limit on), or the lower and upper bound of a ``range``; a water body
    without an entry has no limits. ``assessed``: the parameter counts in the class of a section.
    """

    no: int
    key: str
    name: str
    name_zh: str
    unit: str
    hj212_code: str
    rule: Rule
    limits: Mapping[WaterBody, tuple[Decimal, ...]]
    assessed: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard: where its limits come from, when it holds, and its parameters by key."""

    code: str
    title: str
    title_zh: str
    table: str
    issued: date
    valid_from: date
    valid_to: date | None
    data_version: str
    source: str
    parameters: Mapping[str, Parameter]

    @property
    def assessed(self) -> tuple[str, ...]:
        """The keys of the parameters that a section's class is made of, in the standard's order."""
        return tuple(key for key, parameter in self.parameters.items() if parameter.assessed)

    def parameter(self, key: str) -> Parameter:
        """The parameter of a key; StandardError names the known keys."""
        try:
            return self.parameters[key]
        except KeyError:
            known = ", ".join(self.parameters)
            raise StandardError(f"{self.code} has no parameter {key!r}; its keys are {known}") from None

    def of_hj212_code(self, code: str) -> Parameter | None:
        """The parameter that an HJ 212 factor code names; None if the standard does not hold it."""
        return next((item for item in self.parameters.values() if item.hj212_code == code), None)


@cache
def standard(code: str = "GB 3838-2002") -> Standard:
    """The standard of a code; StandardError if it is not among the package's data."""
    try:
        name = _FILES[code]
    except KeyError:
        raise StandardError(f"no standard {code!r}; there are {', '.join(_FILES)}") from None
    document = json.loads(files(__package__).joinpath("data", name).read_text("utf-8"))
    items = document.pop("items")
    for key in ("issued", "valid_from", "valid_to"):
        document[key] = document[key] and date.fromisoformat(document[key])
    return Standard(
        parameters=MappingProxyType({item["key"]: _parameter(item) for item in items}), **document
    )


def _parameter(item: dict[str, object]) -> Parameter:
    limits = item.pop("limits")
    assert isinstance(limits, dict)
    decimals = {body: tuple(Decimal(limit) for limit in row) for body, row in limits.items()}
    return Parameter(limits=MappingProxyType(decimals), **item)  # type: ignore[arg-type]


PARAMETERS: Mapping[str, Parameter] = standard().parameters
"""The 24 items of GB 3838-2002 table 1 by key."""
