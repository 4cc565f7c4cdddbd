"""Organisations, people and duties of a demo basin."""

from collections.abc import Iterator

from numpy.random import Generator

from riverchief.demo import names
from riverchief.demo.ground import CITY_CODE, Ground
from riverchief.demo.model import DemoArea, DemoDuty, DemoOrganisation, DemoPerson

OFFICE = ("青澜市河长办公室", CITY_CODE)
MONITORING = ("青澜市生态环境监测站", CITY_CODE)
ENFORCEMENT = ("青澜市生态环境执法支队", CITY_CODE)

Organisations = dict[tuple[str, str], DemoOrganisation]


def found_organisations(ground: Ground, rng: Generator) -> Organisations:
    """The city's offices; per county an office and a unit that clears things up; per town its enterprises."""
    found = [
        DemoOrganisation((OFFICE[0], "Qinglan City River-Chief Office"), "office", CITY_CODE),
        DemoOrganisation((MONITORING[0], "Qinglan Ecology Monitoring Station"), "monitoring", CITY_CODE),
        DemoOrganisation(
            (ENFORCEMENT[0], "Qinglan Ecology Enforcement Brigade"), "department", CITY_CODE, "生态环境"
        ),
    ]
    for area in ground.areas:
        zh, en = area.name
        if area.level == "county":
            found.append(DemoOrganisation(office_of(area), "office", area.code))
            found.append(DemoOrganisation(unit_of(area), "unit", area.code, "住房城乡建设"))
        if area.level == "town":
            trades = rng.permutation(len(names.TRADES))[:3]
            for trade in trades:
                trade_zh, trade_en = names.TRADES[int(trade)]
                found.append(
                    DemoOrganisation(
                        (zh + trade_zh, f"{en} {trade_en}"), "enterprise", area.code, "industrial"
                    )
                )
            works = (f"{zh}污水处理厂", f"{en} Sewage Works")
            found.append(DemoOrganisation(works, "enterprise", area.code, "sewage_works"))
    return {organisation.key: organisation for organisation in found}


def office_of(county: DemoArea) -> names.Name:
    """The name of a county's river-chief office."""
    return f"{county.name[0]}河长办公室", f"{county.name[1]} River-Chief Office"


def unit_of(county: DemoArea) -> names.Name:
    """The name of the unit that a county gives its problems to."""
    return f"{county.name[0]}排水管理中心", f"{county.name[1]} Drainage Centre"


def appoint(
    ground: Ground, rng: Generator, organisations: Organisations
) -> tuple[list[DemoPerson], list[DemoDuty]]:
    """Somebody for every role, and a chief for every river in every county it runs through."""
    people = list(_staff(ground, rng))
    duties: list[DemoDuty] = []
    counties = [area for area in ground.areas if area.level == "county"]
    heads = [("head", CITY_CODE), *(("head", county.code) for county in counties)]
    places = sorted({(item.river_code, item.area_code[:6]) for item in ground.reaches})
    large = {channel.river.code for channel in ground.channels if channel.river.order < ground.brook_order}
    objects: list[tuple[str, str, str | None]] = [(kind, area, None) for kind, area in heads]
    objects += [("chief", area, river) for river, area in places if river in large or ground.scale.chiefs]
    if ground.scale.chiefs:
        towns = sorted({(item.river_code, item.area_code) for item in ground.reaches})
        objects += [("chief", area, river) for river, area in towns]
    for number, (kind, area, river) in enumerate(objects, start=1):
        username = f"chief{number}"
        # Where there are not thousands, every chief signs in: whichever the story's problem falls to.
        signs_in = not ground.scale.chiefs or number <= 1 + len(counties)
        people.append(DemoPerson(username, names.person(rng), "chief", area, signs_in=signs_in))
        duties.append(DemoDuty(username, kind, area, river))
    # Village chiefs have people and roles; villages themselves are below the finest area here.
    every_town = [area.code for area in ground.areas if area.level == "town"]
    for number in range(len(objects) + 1, ground.scale.chiefs + 1):
        town = every_town[number % len(every_town)]
        people.append(DemoPerson(f"chief{number}", names.person(rng), "chief", town, signs_in=False))
    people += _samplers(rng)
    return people, duties


def _samplers(rng: Generator) -> Iterator[DemoPerson]:
    """Who samples by hand, and the laboratory: one analyses, and each level of the review is another person."""
    yield DemoPerson("sampler1", names.person(rng), "sampler", CITY_CODE, MONITORING)
    for number in range(1, 5):
        yield DemoPerson(f"lab{number}", names.person(rng), "laboratory", CITY_CODE, MONITORING)


def _staff(ground: Ground, rng: Generator) -> Iterator[DemoPerson]:
    def someone(
        username: str, role: str, area: str, organisation: tuple[str, str] | None = None
    ) -> DemoPerson:
        return DemoPerson(username, names.person(rng), role, area, organisation)

    yield someone("admin", "administrator", CITY_CODE, OFFICE)
    yield someone("office", "city_office", CITY_CODE, OFFICE)
    yield someone("office2", "city_office", CITY_CODE, OFFICE)
    yield someone("monitor1", "monitoring", CITY_CODE, MONITORING)
    yield someone("enforcement1", "enforcement", CITY_CODE, ENFORCEMENT)
    yield someone("inspector1", "inspector", CITY_CODE, OFFICE)
    yield someone("inspector2", "inspector", CITY_CODE, OFFICE)
    for number, county in enumerate((a for a in ground.areas if a.level == "county"), start=1):
        yield someone(f"county{number}", "county_office", county.code, (office_of(county)[0], county.code))
        yield someone(f"unit{number}", "unit", county.code, (unit_of(county)[0], county.code))
    town = next(area for area in ground.areas if area.level == "town")
    yield someone("town1", "town_office", town.code)
