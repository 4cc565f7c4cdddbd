"""Parameters that rose together with that of an event, and in what proportions kinds of outfall release them: no database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from riverchief.trace.inputs import CandidateInput, CompanionInput, FingerprintInput, StationInput

Seen = Mapping[int, tuple[float, float]]
"""By station that saw the event, from when to when, in seconds from the origin."""


def companions(
    by_parameter: Mapping[str, Sequence[StationInput]], seen: Seen, rule: Mapping[str, Any]
) -> list[CompanionInput]:
    """The parameters that rose where and while the event was seen, those that rose most first.

    Args:
        by_parameter: the stations of the trace, as other parameters have them.
        rule: `joint` of `trace.settings`.
    """
    risen = []
    for parameter, stations in by_parameter.items():
        rise = max((_rise(row, seen, rule) for row in stations), default=0.0)
        if rise >= rule["rise_scatters"]:
            risen.append((-rise, parameter))
    kept = sorted(risen)[: rule["most_parameters"] - 1]
    return [CompanionInput(parameter, list(by_parameter[parameter])) for _, parameter in kept]


def _rise(station: StationInput, seen: Seen, rule: Mapping[str, Any]) -> float:
    """How far readings lay above what is usual while the station saw the event, in scatters, for so many at least."""
    if station.station_id not in seen:
        return 0.0
    begin, end = seen[station.station_id]
    above = sorted(
        (
            (value - usual) / station.scatter
            for at, value, usual in zip(station.time_s, station.value, station.usual, strict=True)
            if value is not None and begin <= at <= end
        ),
        reverse=True,
    )
    least: int = rule["least_readings"]
    return above[least - 1] if len(above) >= least else 0.0


def with_fingerprints(
    candidates: Iterable[CandidateInput],
    kind_of: Mapping[str, str],
    parameters: Sequence[str],
    rule: Mapping[str, Any],
) -> list[CandidateInput]:
    """The candidates, with the usual proportions of those of whose kind they are known.

    Args:
        kind_of: kind of outfall, by the key of the candidate.
        parameters: those that are traced; the event's own first.
        rule: the body of `trace.fingerprints`.
    """
    known = {key: _fingerprint(rule[kind], parameters) for key, kind in kind_of.items() if kind in rule}
    return [replace(row, fingerprint=known.get(row.key)) for row in candidates]


def _fingerprint(kind: Mapping[str, Any], parameters: Sequence[str]) -> FingerprintInput | None:
    """Proportions to the first parameter of which something is known; None where fewer than two are."""
    known = [parameter for parameter in parameters if parameter in kind["mg_l"]]
    if len(known) < 2:
        return None
    reference, *others = known
    amount = kind["mg_l"]
    return FingerprintInput(
        reference, {name: amount[name] / amount[reference] for name in others}, kind["log_sd"]
    )
