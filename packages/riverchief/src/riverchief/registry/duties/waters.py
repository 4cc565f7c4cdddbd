"""What has chiefs: lakes, ponds and wetlands; and how far up a river's chiefs go, set by a person, suggested by its reaches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.models import Area
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput
from riverchief.registry.duties.actions import CHAIN
from riverchief.registry.duties.models import RiverArea, StandingWater
from riverchief.registry.models import River


def suggested_areas(river: River) -> list[Area]:
    """The highest areas that a river's reaches suggest: the county that it stays in, or the city of several counties."""
    areas = {row.pk: row for row in Area.objects.filter(pk__in=river.reaches.values("area_id").distinct())}
    above = {
        row.pk: row
        for row in Area.objects.filter(
            pk__in={code for area in areas.values() for code in area.path.strip("/").split("/")}
        )
    }
    found = {_up_to_county(area, above).pk for area in areas.values()}
    while True:
        inner = {code for code in found if any(f"/{top}/" in above[code].path for top in found - {code})}
        found -= inner
        parents = [above[code].parent_id for code in found if above[code].level != "city"]
        shared = {parent for parent in parents if parent is not None and parents.count(parent) > 1}
        if not shared:
            return sorted((above[code] for code in found), key=lambda row: row.path)
        found |= shared


def _up_to_county(area: Area, above: dict[str, Area]) -> Area:
    """The county that an area lies in; itself where there is none."""
    codes = area.path.strip("/").split("/")
    return next((above[code] for code in codes if above[code].level == "county"), area)


def refuse_areas(areas: Sequence[Area]) -> None:
    """Raise `InvalidInput` where one area lies in another, or two counties share a city."""
    for one in areas:
        for other in areas:
            if one.pk == other.pk:
                continue
            if other.path.startswith(one.path):
                raise InvalidInput(
                    f"“{other.name_zh}”在“{one.name_zh}”之内。|“{other.name_en}” lies in “{one.name_en}”.",
                    cure="请只留较高的一个。|Keep the higher one only.",
                    field="areas",
                )
            if one.parent_id is not None and one.parent_id == other.parent_id and one.level != "city":
                raise InvalidInput(
                    f"“{one.name_zh}”和“{other.name_zh}”同属一个上级：该河流归上级。"
                    f"|“{one.name_en}” and “{other.name_en}” lie in one area above: the river belongs to that.",
                    cure="请改填上级行政区。|Name the area above instead.",
                    field="areas",
                )


@dataclass(kw_only=True)
class SetRiverAreas(Action[River]):
    """Say in which highest areas a river has chiefs."""

    name: ClassVar[str] = "river.areas"
    river: River
    codes: Iterable[str]
    areas: list[Area] = field(init=False, repr=False)

    def load(self) -> None:
        """The river, locked, and the areas."""
        River.objects.select_for_update().get(pk=self.river.pk)
        wanted = sorted(set(self.codes))
        self.areas = list(Area.objects.filter(pk__in=wanted, valid_to=None))
        if missing := set(wanted) - {area.pk for area in self.areas}:
            names = "、".join(sorted(missing))
            raise InvalidInput(
                f"没有行政区 {names}。|There is no area {names}.",
                cure="请核对代码。|Check the codes.",
                field="areas",
            )

    def check_permission(self) -> None:
        """Whoever keeps the registry of every area that the river had or gets."""
        before = [row.area for row in self.river.highest_areas.select_related("area")]
        require(self.actor, Capability.MANAGE_REGISTRY)
        for area in (*before, *self.areas):
            require(self.actor, Capability.MANAGE_REGISTRY, area.path)

    def check_state(self) -> None:
        """None in another, no two counties of one city; and no duty is left above them."""
        refuse_areas(self.areas)
        for duty in self.river.duties.filter(valid_to=None).select_related("area"):
            if self.areas and not any(duty.area.path.startswith(area.path) for area in self.areas):
                raise InvalidInput(
                    f"“{duty.area.name_zh}”还有该河流的河长。|“{duty.area.name_en}” still has a chief of the river.",
                    cure="请先结束该职责。|End that duty first.",
                    field="areas",
                )

    def execute(self) -> River:
        """Write them."""
        self.river.highest_areas.all().delete()
        RiverArea.objects.bulk_create(RiverArea(river=self.river, area=area) for area in self.areas)
        self.log(CHAIN, river=self.river.code, areas=[area.pk for area in self.areas])
        return self.river


@dataclass(kw_only=True)
class SaveStandingWater(Action[StandingWater]):
    """Add a lake, pond or wetland that can have a chief, or correct the one of that code."""

    name: ClassVar[str] = "standing_water.save"
    code: str
    kind: str
    name_zh: str
    name_en: str
    area: Area
    before: StandingWater | None = field(init=False, repr=False)

    def load(self) -> None:
        """The one of that code."""
        self.before = StandingWater.objects.select_for_update(of=("self",)).filter(code=self.code).first()

    def check_permission(self) -> None:
        """Whoever keeps the accounts of the area, and of the one it was in."""
        for area in (self.area, *([self.before.area] if self.before else [])):
            require(self.actor, Capability.MANAGE_ACCOUNTS, area.path)

    def execute(self) -> StandingWater:
        """Write it."""
        row = self.before or StandingWater(code=self.code)
        row.kind, row.name_zh, row.name_en, row.area = self.kind, self.name_zh, self.name_en, self.area
        row.save()
        self.log(CHAIN, code=self.code, kind=self.kind, name_zh=self.name_zh, area=self.area.code)
        return row
