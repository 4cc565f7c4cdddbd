"""Steady loads shared out among the parts of a small network."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import LoadsError
from riverkit.loads import DecayPrior, LoadStation, apportion
from riverkit.loads.zones import cut, delivered, zones
from riverkit.network import Location, Network, Reach

DAY = 86_400.0


def reach(name: str, up: str, down: str, **values: float) -> Reach:
    given = {
        "length_m": 10_000.0,
        "velocity_m_s": 0.5,
        "dispersion_m2s": 10.0,
        "discharge_m3s": 1.0,
        **values,
    }
    return Reach(name, up, down, **given)  # type: ignore[arg-type]


# a and b join to c.
NETWORK = Network.build([reach("a", "1", "3"), reach("b", "2", "3"), reach("c", "3", "4")])
DIVIDED = Network.build(
    [
        reach("a", "1", "2"),
        reach("left", "2", "3", flow_share=0.25),
        reach("right", "2", "3", flow_share=0.75),
        reach("b", "3", "4"),
    ]
)


def station(
    name: str, reach_id: str, chainage_m: float, load_kg_d: float, error: float = 0.05
) -> LoadStation:
    concentration = load_kg_d / 86.4 / 2.0
    return LoadStation(
        name, Location(reach_id, chainage_m), concentration, error * concentration + 1e-6, 2.0, 0.0
    )


def by_name(result: object) -> dict[str, object]:
    return {zone.name: zone for zone in result.zones}  # type: ignore[attr-defined]


def test_each_part_adds_the_difference_of_its_stations() -> None:
    found = by_name(
        apportion(
            NETWORK,
            [
                station("A", "a", 9_000, 100.0),
                station("B", "b", 9_000, 50.0),
                station("C", "c", 8_000, 400.0),
            ],
        )
    )
    assert set(found) == {"above A", "above B", "A, B → C", "below all stations"}
    assert found["above A"].load_kg_d.median == pytest.approx(100.0, rel=0.03)
    assert found["A, B → C"].load_kg_d.median == pytest.approx(250.0, rel=0.05)
    width = found["A, B → C"].load_kg_d.high - found["A, B → C"].load_kg_d.low
    # Independent errors of 5 %: 20, 5 and 2.5 kg/d.
    assert width == pytest.approx(2 * 1.645 * np.hypot(20.0, np.hypot(5.0, 2.5)), rel=0.15)
    assert found["A, B → C"].reach_ids == ("a", "b", "c")
    assert found["A, B → C"].length_km == pytest.approx(10.0)
    unseen = found["below all stations"]
    assert (unseen.load_kg_d, unseen.share) == (None, None)
    assert "nothing is known" in unseen.note
    assert found["A, B → C"].adds_probability == 1.0


def test_a_part_that_adds_nothing_has_a_load_of_at_least_zero_and_an_upper_bound() -> None:
    result = apportion(NETWORK, [station("A", "a", 9_000, 100.0), station("C", "c", 8_000, 96.0)])
    zone = by_name(result)["A → C"]
    assert 0.0 == zone.load_kg_d.low <= zone.load_kg_d.median < zone.load_kg_d.high < 15.0
    assert all(not each.note for each in result.stations)


def test_a_short_part_claims_no_load_that_the_readings_leave_to_a_long_one() -> None:
    # Two stations fifty metres apart: what their errors hide between them would be the largest load per metre by far.
    stations = [station("A", "c", 5_000, 100.0, 0.15), station("C", "c", 5_050, 110.0, 0.15)]
    found = by_name(apportion(NETWORK, stations))
    assert found["A → C"].load_kg_d.low == 0.0
    assert found["A → C"].load_kg_d.median < 5.0
    assert found["above A"].load_kg_d.low < 100.0 < found["above A"].load_kg_d.high


def test_a_load_that_enters_at_one_place_is_as_uncertain_as_the_place() -> None:
    rate = 2.0 / DAY
    widths = []
    for points in (False, True):
        zone = apportion(
            NETWORK, [station("C", "c", 8_000, 100.0, 0.01)], decay=DecayPrior(rate, 0.0), points=points
        ).zones[0]
        widths.append(zone.load_kg_d.high - zone.load_kg_d.low)
    assert widths[1] > 1.2 * widths[0]


def test_a_loss_that_nothing_explains_is_said() -> None:
    result = apportion(NETWORK, [station("A", "a", 9_000, 100.0), station("C", "c", 8_000, 20.0)])
    below = result.stations[1]
    assert below.explained_kg_d.low > below.measured_kg_d
    assert "Less passes here" in below.note


def test_decay_on_the_way_is_given_back() -> None:
    rate = 1.0 / DAY
    # A load in the middle of the stretch above A: exactly what A sees of it is known.
    arriving = delivered(NETWORK, [Location("c", 8_000)], [Location("a", 9_000)], rate)[0, 0]
    assert arriving == pytest.approx(np.exp(-rate * 9_000 / 0.5), rel=1e-3)
    stations = [station("A", "a", 9_000, 100.0, 0.01), station("C", "c", 8_000, 100.0 * arriving, 0.01)]
    with_decay = by_name(
        apportion(NETWORK, stations, decay=DecayPrior(rate, 0.0), unevenness_log_sd=0.0, points=False)
    )
    half_way = np.exp(-rate * 4_500 / 0.5)
    assert with_decay["above A"].load_kg_d.median == pytest.approx(100.0 / half_way, rel=0.01)
    assert with_decay["A → C"].load_kg_d.median < 3.0


def test_an_uncertain_decay_widens_what_is_known() -> None:
    stations = [station("A", "a", 9_000, 100.0, 0.01)]
    widths = []
    for spread in (0.0, 1.0):
        zone = apportion(
            NETWORK, stations, decay=DecayPrior(2.0 / DAY, spread), unevenness_log_sd=0.0, points=False
        ).zones[0]
        assert zone.load_kg_d is not None
        widths.append(zone.load_kg_d.high - zone.load_kg_d.low)
    assert widths[1] > 3 * widths[0]


def test_without_decay_nothing_is_asked_of_the_hydraulics() -> None:
    bare = Network.build([Reach("a", "1", "2", 100.0), Reach("b", "2", "3", 100.0)])
    found = apportion(bare, [station("S", "b", 50.0, 10.0)])
    assert found.zones[0].load_kg_d is not None
    assert found.total_kg_d.median == pytest.approx(10.0, rel=0.05)


def test_parts_that_no_station_separates_are_named() -> None:
    found = apportion(DIVIDED, [station("L", "left", 5_000, 30.0), station("B", "b", 9_000, 100.0)])
    assert [(zone.name, zone.note) for zone in found.zones[:2]] == [("above L", ""), ("L → B", "")]
    assert found.total_kg_d.median == pytest.approx(100.0, rel=0.1)
    # Above the division, in each arm, below both: four parts, three stations.
    arms = [station("L", "left", 5_000, 30.0), station("R", "right", 5_000, 70.0)]
    more = apportion(DIVIDED, [*arms, station("B", "b", 9_000, 100.0)])
    assert len({zone.name for zone in more.zones}) == len(more.zones) == 5
    assert sum("cannot tell this part from" in zone.note for zone in more.zones) == 3
    above = apportion(DIVIDED, [station("A", "a", 9_000, 50.0), *arms])
    assert next(zone for zone in above.zones if zone.name == "above A").note == ""


@given(
    chainages=st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 10).map(lambda k: 1_000.0 * k)),
        min_size=1,
        max_size=5,
    )
)
def test_zones_share_out_every_metre_of_channel_once(chainages: list[tuple[str, float]]) -> None:
    places = [Location(*place) for place in chainages]
    pieces = cut(NETWORK, places)
    assert sum(piece.length_m for piece in pieces) == pytest.approx(30_000.0)
    parts = zones(NETWORK, places, pieces)
    assert sorted(piece for zone in parts for piece in zone.pieces) == list(range(len(pieces)))
    passing = delivered(NETWORK, places, [piece.middle for piece in pieces], 0.0) > 0
    for zone in parts:
        for piece in zone.pieces:
            assert set(np.flatnonzero(passing[:, piece])) == set(zone.seen_by)


@settings(max_examples=10)
@given(factor=st.floats(0.1, 10.0))
def test_loads_scale_with_the_readings(factor: float) -> None:
    stations = [station("A", "a", 9_000, 100.0), station("C", "c", 8_000, 150.0)]
    scaled = [
        replace(
            s, concentration_g_m3=factor * s.concentration_g_m3, concentration_sd=factor * s.concentration_sd
        )
        for s in stations
    ]
    one, other = apportion(NETWORK, stations), apportion(NETWORK, scaled)
    assert other.total_kg_d.median == pytest.approx(factor * one.total_kg_d.median, rel=1e-6)
    assert one == apportion(NETWORK, stations)


@pytest.mark.parametrize(
    ("stations", "message"),
    [
        ([], "No station"),
        ([station("A", "a", 1_000, 1.0), station("A", "b", 1_000, 1.0)], "more than once"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(stations: list[LoadStation], message: str) -> None:
    with pytest.raises(LoadsError, match=message):
        apportion(NETWORK, stations)


def test_a_station_without_flow_or_error_is_refused_by_name() -> None:
    good = station("A", "a", 1_000, 1.0)
    with pytest.raises(LoadsError, match="'A': give a flow"):
        replace(good, discharge_m3s=0.0)
    with pytest.raises(LoadsError, match="'A': give the concentration"):
        replace(good, concentration_sd=0.0)
