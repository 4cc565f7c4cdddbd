"""Areas, organisations, people and duties from tables: each row that says something new is an action of its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from django.db import IntegrityError, transaction

from riverchief.accounts.actions import CreateUser, GrantRole, RenameUser, SaveArea, SaveOrganisation
from riverchief.accounts.models import Area, Organisation, User
from riverchief.accounts.passwords import new_password
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability, Role
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import RiverchiefError
from riverchief.registry.duties.actions import SaveDuty
from riverchief.registry.duties.models import StandingWater
from riverchief.registry.duties.waters import SaveStandingWater
from riverchief.registry.importing.columns import cells_of, resolve
from riverchief.registry.importing.result import ImportResult, Progress, silent
from riverchief.registry.importing.tables import EXCESS, read_table
from riverchief.registry.importing.values import BadValue, choice, day, required, short
from riverchief.registry.models import Reach, River

Row = Mapping[str, str]

COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "areas": (("code", "name_zh", "name_en", "level", "parent", "valid_from"), ("code", "name_zh", "level")),
    "organisations": (
        ("name_zh", "name_en", "kind", "department", "area"),
        ("name_zh", "kind", "area"),
    ),
    "standing_waters": (("code", "kind", "name_zh", "name_en", "area"), ("code", "kind", "name_zh", "area")),
    "people": (
        ("username", "name_zh", "name_en", "role", "organisation", "area", "valid_from"),
        ("username", "name_zh", "role", "area"),
    ),
    "duties": (
        ("username", "kind", "area", "river", "reach", "water", "position", "valid_from", "valid_to"),
        ("username", "kind", "area", "valid_from"),
    ),
}
"""What each kind may have, and what it must have."""


@dataclass(kw_only=True)
class ImportOffice(Action[ImportResult]):
    """Import one table of who there is: `areas`, `organisations`, `people`, `standing_waters` or `duties` (of a basin)."""

    name: ClassVar[str] = "accounts.import"
    path: Path
    kind: str
    basin_code: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""
    progress: Progress = silent
    result: ImportResult = field(init=False, repr=False)

    def check_permission(self) -> None:
        """Keeping accounts somewhere at all; which rows, is decided row by row."""
        require(self.actor, Capability.MANAGE_ACCOUNTS)

    def execute(self) -> ImportResult:
        """Read, check row by row, write, and log the counts."""
        name = self.file_name or self.path.name
        table = read_table(self.path, name)
        columns = resolve(table.columns, self.mapping, *COLUMNS[self.kind])
        self.result = result = ImportResult(kind=self.kind, basin=self.basin_code)
        result.notes.append(table.note)
        result.rows = len(table.rows)
        take: Callable[[Row], Iterable[str]] = {
            "areas": self._area,
            "organisations": self._organisation,
            "people": self._person,
            "standing_waters": self._standing_water,
            "duties": self._duty,
        }[self.kind]
        rows: list[tuple[int, Row, bool]] = [
            (number, cells_of(columns, cells), EXCESS in cells) for number, cells in table.rows
        ]
        for done, (number, row, excess) in enumerate(self._in_order(rows), start=1):
            try:
                if excess:
                    raise BadValue(
                        "",
                        "此行的列数多于表头。|The row has more cells than the header.",
                        "请检查是否有未加引号的逗号。|Look for a comma without quotes.",
                    )
                with transaction.atomic():
                    self._count(set(take(row)))
            except BadValue as error:
                result.refuse(number, error.field, error.message, error.cure)
            except RiverchiefError as error:
                result.refuse(number, error.field or "", error.message, error.cure)
            except IntegrityError as error:
                detail = str(error).splitlines()[-1].strip()
                result.refuse(
                    number,
                    "",
                    f"数据库拒绝了此行：{detail}|The database refused the row: {detail}",
                    "请检查是否与其他记录冲突。|Check whether it contradicts another row.",
                )
            self.progress(self.kind, done, len(rows))
        self.log(
            "accounts",
            kind=self.kind,
            file=name,
            rows=result.rows,
            created=result.created,
            updated=result.updated,
            unchanged=result.unchanged,
            errors=len(result.errors),
        )
        return result

    def _in_order(self, rows: list[tuple[int, Row, bool]]) -> list[tuple[int, Row, bool]]:
        """Parents before children; duties that end before those that follow them."""
        if self.kind == "duties":
            return sorted(rows, key=lambda item: not item[1].get("valid_to", "").strip())
        if self.kind != "areas":
            return rows
        parents = {row["code"].strip(): row.get("parent", "").strip() for _, row, _ in rows}

        def depth(code: str) -> int:
            seen = {code}
            while (code := parents.get(code, "")) and code not in seen:
                seen.add(code)
            return len(seen)

        return sorted(rows, key=lambda item: depth(item[1]["code"].strip()))

    def _count(self, done: set[str]) -> None:
        """A row counts once: as new, as changed, or as neither."""
        if "created" in done:
            self.result.created += 1
        elif done:
            self.result.updated += 1
        else:
            self.result.unchanged += 1

    def _area(self, row: Row) -> Iterable[str]:
        code = short(required(row, "code"), "code", 12)
        before = Area.objects.filter(pk=code).first()
        parent_code = row.get("parent", "").strip()
        parent = _find_area(parent_code, "parent") if parent_code else None
        name_zh = short(required(row, "name_zh"), "name_zh", 80)
        values = {
            "name_zh": name_zh,
            "name_en": short(_english(row, name_zh, before), "name_en", 120),
            "level": choice(row, "level", "area_level"),
        }
        same_parent = before is not None and before.parent_id == (parent.pk if parent else None)
        if not (before and same_parent and _same(before, values)):
            SaveArea(
                actor=self.actor, code=code, parent=parent, valid_from=day(row, "valid_from"), **values
            ).run()
            yield "updated" if before else "created"

    def _organisation(self, row: Row) -> Iterable[str]:
        area = _find_area(required(row, "area"), "area")
        name_zh = short(required(row, "name_zh"), "name_zh", 120)
        before = Organisation.objects.filter(name_zh=name_zh, area=area).first()
        department = short(row.get("department", "").strip(), "department", 40)
        values = {
            "name_en": short(_english(row, name_zh, before), "name_en", 160),
            "kind": choice(row, "kind", "organisation_kind"),
            "department": department if "department" in row or before is None else before.department,
        }
        if before is None or not _same(before, values):
            SaveOrganisation(actor=self.actor, name_zh=name_zh, area=area, **values).run()
            yield "updated" if before else "created"

    def _standing_water(self, row: Row) -> Iterable[str]:
        code = short(required(row, "code"), "code", 60)
        before = StandingWater.objects.filter(code=code).first()
        name_zh = short(required(row, "name_zh"), "name_zh", 120)
        given = {
            "kind": choice(row, "kind", "standing_water_kind"),
            "name_zh": name_zh,
            "name_en": short(_english(row, name_zh, before), "name_en", 160),
            "area": _find_area(required(row, "area"), "area"),
        }
        if before is None or any(getattr(before, name) != value for name, value in given.items()):
            SaveStandingWater(actor=self.actor, code=code, **given).run()  # type: ignore[arg-type]
            yield "updated" if before else "created"

    def _person(self, row: Row) -> Iterable[str]:
        username = short(required(row, "username"), "username", 60)
        name_zh = short(required(row, "name_zh"), "name_zh", 60)
        user = User.objects.filter(username=username).first()
        name_en = short(_english(row, name_zh, user), "name_en", 80)
        role = Role(choice(row, "role", "role"))
        areas = [_find_area(code, "area") for code in _several(required(row, "area"))]
        organisation = _find_organisation(row.get("organisation", "").strip(), areas)
        if role is Role.UNIT and organisation is None:
            raise BadValue(
                "organisation",
                "责任单位人员须写明单位。|A person of a responsible unit needs the unit.",
                "请填写单位名称。|Give the name of the organisation.",
            )
        since = day(row, "valid_from")
        if user is None:
            password = new_password()
            user = CreateUser(
                actor=self.actor, username=username, password=password, generated=True, name_zh=name_zh,
                name_en=name_en, role=role, area=areas[0], organisation=organisation, valid_from=since,
            ).run()  # fmt: skip
            self.result.passwords[username] = password
            yield "created"
        elif (user.name_zh, user.name_en) != (name_zh, name_en):
            RenameUser(actor=self.actor, user=user, name_zh=name_zh, name_en=name_en).run()
            yield "updated"
        for area in areas:
            held = user.memberships.filter(role=role.value, area=area, organisation=organisation)
            if not held.exclude(valid_to__lt=since or clock.today()).exists():
                GrantRole(
                    actor=self.actor, user=user, role=role, area=area, organisation=organisation,
                    valid_from=since,
                ).run()  # fmt: skip
                yield "updated"

    def _duty(self, row: Row) -> Iterable[str]:
        username = required(row, "username")
        user = User.objects.filter(username=username).first()
        if user is None:
            raise BadValue(
                "username",
                f"没有用户“{username}”。|There is no user “{username}”.",
                "请先导入人员。|Import the people first.",
            )
        area = _find_area(required(row, "area"), "area")
        river_code, reach_code = row.get("river", "").strip(), row.get("reach", "").strip()
        river = River.objects.filter(basin__code=self.basin_code, code=river_code).first()
        reach = Reach.objects.filter(basin__code=self.basin_code, code=reach_code).first()
        water_code = row.get("water", "").strip()
        water = StandingWater.objects.filter(code=water_code).first()
        for name, code, found in (
            ("river", river_code, river),
            ("reach", reach_code, reach),
            ("water", water_code, water),
        ):
            if code and found is None:
                raise BadValue(
                    name,
                    f"流域“{self.basin_code}”中没有“{code}”。|The basin “{self.basin_code}” has no “{code}”.",
                    "请先导入河段，并用 --basin 指明流域。|Import the reaches first, and name the basin (--basin).",
                )
        required(row, "valid_from")
        valid_from = day(row, "valid_from")
        assert valid_from is not None  # required above
        duty = SaveDuty(
            actor=self.actor, user=user, kind=choice(row, "kind", "duty_kind"), area=area, river=river,
            reach=reach, standing_water=water, position=short(row.get("position", "").strip(), "position", 160),
            valid_from=valid_from, valid_to=day(row, "valid_to"),
        )  # fmt: skip
        duty.load()
        if duty.duty is None or duty.duty.valid_to != duty.valid_to:
            yield "updated" if duty.duty else "created"
            duty.run()


def _same(before: Area | Organisation, values: Mapping[str, str]) -> bool:
    return all(getattr(before, name) == value for name, value in values.items())


def _english(row: Row, name_zh: str, before: Area | Organisation | User | StandingWater | None) -> str:
    """The English name; without one, what is known stays, else the Chinese one stands in."""
    return row.get("name_en", "").strip() or (before.name_en if before else name_zh)


def _several(text: str) -> list[str]:
    """Codes parted by ; or 、"""
    for mark in "；、":
        text = text.replace(mark, ";")
    return [part.strip() for part in text.split(";") if part.strip()]


def _find_area(code: str, name: str) -> Area:
    area = Area.objects.filter(pk=code).first()
    if area is None:
        raise BadValue(
            name,
            f"没有代码为“{code}”的行政区。|There is no area with the code “{code}”.",
            "请核对代码，或先导入行政区（areas）。|Check the code, or import the areas first.",
        )
    return area


def _find_organisation(name_zh: str, areas: list[Area]) -> Organisation | None:
    """The organisation of that name nearest above (or in) the person's first area."""
    if not name_zh:
        return None
    rows = Organisation.objects.filter(name_zh=name_zh).select_related("area")
    above = [row for row in rows if areas[0].path.startswith(row.area.path)]
    if not above:
        raise BadValue(
            "organisation",
            f"“{areas[0].name_zh}”及其上级没有单位“{name_zh}”。"
            f"|There is no organisation “{name_zh}” in “{areas[0].name_en}” or above.",
            "请先导入单位（organisations）。|Import the organisations first.",
        )
    return max(above, key=lambda row: len(row.area.path))
