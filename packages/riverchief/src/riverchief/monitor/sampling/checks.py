"""What blanks, duplicates and holding times say of the results of a round."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from riverchief.base.models import RuleVersion
from riverchief.monitor.sampling.models import Bottle, BottleResult, ResultSheet, SamplingRound
from riverchief.monitor.sampling.quality import (
    BLANK_FOUND,
    DUPLICATES_APART,
    PAST_HOLDING,
    Found,
    blank_is_clean,
    duplicates_agree,
    relative_deviation,
)
from riverchief.monitor.sampling.results import standing


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: a blank (`first` alone) or a pair of duplicates; `ok` None: a result is still missing."""

    parameter: str
    role: str
    labels: tuple[str, ...]
    written: tuple[str | None, ...]
    deviation: float | None
    limit: float | None
    ok: bool | None
    sample_id: int | None = None
    """Of duplicates: the bottle of the sample itself."""


def checks_of(made: SamplingRound, parameters: Iterable[str] | None = None) -> list[Check]:
    """Every blank and pair of duplicates of a round that was filled, by parameter (of these only)."""
    wanted = set(made.parameters if parameters is None else parameters)
    rule = RuleVersion.objects.get(name="monitor.sampling", version=made.quality_version).body
    bottles = list(Bottle.objects.filter(visit__round=made).exclude(step__in=["", "lost"]).order_by("label"))
    samples = {(row.visit_id, row.group): row for row in bottles if row.role == Bottle.Role.SAMPLE}
    found = standing(made)
    checks: list[Check] = []
    for bottle in bottles:
        if bottle.role == Bottle.Role.SAMPLE:
            continue
        for parameter in bottle.parameters:
            if parameter in wanted:
                sample = samples.get((bottle.visit_id, bottle.group))
                checks.append(_check(bottle, sample, parameter, found, rule))
    return sorted(checks, key=lambda row: (made.parameters.index(row.parameter), row.role, row.labels))


def _check(
    bottle: Bottle,
    sample: Bottle | None,
    parameter: str,
    found: Mapping[tuple[int, str], BottleResult],
    rule: Mapping[str, Any],
) -> Check:
    own = found.get((bottle.pk, parameter))
    if bottle.role == Bottle.Role.BLANK:
        ok = None if own is None else blank_is_clean(_found(own))
        return Check(parameter, bottle.role, (bottle.label,), (_written(own),), None, None, ok)
    limit = float(rule["duplicate_limit_of"].get(parameter, rule["duplicate_limit"]))
    other = found.get((sample.pk, parameter)) if sample else None
    labels = (sample.label if sample else "", bottle.label)
    written = (_written(other), _written(own))
    if own is None or other is None:
        return Check(
            parameter, bottle.role, labels, written, None, limit, None, sample.pk if sample else None
        )
    pair = (_found(other), _found(own))
    return Check(
        parameter,
        bottle.role,
        labels,
        written,
        relative_deviation(*pair),
        limit,
        duplicates_agree(*pair, limit),
        sample.pk if sample else None,
    )


def _written(row: BottleResult | None) -> str | None:
    return None if row is None else row.written


def _found(row: BottleResult) -> Found:
    return Found(row.value, row.below_limit)


def remarks(row: BottleResult, checks: Iterable[Check]) -> list[str]:
    """What is remarked on a result: analysed past its holding time, a blank of its parameter not clean, its duplicate apart."""
    told = []
    hours, taken_at = row.bottle.holding_h.get(row.parameter), row.bottle.visit.taken_at
    if hours is not None and taken_at is not None and row.analysed_at > taken_at + timedelta(hours=hours):
        told.append(PAST_HOLDING)
    for check in checks:
        if check.parameter != row.parameter or check.ok is not False:
            continue
        if check.role == Bottle.Role.BLANK and BLANK_FOUND not in told:
            told.append(BLANK_FOUND)
        if check.role == Bottle.Role.DUPLICATE and check.sample_id == row.bottle_id:
            told.append(DUPLICATES_APART)
    return told


def results_in(sheet: ResultSheet) -> list[BottleResult]:
    """The results of a sheet, of each bottle and parameter the last version in it, by parameter and label."""
    rows = sheet.results.select_related("bottle__visit__station", "entered_by").order_by("version")
    last = {(row.bottle_id, row.parameter): row for row in rows}
    return sorted(
        last.values(), key=lambda row: (sheet.round.parameters.index(row.parameter), row.bottle.label)
    )
