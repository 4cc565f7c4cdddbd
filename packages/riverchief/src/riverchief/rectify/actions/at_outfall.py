"""How clues come about of what was seen at an outfall: it runs although it is dry, or production runs without treatment."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from riverchief.base import clock
from riverchief.base.actions import SystemAction
from riverchief.base.errors import StateRefused
from riverchief.monitor.models import IdleTreatment, OverflowRecord
from riverchief.rectify.codes import ClueSource, ClueState
from riverchief.rectify.models import Clue
from riverchief.rectify.numbering import next_number
from riverchief.rectify.wording import (
    DRY_WEATHER_CLUE,
    POWER_CLUE,
    dry_weather_clue_titles,
    power_clue_titles,
)
from riverchief.registry.models import Outfall


@dataclass(kw_only=True)
class _OpenClueAtOutfall(SystemAction[Clue]):
    """Something seen at an outfall opens one clue: people go and look, and only they can make it a problem."""

    def opened(
        self,
        outfall: Outfall,
        *,
        kind: str,
        title: str,
        description: str,
        occurred_at: datetime,
        **seen: OverflowRecord | IdleTreatment,
    ) -> Clue:
        """Open the clue where the outfall lies; `seen` is what it rests on, under the name of its column."""
        clue = Clue.objects.create(
            number=next_number("clue"),
            source=ClueSource.EVENT,
            kind=kind,
            title=title,
            description=description,
            area=outfall.area,
            reach=outfall.reach,
            lon=outfall.lon,
            lat=outfall.lat,
            occurred_at=occurred_at,
            outfall=outfall,
            registered_at=clock.now(),
            **seen,
        )
        rests_on = {f"{column}_id": row.pk for column, row in seen.items()}
        self.log(f"clue:{clue.pk}", number=clue.number, **rests_on)
        self.announce("rectify.clue_opened", area=clue.area.path, restricted=True, clue_id=clue.pk)
        return clue


@dataclass(kw_only=True)
class OpenClueFromOverflow(_OpenClueAtOutfall):
    """An overflow in dry weather opens one clue."""

    name: ClassVar[str] = "clue.open_from_overflow"
    overflow_id: int
    row: OverflowRecord = field(init=False, repr=False)

    def load(self) -> None:
        """The record is locked, so that two deliveries take turns."""
        rows = OverflowRecord.objects.select_for_update(of=("self",))
        self.row = rows.select_related("outfall__area", "outfall__reach", "receiving_reach__river").get(
            pk=self.overflow_id
        )

    def check_state(self) -> None:
        """Once; and not of a record that was wrong."""
        if self.row.withdrawn_at is not None or Clue.objects.filter(overflow=self.row).exists():
            raise StateRefused(
                "已有线索，或记录已撤回。|There is a clue already, or the record was withdrawn."
            )

    def execute(self) -> Clue:
        """Open the clue."""
        row, outfall = self.row, self.row.outfall
        return self.opened(
            outfall,
            kind="dry_weather_flow" if outfall.kind == Outfall.Kind.STORM else "direct",
            title=dry_weather_clue_titles(outfall.area, row.receiving_reach)[0],
            description=DRY_WEATHER_CLUE[0],
            occurred_at=row.started_at,
            overflow=row,
        )


@dataclass(kw_only=True)
class OpenClueFromPower(_OpenClueAtOutfall):
    """A span in the lines of power opens one clue."""

    name: ClassVar[str] = "clue.open_from_power"
    idle_treatment_id: int
    row: IdleTreatment = field(init=False, repr=False)

    def load(self) -> None:
        """The span is locked, so that two deliveries take turns."""
        rows = IdleTreatment.objects.select_for_update(of=("self",))
        self.row = rows.select_related("outfall__area", "outfall__reach__river").get(
            pk=self.idle_treatment_id
        )

    def check_state(self) -> None:
        """Once; not of a span that was dropped, nor beside an open clue of the same outfall: that is the same matter."""
        told = Clue.objects.filter(idle_treatment=self.row).exists()
        waiting = Clue.objects.filter(idle_treatment__outfall=self.row.outfall, state=ClueState.OPEN).exists()
        if self.row.dropped_at is not None or told or waiting:
            raise StateRefused("已有线索，或依据已不成立。|There is a clue already, or the span was dropped.")

    def execute(self) -> Clue:
        """Open the clue."""
        row, outfall = self.row, self.row.outfall
        return self.opened(
            outfall,
            kind="improper",
            title=power_clue_titles(outfall.area, outfall.reach)[0],
            description=POWER_CLUE[0],
            occurred_at=row.started_at,
            idle_treatment=row,
        )
