"""Taking a device out of quarantine."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import NotFound, StateRefused
from riverchief.monitor.models import Packet
from riverchief.monitor.quarantine import replay_quarantined
from riverchief.monitor.telemetry.uploads import is_vouched, read_stored
from riverchief.registry.models import Station

SHORTEST_REASON, LONGEST_REASON = 4, 300


@dataclass(kw_only=True)
class AdoptStation(Action[Station]):
    """Say that the device that calls itself `mn` stands at a station, under the password that it sends.

    A station that has this device already is given another password only for a reason: the sender may be somebody else. What it sent
    while nobody knew it becomes readings, by a job. Packets under another password stay where they are.
    """

    name: ClassVar[str] = "station.adopt"
    mn: str
    station_id: int
    reason: str = ""
    station: Station = field(init=False)
    password: str | None = field(init=False, repr=False)
    """None where whoever handed the packet on vouches for it: the station keeps the password that it has."""

    def load(self) -> None:
        """Lock the station; find the password of the last packet."""
        station = (
            Station.objects.select_for_update(of=("self",))
            .select_related("area")
            .filter(pk=self.station_id)
            .first()
        )
        packet = (
            Packet.objects.filter(mn=self.mn, state=Packet.State.QUARANTINED)
            .order_by("-received_at", "-id")
            .first()
        )
        if station is None or packet is None:
            raise NotFound(
                "没有这个站点，或隔离区中没有这个设备。|There is no such station, or no such device in quarantine."
            )
        self.station = station
        upload = read_stored(bytes(packet.raw))
        self.password = None if is_vouched(upload) else upload.pw or ""

    def check_permission(self) -> None:
        """Whoever manages the stations of the area."""
        require(self.actor, Capability.MANAGE_STATIONS, self.station.area.path)

    def check_state(self) -> None:
        """An automatic station without another device; a device without another station; a known one's new password explained."""
        self.reason = self.reason.strip()
        if self.station.kind == Station.Kind.MANUAL or not self.station.active:
            raise StateRefused(
                f"“{self.station.name_zh}”不是在用的自动站。|{self.station.name_en} is no automatic station in use.",
                cure="请选择在用的自动站。|Choose an automatic station that is in use.",
            )
        if self.station.mn not in (None, "", self.mn):
            raise StateRefused(
                f"“{self.station.name_zh}”已有设备 {self.station.mn}。"
                f"|{self.station.name_en} has the device {self.station.mn} already.",
                cure="请先在台账中移除原设备标识。|Remove the old device from the register first.",
            )
        other = Station.objects.filter(mn=self.mn).exclude(pk=self.station.pk).first()
        if other is not None:
            raise StateRefused(
                f"设备 {self.mn} 已属于“{other.name_zh}”。|The device {self.mn} belongs to {other.name_en}.",
                cure="请核对设备标识。|Check the device.",
            )

        if self._replaces_password and not SHORTEST_REASON <= len(self.reason) <= LONGEST_REASON:
            raise StateRefused(
                f"“{self.station.name_zh}”已登记设备 {self.mn}，但来包的密码不同，也可能是他人冒用。"
                f"|{self.station.name_en} has the device {self.mn}, under another password: it may be somebody else who calls.",
                cure=f"请先向运维单位核实；确已更换密码的，请写明原因（{SHORTEST_REASON}～{LONGEST_REASON} 字）。"
                f"|Ask who looks after it; if its password was changed, say why, in {SHORTEST_REASON} to {LONGEST_REASON} characters.",
            )

    @property
    def _replaces_password(self) -> bool:
        return (
            self.station.mn == self.mn
            and self.password is not None
            and not self.station.check_password(self.password)
        )

    def execute(self) -> Station:
        """Register the device and have its packets replayed."""
        station = self.station
        station.mn, station.adopted_at = self.mn, clock.now()
        if self.password is not None:
            station.set_password(self.password)
        station.save(update_fields=["mn", "password", "adopted_at"])
        self.log(f"station:{station.pk}", mn=self.mn, station=station.code, reason=self.reason)
        self.announce("monitor.station_adopted", area=station.area.path, station_id=station.pk)
        replay_quarantined.defer(mn=self.mn)
        return station
