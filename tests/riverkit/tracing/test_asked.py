"""What is refused before a search begins, with the name of what is wrong and the cure."""

import dataclasses
import math

import numpy as np
import pytest
from riverkit.errors import TracingError, TransportError
from riverkit.network import Location, Network, Reach
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    ConfirmedEvent,
    HydraulicPrior,
    Misfit,
    Noise,
    Parameter,
    StartPrior,
    StationSeries,
    StrengthPrior,
    learn_hydraulics,
    trace,
    trace_several,
)
from riverkit.tracing.notes import NOTHING_ROSE

from tests.riverkit.tracing.forked_river import river

PLACES = [Candidate("east works", Location("east", 7_000.0)), Candidate("nothing", None, "nothing")]
GRID = {"first_start_s": 0.0, "start_step_s": 600.0, "n_starts": 20, "durations_s": [1_800.0]}
BELIEFS = {"noise": Noise(0.05), "strength": StrengthPrior(0.0, 10.0)}
YEAR_S = 365.0 * 86_400.0


def station(name="bridge", place=None, time_s=None, **more):
    time = np.arange(0.0, 12_000.0, 600.0) if time_s is None else np.array(time_s)
    return StationSeries(place or Location("stem", 1_000.0), 2.0, time, np.full(len(time), 0.5), name=name, **more)  # fmt: skip


@pytest.mark.parametrize("search", [trace, trace_several])
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"n_starts": 0}, "0 start times every 600.0 s"),
        ({"start_step_s": math.nan}, "20 start times every nan s"),
        ({"first_start_s": -math.inf}, "from -inf s on"),
        ({"durations_s": []}, "give at least one, finite"),
        ({"durations_s": [math.inf]}, "give at least one, finite"),
        ({"n_starts": 100_000}, "100000 start times reach over 694 days"),
        ({"durations_s": [2.0 * YEAR_S]}, "the longest duration is 730 days"),
        (
            {"first_start_s": -30.0 * YEAR_S},
            "Station 'bridge' was read after 10,950 days, .* 50,000 can be searched",
        ),
    ],
)
def test_start_times_and_durations_without_bound_are_refused(search, changed, words):
    with pytest.raises(TracingError, match=words):
        search(river(), [station()], PLACES, **{**GRID, **changed}, **BELIEFS)


@pytest.mark.parametrize("search", [trace, trace_several])
@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Location("stem", 99_000.0), "Station 'weir' lies at 99000 m of reach 'stem', which is .* m long"),
        (Location("nile", 0.0), "Station 'weir': There is no reach 'nile'"),
    ],
)
def test_a_station_off_the_network_is_told_by_its_name(search, place, words):
    with pytest.raises(TracingError, match=words):
        search(river(), [station(), station("weir", place)], PLACES, **GRID, **BELIEFS)


def test_a_candidate_off_its_reach_is_told_by_its_name():
    places = [Candidate("mill", Location("east", -1.0)), *PLACES]
    with pytest.raises(TracingError, match="Candidate 'mill' lies at -1 m of reach 'east'"):
        trace(river(), [station()], places, **GRID, **BELIEFS)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Candidate("a", Location("east", 0.0), kind="pipe"),
        lambda: Candidate("a", Location("east", 0.0), prior=math.nan),
        lambda: station(background=math.nan),
        lambda: station(background=math.inf),
        lambda: station(correlation_s=-1.0),
        lambda: dataclasses.replace(station(), discharge_m3s=math.inf),
        lambda: Noise(math.inf),
        lambda: Noise(0.1, relative=math.nan),
        lambda: StrengthPrior(0.0, math.inf),
        lambda: StrengthPrior(math.nan, 1.0),
        lambda: BackgroundPrior(math.nan),
        lambda: BackgroundPrior(0.1, math.inf),
        lambda: HydraulicPrior(32, math.nan),
        lambda: HydraulicPrior(32, 0.1, math.inf),
        lambda: HydraulicPrior(32, 0.1, seed=-1),
        lambda: Misfit(math.nan, 0.5),
        lambda: Misfit(0.05, math.inf),
        lambda: StartPrior(((0.0, math.inf),)),
        lambda: Parameter("COD", [station()], **BELIEFS, decay_per_s=-1.0),
        lambda: Parameter("COD", [station()], **BELIEFS, decay_per_s=math.nan),
    ],
)
def test_beliefs_that_are_no_numbers_or_cannot_be_meant_are_refused(wrong):
    with pytest.raises(TracingError):
        wrong()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"stations": [station(place=Location("west", 100.0))]}, "no station lies below the source"),
        ({"stations": []}, "no station. Give the readings"),
        ({"n_starts": 0}, "0 start times"),
        ({"n_starts": 10**9}, "The search is too long"),
    ],
)
def test_an_event_that_can_teach_nothing_is_named(changed, words):
    good = ConfirmedEvent(Location("east", 1_000.0), [station()], 0.0, 20)
    bad = dataclasses.replace(good, **changed)
    with pytest.raises(TracingError, match=f"Event 2 of 2: {words}"):
        learn_hydraulics(
            river(),
            [good, bad],
            HydraulicPrior(64, 0.2),
            daily_velocity_log_sd=0.0,
            start_step_s=600.0,
            durations_s=[1_800.0],
            noise=Noise(0.05),
        )


def test_flat_readings_say_that_nothing_rose_and_a_cloud_says_no_such_thing():
    flat = trace(river(), [station()], PLACES, **GRID, **BELIEFS)
    assert flat.note == flat.to_dict()["note"] == NOTHING_ROSE
    bump = np.exp(-0.5 * ((np.arange(20) - 10.0) / 2.0) ** 2)
    rising = dataclasses.replace(station(), value=0.5 + bump)
    assert trace(river(), [rising], PLACES, **GRID, **BELIEFS).note == ""


def test_a_network_without_hydraulics_names_a_few_reaches_and_the_option_that_fills_them():
    bare = [Reach(f"r{n}", f"n{n}", f"n{n + 1}", 500.0) for n in range(40)]
    far = [Candidate("mill", Location("r0", 0.0))]
    with pytest.raises(TransportError) as error:
        trace(Network.build(bare), [station(place=Location("r39", 100.0))], far, **GRID, **BELIEFS)
    assert "Reaches r0, r1, r2, r3, r4 and 35 more lie between" in str(error.value)
    assert "--specific-discharge" in str(error.value)
