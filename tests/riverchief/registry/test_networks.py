"""The network of a basin, and what lies above and below a place on it."""

import pytest
from riverchief.base.errors import NotFound, StateRefused
from riverchief.registry import networks
from riverchief.registry.models import Basin, Reach


def test_the_network_is_built_once_per_version_of_the_basin(basin):
    first = networks.network_of(basin.row.pk)
    assert networks.network_of(basin.row.pk) is first
    assert len(first) == 4
    Reach.objects.filter(code="R4").update(velocity_m_s=0.9)
    assert networks.network_of(basin.row.pk) is first, "the version has not changed"
    Basin.objects.update(version=2)
    again = networks.network_of(basin.row.pk)
    assert again.reach(str(basin.reaches["R4"].pk)).velocity_m_s == 0.9


def test_the_outfalls_above_a_station_come_nearest_first_with_their_distance(basin):
    place = networks.location_of(basin.station)
    found = networks.outfalls_upstream(basin.row.pk, place)
    assert [(item.outfall.code, item.distance_m) for item in found] == [("O1", 1500.0 + 1500.0)]
    assert networks.outfalls_upstream(basin.row.pk, place, max_distance_m=2999.0) == []


def test_the_stations_below_an_outfall_are_found(basin):
    place = networks.location_of(basin.outfalls["O1"])
    found = networks.stations_downstream(basin.row.pk, place)
    assert [(item.station.code, item.distance_m) for item in found] == [("S1", 3000.0)]
    below = networks.location_of(basin.outfalls["O4"])
    assert networks.stations_downstream(basin.row.pk, below) == []


def test_a_basin_that_is_not_there_or_has_no_network_is_told_as_such(basin, make_reach):
    with pytest.raises(NotFound):
        networks.network_of(0)
    circular = Basin.objects.create(code="c", name_zh="环", name_en="Circle", source="test")
    with pytest.raises(StateRefused, match="no reach"):
        networks.network_of(circular.pk)
    make_reach(circular, "X", None, line=[(0, 0), (1, 1)], nodes=("p", "q"))
    make_reach(circular, "Y", None, line=[(1, 1), (0, 0)], nodes=("q", "p"))
    Basin.objects.filter(pk=circular.pk).update(version=2)
    with pytest.raises(StateRefused, match="circle"):
        networks.network_of(circular.pk)
