"""Who answers, answered, or stood in for what: for any day, and over time."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Length

from riverchief.accounts import queries as accounts
from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import allows, scope, within
from riverchief.accounts.roles import Capability
from riverchief.registry.duties.models import Duty, K, StandIn
from riverchief.registry.models import Reach

SHOWN_WITH = ("user", "area", "river", "reach__river", "standing_water")
_KINDS_IN_ORDER = tuple(Duty.Kind)


def held_on(day: date) -> Q:
    """A condition on duties and on those who stand in: on that day."""
    return Q(Q(valid_to__isnull=True) | Q(valid_to__gte=day), valid_from__lte=day)


def visible(user: User) -> "QuerySet[Duty]":
    """The duties in the areas whose map the user sees.

    Volunteers are private people: only those who see accounts there see them.
    """
    rows = Duty.objects.filter(within(scope(user, Capability.VIEW_MAP)))
    known = within(scope(user, Capability.VIEW_ACCOUNTS))
    return rows.filter(~Q(kind=K.VOLUNTEER) | known).select_related(*SHOWN_WITH)


def from_the_top(rows: "QuerySet[Duty]") -> "QuerySet[Duty]":
    """In order of tier, kind and name; of one duty the present holder before those of before."""
    rank = Case(
        *(When(kind=kind, then=Value(number)) for number, kind in enumerate(_KINDS_IN_ORDER)),
        output_field=IntegerField(),
    )
    return rows.annotate(tier=Length("area__path"), rank=rank).order_by(
        "tier", "area__path", "rank", "seat", "river", "reach", "standing_water", "-valid_from", "pk"
    )


def named(text: str) -> Q:
    """A condition: a text stands in the name of the holder, the water or the area, or in the position."""
    if not text:
        return Q()
    where = ("user__name", "river__name", "standing_water__name", "area__name", "reach__river__name")
    found = Q(position__icontains=text) | Q(reach__code__icontains=text)
    for one in where:
        found |= Q(**{f"{one}_zh__icontains": text}) | Q(**{f"{one}_en__icontains": text})
    return found


def of_reach(reach: Reach) -> Q:
    """A condition: the duty is for this reach, for its river, or for an area that it lies in; in those areas."""
    codes = reach.area.path.strip("/").split("/") if reach.area else []
    water = Q(reach=reach)
    if reach.river_id is not None:
        water |= Q(river=reach.river_id)
    for_all = Q(kind__in=[K.HEAD, K.DUAL_HEAD, K.DEPUTY_HEAD])
    return Q(reach=reach) | Q(water | for_all, area_id__in=codes)


def show_all(rows: Sequence[Duty], reader: User, day: date) -> list[dict[str, Any]]:
    """Duties as the API shows them, with who stands in on `day`."""
    acting = {
        row.duty_id: row for row in StandIn.objects.filter(held_on(day), duty__in=rows).select_related("user")
    }
    return [_show(row, acting.get(row.pk), reader) for row in rows]


def _show(row: Duty, acting: StandIn | None, reader: User) -> dict[str, Any]:
    river = row.river or (row.reach.river if row.reach else None)
    water = row.standing_water or river
    # Numbers are for those who keep in touch with chiefs; the name of a chief stands on a sign at the river.
    known = allows(reader, Capability.VIEW_ACCOUNTS, row.area.path)
    return {
        "id": row.pk,
        "kind": row.kind,
        "level": row.area.level,
        "area_code": row.area_id,
        "area_zh": row.area.name_zh,
        "area_en": row.area.name_en,
        "river_id": river.pk if river else None,
        "reach_id": row.reach_id,
        "reach_code": row.reach.code if row.reach else "",
        "water_zh": water.name_zh if water else "",
        "water_en": water.name_en if water else "",
        "person": accounts.person(row.user),
        "phone": row.user.phone if known else "",
        "position": row.position,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "stand_in": (
            {
                "person": accounts.person(acting.user),
                "valid_from": acting.valid_from,
                "valid_to": acting.valid_to,
            }
            if acting
            else None
        ),
    }


def responsible_chief(area: Area, reach: Reach | None, day: date) -> User | None:
    """Who answers, on `day`, for a place on `reach` in `area`: the chief of the lowest level that has one.

    On each level from the area upwards, the chief of the reach goes before the chief of its river, and both before the
    head of the area (总河长, then 双总河长), who answers for all that nobody else does. Who stands in that day goes before
    whom they stand in for. None where there is no duty.
    """
    codes = area.path.strip("/").split("/")
    for_all = Q(kind__in=[K.HEAD, K.DUAL_HEAD])
    here = Q(kind=K.CHIEF, reach=reach) if reach is not None else Q(pk__in=[])
    if reach is not None and reach.river_id is not None:
        here |= Q(kind=K.CHIEF, river=reach.river_id)
    duties = list(
        Duty.objects.filter(held_on(day), here | for_all, area_id__in=codes)
        .select_related("user")
        .order_by("-valid_from", "-pk")
    )
    acting = {
        row.duty_id: row.user
        for row in StandIn.objects.filter(held_on(day), duty__in=duties, user__is_active=True).select_related(
            "user"
        )
    }

    def closeness(duty: Duty) -> tuple[int, int, int]:
        kinds = (K.DUAL_HEAD, K.HEAD, K.CHIEF)
        return codes.index(duty.area_id), kinds.index(Duty.Kind(duty.kind)), int(duty.reach_id is not None)

    there = [duty for duty in duties if duty.pk in acting or duty.user.is_active]
    # Of two heads of one area, always the same one.
    nearest = max(there, key=closeness, default=None)
    return acting.get(nearest.pk, nearest.user) if nearest else None
