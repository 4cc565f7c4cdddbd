"""What blanks, duplicates and holding times say of the results of a round."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from riverchief.base.models import RuleVersion
from riverchief.monitor.lab_readings import Key, instrument_readings
from riverchief.monitor.sampling.models import Bottle, SamplingRound
from riverchief.monitor.sampling.quality import (
    BLANK_FOUND,
    DUPLICATES_APART,
    INSTRUMENT_STANDS,
    PAST_HOLDING,
    Found,
    blank_is_clean,
    duplicates_agree,
    relative_deviation,
)
from riverchief.monitor.sampling.result_models import BottleResult, ResultSheet
from riverchief.monitor.sampling.results import results_of, standing


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
    filled = Bottle.objects.filter(visit__round=made).exclude(step__in=["", "lost"]).order_by("label")
    bottles = list(filled.exclude(role=Bottle.Role.SAMPLE))
    beside = {row.visit_id for row in bottles if row.role == Bottle.Role.DUPLICATE}
    samples = {
        (row.visit_id, row.group): row for row in filled.filter(role=Bottle.Role.SAMPLE, visit__in=beside)
    }
    found = {
        (row.bottle_id, row.parameter): row
        for row in results_of(made).filter(bottle__in=[row.pk for row in (*bottles, *samples.values())])
    }
    checks: list[Check] = []
    for bottle in bottles:
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


class Remarks:
    """What is remarked on results: past the holding time, a blank of the parameter not clean, the duplicate apart; and
    that an instrument's reading of that very time stays in the series.
    """

    def __init__(self, checks: Iterable[Check], rows: Iterable[BottleResult]) -> None:
        wrong = [check for check in checks if check.ok is False]
        self._batches = {check.parameter for check in wrong if check.role == Bottle.Role.BLANK}
        self._apart = {
            (check.sample_id, check.parameter) for check in wrong if check.role == Bottle.Role.DUPLICATE
        }
        samples = [_place(row) for row in rows if row.bottle.role == Bottle.Role.SAMPLE]
        self._instruments = instrument_readings(samples)

    def on(self, row: BottleResult) -> list[str]:
        """Those on one result; it is kept all the same."""
        hours, taken_at = row.bottle.holding_h.get(row.parameter), row.bottle.visit.taken_at
        late = (
            hours is not None and taken_at is not None and row.analysed_at > taken_at + timedelta(hours=hours)
        )
        return [
            *([PAST_HOLDING] if late else []),
            *([BLANK_FOUND] if row.parameter in self._batches else []),
            *([DUPLICATES_APART] if (row.bottle_id, row.parameter) in self._apart else []),
            *(
                [INSTRUMENT_STANDS]
                if row.bottle.role == Bottle.Role.SAMPLE and _place(row) in self._instruments
                else []
            ),
        ]


def _place(row: BottleResult) -> Key:
    visit = row.bottle.visit
    assert visit.taken_at is not None  # analysed, so taken
    return (visit.station_id, row.parameter, visit.taken_at)


def results_in(sheet: ResultSheet) -> "QuerySet[BottleResult]":
    """The results of a sheet, of each bottle and parameter the last version in it, by parameter and label."""
    rows = standing(BottleResult.objects.filter(sheet=sheet))
    return rows.select_related("bottle__visit__station", "entered_by").order_by("parameter", "bottle__label")


def parameters_in(sheet: ResultSheet) -> set[str]:
    """Of which parameters a sheet holds results."""
    return set(sheet.results.order_by().values_list("parameter", flat=True).distinct())
