"""How a clue comes about of an outfall that runs although it has not rained for long."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.base import clock
from riverchief.base.actions import Action, require_system
from riverchief.base.errors import StateRefused
from riverchief.monitor.models import OverflowRecord
from riverchief.rectify.codes import ClueSource
from riverchief.rectify.models import Clue
from riverchief.rectify.numbering import next_number
from riverchief.rectify.wording import DRY_WEATHER_CLUE, dry_weather_clue_titles
from riverchief.registry.models import Outfall


@dataclass(kw_only=True)
class OpenClueFromOverflow(Action[Clue]):
    """An overflow in dry weather opens one clue: people go and look, and only they can make it a problem."""

    name: ClassVar[str] = "clue.open_from_overflow"
    overflow_id: int
    row: OverflowRecord = field(init=False, repr=False)

    def load(self) -> None:
        """The record is locked, so that two deliveries take turns."""
        rows = OverflowRecord.objects.select_for_update(of=("self",))
        self.row = rows.select_related("outfall__area", "receiving_reach__river").get(pk=self.overflow_id)

    def check_permission(self) -> None:
        """Only the system does this."""
        require_system(self.actor)

    def check_state(self) -> None:
        """Once; and not of a record that was wrong."""
        if self.row.withdrawn_at is not None or Clue.objects.filter(overflow=self.row).exists():
            raise StateRefused(
                "已有线索，或记录已撤回。|There is a clue already, or the record was withdrawn."
            )

    def execute(self) -> Clue:
        """Open the clue."""
        row, outfall = self.row, self.row.outfall
        clue = Clue.objects.create(
            number=next_number("clue"),
            source=ClueSource.EVENT,
            kind="dry_weather_flow" if outfall.kind == Outfall.Kind.STORM else "direct",
            title=dry_weather_clue_titles(outfall.area, row.receiving_reach)[0],
            description=DRY_WEATHER_CLUE[0],
            area=outfall.area,
            reach=outfall.reach,
            lon=outfall.lon,
            lat=outfall.lat,
            occurred_at=row.started_at,
            overflow=row,
            outfall=outfall,
            registered_at=clock.now(),
        )
        self.log(f"clue:{clue.pk}", number=clue.number, overflow_id=row.pk)
        self.announce("rectify.clue_opened", area=clue.area.path, restricted=True, clue_id=clue.pk)
        return clue
