"""The code tables of traces."""

from django.db.models import TextChoices

from riverchief.base.codes import code_rows


class TraceState(TextChoices):
    """How far a trace is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class CandidateKind(TextChoices):
    """What kind of explanation a candidate is.

    A listed outfall, somewhere along a reach, or a place that a person named; water that comes into the network with the
    upper end of a reach; rain off a whole catchment. "nothing" stands for a cause outside this network or method.
    """

    OUTFALL = "outfall"
    UNLISTED = "unlisted"
    PLACE = "place"
    BOUNDARY = "boundary"
    DIFFUSE = "diffuse"
    NOTHING = "nothing"


PLACES = (CandidateKind.OUTFALL, CandidateKind.UNLISTED, CandidateKind.PLACE)
"""Kinds at which somebody can go and look: of the others no clue is opened."""

NAMES_NOBODY = (CandidateKind.DIFFUSE, CandidateKind.NOTHING)
"""Kinds that point at no place in particular: whoever sees a trace sees them."""


class AdjustmentKind(TextChoices):
    """What a person changed of what a trace is asked."""

    EXCLUDE = "exclude"
    WEIGHT = "weight"
    PLACE = "place"
    RAIN = "rain"


class SitingGoal(TextChoices):
    """What new stations are to do: see releases soonest, or tell their sources apart."""

    SOONEST = "soonest"
    TELLING = "telling"


_NO_SOURCE = (
    "The background alone, an analyser that erred for some readings, or a separate bump at every station."
)
_NO_STATION_BELOW = "No station lies downstream: the readings say nothing about this candidate."
_LEFT_OUT = "Ruled out as the only source: whatever its release, it explains too little of the readings. Its evidence is an upper bound."
_NOTHING_ROSE = (
    "Nothing rose at any station that a release from a candidate would explain: the background alone explains the readings at "
    "least as well as each of them. The order of the candidates is no finding."
)
_SHARP_CLOUD = "Its cloud is sharp against the time step: the start is no finer than that."

_LABELS: dict[str, dict[str, tuple[str, str]]] = {
    "trace_states": {
        TraceState.QUEUED: ("排队中", "Queued"),
        TraceState.RUNNING: ("计算中", "Running"),
        TraceState.DONE: ("已完成", "Done"),
        TraceState.FAILED: ("未能完成", "Not completed"),
    },
    "candidate_kinds": {
        CandidateKind.OUTFALL: ("疑似排污口", "Suspected outfall"),
        CandidateKind.UNLISTED: ("名录外的排放位置", "A place not on the list"),
        CandidateKind.PLACE: ("人工指定的位置", "A place named by a person"),
        CandidateKind.BOUNDARY: ("上游来水", "Inflow from further up"),
        CandidateKind.DIFFUSE: ("降雨溢流/面源", "Rain-driven overflow or diffuse inflow"),
        CandidateKind.NOTHING: ("本河网之外的原因", "A cause outside this network"),
    },
    "adjustment_kinds": {
        AdjustmentKind.EXCLUDE: ("排除候选", "Candidate ruled out"),
        AdjustmentKind.WEIGHT: ("调整先验", "Prior changed"),
        AdjustmentKind.PLACE: ("增加位置", "Place added"),
        AdjustmentKind.RAIN: ("降雨时段", "Hours of rain"),
    },
    "siting_goals": {
        SitingGoal.SOONEST: ("最早发现", "Soonest seen"),
        SitingGoal.TELLING: ("最能分清来源", "Sources told apart best"),
    },
    # riverkit writes these sentences; they are the keys. Not imported: the science is loaded when a trace runs.
    "candidate_notes": {
        _NO_SOURCE: ("仅为背景波动、仪器一时出错，或各点位各自独立的升高。", _NO_SOURCE),
        _NO_STATION_BELOW: ("其下游没有监测点位，监测数据无法说明该候选。", _NO_STATION_BELOW),
        _LEFT_OUT: (
            "作为唯一来源已排除：无论何时、何量排放，都只能解释监测数据的一小部分；其证据值为上界。",
            _LEFT_OUT,
        ),
        _SHARP_CLOUD: ("水团经过的时间短于计算步长，开始时间不会比步长更准。", _SHARP_CLOUD),
    },
    "trace_notes": {
        _NOTHING_ROSE: (
            "没有任何站点出现可由某个候选的排放解释的升高：仅凭背景就能同样好或更好地解释监测数据。候选的先后不是结论。",
            _NOTHING_ROSE,
        ),
    },
}

TABLES: dict[str, list[dict[str, str]]] = {name: code_rows(labels) for name, labels in _LABELS.items()}
