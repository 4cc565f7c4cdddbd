"""Who is on duty when: planned, changed and removed by the office, one shift at a time or a month from a table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from django.db import transaction

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import allows, require
from riverchief.accounts.queries import area_of
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, RiverchiefError, StateRefused
from riverchief.monitor.duty.models import Shift
from riverchief.monitor.duty.roster import PLACES
from riverchief.monitor.duty.table import RosterRow, read_roster
from riverchief.monitor.moments import check_within_a_year
from riverchief.registry.importing.result import ImportResult

LONGEST_SHIFT = timedelta(days=31)


@dataclass(kw_only=True)
class _OnRoster(Action[Shift]):
    """A change of one shift."""

    shift: Shift = field(init=False)

    def check_permission(self) -> None:
        """The office of the area."""
        require(self.actor, Capability.MANAGE_ROSTER, self.shift.area.path)

    def tell(self) -> None:
        """Write the shift as it is now to the log of the roster, and announce it."""
        shift = self.shift
        self.log(
            f"roster:{shift.area_id}",
            starts_at=shift.starts_at.isoformat(),
            ends_at=shift.ends_at.isoformat(),
            **{place: getattr(shift, f"{place}_id") for place in PLACES},
        )
        self.announce("monitor.roster_changed", area=shift.area.path, shift_id=shift.pk)


@dataclass(kw_only=True)
class PlanShift(_OnRoster):
    """Put a shift into the roster of an area: from when to when, who, and whom an alarm goes to after them."""

    name: ClassVar[str] = "roster.plan"
    area_code: str
    starts_at: datetime
    ends_at: datetime
    person_id: int
    deputy_id: int | None = None
    leader_id: int | None = None

    def load(self) -> None:
        """The area."""
        self.shift = Shift(
            area=area_of(self.area_code),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            person_id=self.person_id,
            deputy_id=self.deputy_id,
            leader_id=self.leader_id,
        )

    def check_state(self) -> None:
        """A shift that can be and was not over before today, of people who can do it, and not there already."""
        _check_times(self.starts_at, self.ends_at)
        if clock.day_of(self.ends_at) < clock.today():
            raise InvalidInput(
                f"班次已于 {self.ends_at.astimezone(clock.SHANGHAI):%Y-%m-%d} 结束，值班表只排今天及以后。"
                f"|The shift ended on {self.ends_at.astimezone(clock.SHANGHAI):%Y-%m-%d}; a roster is of today and later.",
                cure="请核对日期；表格中已过去的班次请删去。|Check the date; leave shifts that are over out of a table.",
                field="ends_at",
            )
        _check_people(self.shift)
        same = {"area": self.shift.area, "starts_at": self.starts_at, "ends_at": self.ends_at}
        if Shift.objects.filter(**same).exists():
            raise StateRefused(
                "该班次已在值班表中。|The roster has this shift already.",
                cure="请修改原有班次。|Change the one that is there.",
            )

    def execute(self) -> Shift:
        """Write it."""
        self.shift.save(force_insert=True)
        self.tell()
        return self.shift


@dataclass(kw_only=True)
class ChangeShift(_OnRoster):
    """Exchange the people of a shift that is not over, or, before it begins, its times."""

    name: ClassVar[str] = "roster.change"
    shift_id: int
    starts_at: datetime
    ends_at: datetime
    person_id: int
    deputy_id: int | None = None
    leader_id: int | None = None

    def load(self) -> None:
        """Lock the shift."""
        self.shift = _locked(self.shift_id)

    def check_state(self) -> None:
        """Not over: what was, stays. A beginning that has passed, too."""
        shift, now = self.shift, clock.now()
        if shift.ends_at <= now:
            raise StateRefused("该班次已结束，不能更改。|The shift is over and stays as it was.")
        if shift.starts_at <= now and self.starts_at != shift.starts_at:
            raise InvalidInput("班次已开始，开始时间不能更改。|The shift has begun.", field="starts_at")
        if self.ends_at <= now:
            raise InvalidInput("结束时间已过。|The end lies in the past.", field="ends_at")
        _check_times(self.starts_at, self.ends_at)
        for name in ("starts_at", "ends_at", "person_id", "deputy_id", "leader_id"):
            setattr(shift, name, getattr(self, name))
        _check_people(shift)
        same = Shift.objects.filter(area_id=shift.area_id, starts_at=self.starts_at, ends_at=self.ends_at)
        if same.exclude(pk=shift.pk).exists():
            raise StateRefused("值班表中已有同一时段的班次。|The roster has a shift of these times already.")

    def execute(self) -> Shift:
        """Write it."""
        self.shift.save()
        self.tell()
        return self.shift


@dataclass(kw_only=True)
class RemoveShift(_OnRoster):
    """Take a shift that has not begun out of the roster."""

    name: ClassVar[str] = "roster.remove"
    shift_id: int

    def load(self) -> None:
        """Lock the shift."""
        self.shift = _locked(self.shift_id)

    def check_state(self) -> None:
        """Not begun."""
        if self.shift.starts_at <= clock.now():
            raise StateRefused(
                "该班次已开始，不能移除。|The shift has begun and cannot be removed.",
                cure="请改由他人值班。|Give it to somebody else.",
            )

    def execute(self) -> Shift:
        """Remove it; the log keeps it."""
        self.tell()
        self.shift.delete()
        return self.shift


@dataclass(kw_only=True)
class ImportRoster(Action[ImportResult]):
    """A table of shifts (CSV in UTF-8 or GBK): what is new is planned, what differs is changed, nothing is removed.

    Good rows are kept; bad ones are told with the cure. A dry run does the same and takes it back.
    """

    name: ClassVar[str] = "roster.import"
    area_code: str
    path: Path
    file_name: str = ""
    dry_run: bool = False
    area: Area = field(init=False)

    def load(self) -> None:
        """The area."""
        self.area = area_of(self.area_code)

    def check_permission(self) -> None:
        """The office of the area."""
        require(self.actor, Capability.MANAGE_ROSTER, self.area.path)

    def execute(self) -> ImportResult:
        """Row by row, each an action of its own."""
        result = ImportResult(kind="roster", basin="", dry_run=self.dry_run, written=not self.dry_run)
        with transaction.atomic():
            for row in self._rows(result):
                try:
                    with transaction.atomic():
                        self._take(row, result)
                except RiverchiefError as error:
                    result.refuse(row.number, error.field or "", error.message, error.cure)
            if self.dry_run:
                transaction.set_rollback(True)
        self.log(
            f"roster:{self.area.pk}",
            file=self.file_name or self.path.name,
            created=result.created,
            updated=result.updated,
            errors=len(result.errors),
            dry_run=self.dry_run,
        )
        return result

    def _rows(self, result: ImportResult) -> Iterator[RosterRow]:
        may = [user for user in User.objects.filter(is_active=True) if _may_stand(user, self.area)]
        yield from read_roster(self.path, self.file_name or self.path.name, may, result)

    def _take(self, row: RosterRow, result: ImportResult) -> None:
        given: dict[str, Any] = {
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "person_id": row.person_id,
            "deputy_id": row.deputy_id,
            "leader_id": row.leader_id,
        }
        known = Shift.objects.filter(area=self.area, starts_at=row.starts_at, ends_at=row.ends_at).first()
        if known is None:
            PlanShift(actor=self.actor, area_code=self.area.pk, **given).run()
            result.created += 1
        elif any(getattr(known, name) != value for name, value in given.items()):
            ChangeShift(actor=self.actor, shift_id=known.pk, **given).run()
            result.updated += 1
        else:
            result.unchanged += 1


def _locked(shift_id: int) -> Shift:
    row = Shift.objects.select_for_update(of=("self",)).select_related("area").filter(pk=shift_id).first()
    if row is None:
        raise NotFound("没有这个班次。|There is no such shift.")
    return row


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    check_within_a_year(starts_at, "starts_at")
    if not timedelta() < ends_at - starts_at <= LONGEST_SHIFT:
        raise InvalidInput(
            f"班次须在开始之后结束，且不超过 {LONGEST_SHIFT.days} 天。"
            f"|A shift ends after it starts, and after {LONGEST_SHIFT.days} days at most.",
            cure="请核对起止时间；跨夜班次的结束时间在次日。|Check both times; a night shift ends on the next day.",
            field="ends_at",
        )


def _check_people(shift: Shift) -> None:
    """Everyone may answer alarms there, and is named once."""
    ids = {place: getattr(shift, f"{place}_id") for place in PLACES}
    named = [person_id for person_id in ids.values() if person_id is not None]
    people = User.objects.in_bulk(named)
    for place, person_id in ids.items():
        if person_id is None:
            continue
        person = people.get(person_id)
        if person is None or not _may_stand(person, shift.area):
            raise InvalidInput(
                f"{person.name_zh if person else person_id} 无权确认 {shift.area.name_zh} 的报警，不能值班。"
                f"|{person.name_en if person else person_id} may not acknowledge alarms in {shift.area.name_en}.",
                cure="请选择该区域河长办或监测值班人员。|Choose somebody of the office or the duty desk there.",
                field=f"{place}_id",
            )
        if named.count(person_id) > 1:
            raise InvalidInput(
                f"{person.name_zh} 在同一班次中出现两次。|{person.name_en} stands twice in one shift.",
                cure="值班员、副班、带班领导须为不同的人；没有的可留空。"
                "|Name different people; a place may stay empty.",
                field=f"{place}_id",
            )


def _may_stand(user: User, area: Area) -> bool:
    return user.is_active and allows(user, Capability.ACKNOWLEDGE_ALARM, area.path)
