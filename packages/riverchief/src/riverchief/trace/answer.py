"""Writing the answer of an attempt: its result, and its candidates by rank."""

from dataclasses import asdict
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Trace, TraceCandidate

if TYPE_CHECKING:
    from riverkit.tracing import Interval, Posterior


def versions_of(
    settings_version: str, fingerprints_version: str | None, sampling_version: str | None = None
) -> dict[str, str]:
    """What an attempt is computed with: both packages, and the rules; that of sampling where samples are chosen."""
    rules = {
        "trace.settings": settings_version,
        "trace.fingerprints": fingerprints_version,
        "trace.sampling": sampling_version,
    }
    return {
        **{name: version(name) for name in ("riverkit", "riverchief")},
        **{name: number for name, number in rules.items() if number is not None},
    }


def write_answer(
    trace: Trace, inputs: TraceInputs, posterior: "Posterior", sampling: dict[str, Any] | None = None
) -> None:
    """Store result and candidates, and where to sample next; inside the transaction of an action."""
    # Not at the top: every process imports this, and only the one that traces needs the numerics.
    from riverchief.trace.compute import result_of

    trace.result = result_of(inputs, posterior) | {"sampling": sampling}
    trace.save()
    trace.candidates.all().delete()
    TraceCandidate.objects.bulk_create(_candidates(trace, inputs, posterior))


def _candidates(trace: Trace, inputs: TraceInputs, posterior: "Posterior") -> list[TraceCandidate]:
    assert trace.result is not None  # it has just been written
    by_key = {row.key: row for row in inputs.candidates}

    def time(seconds: float) -> datetime:
        return inputs.origin + timedelta(seconds=seconds)

    rows = []
    shown = zip(posterior.candidates, trace.result["candidates"], strict=True)
    for rank, (found, kept) in enumerate(shown, start=1):
        place = by_key[found.key]
        rows.append(
            TraceCandidate(
                trace=trace,
                rank=rank,
                kind=place.kind,
                outfall_id=place.outfall_id,
                reach_id=int(place.reach_id) if place.reach_id is not None else None,
                adjustment_id=place.adjustment_id,
                lon=place.lon,
                lat=place.lat,
                probability=min(found.probability, 1.0),
                prior=kept["prior"],
                probability_by_rule=kept["probability_by_rule"],
                probability_by_evidence=kept["probability_by_evidence"],
                note=found.note,
                **{f"started_{end}": time(value) for end, value in _ends(found.start_s)},
                **{f"duration_s_{end}": value for end, value in _ends(found.duration_s)},
                **{f"released_kg_{end}": value for end, value in _ends(found.released_kg)},
            )
        )
    return rows


def _ends(interval: "Interval | None") -> list[tuple[str, float]]:
    """The ends of an interval and its median, by name; nothing for a candidate that releases nothing."""
    return [] if interval is None else list(asdict(interval).items())
