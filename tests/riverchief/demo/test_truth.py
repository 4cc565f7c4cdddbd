"""The secret: there is one to be found, it shows where it should, and it is not what the registry's numbers say."""

import numpy as np
import pytest
from riverchief.demo.basin import generate
from riverchief.demo.truth import LARGEST_EXCESS, WINDOW_S, draw_secret
from riverchief.demo.world import World


@pytest.fixture(scope="module")
def secret(demo_basin):
    return draw_secret(demo_basin)


@pytest.mark.parametrize("seed", [1, 11])
def test_every_seed_has_a_secret_that_two_stations_see_within_the_story(seed):
    basin = generate(seed)
    secret = draw_secret(basin)
    assert len(secret.affected) >= 2
    assert 0 < secret.start_s < secret.start_s + secret.duration_s < WINDOW_S
    within = secret.time_s <= WINDOW_S
    peaks = secret.excess.max(axis=1)
    assert (secret.excess[:2, within].max(axis=1) > 0.95 * peaks[:2]).all(), "both peaks pass in the window"
    assert peaks[0] <= LARGEST_EXCESS
    assert basin.network.distance_m(
        secret.outfall.location,
        next(station.location for station in basin.stations if station.code == secret.affected[0]),
    )


@pytest.mark.parametrize("seed", [1, 2026])
def test_two_to_five_other_outfalls_lie_above_the_same_station(seed):
    basin = generate(seed)
    analysed = [station for station in basin.stations if station.mn is not None]

    def first_below(outfall):
        ways = {
            station.code: basin.network.distance_m(outfall.location, station.location) for station in analysed
        }
        reached = {code: way for code, way in ways.items() if way is not None}
        return min(reached, key=reached.get, default=None)

    secret = draw_secret(basin)
    rivals = [outfall for outfall in basin.outfalls if first_below(outfall) == secret.affected[0]]
    assert secret.outfall in rivals
    assert 3 <= len(rivals) <= 6


def test_the_same_basin_has_the_same_secret(demo_basin, secret):
    again = draw_secret(demo_basin)
    assert again.outfall == secret.outfall
    assert np.array_equal(again.excess, secret.excess)


def test_the_river_does_not_run_as_the_registry_says(secret):
    assert 0.15 <= abs(secret.hydraulics.velocity_factor - 1) <= 0.2001
    assert abs(np.log10(secret.hydraulics.dispersion_factor)) >= 0.15
    flow = secret.hydraulics.flow_factor(np.linspace(0, WINDOW_S, 200))
    assert flow.max() - flow.min() > 0.08


def test_only_the_stations_below_read_more_than_usual_and_only_after_the_release(demo_basin, secret):
    before = np.array([0.0, secret.start_s - 120])
    for station in demo_basin.stations:
        assert (secret.at(station.code, before) < 1e-9).all()
        told = secret.at(station.code, secret.time_s).max() > 0
        assert told == (station.code in secret.affected)
    beyond = np.array([secret.time_s[-1] + 600])
    assert not secret.at(secret.affected[0], beyond).any()


def test_the_stations_that_tell_the_story_are_neither_serviced_nor_silent_in_it(demo_basin, secret):
    from riverchief.demo.background import moment_of

    for start in range(2_950_000, 2_950_000 + 1_008, 144):  # at any day of the week
        world = World.of(demo_basin, secret, moment_of(start))
        for station in demo_basin.stations:
            if station.code in secret.affected[:2]:
                samples = list(world.samples(station, world.window()))
                assert len(samples) == 73
                assert {flag for sample in samples for _, flag in sample.values.values()} == {"N"}
