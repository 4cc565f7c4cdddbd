"""Readings that stand alone: an analyser that erred once, or water that passed between two readings?"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from riverkit.tracing.hypotheses import Hypotheses
from riverkit.tracing.model import Candidate, Floats, Ints, StationSeries
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.readings import Readings, prepare
from riverkit.tracing.result import CandidateResult, Posterior, SetAside, probabilities
from riverkit.tracing.survey import Instrument

ERRS = 0.005
"""Belief that a reading is wrong and nobody marked it. Of 2.3 million readings of rivers and waterworks 0.1 % stand alone, of
turbidity 0.3 to 0.9 % (Logan river observatory, GECCO 2018, CANARY, Sandy Creek)."""


@dataclass(frozen=True, eq=False)
class Doubtful:
    """The readings of a trace that stand alone.

    Attributes:
        without: the parameters with these readings missing.
        found: what they are; their probability is not known yet.
        log_erred, log_true: log density of their values where all of them are wrong, and where all are right and nothing but
            the background is in the water; with the belief in either.
    """

    without: list[Parameter]
    found: list[SetAside]
    log_erred: float
    log_true: float


def doubtful(parameters: Sequence[Parameter]) -> Doubtful | None:
    """The readings that stand alone at stations that stay where they are; None where there are none."""
    without: list[Parameter] = []
    found: list[SetAside] = []
    log_erred = log_true = 0.0
    for parameter in parameters:
        stations: list[Instrument] = []
        for station in parameter.stations:
            readings = prepare(station, parameter.noise, parameter.background)
            alone = readings.alone
            if isinstance(station, StationSeries) and len(alone):
                gone = np.isin(station.time_s, readings.time_s[alone])
                stations.append(replace(station, value=np.where(gone, np.nan, station.value)))
                found += [
                    SetAside(station.label, parameter.name, float(time_s), float(value), 0.0)
                    for time_s, value in zip(readings.time_s[alone], readings.observed[alone], strict=True)
                ]
                log_erred += len(alone) * math.log(ERRS) + _log_anywhere(readings.departure)
                log_true += len(alone) * math.log1p(-ERRS) + _log_density(readings, alone)
            else:
                stations.append(station)
        without.append(replace(parameter, stations=stations))
    return Doubtful(without, found, log_erred, log_true) if found else None


def _log_anywhere(departure: Floats) -> float:
    """Of values that have nothing to do with the water: normal, and as wide as they lie off."""
    return float((-0.5 - np.log(math.sqrt(2.0 * math.pi) * np.abs(departure))).sum())


def _log_density(readings: Readings, some: Ints) -> float:
    """Of some of the readings given the others, the background alone in the water."""
    shared = readings.projections[:, some]
    precision = np.diag(readings.weight[some]) - shared.T @ shared
    onto = readings.weighted[some]
    log_det = float(np.linalg.slogdet(precision / (2.0 * math.pi))[1])
    return 0.5 * log_det - 0.5 * float(onto @ np.linalg.solve(precision, onto))


def mixed(true: Posterior, erred: Posterior, doubt: Doubtful, candidates: Sequence[Candidate]) -> Posterior:
    """What is known of the candidates, whether the readings that stand alone are right or not.

    Evidence is against the background alone with readings that may be wrong. Intervals and predictions of a candidate are
    those of the case that is more probable with it.

    Args:
        true, erred: the answers with all readings, and without those that stand alone.
    """
    by_key = [{found.key: found for found in answer.candidates} for answer in (true, erred)]
    logs = np.array(
        [
            [own[candidate.key].log_evidence + log for candidate in candidates]
            for own, log in zip(by_key, (doubt.log_true, doubt.log_erred), strict=True)
        ]
    )
    evidence = np.logaddexp(*logs) - np.logaddexp(doubt.log_true, doubt.log_erred)
    prior = [candidate.prior for candidate in candidates]
    probability = probabilities(evidence.tolist(), prior)
    by_evidence = probabilities(evidence.tolist(), [1.0] * len(candidates))
    with np.errstate(divide="ignore"):
        of_case = np.logaddexp.reduce(logs + np.log(prior), axis=1)
    erring = float(np.exp(of_case[1] - np.logaddexp(*of_case)))
    rows: list[CandidateResult] = []
    for number, candidate in enumerate(candidates):
        likelier = by_key[int(logs[1, number] > logs[0, number])][candidate.key]
        rows.append(
            replace(
                likelier,
                probability=probability[number],
                probability_by_evidence=by_evidence[number],
                log_evidence=float(evidence[number]),
            )
        )
    main = erred if erring > 0.5 else true
    return replace(
        main,
        candidates=tuple(sorted(rows, key=lambda row: -row.probability)),
        hypotheses=true.hypotheses + erred.hypotheses,
        seconds=true.seconds + erred.seconds,
        releases=_releases(true.releases, erred.releases, erring),
        set_aside=tuple(replace(each, probability=erring) for each in doubt.found),
    )


def _releases(true: Hypotheses | None, erred: Hypotheses | None, erring: float) -> Hypotheses | None:
    if true is None or erred is None:
        return None
    return true.beside(erred, erring)


def without_wrong(instruments: Sequence[Instrument], set_aside: Iterable[SetAside]) -> list[Instrument]:
    """The readings of one parameter but for those that a trace of them found more likely wrong than right.

    Args:
        set_aside: of the trace, those of this parameter.
    """
    wrong = {(each.station, each.time_s) for each in set_aside if each.probability > 0.5}
    return [
        replace(
            each,
            value=np.where(
                [(each.label, time_s) in wrong for time_s in each.time_s.tolist()], np.nan, each.value
            ),
        )
        for each in instruments
    ]
