"""A small river with three stations, and a gateway on a port of its own."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from riverchief.accounts.models import Area, Membership, User
from riverchief.accounts.roles import Role
from riverchief.base import clock
from riverchief.base.rules import load_rules
from riverchief.monitor.gateway.server import Gateway, Limits
from riverchief.registry.models import Basin, Reach, River, Station

PASSWORD = "123456"
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@dataclass
class Stream:
    """Stations A, B and C down one river of 20 km, 10 km apart; D on a tributary that nothing joins above."""

    area: Area
    other_area: Area
    basin: Basin
    a: Station
    b: Station
    c: Station
    d: Station


@pytest.fixture
def stream(db) -> Stream:
    return make_stream()


def make_stream() -> Stream:
    load_rules()
    city = Area.objects.create(code="500000", name_zh="山城市", name_en="Hill City", level="city")
    area = Area.objects.create(
        code="500101", name_zh="江东区", name_en="Jiangdong", level="county", parent=city
    )
    other = Area.objects.create(
        code="500102", name_zh="江西区", name_en="Jiangxi", level="county", parent=city
    )
    basin = Basin.objects.create(
        code="test", name_zh="测试流域", name_en="Test", source="test", synthetic=True
    )
    river = River.objects.create(basin=basin, code="R", name_zh="清溪", name_en="Clear Creek")

    def reach(code: str, up: str, down: str) -> Reach:
        return Reach.objects.create(
            basin=basin,
            code=code,
            river=river,
            area=area,
            up_node=up,
            down_node=down,
            length_m=10_000,
            discharge_m3s=5,
            velocity_m_s=0.5,
            dispersion_m2s=20,
        )

    upper, lower = reach("upper", "1", "2"), reach("lower", "2", "3")
    tributary = reach("tributary", "4", "2")

    def station(code: str, where: Reach, chainage_m: float, of: Area) -> Station:
        row = Station(
            code=code,
            name_zh=f"{code}站",
            name_en=f"Station {code}",
            mn=f"A1B2C3D4E5F6A1B2C3D4E5{code}{code}",
            reach=where,
            chainage_m=chainage_m,
            lon=106.5,
            lat=29.5,
            area=of,
            kind="automatic",
            target_class=3,
        )
        row.set_password(PASSWORD)
        row.save()
        return row

    return Stream(
        area,
        other,
        basin,
        station("A", upper, 1_000, area),
        station("B", lower, 1_000, area),
        station("C", lower, 9_000, other),
        station("D", tributary, 1_000, other),
    )


@contextlib.asynccontextmanager
async def gateway(port: int = 0, *, tls=None, balancers=(), **limits):
    """A gateway that runs for a block; nobody is asked to examine what it stored."""
    settings = {"batch_wait_s": 0.001, "directory_s": 0.1, "house_s": 0.2, "examination_s": 0.1} | limits
    running = Gateway(
        "127.0.0.1", port, Limits(**settings), tls=tls, balancers=balancers, stored=lambda: None
    )
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


async def in_thread(work):
    """Do something with the database from inside a loop, and leave no connection behind."""

    def done():
        try:
            return work()
        finally:
            connection.close()

    return await asyncio.to_thread(done)


async def until(condition, seconds: float = 10.0) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not await in_thread(condition):
            await asyncio.sleep(0.02)


def ago(**how_long: float) -> datetime:
    """A data time of whole seconds before now: HJ 212 has no smaller unit."""
    return (datetime.now(UTC) - timedelta(**how_long)).replace(microsecond=0)


@dataclass
class People:
    """One person of each role; those of a county belong to the area of stations A and B."""

    administrator: User
    city_office: User
    county_office: User
    town_office: User
    enforcement: User
    monitoring: User
    inspector: User
    chief: User
    unit: User
    sampler: User
    laboratory: User
    elsewhere: User
    """The duty desk of the other county."""

    def all(self) -> dict[str, User]:
        return dict(vars(self))


@pytest.fixture
def people(stream) -> People:
    def person(name: str, role: Role, area: Area) -> User:
        user = User.objects.create_user(name, None, name_zh=name, name_en=name)
        Membership.objects.create(
            user=user, role=role.value, area=area, valid_from=NOW.date() - timedelta(days=999)
        )
        return user

    city = stream.area.parent
    over_all = {Role.ADMINISTRATOR, Role.CITY_OFFICE}
    return People(
        **{role.value: person(role.value, role, city if role in over_all else stream.area) for role in Role},
        elsewhere=person("elsewhere", Role.MONITORING, stream.other_area),
    )


@pytest.fixture
def desk(stream):
    """A round of sampling by hand at stations A and B, and the people it takes; it is NOW."""
    # Not at the top: the desk takes its time from here.
    from .sampling_desk import make_desk

    with clock.use_clock(NOW):
        yield make_desk(stream)
