"""The action by which the system writes down what a device tells of an overflow."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from riverchief.base import clock
from riverchief.base.actions import SystemAction
from riverchief.base.errors import StateRefused
from riverchief.monitor.overflows.actions import logged, save_apart
from riverchief.monitor.overflows.models import OverflowRecord
from riverchief.registry.models import Outfall


@dataclass(kw_only=True)
class FollowDevice(SystemAction[OverflowRecord]):
    """The system writes down what a device tells: that an outfall runs over, since when, that it has stopped, and how much.

    `row` is the record that tells of it already. No volume once it has stopped: it was not metered.
    """

    name: ClassVar[str] = "monitor.follow_device"
    outfall: Outfall
    station_id: int
    source: str
    row: OverflowRecord | None
    started_at: datetime
    stopped_at: datetime | None
    volume_m3: float | None

    @property
    def says_something_new(self) -> bool:
        """Whether the record would change."""
        told = (self.started_at, self.stopped_at, self.volume_m3)
        row = self.row
        return row is None or (row.started_at, row.stopped_at, row.volume_m3) != told

    def check_state(self) -> None:
        """A record that a person has touched is not the device's any more."""
        row = self.row
        if row is not None and (row.known_by != OverflowRecord.KnownBy.DEVICE or row.withdrawn_at):
            raise StateRefused("该记录已由人员处理。|A person has dealt with this record.")

    def execute(self) -> OverflowRecord:
        """Write it, and say so."""
        row = self.row or OverflowRecord(
            outfall=self.outfall,
            source=self.source,
            known_by=OverflowRecord.KnownBy.DEVICE,
            receiving_reach_id=self.outfall.reach_id,
            entered_at=clock.now(),
        )
        row.started_at, row.stopped_at, row.volume_m3 = self.started_at, self.stopped_at, self.volume_m3
        row.not_metered = self.stopped_at is not None and self.volume_m3 is None
        save_apart(row)
        self.log(row.chain, station_id=self.station_id, **logged(row))
        self.announce("monitor.overflow_recorded", area=self.outfall.area.path, overflow_id=row.pk)
        return row
