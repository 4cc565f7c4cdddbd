"""The rule of quality control, and what it finds in a station's readings."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from riverkit.detection import Finding, QualityRules, against_neighbour, check

from riverchief.base.rules import rule_version
from riverchief.monitor.kinship import next_upstream
from riverchief.monitor.review.sentences import Sentences, sentence_of
from riverchief.monitor.series import StationValues, measured_values, moment
from riverchief.registry.models import Station


@dataclass(frozen=True)
class QualityControl:
    """The rule `monitor.quality_control`: riverkit's rules, and how the platform applies them."""

    rules: QualityRules
    version: str
    window: timedelta
    """Readings that are older when they arrive are history, and raise no doubt."""
    memory: timedelta
    """How far back the rules look: a spike against the changes of a week, a stuck value to where it began."""
    extend: timedelta
    """A run that goes on is told again when it has grown by so much."""
    neighbour_m: float

    @classmethod
    def current(cls) -> "QualityControl":
        """The version that holds today."""
        row = rule_version("monitor.quality_control")
        body = row.body
        return cls(
            rules=QualityRules.of({**body["rules"], "version": row.version, "source": row.source}),
            version=row.version,
            window=timedelta(hours=body["window_hours"]),
            memory=timedelta(days=body["memory_days"]),
            extend=timedelta(minutes=body["extend_minutes"]),
            neighbour_m=1000 * body["neighbour_km"],
        )


@dataclass(frozen=True)
class Suspicion:
    """A doubt before it is a row; named as the columns of `Doubt`. `ended`: a later reading is beyond the run."""

    rule: str
    parameter: str
    kind: str
    first_at: datetime
    last_at: datetime | None
    readings: int
    value: float | None
    compared: float | None
    unit: str
    sentences: Sentences
    ended: bool


@dataclass(frozen=True)
class Checked:
    """What was found in a station's readings. Of each parameter, everything from `judged_from` on was looked at."""

    suspicions: list[Suspicion]
    judged_from: dict[str, datetime]


def check_readings(station: Station, since: datetime, until: datetime, control: QualityControl) -> Checked:
    """All doubts about readings from `since` on, and about the one before: that a value leapt shows with the next.

    Of instruments alone, and compared with instruments alone: three persons have answered for a laboratory's result.
    """
    limits = control.rules.parameters
    found = measured_values(station.pk, limits, since - control.memory, until, instruments_only=True)
    judged_from = {}
    for parameter in found.values:
        times = found.times_of(parameter)
        place = max(int(np.searchsorted(times, since.timestamp())) - 1, 0)
        judged_from[parameter] = min(since, moment(times[place]))
    findings: list[tuple[Finding, Station | None]] = [
        (finding, None) for finding in check(found.time_s, found.values, control.rules)
    ]
    compared = [name for name in found.values if limits[name].most_from_neighbour is not None]
    above = next_upstream(station, control.neighbour_m) if compared else None
    if above is not None:
        findings += [
            (finding, above[0])
            for finding in _against_neighbour(found, above[0], compared, since, until, control)
        ]
    suspicions = [
        _suspicion(finding, neighbour, found, control.rules)
        for finding, neighbour in findings
        if moment(found.time_s[finding.last]) >= judged_from[finding.parameter]
    ]
    return Checked(suspicions, judged_from)


def _against_neighbour(
    found: StationValues,
    neighbour: Station,
    parameters: list[str],
    since: datetime,
    until: datetime,
    control: QualityControl,
) -> list[Finding]:
    there = measured_values(neighbour.pk, parameters, since - control.memory, until, instruments_only=True)
    findings = []
    for name in parameters:
        most = control.rules.parameters[name].most_from_neighbour
        if name in there.values and most is not None:
            findings += against_neighbour(
                found.time_s,
                found.values[name],
                name,
                there.time_s,
                there.values[name],
                most=most,
                within_minutes=control.rules.neighbour_minutes,
            )
    return findings


def _suspicion(
    finding: Finding, neighbour: Station | None, found: StationValues, rules: QualityRules
) -> Suspicion:
    name = finding.parameter
    values = found.values[name]
    readings = int(np.count_nonzero(~np.isnan(values[finding.first : finding.last + 1])))
    first_at, last_at = moment(found.time_s[finding.first]), moment(found.time_s[finding.last])
    unit = found.units[name]
    return Suspicion(
        rule=finding.rule,
        parameter=name,
        kind=found.kinds[name],
        first_at=first_at,
        last_at=last_at,
        readings=readings,
        value=finding.value,
        compared=finding.limit,
        unit=unit,
        sentences=sentence_of(finding, readings, last_at - first_at, unit, rules, neighbour),
        ended=bool((~np.isnan(values[finding.last + 1 :])).any()),
    )
