"""The hand-over log: who leaves writes, the desk lists what is open, who comes signs. Nothing is altered afterwards."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import require, require_person
from riverchief.accounts.queries import area_of
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import NotFound, PermissionRefused, StateRefused
from riverchief.monitor.actions.events import check_note
from riverchief.monitor.duty.models import HandOver, HandOverSignature
from riverchief.monitor.duty.open_items import open_items
from riverchief.monitor.duty.roster import on_duty


@dataclass(kw_only=True)
class WriteHandOver(Action[HandOver]):
    """At the end of a shift: what is open, listed by the desk itself, and what the person has to say about it."""

    name: ClassVar[str] = "hand_over.write"
    area_code: str
    note: str
    area: Area = field(init=False)

    def load(self) -> None:
        """The area."""
        self.area = area_of(self.area_code)

    def check_permission(self) -> None:
        """The duty desk of the area, as a person."""
        require(self.actor, Capability.ACKNOWLEDGE_ALARM, self.area.path)
        require_person(self.actor)

    def check_state(self) -> None:
        """It says something."""
        check_note(self.note, required=True)

    def execute(self) -> HandOver:
        """Write it, with what is open now and the shift that the writer is in."""
        assert isinstance(self.actor, User)  # checked
        now = clock.now()
        shifts = on_duty(self.area, now)
        own = [shift for shift in shifts if self.actor.pk in (shift.person_id, shift.deputy_id)]
        entry = HandOver.objects.create(
            area=self.area,
            shift=next(iter(own), None),
            written_by=self.actor,
            written_at=now,
            note=self.note.strip(),
            open_items=open_items(self.area),
        )
        self.log(
            f"hand_over:{self.area.pk}",
            hand_over_id=entry.pk,
            note=entry.note,
            alarms=[item["alarm_id"] for item in entry.open_items],
        )
        self.announce("monitor.hand_over_written", area=self.area.path, hand_over_id=entry.pk)
        return entry


@dataclass(kw_only=True)
class SignHandOver(Action[HandOverSignature]):
    """The next person has read it and takes over."""

    name: ClassVar[str] = "hand_over.sign"
    hand_over_id: int
    remark: str = ""
    entry: HandOver = field(init=False)

    def load(self) -> None:
        """Lock the entry."""
        rows = HandOver.objects.select_for_update(of=("self",)).select_related("area")
        row = rows.filter(pk=self.hand_over_id).first()
        if row is None:
            raise NotFound("没有这条交接记录。|There is no such entry of the hand-over log.")
        self.entry = row

    def check_permission(self) -> None:
        """The duty desk of the area, as a person other than the writer."""
        require(self.actor, Capability.ACKNOWLEDGE_ALARM, self.entry.area.path)
        require_person(self.actor)
        if self.actor.pk == self.entry.written_by_id:
            raise PermissionRefused(
                "交班人不能自己签接。|Whoever hands over cannot sign for taking over.",
                cure="请由接班人签接。|The next person signs.",
            )

    def check_state(self) -> None:
        """Once."""
        if HandOverSignature.objects.filter(hand_over=self.entry).exists():
            raise StateRefused("该记录已签接。|This entry has been signed already.")
        check_note(self.remark, name="remark")

    def execute(self) -> HandOverSignature:
        """Write who and when."""
        assert isinstance(self.actor, User)  # checked
        signature = HandOverSignature.objects.create(
            hand_over=self.entry, signed_by=self.actor, signed_at=clock.now(), remark=self.remark.strip()
        )
        self.log(f"hand_over:{self.entry.area_id}", hand_over_id=self.entry.pk, remark=signature.remark)
        self.announce("monitor.hand_over_signed", area=self.entry.area.path, hand_over_id=self.entry.pk)
        return signature
