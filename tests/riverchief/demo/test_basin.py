"""The generated basin: determined by its seed, a plausible river system, and nobody's real place."""

import math
from collections import Counter

import numpy as np
import pytest
import shapely
from riverchief.accounts.roles import Role
from riverchief.demo.basin import generate
from riverchief.demo.ground import SCALES
from riverchief.demo.model import DemoBasin
from riverkit.network import Severity, check
from riverkit.network.geometry import line_length_m

SEEDS = (1, 7, 2026)


@pytest.fixture(scope="module", params=SEEDS)
def basin(request) -> DemoBasin:
    return generate(request.param, "demo")


def test_the_same_seed_gives_the_same_basin_and_another_seed_another(demo_basin):
    assert generate(2026, "demo") == demo_basin
    assert generate(2027, "demo").reaches != demo_basin.reaches


def test_an_unknown_scale_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="demo, city"):
        generate(1, "planet")


def test_the_basin_has_the_promised_numbers(basin):
    large = [river for river in basin.rivers if river.order < 2]
    assert len(large) == 3
    assert abs(len(basin.reaches) - 150) <= 3
    assert Counter(area.level for area in basin.areas) == {"city": 1, "county": 6, "town": 12}
    assert len(basin.outfalls) == 80
    assert len(basin.stations) == 30
    assert 8 <= len(basin.sections) <= 20


def test_the_network_is_one_tree_without_a_finding(basin):
    report = check([item.reach for item in basin.reaches])
    assert report.findings == ()
    assert (report.parts, report.outlets) == (1, 1)
    assert len(basin.network) == len(basin.reaches)


def test_water_grows_downstream_and_runs_at_a_rivers_pace(basin):
    network = basin.network
    for reach in network.reaches:
        assert 0.2 < reach.velocity_m_s < 1.2
        below = network.downstream(reach.id)[1:2]
        if below:
            assert network.reach(below[0]).discharge_m3s > reach.discharge_m3s
        assert {"velocity_m_s", "discharge_m3s", "dispersion_m2s"} <= reach.estimated
    assert 8 < network.reach(network.outlets()[0]).discharge_m3s < 40


def test_courses_wind_and_never_cross(basin):
    lines = [reach.line for reach in basin.network.reaches]
    for line, reach in zip(lines, basin.network.reaches, strict=True):
        assert line.is_simple, reach.id
        assert reach.length_m == pytest.approx(line_length_m(line), rel=1e-4)
    tree = shapely.STRtree(lines)
    for first, second in tree.query(lines, predicate="intersects").T:
        if first < second:
            a, b = basin.network.reaches[first], basin.network.reaches[second]
            assert {a.up, a.down} & {b.up, b.down}, f"{a.id} crosses {b.id}"
    trunk = [item.reach.line for item in basin.reaches if item.river_code == "W0001"]
    whole = shapely.line_merge(shapely.MultiLineString(trunk))
    ends = shapely.LineString([whole.coords[0], whole.coords[-1]])
    assert 1.1 < whole.length / ends.length < 2.5, "sinuosity"


def test_everything_stands_on_its_reach_where_it_is_drawn(basin):
    network = basin.network
    for place in (*basin.stations, *basin.sections, *basin.outfalls):
        reach = network.reach(place.location.reach_id)
        assert 0 <= place.location.chainage_m <= reach.length_m
        lon, lat = network.point(place.location)
        gap_m = math.hypot((lon - place.lon) * 96_500, (lat - place.lat) * 110_900)
        assert gap_m < 60, f"{place.code} is drawn {gap_m:.0f} m from where it stands"
        assert place.area_code in {area.code for area in basin.areas}


def test_stations_stand_where_an_office_would_put_them(basin):
    outlet = basin.network.outlets()[0]
    assert any(station.location.reach_id == outlet for station in basin.stations)
    for river in basin.rivers:
        if river.order == 1:
            mouth = [item.reach.id for item in basin.reaches if item.river_code == river.code][-1]
            assert any(station.location.reach_id == mouth for station in basin.stations), river
    mns = [station.mn for station in basin.stations]
    assert len(set(mns)) == 30
    assert {len(mn) for mn in mns} == {24}


def test_the_outfalls_are_of_several_kinds_and_enterprises_own_the_industrial_ones(basin):
    kinds = Counter(outfall.kind for outfall in basin.outfalls)
    assert set(kinds) == {"industrial", "sewage_works", "overflow", "storm", "agricultural", "other"}
    owners = {organisation.key for organisation in basin.organisations if organisation.kind == "enterprise"}
    for outfall in basin.outfalls:
        assert (outfall.organisation in owners) == (outfall.kind in ("industrial", "sewage_works"))


def test_there_is_somebody_for_every_role_and_a_head_for_every_area(basin):
    assert {person.role for person in basin.people if person.signs_in} == {role.value for role in Role}
    assert len({person.username for person in basin.people}) == len(basin.people)
    heads = {duty.area_code for duty in basin.duties if duty.kind == "head"}
    assert heads == {area.code for area in basin.areas if area.level in ("city", "county")}
    large = {river.code for river in basin.rivers if river.order < 2}
    assert large <= {duty.river_code for duty in basin.duties}


def test_nothing_in_it_is_a_real_place(basin):
    assert all(area.code.startswith("99") for area in basin.areas), (
        "GB/T 2260 has no code that begins with 99"
    )
    assert "合成" in basin.name[0]
    assert "synthetic" in basin.name[1]


def test_the_citys_scale_is_that_of_chongqing():
    scale = SCALES["city"]
    assert (scale.reaches, scale.outfalls, scale.stations, scale.chiefs) == (5_000, 4_055, 1_568, 17_500)


@pytest.mark.soak
def test_the_basin_of_a_city_is_whole():
    basin = generate(2026, "city")
    assert abs(len(basin.reaches) - 5_000) <= 30
    assert len(basin.stations) == 1_568
    assert sum(person.role == "chief" for person in basin.people) == 17_500
    report = check([item.reach for item in basin.reaches])
    assert (report.of(Severity.ERROR), report.parts, report.outlets) == ([], 1, 1)
    assert np.isfinite([reach.velocity_m_s for reach in basin.network.reaches]).all()
