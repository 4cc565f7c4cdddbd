"""What people changed of what a trace is asked: a candidate ruled out, a place added, a prior changed, rain stated."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from riverchief.trace.codes import AdjustmentKind, CandidateKind
from riverchief.trace.ground import Ground
from riverchief.trace.inputs import AdjustmentInput, CandidateInput, Excluded
from riverchief.trace.models import Adjustment
from riverchief.trace.places import reaches_event


def in_force(event_id: int) -> list[AdjustmentInput]:
    """What holds for the event now, as values that are stored with the attempt."""
    rows = Adjustment.objects.filter(event_id=event_id, withdrawn_at__isnull=True).select_related("made_by")
    return [
        AdjustmentInput(
            id=row.pk,
            kind=row.kind,
            key=row.key,
            factor=row.factor,
            reason=row.reason,
            made_by=row.made_by.label,
            made_at=row.made_at.isoformat(),
            label=row.label,
            reach_id=str(row.reach_id) if row.reach_id is not None else None,
            chainage_m=row.chainage_m,
            lon=row.lon,
            lat=row.lat,
            begins_at=row.begins_at.isoformat() if row.begins_at else None,
            ends_at=row.ends_at.isoformat() if row.ends_at else None,
            amount_mm=row.amount_mm,
        )
        for row in rows.order_by("id")
    ]


def in_time(
    adjustments: Sequence[AdjustmentInput], origin: datetime, last: datetime
) -> tuple[list[AdjustmentInput], list[Excluded]]:
    """The changes without rain of which nothing fell in the time that is looked at; that is said of it."""
    kept, left_out = [], []
    for row in adjustments:
        outside = (row.begins_at is not None and datetime.fromisoformat(row.begins_at) > last) or (
            row.ends_at is not None and datetime.fromisoformat(row.ends_at) < origin
        )
        if outside:
            left_out.append(
                Excluded(
                    row.key,
                    "该降雨不在推算的时段之内",
                    "this rain fell outside of the time that is looked at",
                )
            )
        else:
            kept.append(row)
    return kept, left_out


def adjusted(
    candidates: Sequence[CandidateInput], adjustments: Sequence[AdjustmentInput], ground: Ground
) -> tuple[list[CandidateInput], list[Excluded]]:
    """The candidates with the weights that people gave them, and the places they added.

    By the rules alone an added place has no weight; as added it is so many times as likely as a listed outfall.
    One whose water does not pass the event is left out, and that is said.
    """
    factors = {row.key: row.factor for row in adjustments}
    weighed = [
        replace(row, weight=row.prior * factors[row.key]) if row.key in factors else row for row in candidates
    ]
    listed = [row.prior for row in candidates if row.kind == CandidateKind.OUTFALL]
    usual = sum(listed) / len(listed) if listed else max(row.prior for row in candidates)
    left_out = []
    for change in adjustments:
        if change.kind != AdjustmentKind.PLACE:
            continue
        place = CandidateInput(
            key=change.key,
            kind=CandidateKind.PLACE,
            prior=0.0,
            weight=usual * change.factor,
            adjustment_id=change.id,
            reach_id=change.reach_id,
            chainage_m=change.chainage_m,
            lon=change.lon,
            lat=change.lat,
        )
        if place.reach_id in ground.in_question and place.location and reaches_event(ground, place.location):
            weighed.append(place)
        else:
            left_out.append(
                Excluded(
                    change.label, "其水流不经过事件所在点位", "its water does not pass the event's stations"
                )
            )
    return weighed, left_out
