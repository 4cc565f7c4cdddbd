"""What happens at the river: water is taken at a point, or is not for a reason."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from riverchief.accounts.roles import Capability
from riverchief.base import clock, evidence
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.actions.requests import check_text
from riverchief.monitor.rain import distance_km
from riverchief.monitor.sampling.acting import OnRound, add_links, check_time, set_due
from riverchief.monitor.sampling.models import MissedReason, Step, Visit

LONGEST_NOTE = 300
FURTHEST_M = 50_000
"""A device that says it was further from the point than this says nothing of the point."""


@dataclass(kw_only=True)
class _AtPoint(OnRound[Visit]):
    capability: ClassVar[Capability] = Capability.TAKE_SAMPLES
    visit_id: int
    note: str = ""
    visit: Visit = field(init=False, repr=False)

    def round_id_asked(self) -> int | None:
        """That of the visit."""
        return Visit.objects.filter(pk=self.visit_id).values_list("round_id", flat=True).first()

    def load(self) -> None:
        """The round, then the visit."""
        super().load()
        self.visit = Visit.objects.select_related("station").get(pk=self.visit_id)

    def check_state(self) -> None:
        """A point where no water has been taken yet."""
        self.note = check_text(self.note, "note", LONGEST_NOTE, needed=False)
        if self.visit.state == Visit.State.SAMPLED:
            raise StateRefused(
                "该点位已采样。|Water has been taken at this point already.",
                cure="样品有误时，请登记样品损失并说明。|Where something is wrong with a bottle, say that it is lost, and why.",
            )

    def tell(self, state: Visit.State) -> None:
        """Write down what came of the visit."""
        visit = self.visit
        visit.state, visit.note = state, self.note
        visit.told_by, visit.told_at = self.person, clock.now()
        visit.save()
        self.changed(
            station=visit.station.code,
            state=visit.state,
            taken_at=visit.taken_at.isoformat() if visit.taken_at else None,
            lon=visit.lon,
            lat=visit.lat,
            missed_reason=visit.missed_reason,
            note=visit.note,
        )


@dataclass(kw_only=True)
class TakeSamples(_AtPoint):
    """The bottles of a point are filled: when, and where the sampler's device says that was (None: it does not say).

    A position beyond the distance of the rule takes a note, and so does none: nothing then shows that it was at the point.
    """

    name: ClassVar[str] = "sampling.take"
    taken_at: datetime
    lon: float | None = None
    lat: float | None = None

    def check_state(self) -> None:
        """A time of the round, a position on earth and at the point, or a note why not."""
        super().check_state()
        check_time(self.taken_at, "taken_at", clock.start_of(self.round.month))
        lon, lat = self.lon, self.lat
        if (lon is None) != (lat is None) or (
            lon is not None and lat is not None and not (-180 <= lon <= 180 and -90 <= lat <= 90)
        ):
            raise InvalidInput(
                "位置须同时给出经度与纬度。|A position needs a longitude and a latitude on earth.",
                cure="请改正经纬度。|Correct both.",
                field="lon",
            )
        if lon is None and not self.note:
            raise InvalidInput(
                "没有采样位置，须说明原因。|There is no position: say why.",
                cure="请在点位定位，或填写说明（如设备无信号）。"
                "|Take the position at the point, or fill in the note (such as: no signal).",
                field="note",
            )
        if lon is not None and lat is not None:
            self._check_distance(
                1_000 * distance_km(lon, lat, self.visit.station.lon, self.visit.station.lat)
            )

    def _check_distance(self, away_m: float) -> None:
        self.visit.away_m = round(away_m, 1)
        if away_m > FURTHEST_M:
            raise InvalidInput(
                f"该位置距点位 {away_m / 1_000:.0f} km，不会是采样位置。"
                f"|This position is {away_m / 1_000:.0f} km from the point: no water of the point was taken there.",
                cure="请核对经纬度，或在点位重新定位。|Check longitude and latitude, or take the position again at the point.",
                field="lon",
            )
        if away_m > get_rule("monitor.sampling")["far_m"] and not self.note:
            raise InvalidInput(
                f"该位置距点位 {away_m:.0f} m，须说明原因。|This position is {away_m:.0f} m from the point: say why.",
                cure="请填写说明，或在点位重新定位。|Fill in the note, or take the position again at the point.",
                field="note",
            )

    def execute(self) -> Visit:
        """The first link of every bottle's custody; the holding times begin."""
        visit = self.visit
        visit.taken_at, visit.lon, visit.lat, visit.missed_reason = self.taken_at, self.lon, self.lat, ""
        filled = list(visit.bottles.filter(step="").order_by("label"))
        add_links(filled, Step.TAKEN, self.person, self.taken_at, lon=self.lon, lat=self.lat, note=self.note)
        for bottle in filled:
            set_due(bottle, self.taken_at)
        self.tell(Visit.State.SAMPLED)
        return visit


@dataclass(kw_only=True)
class MissPoint(_AtPoint):
    """No water was taken at a point. It can still be, later in the round."""

    name: ClassVar[str] = "sampling.miss"
    reason: str

    def check_state(self) -> None:
        """With a known reason, in words where it is another one."""
        super().check_state()
        if self.reason not in MissedReason.values:
            raise InvalidInput(
                f"没有原因“{self.reason}”。|There is no reason “{self.reason}”.",
                cure=f"可用：{'、'.join(MissedReason.values)}。|Use one of {', '.join(MissedReason.values)}.",
                field="reason",
            )
        if self.reason == MissedReason.OTHER and not self.note:
            raise InvalidInput("请写明原因。|Say why.", cure="填写说明。|Fill in the note.", field="note")

    def execute(self) -> Visit:
        """Write it."""
        self.visit.missed_reason = self.reason
        self.tell(Visit.State.MISSED)
        return self.visit


@dataclass(kw_only=True)
class AddPhoto(_AtPoint):
    """A photo of a point, once: of the dry bed, or of the place where water was taken."""

    name: ClassVar[str] = "sampling.photo"
    content: bytes = field(repr=False)
    file_name: str

    def check_state(self) -> None:
        """One photo a visit."""
        if self.visit.photo_id is not None:
            raise StateRefused("该点位已有照片。|There is a photo of this point already.")

    def execute(self) -> Visit:
        """Keep it with the evidence."""
        kept = evidence.store(self.content, name=self.file_name[:200], uploaded_by_id=self.person.pk)
        self.visit.photo = kept
        self.visit.save(update_fields=["photo"])
        self.changed(station=self.visit.station.code, photo=kept.sha256)
        return self.visit
