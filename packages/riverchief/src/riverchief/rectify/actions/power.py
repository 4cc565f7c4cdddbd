"""How a clue comes about of an outfall whose production runs while its treatment does not."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.base import clock
from riverchief.base.actions import Action, require_system
from riverchief.base.errors import StateRefused
from riverchief.monitor.models import IdleTreatment
from riverchief.rectify.codes import ClueSource, ClueState
from riverchief.rectify.models import Clue
from riverchief.rectify.numbering import next_number
from riverchief.rectify.wording import POWER_CLUE, power_clue_titles


@dataclass(kw_only=True)
class OpenClueFromPower(Action[Clue]):
    """A span in the lines of power opens one clue: people go and look, and only they can make it a problem."""

    name: ClassVar[str] = "clue.open_from_power"
    idle_treatment_id: int
    row: IdleTreatment = field(init=False, repr=False)

    def load(self) -> None:
        """The span is locked, so that two deliveries take turns."""
        rows = IdleTreatment.objects.select_for_update(of=("self",))
        self.row = rows.select_related("outfall__area", "outfall__reach__river").get(
            pk=self.idle_treatment_id
        )

    def check_permission(self) -> None:
        """Only the system does this."""
        require_system(self.actor)

    def check_state(self) -> None:
        """Once; not of a span that was dropped, nor beside an open clue of the same outfall: that is the same matter."""
        told = Clue.objects.filter(idle_treatment=self.row).exists()
        waiting = Clue.objects.filter(idle_treatment__outfall=self.row.outfall, state=ClueState.OPEN).exists()
        if self.row.dropped_at is not None or told or waiting:
            raise StateRefused("已有线索，或依据已不成立。|There is a clue already, or the span was dropped.")

    def execute(self) -> Clue:
        """Open the clue."""
        row, outfall = self.row, self.row.outfall
        clue = Clue.objects.create(
            number=next_number("clue"),
            source=ClueSource.EVENT,
            kind="improper",
            title=power_clue_titles(outfall.area, outfall.reach)[0],
            description=POWER_CLUE[0],
            area=outfall.area,
            reach=outfall.reach,
            lon=outfall.lon,
            lat=outfall.lat,
            occurred_at=row.started_at,
            idle_treatment=row,
            outfall=outfall,
            registered_at=clock.now(),
        )
        self.log(f"clue:{clue.pk}", number=clue.number, idle_treatment_id=row.pk)
        self.announce("rectify.clue_opened", area=clue.area.path, restricted=True, clue_id=clue.pk)
        return clue
