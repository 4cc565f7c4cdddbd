"""The chief tree 河长关系树 around one duty: who is above, who below, and who is next up and down the river."""

from datetime import date

from django.db.models import Q, QuerySet

from riverchief.registry.duties.models import OF_AREAS, Duty, K
from riverchief.registry.duties.queries import SHOWN_WITH, from_the_top, held_on
from riverchief.registry.models import Reach

_HEADS = (K.HEAD, K.DUAL_HEAD)


def _rows(condition: Q, day: date) -> "QuerySet[Duty]":
    return from_the_top(Duty.objects.filter(condition, held_on(day)).select_related(*SHOWN_WITH))


def _above(duty: Duty) -> list[str]:
    """The codes of the areas above that of the duty, the nearest first."""
    return duty.area.path.strip("/").split("/")[-2::-1]


def _same_water(duty: Duty) -> Q:
    """A condition: chiefs of the same river, or of the river of the reach."""
    river = duty.river_id or (duty.reach.river_id if duty.reach else None)
    return Q(kind=K.CHIEF, river=river) if river is not None else Q(pk__in=[])


def superiors(duty: Duty, day: date) -> list[Duty]:
    """Whom the holder reports to.

    The chief of the river in the nearest area above that has one, and the heads of the own area; of a head, the heads
    of the nearest area above. A deputy's, a police chief's and a volunteer's is the chief whom they help.
    """
    if duty.kind in _HEADS:
        return _nearest(_rows(Q(kind__in=_HEADS, area__in=_above(duty)), day), _above(duty))
    heads = list(_rows(Q(kind__in=_HEADS, area=duty.area), day))
    if duty.kind in OF_AREAS:
        return heads
    if duty.kind in (K.DEPUTY, K.POLICE_CHIEF, K.VOLUNTEER):
        helped = Q(river=duty.river_id, reach=duty.reach_id, standing_water=duty.standing_water_id)
        chiefs = Q(kind__in=[K.CHIEF, K.LAKE_CHIEF, K.POND_CHIEF, K.WETLAND_CHIEF])
        return list(_rows(helped & chiefs & Q(area=duty.area), day)) or heads
    areas = [duty.area_id, *_above(duty)] if duty.reach_id else _above(duty)
    return _nearest(_rows(_same_water(duty) & Q(area__in=areas) & ~Q(pk=duty.pk), day), areas) + heads


def _nearest(rows: "QuerySet[Duty]", areas: list[str]) -> list[Duty]:
    """Those of the first of `areas` that has any."""
    found = list(rows)
    for code in areas:
        if here := [row for row in found if row.area_id == code]:
            return here
    return []


def subordinates(duty: Duty, day: date) -> "QuerySet[Duty]":
    """Who reports to the holder: of a head, the heads right below and the chiefs of the own area; of a chief, those
    of the same river in the tiers right below, and those who help."""
    inside = Q(area__path__startswith=duty.area.path)
    if duty.kind in _HEADS:
        below = Q(kind__in=_HEADS, area__parent=duty.area)
        own = Q(
            kind__in=[K.DEPUTY_HEAD, K.CHIEF, K.LAKE_CHIEF, K.POND_CHIEF, K.WETLAND_CHIEF], area=duty.area
        )
        return _rows(below | own, day)
    if duty.kind not in (K.CHIEF, K.LAKE_CHIEF, K.POND_CHIEF, K.WETLAND_CHIEF):
        return _rows(Q(pk__in=[]), day)
    helpers = Q(
        kind__in=[K.DEPUTY, K.POLICE_CHIEF, K.VOLUNTEER],
        area=duty.area,
        river=duty.river_id,
        reach=duty.reach_id,
        standing_water=duty.standing_water_id,
    )
    if duty.river_id is None:
        return _rows(helpers, day)
    paths = sorted(
        Duty.objects.filter(held_on(day), inside & _same_water(duty) & ~Q(area=duty.area)).values_list(
            "area__path", flat=True
        )
    )
    first = [path for path in paths if not any(path.startswith(other) for other in paths if other != path)]
    reaches = Q(kind=K.CHIEF, reach__river=duty.river_id, area=duty.area)
    return _rows(helpers | reaches | (_same_water(duty) & Q(area__path__in=first)), day)


def neighbours(duty: Duty, day: date) -> tuple[list[Duty], list[Duty]]:
    """The chiefs of the same tier next up and next down the water, where another area or reach begins."""
    if duty.kind != K.CHIEF:
        return [], []
    own = (
        Reach.objects.filter(pk=duty.reach_id)
        if duty.reach_id
        else Reach.objects.filter(river=duty.river_id, area__path__startswith=duty.area.path)
    )
    nodes = list(own.values_list("basin_id", "up_node", "down_node"))
    if not nodes:
        return [], []
    basin = nodes[0][0]
    tops, ends = {up for _, up, _ in nodes}, {down for _, _, down in nodes}
    beside = Reach.objects.filter(basin=basin).exclude(pk__in=own.values("pk")).select_related("area")
    return (
        _chiefs_of(beside.filter(down_node__in=tops - ends), duty, day),
        _chiefs_of(beside.filter(up_node__in=ends - tops), duty, day),
    )


def _chiefs_of(reaches: "QuerySet[Reach]", duty: Duty, day: date) -> list[Duty]:
    """The chiefs of these reaches on the tier of the duty."""
    condition = Q(pk__in=[])
    for reach in reaches:
        codes = reach.area.path.strip("/").split("/") if reach.area else []
        water = Q(reach=reach) if reach.river_id is None else Q(reach=reach) | Q(river=reach.river_id)
        condition |= water & Q(area__in=codes)
    tier = Q(kind=K.CHIEF, area__level=duty.area.level)
    return list(_rows(condition & tier & ~Q(pk=duty.pk), day))
