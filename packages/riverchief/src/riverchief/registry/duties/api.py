"""Duties over HTTP: who answers for what, on any day; and how that changes."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router

from riverchief.accounts import queries as accounts
from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import allows, signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.base.http import Day, Page, PageQuery, idempotent, page_shown_together
from riverchief.registry import queries as registry
from riverchief.registry.duties import queries, tree
from riverchief.registry.duties.actions import EndDuty, HandOverDuty, SaveDuty, StandInForDuty
from riverchief.registry.duties.models import Duty, K, StandingWater
from riverchief.registry.duties.schemas import (
    AppointIn,
    ChiefOut,
    DutyFileOut,
    DutyFilter,
    DutyOut,
    EndDutyIn,
    HandOverDutyIn,
    RiverAreasIn,
    RiverAreasOut,
    StandInIn,
)
from riverchief.registry.duties.waters import SetRiverAreas, suggested_areas
from riverchief.registry.models import River

router = Router(tags=["registry"], auth=auth)
keeper = SessionAuth(Capability.MANAGE_ACCOUNTS)


@router.get("/duties", response=Page[DutyOut])
def list_duties(request: HttpRequest, page: Query[PageQuery], which: Query[DutyFilter]) -> dict[str, Any]:
    """The duties on the reader's map, from the top tier down."""
    reader, day = signed_in(request), which.on or clock.today()
    rows = queries.visible(reader).filter(queries.named(which.q.strip()))
    if not which.past:
        rows = rows.filter(queries.held_on(day))
    if which.kind is not None:
        rows = rows.filter(kind=which.kind)
    if which.area:
        rows = rows.filter(area__path__contains=f"/{which.area}/")
    if which.river is not None:
        rows = rows.filter(Q(river=which.river) | Q(reach__river=which.river))
    if which.reach is not None:
        reach = registry.reaches(reader).select_related("area").filter(pk=which.reach).first()
        if reach is None:
            raise NotFound("没有这个河段。|There is no such reach.")
        # Who answers for a reach that is seen is told up to the top: the names stand on the sign at the river.
        rows = Duty.objects.select_related(*queries.SHOWN_WITH).exclude(kind=K.VOLUNTEER)
        rows = rows.filter(queries.of_reach(reach), queries.named(which.q.strip()))
        rows = rows if which.past else rows.filter(queries.held_on(day))
    return page_shown_together(
        queries.from_the_top(rows), page, lambda found: queries.show_all(found, reader, day)
    )


@router.get("/duties/{int:duty_id}", response=DutyFileOut)
def read_duty(request: HttpRequest, duty_id: int, on: Day | None = None) -> dict[str, Any]:
    """A duty, who is above it and beside it on a day, who held it before, who stood in."""
    reader, duty, day = signed_in(request), _duty(request, duty_id), on or clock.today()
    upstream, downstream = tree.neighbours(duty, day)
    before = queries.visible(reader).filter(
        kind=duty.kind,
        area=duty.area,
        river=duty.river_id,
        reach=duty.reach_id,
        standing_water=duty.standing_water_id,
    )

    def show(rows: list[Duty]) -> list[dict[str, Any]]:
        return queries.show_all(rows, reader, day)

    return {
        **show([duty])[0],
        "may_change": allows(reader, Capability.MANAGE_ACCOUNTS, duty.area.path),
        "superiors": show(tree.superiors(duty, day)),
        "upstream": show(upstream),
        "downstream": show(downstream),
        "before": show(list(before.exclude(pk=duty.pk).order_by("-valid_from")[:50])),
        "stand_ins": [
            {"person": accounts.person(row.user), "valid_from": row.valid_from, "valid_to": row.valid_to}
            for row in duty.stand_ins.select_related("user").order_by("-valid_from")[:50]
        ],
    }


@router.get("/duties/{int:duty_id}/subordinates", response=Page[DutyOut])
def list_subordinates(
    request: HttpRequest, duty_id: int, page: Query[PageQuery], on: Day | None = None
) -> dict[str, Any]:
    """Who reports to the holder of a duty, on a day."""
    reader, duty, day = signed_in(request), _duty(request, duty_id), on or clock.today()
    rows = tree.subordinates(duty, day).filter(pk__in=queries.visible(reader).values("pk"))
    return page_shown_together(rows, page, lambda found: queries.show_all(found, reader, day))


@router.get("/chiefs/{int:user_id}", response=ChiefOut)
def read_chief(request: HttpRequest, user_id: int) -> dict[str, Any]:
    """A person with their duties over time."""
    reader = signed_in(request)
    person = User.objects.filter(pk=user_id).first()
    rows = list(queries.visible(reader).filter(user=user_id).order_by("-valid_from", "pk")[:200])
    if person is None or not rows:
        raise NotFound("没有这个人。|There is no such person.")
    duties = queries.show_all(rows, reader, clock.today())
    return {
        "person": accounts.person(person),
        "phone": next((duty["phone"] for duty in duties if duty["phone"]), ""),
        "active": person.is_active,
        "duties": duties,
    }


@router.post("/duties", response=DutyOut, auth=keeper)
@idempotent
def appoint(request: HttpRequest, body: AppointIn) -> dict[str, Any]:
    """Give a person a duty from a day on."""
    reader = signed_in(request)
    water = StandingWater.objects.filter(code=body.standing_water).first() if body.standing_water else None
    if body.standing_water and water is None:
        raise _unknown("standing_water", body.standing_water)
    duty = SaveDuty(
        actor=reader,
        user=_person(body.user_id),
        kind=body.kind,
        area=_area(body.area),
        river=_of(registry.rivers(reader), body.river_id, "river_id"),
        reach=_of(registry.reaches(reader), body.reach_id, "reach_id"),
        standing_water=water,
        position=body.position.strip(),
        valid_from=body.valid_from,
        valid_to=body.valid_to,
    ).run()
    return _shown(duty, reader)


@router.post("/duties/{int:duty_id}/hand_over", response=DutyOut, auth=keeper)
@idempotent
def hand_over_duty(request: HttpRequest, duty_id: int, body: HandOverDutyIn) -> dict[str, Any]:
    """Somebody else takes a duty over; who held it before stays readable for every day before."""
    reader = signed_in(request)
    duty = HandOverDuty(
        actor=reader,
        duty_id=duty_id,
        user=_person(body.user_id),
        since=body.since,
        position=body.position.strip(),
    ).run()
    return _shown(duty, reader)


@router.post("/duties/{int:duty_id}/end", response=DutyOut, auth=keeper)
@idempotent
def end_duty(request: HttpRequest, duty_id: int, body: EndDutyIn) -> dict[str, Any]:
    """A duty ends without a successor."""
    reader = signed_in(request)
    return _shown(EndDuty(actor=reader, duty_id=duty_id, last_day=body.last_day).run(), reader)


@router.post("/duties/{int:duty_id}/stand_ins", response=DutyOut, auth=keeper)
@idempotent
def stand_in(request: HttpRequest, duty_id: int, body: StandInIn) -> dict[str, Any]:
    """Somebody acts for the holder for a time."""
    reader = signed_in(request)
    duty = StandInForDuty(
        actor=reader,
        duty_id=duty_id,
        user=_person(body.user_id),
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        reason=body.reason,
    ).run()
    return _shown(duty, reader)


@router.get("/rivers/{int:river_id}/areas", response=RiverAreasOut)
def read_river_areas(request: HttpRequest, river_id: int) -> dict[str, Any]:
    """In which highest areas a river has chiefs."""
    return _areas_of(_river(request, river_id), signed_in(request))


@router.post(
    "/rivers/{int:river_id}/areas", response=RiverAreasOut, auth=SessionAuth(Capability.MANAGE_REGISTRY)
)
@idempotent
def set_river_areas(request: HttpRequest, river_id: int, body: RiverAreasIn) -> dict[str, Any]:
    """Say so: none may lie in another, and of two counties of one city the river belongs to the city."""
    reader, river = signed_in(request), _river(request, river_id)
    SetRiverAreas(actor=reader, river=river, codes=body.areas).run()
    return _areas_of(river, reader)


def _areas_of(river: River, reader: User) -> dict[str, Any]:
    def shown(rows: list[Area]) -> list[dict[str, str]]:
        return [{"code": row.pk, "name_zh": row.name_zh, "name_en": row.name_en} for row in rows]

    areas = [row.area for row in river.highest_areas.select_related("area")]
    return {
        "areas": shown(areas),
        "suggested": shown(suggested_areas(river)),
        "may_change": allows(reader, Capability.MANAGE_REGISTRY)
        and all(allows(reader, Capability.MANAGE_REGISTRY, area.path) for area in areas),
    }


def _shown(duty: Duty, reader: User) -> dict[str, Any]:
    row = Duty.objects.select_related(*queries.SHOWN_WITH).get(pk=duty.pk)
    shown = queries.show_all([row], reader, clock.today())[0]
    return DutyOut(**shown).model_dump(mode="json")  # what is answered to a repeated request is kept as JSON


def _duty(request: HttpRequest, duty_id: int) -> Duty:
    duty = queries.visible(signed_in(request)).filter(pk=duty_id).first()
    if duty is None:
        raise NotFound("没有这项职责。|There is no such duty.")
    return duty


def _river(request: HttpRequest, river_id: int) -> River:
    river: River | None = registry.rivers(signed_in(request)).filter(pk=river_id).first()
    if river is None:
        raise NotFound("没有这条河流。|There is no such river.")
    return river


def _person(user_id: int) -> User:
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise _unknown("user_id", str(user_id))
    return person


def _area(code: str) -> Area:
    return accounts.area_of(code)


def _of(rows: Any, key: int | None, field: str) -> Any:
    """The row of that key among those that the reader sees; None where none is asked for."""
    if key is None:
        return None
    row = rows.filter(pk=key).first()
    if row is None:
        raise _unknown(field, str(key))
    return row


def _unknown(field: str, value: str) -> InvalidInput:
    return InvalidInput(
        f"没有“{value}”。|There is no “{value}”.", cure="请重新选择。|Choose again.", field=field
    )
