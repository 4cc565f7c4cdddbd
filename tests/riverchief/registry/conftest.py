"""A small basin: two reaches of county A join and flow on through county B; and somebody for every role."""

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest
from django.test import Client
from riverchief.accounts.models import Area, Membership, Organisation, User
from riverchief.accounts.roles import Role
from riverchief.registry.models import Basin, Outfall, Reach, River, Station
from shapely import LineString

LINES = {
    "R1": [(107.00, 30.02), (107.01, 30.01), (107.02, 30.00)],
    "R2": [(107.00, 29.98), (107.01, 29.99), (107.02, 30.00)],
    "R3": [(107.02, 30.00), (107.04, 30.00)],
    "R4": [(107.04, 30.00), (107.06, 29.99)],
}
NODES = {"R1": ("a", "c"), "R2": ("b", "c"), "R3": ("c", "d"), "R4": ("d", "e")}


@pytest.fixture
def areas(db) -> SimpleNamespace:
    city = Area.objects.create(code="990000", name_zh="青澜市", name_en="Qinglan City", level="city")
    a, b = (
        Area.objects.create(
            code=code, name_zh=f"{name}县", name_en=f"{name} County", level="county", parent=city
        )
        for code, name in (("990101", "甲"), ("990102", "乙"))
    )
    town = Area.objects.create(
        code="990101001", name_zh="甲一镇", name_en="First Town", level="town", parent=a
    )
    return SimpleNamespace(city=city, a=a, b=b, town=town)


@pytest.fixture
def make_reach() -> Callable[..., Reach]:
    def make(basin: Basin, code: str, area: Area | None, **fields) -> Reach:
        line = LineString(fields.pop("line", LINES.get(code)))
        up, down = fields.pop("nodes", NODES.get(code))
        return Reach.objects.create(
            basin=basin,
            code=code,
            area=area,
            up_node=up,
            down_node=down,
            length_m=fields.pop("length_m", 2000.0),
            geometry={"type": "LineString", "coordinates": [list(point) for point in line.coords]},
            bounds=line.bounds,
            **fields,
        )

    return make


@pytest.fixture
def basin(areas, make_reach) -> SimpleNamespace:
    row = Basin.objects.create(
        code="small", name_zh="小流域", name_en="Small basin", synthetic=True, source="test"
    )
    river = River.objects.create(basin=row, code="W1", name_zh="小河", name_en="Small River")
    reaches = {
        code: make_reach(row, code, area, river=river, discharge_m3s=2.0, velocity_m_s=0.5)
        for code, area in (("R1", areas.town), ("R2", areas.a), ("R3", areas.b), ("R4", areas.b))
    }
    firm = Organisation.objects.create(
        name_zh="甲一镇电镀厂", name_en="Plating", kind="enterprise", area=areas.town
    )
    outfalls = {
        code: Outfall.objects.create(
            code=code,
            name_zh=f"{code}号口",
            name_en=f"Outfall {code}",
            kind="industrial",
            permitted=True,
            reach=reaches[reach],
            chainage_m=500.0,
            lon=lon,
            lat=lat,
            area=reaches[reach].area,
            organisation=firm,
        )
        for code, reach, lon, lat in (("O1", "R1", 107.005, 30.015), ("O4", "R4", 107.045, 29.997))
    }
    station = Station.objects.create(
        code="S1",
        name_zh="站",
        name_en="Station",
        kind="automatic",
        mn="990000DEMO00000000000001",
        reach=reaches["R3"],
        chainage_m=1500.0,
        lon=107.035,
        lat=30.0,
        area=areas.b,
    )
    return SimpleNamespace(
        row=row, river=river, reaches=reaches, outfalls=outfalls, station=station, firm=firm
    )


@pytest.fixture
def somebody(areas) -> Callable[[Role, Area], User]:
    def make(role: Role, area: Area) -> User:
        user = User.objects.create_user(f"{role}-{area.code}", name_zh=str(role), name_en=str(role))
        Membership.objects.create(user=user, role=role.value, area=area, valid_from=date(2020, 1, 1))
        return user

    return make


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def enter(user: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter
