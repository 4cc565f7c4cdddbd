"""Which stations take part in a trace: however many saw the event, those that stayed clean keep their places."""

import pytest
from riverchief.trace.ground import Watched, inflows, survey
from riverkit.network import Location, Network, Reach

REACHES = 12


@pytest.fixture
def network() -> Network:
    """Twelve reaches in a row, one kilometre each."""
    return Network.build(
        Reach(str(n), str(n), str(n + 1), 1_000.0, discharge_m3s=5.0, velocity_m_s=0.5, dispersion_m2s=10.0)
        for n in range(REACHES)
    )


def at_end_of(reach: int, *, affected: bool) -> Watched:
    return Watched(reach, Location(str(reach), 900.0), affected)


def test_half_of_the_stations_kept_may_be_affected_and_the_others_are_named(network: Network) -> None:
    affected = [at_end_of(reach, affected=True) for reach in range(4, 10)]
    clean = [at_end_of(reach, affected=False) for reach in range(4)]
    ground = survey(network, affected, clean, longest_s=86_400.0, most=6)
    assert [station.key for station in ground.stations] == [4, 5, 6, 3, 2, 1]
    assert sorted(station.key for station in ground.beyond) == [0, 7, 8, 9]


def test_where_few_saw_it_the_places_go_to_those_that_stayed_clean(network: Network) -> None:
    clean = [at_end_of(reach, affected=False) for reach in range(6)]
    ground = survey(network, [at_end_of(6, affected=True)], clean, longest_s=86_400.0, most=4)
    assert [station.key for station in ground.stations] == [6, 5, 4, 3]


def test_where_there_are_few_stations_all_clean_ones_take_part(network: Network) -> None:
    clean = [at_end_of(reach, affected=False) for reach in range(3)]
    ground = survey(network, [at_end_of(6, affected=True)], clean, longest_s=86_400.0, most=12)
    assert {station.key for station in ground.stations} == {6, 0, 1, 2}
    assert not ground.beyond


def test_a_station_above_everything_in_question_has_nothing_to_say(network: Network) -> None:
    clean = [at_end_of(reach, affected=False) for reach in (1, 5, 8)]
    # At 0.5 m/s water from four reaches up arrives within 9,000 s.
    ground = survey(network, [at_end_of(8, affected=True)], clean, longest_s=9_000.0, most=12)
    assert {station.key for station in ground.stations} == {8, 5}
    assert not ground.beyond
    assert all(station.location.reach_id in ground.network for station in ground.stations)


def test_water_comes_in_where_the_river_goes_on_above_what_is_looked_at(network: Network) -> None:
    assert inflows(network, {"4", "5", "6"}, headwater_km2=50.0) == ["4"]


@pytest.mark.parametrize(("drainage_km2", "found"), [(None, ["0"]), (400.0, ["0"]), (12.0, [])])
def test_water_comes_in_with_the_upper_end_of_the_network_unless_it_springs_there(
    drainage_km2: float | None, found: list[str]
) -> None:
    alone = Network.build([Reach("0", "a", "b", 1_000.0, discharge_m3s=5.0, drainage_km2=drainage_km2)])
    assert inflows(alone, {"0"}, headwater_km2=50.0) == found
