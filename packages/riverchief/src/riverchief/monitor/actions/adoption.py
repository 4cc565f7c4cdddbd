"""Taking a device out of quarantine."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.models import User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.monitor.adoption.models import Adoption
from riverchief.monitor.quarantine import replay_quarantined
from riverchief.monitor.senders import Sender, senders_of
from riverchief.registry.models import Station

SHORTEST_REASON, LONGEST_REASON = 4, 300


@dataclass(kw_only=True)
class AdoptStation(Action[Station]):
    """Say that the device that calls itself `mn` stands at a station, under the password that it sends.

    Where packets came under several passwords, `sender` (a key of `senders_of`) says which of them, and `reason` why: the
    others may be somebody else's, who could take the station's place. For the same reason a station that has this device
    already is given another password only for a reason. What it sent
    while nobody knew it becomes readings, by a job. Packets under another password stay where they are.
    """

    name: ClassVar[str] = "station.adopt"
    mn: str
    station_id: int
    reason: str = ""
    sender: str = ""
    senders: list[Sender] = field(init=False, repr=False)
    station: Station = field(init=False)
    password: str | None = field(init=False, repr=False)
    """None where whoever handed the packet on vouches for it: the station keeps the password that it has."""

    def load(self) -> None:
        """Lock the station; find who calls under the number."""
        station = (
            Station.objects.select_for_update(of=("self",))
            .select_related("area")
            .filter(pk=self.station_id)
            .first()
        )
        self.senders = senders_of([self.mn]).get(self.mn, [])
        if station is None or not self.senders:
            raise NotFound(
                "没有这个站点，或隔离区中没有这个设备。|There is no such station, or no such device in quarantine."
            )
        self.station = station

    def check_permission(self) -> None:
        """Whoever manages the stations of the area."""
        require(self.actor, Capability.MANAGE_STATIONS, self.station.area.path)

    def check_state(self) -> None:
        """An automatic station without another device; a device without another station; a password that needs a choice or an explanation with it."""
        self.reason = self.reason.strip()
        self.password = self._chosen().password
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
        explained = SHORTEST_REASON <= len(self.reason) <= LONGEST_REASON
        if len(self.senders) > 1 and not explained:
            raise StateRefused(
                f"设备 {self.mn} 的报文用了 {len(self.senders)} 个不同的密码，可能有他人冒用。"
                f"|Packets of {self.mn} came under {len(self.senders)} passwords: one may be somebody else's.",
                cure=f"请先向运维单位核实，并写明选择的依据（{SHORTEST_REASON}～{LONGEST_REASON} 字）。"
                f"|Ask who looks after it, and say why it is this one, in {SHORTEST_REASON} to {LONGEST_REASON} characters.",
                field="reason",
            )
        if self._replaces_password and not explained:
            raise StateRefused(
                f"“{self.station.name_zh}”已登记设备 {self.mn}，但来包的密码不同，也可能是他人冒用。"
                f"|{self.station.name_en} has the device {self.mn}, under another password: it may be somebody else who calls.",
                cure=f"请先向运维单位核实；确已更换密码的，请写明原因（{SHORTEST_REASON}～{LONGEST_REASON} 字）。"
                f"|Ask who looks after it; if its password was changed, say why, in {SHORTEST_REASON} to {LONGEST_REASON} characters.",
            )

    def _chosen(self) -> Sender:
        if not self.sender and len(self.senders) == 1:
            return self.senders[0]
        for each in self.senders:
            if each.key == self.sender:
                return each
        keys = " ".join(each.key for each in self.senders)
        raise InvalidInput(
            f"设备 {self.mn} 的报文用了 {len(self.senders)} 个不同的密码，请指明取哪一个。"
            f"|Packets of {self.mn} came under {len(self.senders)} passwords: say which it is.",
            cure=f"请先向运维单位核实，再从中选择：{keys}。|Ask who looks after it, and choose one of {keys}.",
            field="sender",
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
        station, chosen = self.station, self._chosen()
        adoption = Adoption(
            station=station,
            mn=self.mn,
            sender=chosen.key,
            first_at=chosen.first_at,
            vouched=chosen.password is None,
            mn_before=station.mn or "",
            password_before=station.password,
            adopted_at_before=station.adopted_at,
            adopted_by=self.actor if isinstance(self.actor, User) else None,
            adopted_at=clock.now(),
            reason=self.reason,
        )
        station.mn, station.adopted_at = self.mn, adoption.adopted_at
        if self.password is not None:
            station.set_password(self.password)
        station.save(update_fields=["mn", "password", "adopted_at"])
        adoption.password = "" if adoption.vouched else station.password
        adoption.save(force_insert=True)
        self.log(
            f"station:{station.pk}",
            mn=self.mn,
            station=station.code,
            reason=self.reason,
            sender=chosen.key,
            adoption=adoption.pk,
            passwords=len(self.senders),
        )
        self.announce("monitor.station_adopted", area=station.area.path, station_id=station.pk)
        replay_quarantined.defer(mn=self.mn)
        return station
