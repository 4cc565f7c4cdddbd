"""Changes of the administrative tree from a day on. Corrections of what was wrong all along are `accounts.SaveArea`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from django.db.models import Q, Value
from django.db.models.functions import Concat, Substr

from riverchief.accounts.areas.models import AreaPast, AreaSuccession
from riverchief.accounts.models import Area, Membership
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound

CHAIN = "accounts"
Given = dict[str, Any]


def _locked(codes: Iterable[str]) -> list[Area]:
    """The areas of these codes in their order, the whole tree locked: a path hangs on every area above it."""
    wanted = list(codes)
    rows = {row.pk: row for row in Area.objects.select_for_update().order_by("path")}
    for code in wanted:
        if code not in rows:
            raise NotFound(
                f"没有代码为“{code}”的行政区。|There is no area with the code “{code}”.",
                cure="请核对代码，或先添加它。|Check the code, or add it first.",
            )
    return [rows[code] for code in wanted]


def _refuse_day(area: Area, since: date) -> None:
    """A change holds from today or before, and after the last one."""
    if area.valid_to is not None:
        raise InvalidInput(
            f"行政区 {area.pk} 已于 {area.valid_to} 撤销。|Area {area.pk} ended on {area.valid_to}.",
            cure="请改为变更它的后继行政区。|Change the area that took its place.",
            field="code",
        )
    if since > clock.today():
        raise InvalidInput(
            f"{since} 还没有到。|{since} is still to come.",
            cure="请在生效之日或之后办理。|Enter the change on that day or later.",
            field="since",
        )
    if area.valid_from is not None and since <= area.valid_from:
        raise InvalidInput(
            f"行政区 {area.pk} 自 {area.valid_from} 起就是现状。|Area {area.pk} has been as it is since {area.valid_from}.",
            cure="请填写其后的日期；改正名称请用导入。|Give a later day; names that were wrong are corrected by an import.",
            field="since",
        )


def _keep_past(area: Area, since: date) -> None:
    """What the area was until the day before `since`."""
    AreaPast.objects.create(
        area=area,
        name_zh=area.name_zh,
        name_en=area.name_en,
        level=area.level,
        parent=area.parent,
        valid_from=area.valid_from,
        valid_to=since - timedelta(days=1),
    )


def _put_below(area: Area, parent: Area | None) -> None:
    """Give the area another parent; all paths below it follow."""
    old = area.path
    if parent is not None and parent.path.startswith(old):
        raise InvalidInput(
            f"“{parent.name_zh}”在“{area.name_zh}”之内。|“{parent.name_en}” lies in “{area.name_en}”.",
            cure="请另选上级。|Choose another area above.",
            field="parent",
        )
    area.parent = parent
    area.save()
    Area.objects.filter(path__startswith=old).exclude(pk=area.pk).update(
        path=Concat(Value(area.path), Substr("path", len(old) + 1))
    )


@dataclass(kw_only=True)
class ChangeArea(Action[Area]):
    """From a day on an area has other names or another level, or lies in another area. What is not given stays."""

    name: ClassVar[str] = "area.change"
    code: str
    since: date
    name_zh: str = ""
    name_en: str = ""
    level: str = ""
    parent_code: str = ""

    def load(self) -> None:
        """The area, and the one it shall lie in."""
        codes = [self.code, self.parent_code] if self.parent_code else [self.code]
        self.area, *self.parents = _locked(codes)

    def check_permission(self) -> None:
        """Whoever keeps the accounts of the area above; for a move, of both above."""
        require(self.actor, Capability.MANAGE_ACCOUNTS, (self.area.parent or self.area).path)
        for parent in self.parents:
            require(self.actor, Capability.MANAGE_ACCOUNTS, parent.path)

    def check_state(self) -> None:
        """The day must fit; the new area above must still be there."""
        _refuse_day(self.area, self.since)
        for parent in self.parents:
            if parent.valid_to is not None:
                _refuse_day(parent, self.since)
        if self.level and self.level not in dict(Area.LEVELS):
            words = ", ".join(dict(Area.LEVELS))
            raise InvalidInput(
                f"没有级别“{self.level}”。|There is no level “{self.level}”.",
                cure=f"可用：{words}|Use one of: {words}",
                field="level",
            )

    def execute(self) -> Area:
        """Keep what was, write what is."""
        _keep_past(self.area, self.since)
        given: Given = {name: getattr(self, name) for name in ("name_zh", "name_en", "level")}
        given = {name: value for name, value in given.items() if value}
        for name, value in given.items():
            setattr(self.area, name, value)
        self.area.valid_from = self.since
        _put_below(self.area, self.parents[0] if self.parents else self.area.parent)
        self.log(CHAIN, code=self.code, since=self.since.isoformat(), parent=self.area.parent_id, **given)
        return self.area


@dataclass(frozen=True)
class Superseded:
    """What came of it: areas that moved up to the successor, memberships carried over, and those left to a person."""

    moved: int
    carried: int
    left: int


@dataclass(kw_only=True)
class SupersedeAreas(Action[Superseded]):
    """Areas end and others take their place: one by one (a new code), several by one (merged), one by several (split).

    An ended area and all its records stand below its first successor from then on, so that whoever answers for the
    successor sees what was before. Areas that lay in it move to that successor; where a split gives some to another, move
    those first (`ChangeArea`). With one successor, roles are carried over to it; of a split a person decides.
    """

    name: ClassVar[str] = "area.supersede"
    codes: list[str]
    by: list[str]
    since: date

    def load(self) -> None:
        """All of them."""
        found = _locked([*self.codes, *self.by])
        self.areas, self.successors = found[: len(self.codes)], found[len(self.codes) :]

    def check_permission(self) -> None:
        """Whoever keeps the accounts of what lies above each."""
        for area in (*self.areas, *self.successors):
            require(self.actor, Capability.MANAGE_ACCOUNTS, (area.parent or area).path)

    def check_state(self) -> None:
        """There must be something on both sides, in order of time and not one in the other."""
        if not self.areas or not self.successors:
            raise InvalidInput("至少各填一个行政区。|Name at least one area on both sides.", field="codes")
        for area in self.areas:
            _refuse_day(area, self.since)
        for successor in self.successors:
            if successor.valid_to is not None:
                _refuse_day(successor, self.since)
            if any(successor.path.startswith(area.path) for area in self.areas):
                raise InvalidInput(
                    f"“{successor.name_zh}”在被撤销的行政区之内。|“{successor.name_en}” lies in an area that ends.",
                    cure="请先把它移到上一级（change）。|Move it one level up first (change).",
                    field="by",
                )

    def execute(self) -> Superseded:
        """End them, put them and what lay in them below the first successor, carry over roles."""
        home, moved, carried, left = self.successors[0], 0, 0, 0
        for area in self.areas:
            for child in area.children.filter(valid_to=None):
                if child.valid_from is None or child.valid_from < self.since:
                    _keep_past(child, self.since)
                    child.valid_from = self.since
                _put_below(child, home)
                moved += 1
            area.refresh_from_db()
            _keep_past(area, self.since)
            area.valid_to = self.since - timedelta(days=1)
            _put_below(area, home)
            AreaSuccession.objects.bulk_create(
                AreaSuccession(predecessor=area, successor=each, since=self.since) for each in self.successors
            )
            held = area.memberships.filter(Q(valid_to=None) | Q(valid_to__gte=self.since))
            if len(self.successors) == 1:
                carried += _carry_over(list(held), home, self.since)
            else:
                left += held.count()
        self.log(
            CHAIN,
            codes=self.codes,
            by=self.by,
            since=self.since.isoformat(),
            moved=moved,
            memberships_carried_over=carried,
        )
        return Superseded(moved, carried, left)


def _carry_over(held: list[Membership], home: Area, since: date) -> int:
    """The memberships end with the area and go on in its successor, each once."""
    there: set[tuple[int, str, int | None]] = set(
        home.memberships.filter(Q(valid_to=None) | Q(valid_to__gte=since)).values_list(
            "user_id", "role", "organisation_id"
        )
    )
    new = []
    for row in held:
        key = (row.user_id, row.role, row.organisation_id)
        if key not in there:
            there.add(key)
            new.append(
                Membership(
                    user_id=row.user_id,
                    role=row.role,
                    area=home,
                    organisation_id=row.organisation_id,
                    valid_from=max(since, row.valid_from),
                    valid_to=row.valid_to,
                )
            )
    Membership.objects.bulk_create(new)
    begun = [row for row in held if row.valid_from < since]
    Membership.objects.filter(pk__in=[row.pk for row in begun]).update(valid_to=since - timedelta(days=1))
    # One that was to begin later never held in the area that is gone.
    Membership.objects.filter(pk__in=[row.pk for row in held if row.valid_from >= since]).delete()
    return len(new)
