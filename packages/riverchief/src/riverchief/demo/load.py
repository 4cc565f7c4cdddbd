"""A demo basin into the database, in bulk and in one transaction; loading the same basin twice changes nothing."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

import shapely
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Model

from riverchief.accounts.models import Area, Membership, Organisation, User
from riverchief.accounts.passwords import light_hash
from riverchief.base import audit, clock
from riverchief.base.actions import SYSTEM
from riverchief.demo.model import DemoBasin, DemoPlace
from riverchief.monitor.models import Shift
from riverchief.monitor.virtual.hydrological import device_password as hydrological_password
from riverchief.registry.models import Basin, Duty, Outfall, Reach, River, Section, Station

Progress = Callable[[str, int, int], None]
"""Told what is being loaded, how many are done, how many there are."""

M = TypeVar("M", bound=Model)
BATCH = 2_000
PLURALS: dict[type[Model], str] = {Reach: "reaches", Duty: "duties"}
IN_OFFICE_SINCE = date(2025, 1, 1)
ROSTER_DAYS = 30
HALF_A_DAY = timedelta(hours=12)


def _silent(what: str, done: int, total: int) -> None:
    """Nobody watches."""


def is_loaded(basin: DemoBasin) -> bool:
    """Whether this very basin (code and seed) is in the database."""
    return Basin.objects.filter(code=basin.code, source=basin.source).exists()


def load(
    basin: DemoBasin, passwords: dict[str, str], device_password: str, progress: Progress = _silent
) -> Basin:
    """Write everything; `passwords` are by user name, `device_password` is what all analysers send.

    People who do not sign in get an unusable password.
    """
    with transaction.atomic():
        existing = Basin.objects.filter(code=basin.code, source=basin.source).first()
        if existing is not None:
            return existing
        _areas(basin, progress)
        organisations = _organisations(basin, progress)
        row = Basin.objects.create(
            code=basin.code,
            name_zh=basin.name[0],
            name_en=basin.name[1],
            synthetic=True,
            source=basin.source,
        )
        rivers = _rivers(basin, row, progress)
        reaches = _reaches(basin, row, rivers, progress)
        _placed(basin, reaches, organisations, device_password, progress)
        users = _people(basin, organisations, passwords, progress)
        _save(
            Duty,
            (
                Duty(
                    user_id=users[duty.username],
                    kind=duty.kind,
                    area_id=duty.area_code,
                    river_id=None if duty.river_code is None else rivers[duty.river_code],
                    valid_from=IN_OFFICE_SINCE,
                )
                for duty in basin.duties
            ),
            len(basin.duties),
            progress,
        )
        shifts = list(_roster(users, basin.areas[0].code))
        _save(Shift, shifts, len(shifts), progress)
        audit.append(
            f"basin:{row.pk}",
            "demo.load",
            SYSTEM,
            {"seed": basin.seed, "scale": basin.scale, "code": row.code},
        )
    return row


def _roster(users: dict[str, int], city: str) -> Iterable[Shift]:
    """The city's duty desk by day and by night, from yesterday on."""
    first = datetime.combine(clock.today() - timedelta(days=1), time(8), clock.SHANGHAI)
    crews = (("monitor1", "office", "office2"), ("office2", "monitor1", "office"))
    for number in range(2 * ROSTER_DAYS):
        person, deputy, leader = (users[name] for name in crews[number % 2])
        starts_at = first + number * HALF_A_DAY
        yield Shift(
            area_id=city,
            starts_at=starts_at,
            ends_at=starts_at + HALF_A_DAY,
            person_id=person,
            deputy_id=deputy,
            leader_id=leader,
        )


def _save(model: type[M], rows: Iterable[M], total: int, progress: Progress) -> list[M]:
    """Insert in batches; the progress names the table."""
    name = PLURALS.get(model, str(model._meta.verbose_name_plural))
    saved: list[M] = []
    batch: list[M] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            saved += model._default_manager.bulk_create(batch)
            batch = []
            progress(name, len(saved), total)
    if batch:
        saved += model._default_manager.bulk_create(batch)
    progress(name, len(saved), total)
    return saved


def _areas(basin: DemoBasin, progress: Progress) -> None:
    for done, area in enumerate(basin.areas, start=1):  # in order from the top: a path needs its parent
        Area.objects.update_or_create(
            code=area.code,
            defaults={
                "name_zh": area.name[0],
                "name_en": area.name[1],
                "level": area.level,
                "parent_id": area.parent_code,
            },
        )
        progress("areas", done, len(basin.areas))


def _organisations(basin: DemoBasin, progress: Progress) -> dict[tuple[str, str], int]:
    rows = [
        Organisation(
            name_zh=item.name[0],
            name_en=item.name[1],
            kind=item.kind,
            area_id=item.area_code,
            department=item.department if item.kind != "enterprise" else "",
        )
        for item in basin.organisations
    ]
    return {(row.name_zh, row.area_id): row.pk for row in _save(Organisation, rows, len(rows), progress)}


def _rivers(basin: DemoBasin, row: Basin, progress: Progress) -> dict[str, int]:
    rows = [
        River(basin=row, code=river.code, name_zh=river.name[0], name_en=river.name[1])
        for river in basin.rivers
    ]
    return {river.code: river.pk for river in _save(River, rows, len(rows), progress)}


def _reaches(basin: DemoBasin, row: Basin, rivers: dict[str, int], progress: Progress) -> dict[str, int]:
    def rows() -> Iterable[Reach]:
        for item in basin.reaches:
            reach = item.reach
            yield Reach(
                basin=row,
                code=reach.id,
                river_id=rivers[item.river_code],
                area_id=item.area_code,
                up_node=reach.up,
                down_node=reach.down,
                length_m=reach.length_m,
                geometry=None if reach.line is None else shapely.geometry.mapping(reach.line),
                bounds=None if reach.line is None else reach.line.bounds,
                discharge_m3s=reach.discharge_m3s,
                velocity_m_s=reach.velocity_m_s,
                width_m=reach.width_m,
                depth_m=reach.depth_m,
                dispersion_m2s=reach.dispersion_m2s,
                drainage_km2=reach.drainage_km2,
                flow_share=reach.flow_share,
                regime=reach.regime.value,
                estimated=sorted(reach.estimated),
            )

    return {reach.code: reach.pk for reach in _save(Reach, rows(), len(basin.reaches), progress)}


def _placed(
    basin: DemoBasin,
    reaches: dict[str, int],
    organisations: dict[tuple[str, str], int],
    device_password: str,
    progress: Progress,
) -> None:
    def common(item: DemoPlace) -> dict[str, Any]:
        return {
            "code": item.code,
            "name_zh": item.name[0],
            "name_en": item.name[1],
            "reach_id": reaches[item.location.reach_id],
            "chainage_m": item.location.chainage_m,
            "lon": item.lon,
            "lat": item.lat,
            "area_id": item.area_code,
        }

    sections = _save(
        Section,
        (
            Section(**common(item), level=item.level, target_class=item.target_class)
            for item in basin.sections
        ),
        len(basin.sections),
        progress,
    )
    section_ids = {row.code: row.pk for row in sections}
    adopted_at = clock.now()
    stations = []
    for item in basin.stations:
        station = Station(
            **common(item),
            mn=item.mn,
            kind=Station.Kind.AUTOMATIC if item.mn else Station.Kind.MANUAL,
            section_id=None if item.section_code is None else section_ids[item.section_code],
            target_class=item.target_class,
            adopted_at=adopted_at if item.mn else None,
        )
        if item.mn:
            station.set_password(device_password)
        stations.append(station)
    for gauge in basin.gauges:
        station = Station(**common(gauge), mn=gauge.mn, kind=Station.Kind.RAIN_GAUGE, adopted_at=adopted_at)
        station.set_password(hydrological_password(device_password))
        stations.append(station)
    _save(Station, stations, len(stations), progress)
    _save(
        Outfall,
        (
            Outfall(
                **common(item),
                kind=item.kind,
                permitted=item.permitted,
                status=item.status,
                organisation_id=None if item.organisation is None else organisations[item.organisation],
            )
            for item in basin.outfalls
        ),
        len(basin.outfalls),
        progress,
    )


def _people(
    basin: DemoBasin,
    organisations: dict[tuple[str, str], int],
    passwords: dict[str, str],
    progress: Progress,
) -> dict[str, int]:
    unusable = make_password(None)
    rows = [
        User(
            username=person.username,
            name_zh=person.name[0],
            name_en=person.name[1],
            password=light_hash(passwords[person.username]) if person.signs_in else unusable,
        )
        for person in basin.people
    ]
    users = {row.username: row.pk for row in _save(User, rows, len(rows), progress)}
    _save(
        Membership,
        (
            Membership(
                user_id=users[person.username],
                role=person.role,
                area_id=person.area_code,
                organisation_id=None if person.organisation is None else organisations[person.organisation],
                valid_from=IN_OFFICE_SINCE,
            )
            for person in basin.people
        ),
        len(basin.people),
        progress,
    )
    return users
