"""An office: a city with two counties and a town, people of every role, a river with outfalls, a suspect.

The suspect's names are poison: no test may find them where suspects must not be named.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.test import Client
from riverchief.accounts.models import Area, Membership, Organisation, User
from riverchief.accounts.roles import Role
from riverchief.base import clock
from riverchief.base.rules import load_rules
from riverchief.monitor.models import Event
from riverchief.rectify.actions import UploadEvidence
from riverchief.rectify.models import Problem
from riverchief.registry.models import Basin, Outfall, Reach, River, Station

POISON_OUTFALL = "毒排口甲"
POISON_OUTFALL_EN = "Poison Outfall"
POISON_FIRM = "毒企业甲"
POISON_FIRM_EN = "Poison Works"
POISON = (POISON_OUTFALL, POISON_OUTFALL_EN, POISON_FIRM, POISON_FIRM_EN)

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # a Friday, 12:00 in Shanghai
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


@dataclass
class Office:
    """The people by name, and what they work with."""

    city: Area
    county: Area
    other_county: Area
    town: Area
    unit: Organisation
    other_unit: Organisation
    reach: Reach
    suspect: Outfall
    event: Event
    people: dict[str, User] = field(default_factory=dict)

    def __getitem__(self, name: str) -> User:
        return self.people[name]

    def client(self, name: str, language: str = "zh") -> "Caller":
        return Caller(self.people[name], language)


class Caller:
    """Somebody who calls the API, signed in."""

    def __init__(self, user: User, language: str = "zh") -> None:
        self.client = Client(headers={"accept-language": language})
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}")

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.post(
            f"/api/v1{path}", data=body or {}, content_type="application/json", headers=headers
        )

    def upload(self, content: bytes, name: str = "photo.png", **fields: Any) -> Any:
        from django.core.files.uploadedfile import SimpleUploadedFile

        return self.client.post(
            "/api/v1/evidence", data={"file": SimpleUploadedFile(name, content), **fields}
        )


PEOPLE: dict[str, tuple[Role, str]] = {
    "administrator": (Role.ADMINISTRATOR, "city"),
    "city_office": (Role.CITY_OFFICE, "city"),
    "city_office_2": (Role.CITY_OFFICE, "city"),
    "county_office": (Role.COUNTY_OFFICE, "county"),
    "county_office_2": (Role.COUNTY_OFFICE, "county"),
    "other_county_office": (Role.COUNTY_OFFICE, "other_county"),
    "town_office": (Role.TOWN_OFFICE, "town"),
    "enforcement": (Role.ENFORCEMENT, "county"),
    "monitoring": (Role.MONITORING, "county"),
    "inspector": (Role.INSPECTOR, "county"),
    "inspector_2": (Role.INSPECTOR, "county"),
    "other_inspector": (Role.INSPECTOR, "other_county"),
    "chief": (Role.CHIEF, "county"),
    "unit": (Role.UNIT, "county"),
    "unit_2": (Role.UNIT, "county"),
    "other_unit": (Role.UNIT, "county"),
}


def make_office() -> Office:
    load_rules()
    city = Area.objects.create(code="990000", name_zh="山城市", name_en="Hill City", level="city")
    county = _area("990101", "江东区", "Jiangdong", "county", city)
    other_county = _area("990102", "江西区", "Jiangxi", "county", city)
    town = _area("990101001", "柳镇", "Willow Town", "town", county)
    unit = Organisation.objects.create(
        name_zh="江东区水务局", name_en="Water Bureau", kind="unit", area=county
    )
    other_unit = Organisation.objects.create(
        name_zh="江东区住建局", name_en="Housing Bureau", kind="unit", area=county
    )
    firm = Organisation.objects.create(
        name_zh=POISON_FIRM, name_en=POISON_FIRM_EN, kind="enterprise", area=county
    )
    basin = Basin.objects.create(code="b", name_zh="流域", name_en="Basin", source="test", synthetic=True)
    river = River.objects.create(basin=basin, code="r", name_zh="清溪", name_en="Clear Creek")
    reach = Reach.objects.create(
        basin=basin,
        code="r1",
        river=river,
        area=county,
        up_node="1",
        down_node="2",
        length_m=10_000,
        geometry={"type": "LineString", "coordinates": [[106.5, 29.5], [106.6, 29.5]]},
        bounds=(106.5, 29.5, 106.6, 29.5),
        discharge_m3s=5,
        velocity_m_s=0.5,
        dispersion_m2s=20,
    )
    here = {"reach": reach, "area": county, "lon": 106.55, "lat": 29.5}
    suspect = Outfall.objects.create(
        code="P1",
        name_zh=POISON_OUTFALL,
        name_en=POISON_OUTFALL_EN,
        chainage_m=2_000,
        kind="industrial",
        permitted=False,
        organisation=firm,
        **here,
    )
    station = Station.objects.create(
        code="S1", name_zh="清溪站", name_en="Creek station", chainage_m=8_000, kind="automatic", **here
    )
    event = Event.objects.create(
        station=station,
        area=county,
        parameter="nh3n",
        kind="threshold",
        opened_at=NOON,
        last_at=NOON,
        detected_at=NOON,
        peak_value=3.0,
        unit="mg/L",
    )
    office = Office(city, county, other_county, town, unit, other_unit, reach, suspect, event)
    organisations = {"unit": unit, "unit_2": unit, "other_unit": other_unit}
    for name, (role, area) in PEOPLE.items():
        user = User.objects.create_user(name, None, name_zh=f"{name}先生", name_en=name)
        Membership.objects.create(
            user=user,
            role=role.value,
            area=getattr(office, area),
            organisation=organisations.get(name),
            valid_from=date(2020, 1, 1),
        )
        office.people[name] = user
    return office


def on_site(office: Office, name: str, problem: Problem) -> dict[str, Any]:
    """What who verifies brings along: a photo of now, and the position, at the problem's place."""
    at = clock.now()
    upload = UploadEvidence(
        actor=office[name],
        content=PNG + f"{problem.pk} {at}".encode(),
        file_name="check.png",
        taken_at=at,
        lon=problem.lon,
        lat=problem.lat,
    ).run()
    return {"evidence_ids": [upload.evidence_id], "lon": problem.lon, "lat": problem.lat}


def make_outfall(office: Office, code: str, *, lon: float, area: Area | None = None) -> Outfall:
    """Another outfall on the reach, in the county unless elsewhere."""
    return Outfall.objects.create(
        code=code,
        name_zh=f"{code}口",
        name_en=f"Outfall {code}",
        reach=office.reach,
        chainage_m=3_000,
        lon=lon,
        lat=29.5,
        area=area or office.county,
        kind="storm",
        permitted=True,
    )


def _area(code: str, name_zh: str, name_en: str, level: str, parent: Area) -> Area:
    return Area.objects.create(code=code, name_zh=name_zh, name_en=name_en, level=level, parent=parent)
