"""The bodies of requests and answers about traces."""

from datetime import datetime

from ninja import Schema
from pydantic import Field

from riverchief.base.http import Moment
from riverchief.trace.sample_schemas import SampleOut, SamplingOut


class StartIn(Schema):
    """Why an event should be traced again, where somebody wants to say so."""

    reason: str = Field("", max_length=300)


class TraceMade(Schema):
    """The trace that was queued."""

    id: int


class TraceRow(Schema):
    """A trace in a list."""

    id: int
    event_id: int
    attempt: int
    retrospective: bool
    state: str
    reason: str
    requested_by: str | None
    requested_at: datetime
    finished_at: datetime | None
    progress: float


class SuspectOut(Schema):
    """An outfall by name."""

    id: int
    code: str
    name_zh: str
    name_en: str


class TimesOut(Schema):
    """Median and 90 % interval of a time."""

    low: datetime
    median: datetime
    high: datetime


class RangeOut(Schema):
    """Median and 90 % interval of a mass in kg, a duration in seconds, or a ratio of masses."""

    low: float
    median: float
    high: float


class WhereOut(Schema):
    """Where a place without a name is: on which river, and how far above the next station below it, m.

    Of a catchment, the station above which it lies. `section`: where water comes in, the section that stands there.
    """

    river_zh: str
    river_en: str
    reach_code: str
    station_zh: str
    station_en: str
    above_m: float | None
    section_zh: str
    section_en: str


class ContrastOut(Schema):
    """The reading that tells a candidate from a rival best: what each led to expect, and what was observed, in mg/L.

    `sample`: it is a bottle's result, and of no station.

    `errors_apart`: how many standard deviations of a reading lie between the two; below 2 it tells little.
    """

    rival_rank: int
    station_zh: str
    station_en: str
    sample: bool
    at: datetime
    expected: float
    rival_expected: float
    observed: float
    errors_apart: float
    parameter: str


class ParameterOut(Schema):
    """What a candidate would have released of one of several parameters, kg.

    `ratio_needed`: to the mass of `reference`, as the readings ask for if this candidate did it; `ratio_expected`:
    beforehand, by the kind of outfall, where something is known of it.
    """

    parameter: str
    released_kg: RangeOut
    reference: str
    ratio_needed: RangeOut | None
    ratio_expected: RangeOut | None


class ConfirmedOut(Schema):
    """A problem of the ledger that stands: a person confirmed that the outfall discharged."""

    problem_id: int
    number: str
    state: str
    opened_at: datetime
    of_this_event: bool


class CandidateOut(Schema):
    """A place or cause from which the water may have come: suspected, no more.

    `confirmed`: what people have confirmed of this outfall and is not written off, or is of this very event.

    `ruled_out`: practically ruled out (see `TraceOut`), and no suspect; it is told of because people changed, confirmed or combined it.

    `ran`: from when to when it is on record as running over (null: it still ran); it was weighed for that.
    """

    rank: int
    key: str
    kind: str
    outfall: SuspectOut | None
    label: str
    reach_id: int | None
    where: WhereOut | None
    contrasts: list[ContrastOut]
    lon: float | None
    lat: float | None
    probability: float
    prior: float | None
    probability_by_rule: float | None
    probability_by_evidence: float | None
    started: TimesOut | None
    duration_s: RangeOut | None
    released_kg: RangeOut | None
    parameters: list[ParameterOut]
    ran: list[tuple[datetime, datetime | None]]
    confirmed: list[ConfirmedOut]
    ruled_out: bool
    note: str


class ExcludedOut(Schema):
    """What the answer does not rest on, and why."""

    what: str
    reason_zh: str
    reason_en: str


class TracedStationOut(Schema):
    """Observed and predicted readings at a station.

    Predicted, by rank of candidate: time, mean, the 90 % interval of the curve, and that of a single reading.
    """

    station_id: int
    name_zh: str
    name_en: str
    affected: bool
    distance_m: float | None
    unit: str
    observed: list[tuple[datetime, float | None, str]]
    predicted: dict[str, list[tuple[datetime, float, float, float, float | None, float | None]]]


class SetAsideOut(Schema):
    """A reading of which neither the one before nor the one after knows.

    `probability`: that it is wrong, and not water that passed between two readings; of all such readings of a trace together.
    The answer is averaged over both.
    """

    station_id: int
    station_zh: str
    station_en: str
    parameter: str
    unit: str
    at: datetime
    value: float
    probability: float


class AttemptOut(Schema):
    """A finished attempt at an event, and why it was made. With a `note` (as of `TraceOut`) its answer is no finding."""

    trace_id: int
    attempt: int
    finished_at: datetime
    reason: str
    requested_by: str | None
    note: str


class FollowedOut(Schema):
    """A place that led in some attempt, and its probability in each; None where it was not weighed."""

    kind: str
    outfall: SuspectOut | None
    label: str
    reach_id: int | None
    probabilities: list[float | None]


class SuspicionOut(Schema):
    """How the suspicion moved: attempts, the oldest first, and the places that led."""

    attempts: list[AttemptOut]
    places: list[FollowedOut]


class AdjustmentIn(Schema):
    """A candidate to rule out or to weigh anew (`key`), a place to add (`label`, `lon`, `lat`), or rain, and why.

    Of rain, from when to when it fell, and how much where that is known. `acknowledged`: the person knows what speaks
    against it: a problem in the ledger that stands confirmed of this outfall, or an outfall or added place at the very
    position; without, such a change is refused (409, `not_acknowledged`).
    """

    kind: str
    reason: str
    key: str = ""
    factor: float = 1.0
    label: str = ""
    lon: float | None = None
    lat: float | None = None
    begins_at: Moment | None = None
    ends_at: Moment | None = None
    amount_mm: float | None = None
    acknowledged: bool = False


class WithdrawIn(Schema):
    """Why a change is taken back."""

    reason: str


class AdjustmentMade(Schema):
    """The change that was made or taken back."""

    id: int


class AdjustmentOut(Schema):
    """What a person changed for an event, why, and whether this attempt used it."""

    id: int
    kind: str
    key: str
    factor: float
    label: str
    lon: float | None
    lat: float | None
    begins_at: datetime | None
    ends_at: datetime | None
    amount_mm: float | None
    reason: str
    made_by: str
    made_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str
    used: bool


class SourceAtOnceOut(Schema):
    """One source of a combination: the candidate by rank, when it began, how long it lasted, and what it released."""

    rank: int
    started: TimesOut
    duration_s: RangeOut
    released_kg: RangeOut


class CombinationOut(Schema):
    """So many sources at a time; the probability is among all combinations of as many that were weighed."""

    probability: float
    sources: list[SourceAtOnceOut]


class AtOnceOut(Schema):
    """Whether there was more than one source at a time: entry n of `probability` and `combinations` is for n + 1 of them.

    Weighed were the combinations of the candidates at `ranks`, with starts `step_s` apart.
    """

    state: str
    progress: float
    error: str | None
    requested_by: str
    finished_at: datetime | None
    probability: list[float]
    combinations: list[list[CombinationOut]]
    ranks: list[int]
    step_s: float | None


class MeasuredRainOut(Schema):
    """A spell of rain as gauges (by code) measured it; the mean amount in mm."""

    begins_at: datetime
    ends_at: datetime
    amount_mm: float
    gauges: list[str]


class TraceOut(TraceRow):
    """A trace. `rain`: what gauges measured; `on_record_factor`: how many times as likely an outfall on record as running
    over was taken to be. `companions`: the parameters that rose with the event's and were weighed jointly with it.

    `note`: empty, or a key of the code table `trace_notes`: the readings speak for no candidate, their probabilities are what
    was believed beforehand, and nobody is suspected by this attempt.

    Candidates, and what would tell of them, only as far as they lie in the reader's areas; `whole`: all of them do.
    Where to sample next tells whom the office suspects: for who sees the whole trace.

    `ruled_out`: so many of these places are practically ruled out, each of their probabilities below `ruled_out_below` (rule
    `trace.listing`; null where there is no finding): they are counted and not named.
    """

    hypotheses: int | None
    seconds: float | None
    versions: dict[str, str]
    error: str | None
    note: str
    parameter: str | None
    companions: list[str]
    excluded: list[ExcludedOut]
    candidates_total: int
    ruled_out: int
    ruled_out_below: float | None
    whole: bool
    outside_probability: float
    candidates: list[CandidateOut]
    stations: list[TracedStationOut]
    set_aside: list[SetAsideOut]
    sampling: SamplingOut | None
    samples: list[SampleOut]
    adjustments: list[AdjustmentOut]
    rain: list[MeasuredRainOut]
    on_record_factor: float | None
    at_once: AtOnceOut | None
    history: SuspicionOut
