"""The result of a bottle that somebody filled by hand."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from riverkit.errors import NetworkError
from riverkit.network import Location

from riverchief.accounts.models import User
from riverchief.accounts.policies import require, require_person, scope
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.concern import events_concerning
from riverchief.monitor.models import Event, Sample
from riverchief.registry.models import Reach
from riverchief.registry.queries import network_of

MG_PER_L = {"mg/L": 1.0, "µg/L": 1e-3}
"""Units that a result may be written in, as what one of them is in mg/L."""

SPELLED = {"ug/L": "µg/L", "\u03bcg/L": "µg/L"}
"""Other spellings of these: without the letter, and with the Greek one in the place of the micro sign."""

LONGEST_NAME, LONGEST_NOTE = 60, 300


@dataclass(kw_only=True)
class RecordSample(Action[Sample]):
    """Keep what a laboratory or a quick test found in a bottle, for the event it was taken for.

    `lon`, `lat` is where it was taken; the parameter is the event's. With `below_limit` the value is the detection
    limit. `corrects` names an earlier sample that was entered wrongly; `note` then says why.
    """

    name: ClassVar[str] = "monitor.record_sample"
    event_id: int
    lon: float
    lat: float
    taken_at: datetime
    taken_by: str
    value: float
    unit: str
    below_limit: bool = False
    note: str = ""
    corrects: int | None = None
    event: Event = field(init=False, repr=False)
    reach: Reach = field(init=False, repr=False)
    place: Location = field(init=False, repr=False)
    wrong: Sample | None = field(init=False, default=None, repr=False)

    def load(self) -> None:
        """The event, where it concerns the actor; the place on its river; the sample that is corrected, locked."""
        person = require_person(self.actor)
        require(person, Capability.RECORD_SAMPLE)
        concerning = Event.objects.filter(events_concerning(scope(person, Capability.RECORD_SAMPLE)))
        found = concerning.filter(pk=self.event_id).select_related("area", "station__reach").first()
        if found is None:
            raise NotFound(f"没有编号为 {self.event_id} 的事件。|There is no event {self.event_id}.")
        self.event = found
        self.place = self._on_the_river()
        self.reach = Reach.objects.select_related("area").get(pk=int(self.place.reach_id))
        if self.corrects is not None:
            rows = Sample.objects.select_for_update().filter(event=found, pk=self.corrects)
            self.wrong = rows.first()
            if self.wrong is None:
                raise NotFound(
                    f"该事件没有编号为 {self.corrects} 的样品。|The event has no sample {self.corrects}."
                )

    def _on_the_river(self) -> Location:
        near_m: float = get_rule("monitor.samples")["near_m"]
        try:
            return network_of(self.event.station.reach.basin_id).snap(self.lon, self.lat, near_m)
        except NetworkError as error:
            raise InvalidInput(
                f"该位置 {near_m:g} m 内没有河段。|No reach lies within {near_m:g} m of this position.",
                cure="请选取水处的河边位置。|Choose the point by the river where the water was taken.",
                field="position",
            ) from error

    def check_permission(self) -> None:
        """In the area where it was taken; a place of no known area counts as of the event's."""
        require(self.actor, Capability.RECORD_SAMPLE, (self.reach.area or self.event.area).path)

    def check_state(self) -> None:
        """A value that can be true, of a time that belongs to the event; a correction with its reason, once."""
        if SPELLED.get(self.event.unit, self.event.unit) not in MG_PER_L:
            raise StateRefused(
                f"该事件的指标（{self.event.unit}）不是浓度，样品结果无从比较。"
                f"|The parameter of this event ({self.event.unit}) is no concentration.",
                cure="请为同时异常的浓度指标录入。|Enter it for a concentration that changed at the same time.",
            )
        self._check_value()
        self._check_time()
        self._check_words()
        if self.wrong is not None and Sample.objects.filter(corrects=self.wrong).exists():
            raise StateRefused(
                "该样品已被更正。|This sample has been corrected already.",
                cure="请更正最近的一条。|Correct the last one.",
            )

    def _check_value(self) -> None:
        self.unit = SPELLED.get(self.unit, self.unit)
        if self.unit not in MG_PER_L:
            raise InvalidInput(
                f"不支持单位“{self.unit}”。|Results in “{self.unit}” cannot be used.",
                cure=f"可用：{'、'.join(MG_PER_L)}。|Use one of {', '.join(MG_PER_L)}.",
                field="unit",
            )
        most = get_rule("monitor.reading_checks")["most_of"].get(self.event.parameter, math.inf)
        possible = math.isfinite(self.value) and 0 <= self.value * MG_PER_L[self.unit] <= most
        if not possible or (self.below_limit and self.value == 0):
            raise InvalidInput(
                f"结果 {self.value:g} {self.unit} 不可能。|A result of {self.value:g} {self.unit} is not possible.",
                cure="请核对数值和单位；低于检出限时填检出限。"
                "|Check value and unit; where less than the detection limit was found, give the limit.",
                field="value",
            )

    def _check_time(self) -> None:
        rule = get_rule("monitor.samples")
        if self.taken_at.tzinfo is None:
            raise InvalidInput(
                "采样时间没有时区。|The time of sampling has no time zone.",
                cure="请写作 2026-11-20T04:00:00Z。|Write it as 2026-11-20T04:00:00Z.",
                field="taken_at",
            )
        first = self.event.opened_at - timedelta(hours=rule["hours_before"])
        last = min(self.event.last_at + timedelta(days=rule["days_after"]), clock.now())
        if not first <= self.taken_at <= last:
            local = [f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" for at in (first, last)]
            raise InvalidInput(
                f"采样时间须在 {local[0]} 与 {local[1]} 之间。|It must have been taken between {local[0]} and {local[1]}.",
                cure="请核对采样记录；其他时间的样品不属于该事件。|Check the sampling record; others do not belong to this event.",
                field="taken_at",
            )

    def _check_words(self) -> None:
        if not 1 <= len(self.taken_by.strip()) <= LONGEST_NAME:
            raise InvalidInput(
                f"请填写采样人（不超过 {LONGEST_NAME} 字）。|Say who took it, in at most {LONGEST_NAME} characters.",
                field="taken_by",
            )
        if len(self.note.strip()) > LONGEST_NOTE or (self.corrects is not None and not self.note.strip()):
            raise InvalidInput(
                f"更正须说明原因；说明不超过 {LONGEST_NOTE} 字。"
                f"|A correction needs its reason; a note has at most {LONGEST_NOTE} characters.",
                field="note",
            )

    def execute(self) -> Sample:
        """Write it, and say that there is one."""
        assert isinstance(self.actor, User)  # checked
        sample = Sample.objects.create(
            event=self.event,
            parameter=self.event.parameter,
            reach=self.reach,
            chainage_m=self.place.chainage_m,
            lon=self.lon,
            lat=self.lat,
            taken_at=self.taken_at,
            taken_by=self.taken_by.strip(),
            value=self.value,
            unit=self.unit,
            below_limit=self.below_limit,
            note=self.note.strip(),
            corrects=self.wrong,
            entered_by=self.actor,
            entered_at=clock.now(),
        )
        self.log(
            sample.chain,
            sample_id=sample.pk,
            parameter=sample.parameter,
            reach=self.reach.code,
            chainage_m=sample.chainage_m,
            taken_at=sample.taken_at.isoformat(),
            taken_by=sample.taken_by,
            value=sample.value,
            unit=sample.unit,
            below_limit=sample.below_limit,
            corrects=self.corrects,
            note=sample.note,
        )
        # Where somebody took water tells whom the office suspects: kept to those who may see traces.
        self.announce(
            "monitor.sample_recorded",
            area=self.event.area.path,
            restricted=True,
            event_id=self.event.pk,
            sample_id=sample.pk,
        )
        return sample
