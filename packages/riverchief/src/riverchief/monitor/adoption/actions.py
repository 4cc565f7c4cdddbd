"""Taking back an adoption."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from django.db.models import Min

from riverchief.accounts.models import User
from riverchief.accounts.policies import require, require_person
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.actions.adoption import LONGEST_REASON, SHORTEST_REASON
from riverchief.monitor.adoption.models import Adoption
from riverchief.monitor.adoption.returning import packets_since, return_packets
from riverchief.monitor.retrieval import archived_months


@dataclass(kw_only=True)
class TakeBackAdoption(Action[Adoption]):
    """Say that a device was adopted wrongly: the station has the number and password that it had before, and everything that
    the device sent goes back into quarantine, by a job. What its readings had replaced is computed again from the packets
    that brought it; nothing that the station itself sent is altered.
    """

    name: ClassVar[str] = "station.take_back_adoption"
    adoption_id: int
    reason: str
    row: Adoption = field(init=False, repr=False)

    def load(self) -> None:
        """The adoption and its station, locked."""
        rows = Adoption.objects.select_for_update(of=("self", "station")).select_related("station__area")
        found = rows.filter(pk=self.adoption_id).first()
        if found is None:
            raise NotFound(
                f"没有编号为 {self.adoption_id} 的接入记录。|There is no adoption {self.adoption_id}.",
                cure="请在隔离区页面核对。|Look it up on the page of the quarantine.",
            )
        self.row = found

    def check_permission(self) -> None:
        """Whoever may adopt there, as a person."""
        require(self.actor, Capability.MANAGE_STATIONS, self.row.station.area.path)
        require_person(self.actor)

    def check_state(self) -> None:
        """The last word about the station's device, for a reason, while everything that the device sent can still be returned."""
        row = self.row
        self.reason = self.reason.strip()
        if not SHORTEST_REASON <= len(self.reason) <= LONGEST_REASON:
            raise InvalidInput(
                f"请写明撤回的原因（{SHORTEST_REASON}～{LONGEST_REASON} 字）。"
                f"|Say why it is taken back, in {SHORTEST_REASON} to {LONGEST_REASON} characters.",
                field="reason",
            )
        if row.taken_back_at is not None:
            raise StateRefused("该接入已撤回。|This adoption has been taken back.")
        later = Adoption.objects.filter(station=row.station, taken_back_at=None, pk__gt=row.pk)
        if row.station.mn != row.mn or later.exists():
            raise StateRefused(
                f"“{row.station.name_zh}”此后已更换设备或密码，不能撤回这次接入。"
                f"|{row.station.name_en} has been given another device or password since: this adoption cannot be taken back.",
                cure="请先撤回之后的接入，或在台账中更正设备。|Take back the later adoption first, or correct the device in the register.",
            )
        first_time = packets_since(row).aggregate(at=Min("data_time"))["at"] or row.first_at
        self._check_still_there(min(row.first_at, first_time))

    def _check_still_there(self, first: datetime) -> None:
        kept = timedelta(days=get_rule("monitor.packets_kept")["days"])
        closed = archived_months(first, clock.now())
        if self.row.first_at > clock.now() - kept and not closed:
            return
        why_zh = f"{closed[0]} 的读数已归档" if closed else f"原始报文只保存 {kept.days} 天"
        why_en = (
            f"the readings of {closed[0]} are archived"
            if closed
            else f"packets are kept for {kept.days} days"
        )
        raise StateRefused(
            f"不能完整撤回：{why_zh}。|It cannot be taken back whole: {why_en}.",
            cure="请接入正确的设备（注明原因，密码随之更换），并在数据审核中处理已计入的读数。"
            "|Adopt the right device (with a reason; the password changes with it), and review the readings that count already.",
        )

    def execute(self) -> Adoption:
        """Put the station back; have the packets returned."""
        assert isinstance(self.actor, User)  # checked
        row, station = self.row, self.row.station
        station.mn, station.password = row.mn_before or None, row.password_before
        station.adopted_at = row.adopted_at_before
        station.save(update_fields=["mn", "password", "adopted_at"])
        row.taken_back_by, row.taken_back_at, row.taken_back_reason = self.actor, clock.now(), self.reason
        row.save(update_fields=["taken_back_by", "taken_back_at", "taken_back_reason"])
        self.log(
            f"station:{station.pk}",
            adoption=row.pk,
            mn=row.mn,
            sender=row.sender,
            station=station.code,
            reason=self.reason,
            mn_again=row.mn_before,
        )
        self.announce("monitor.station_adopted", area=station.area.path, station_id=station.pk)
        return_packets.defer(adoption_id=row.pk)
        return row
