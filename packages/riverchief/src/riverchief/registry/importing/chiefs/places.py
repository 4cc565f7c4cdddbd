"""Which area, and which water in it, a row of the list means by its names."""

import re
from collections import defaultdict
from dataclasses import dataclass

from riverchief.accounts.models import Area
from riverchief.registry.duties.models import Duty, RiverArea, StandingWater
from riverchief.registry.importing.values import BadValue
from riverchief.registry.models import Reach, River

_SUFFIX = re.compile(r"(自治县|自治区|特别行政区|街道办事处|街道|市|区|县|乡|镇|村|社区)$")
_LEVELS = ("province", "city", "county", "town", "village")
_STRETCH = re.compile(r"^(?P<river>.+?)[（(]?(?P<place>[^（）()]*?)段[）)]?$")


@dataclass(frozen=True)
class Water:
    """What a duty is for: one of the three, or none of them for a whole area."""

    river_id: int | None = None
    reach_id: int | None = None
    standing_water_id: int | None = None
    kind: str = ""


class Places:
    """The tree of today and the waters of a deployment, by name."""

    def __init__(self) -> None:
        self.areas = {area.pk: area for area in Area.objects.filter(valid_to=None)}
        self._named: dict[tuple[str | None, str], list[Area]] = defaultdict(list)
        for area in self.areas.values():
            self._named[area.parent_id, area.name_zh].append(area)
            self._named[area.parent_id, _SUFFIX.sub("", area.name_zh)].append(area)
        self._tops = [area for area in self.areas.values() if area.parent_id is None]
        self._rivers: dict[str, list[River]] = defaultdict(list)
        for river in River.objects.all():
            self._rivers[river.name_zh].append(river)
            self._rivers[river.code].append(river)
        self._through: dict[int, set[str]] = defaultdict(set)
        for river_id, path in (
            Reach.objects.filter(area__isnull=False)
            .order_by()
            .values_list("river_id", "area__path")
            .distinct()
        ):
            if river_id is not None:
                self._through[river_id].add(path)
        self._reaches = {
            code: (pk, path) for code, pk, path in Reach.objects.values_list("code", "pk", "area__path")
        }
        self._highest: dict[int, list[str]] = defaultdict(list)
        for river_id, path in RiverArea.objects.values_list("river_id", "area__path"):
            self._highest[river_id].append(path)
        self._standing: dict[str, list[StandingWater]] = defaultdict(list)
        for water in StandingWater.objects.select_related("area"):
            self._standing[water.name_zh].append(water)
            self._standing[water.code].append(water)

    def area(self, code: str, names: dict[str, str], level: str) -> Area:
        """The area of a code, or the lowest that is named; of a named level the one at or above it.

        Raises:
            BadValue: none has the code, or a name is not known where it should be.
        """
        if code:
            area = self.areas.get(code)
            if area is None:
                raise BadValue(
                    "area",
                    f"没有代码为“{code}”的行政区。|There is no area with the code “{code}”.",
                    "请核对行政区划代码。|Check the code of the area.",
                )
        elif len(self._tops) == 1:
            area = self._tops[0]
        else:
            raise BadValue(
                "area",
                "有几个最上级行政区。|There are several areas at the top.",
                "请给出行政区代码一列。|Give a column with the code of the area.",
            )
        for field in ("county", "town", "village"):
            if name := re.sub(r"\s+", "", names.get(field, "")):
                area = self._below(area, name, field)
        return self._at(area, level) if level else area

    def _below(self, area: Area, name: str, field: str) -> Area:
        if name in (area.name_zh, _SUFFIX.sub("", area.name_zh)) and area.level == field:
            return area
        found = self._named.get((area.pk, name)) or self._named.get((area.pk, _SUFFIX.sub("", name))) or []
        if field == "county" and not found:
            # A province's list names counties whose cities it does not name.
            found = [
                one
                for one in self.areas.values()
                if one.level == "county" and one.name_zh == name and one.path.startswith(area.path)
            ]
        unique = {one.pk: one for one in found}
        if len(unique) != 1:
            raise BadValue(
                field,
                f"“{area.name_zh}”内{'没有' if not unique else '不止一个'}“{name}”。"
                f"|There is {'no' if not unique else 'more than one'} “{name}” in “{area.name_en}”.",
                "请改正名称，或先导入行政区。|Correct the name, or import the areas first.",
            )
        return next(iter(unique.values()))

    def _at(self, area: Area, level: str) -> Area:
        for code in area.path.strip("/").split("/"):
            if (above := self.areas.get(code)) is not None and above.level == level:
                return above
        raise BadValue(
            "tier",
            f"“{area.name_zh}”不是、也不属于所写的层级。|“{area.name_en}” is not, and is not in, an area of that tier.",
            "请补上区县、乡镇或村一列，或改正层级。|Fill in the county, town or village, or correct the tier.",
        )

    def water(self, name: str, area: Area) -> Water:
        """The river, reach, lake, pond or wetland of a name (or code) in an area; "清溪柳镇段" is 清溪.

        Raises:
            BadValue: there is none there, or more than one.
        """
        if found := self._reaches.get(name):
            return Water(reach_id=found[0])
        stretch = _STRETCH.match(name)
        for text in dict.fromkeys((name, stretch["river"] if stretch else name)):
            if (water := self._exactly(text, area)) is not None:
                return water
        if stretch is not None:
            # "清溪柳镇段": where the river's name ends is known from the rivers.
            for end in range(len(name) - 1, 0, -1):
                if (water := self._exactly(name[:end], area)) is not None:
                    return water
        raise BadValue(
            "rivers",
            f"“{area.name_zh}”内没有“{name}”。|There is no “{name}” in “{area.name_en}”.",
            "请改正名称，或先导入该河流、水体；此人照常导入，职责待补。"
            "|Correct the name, or import the water first; the person is taken, without this duty.",
        )

    def check_height(self, river_id: int, area: Area) -> None:
        """Refuse an area above, or beside, the highest ones of a river."""
        highest = self._highest.get(river_id)
        if highest and not any(area.path.startswith(path) for path in highest):
            raise BadValue(
                "rivers",
                f"该河流的河长不设在“{area.name_zh}”。|The river has no chiefs in “{area.name_en}”.",
                "请改行政区或层级，或先改该河流的最高行政区。|Correct the area or the tier, or the river's highest areas first.",
            )

    def _exactly(self, name: str, area: Area) -> Water | None:
        rivers = {row.pk: row for row in self._rivers.get(name, ()) if self._runs_through(row.pk, area)}
        standing = {row.pk: row for row in self._standing.get(name, ()) if _meet(row.area.path, area.path)}
        if len(rivers) + len(standing) > 1:
            codes = "、".join(
                [*(row.code for row in rivers.values()), *(row.code for row in standing.values())]
            )
            raise BadValue(
                "rivers",
                f"“{area.name_zh}”内有几处叫“{name}”（{codes}）。|“{area.name_en}” has several waters called “{name}” ({codes}).",
                "请改填编码。|Give the code instead.",
            )
        for river in rivers.values():
            return Water(river_id=river.pk)
        for water in standing.values():
            return Water(standing_water_id=water.pk, kind=water.kind)
        return None

    def _runs_through(self, river_id: int, area: Area) -> bool:
        """Whether a reach of the river lies in the area, or the area in one that the river is known to run through."""
        return any(_meet(path, area.path) for path in self._through.get(river_id, ()))


def _meet(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def fits(kind: Duty.Kind, water: Water) -> Duty.Kind:
    """The kind that a word means for a water: the 河长 of a lake is its lake chief."""
    if kind is Duty.Kind.CHIEF and water.standing_water_id is not None:
        return Duty.Kind(f"{water.kind}_chief")
    return kind
