"""The code tables of traces."""

from django.db.models import TextChoices


class TraceState(TextChoices):
    """How far a trace is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class CandidateKind(TextChoices):
    """What kind of place a candidate is; "nothing" stands for a cause outside this network or method."""

    OUTFALL = "outfall"
    UNLISTED = "unlisted"
    NOTHING = "nothing"


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
        CandidateKind.NOTHING: ("本河网之外的原因", "A cause outside this network"),
    },
}

TABLES: dict[str, list[dict[str, str]]] = {
    name: [{"key": str(key), "zh": zh, "en": en} for key, (zh, en) in labels.items()]
    for name, labels in _LABELS.items()
}
