"""Announced stoppages of stations from a table: the plan of an operator or an enterprise."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.roles import Capability
from riverchief.base.errors import InvalidInput
from riverchief.monitor.fleet.actions import AnnounceStoppage
from riverchief.monitor.fleet.models import Stoppage
from riverchief.monitor.importing.table import Fields, ImportRecords, Row, by_code_or_name
from riverchief.registry.importing.values import BadValue, moment, required
from riverchief.registry.models import Station

_COLUMN = {"since": "started_at", "until": "stopped_at"}
"""What the action calls otherwise."""


@dataclass(kw_only=True)
class ImportStoppages(ImportRecords):
    """Stoppages: each row announces one, as the page of the fleet does; what is announced already stays as it is."""

    name: ClassVar[str] = "monitor.import_stoppages"
    fields: ClassVar[Fields] = (
        ("station", "started_at", "stopped_at", "reason"),
        ("station", "started_at", "reason"),
    )
    capability: ClassVar[Capability] = Capability.MANAGE_STATIONS
    stations: dict[str, Station] = field(init=False, repr=False)

    def prepare(self) -> None:
        """The stations with a device in use."""
        rows = Station.objects.filter(active=True).exclude(kind=Station.Kind.MANUAL)
        self.stations = by_code_or_name(list(rows.select_related("area")))

    def take(self, number: int, row: Row) -> None:
        """Announce it, unless it is there."""
        station = self.found(required(row, "station"), self.stations, "station")
        required(row, "started_at")
        since, until = moment(row, "started_at"), moment(row, "stopped_at")
        assert since is not None  # required above
        reason = required(row, "reason")
        same = Stoppage.objects.filter(station=station, since=since, until=until, ended_at=None)
        if same.exists():
            self.result.unchanged += 1
            return
        try:
            AnnounceStoppage(
                actor=self.actor, station_id=station.pk, since=since, until=until, reason=reason
            ).run()
        except InvalidInput as error:
            raise BadValue(
                _COLUMN.get(error.field or "", error.field or ""), error.message, error.cure
            ) from error
        self.result.created += 1
