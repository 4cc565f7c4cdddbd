"""What events whose sources were found tell of the river, for the next one."""

import dataclasses
import json

import numpy as np
import pytest
from riverkit.errors import TracingError
from riverkit.network import Location, Network
from riverkit.tracing import (
    BackgroundPrior,
    Candidate,
    ConfirmedEvent,
    HydraulicGroup,
    HydraulicPrior,
    LearnedHydraulics,
    Noise,
    Posterior,
    StationSeries,
    StoragePrior,
    StrengthPrior,
    hydraulics,
    learn_hydraulics,
    trace,
)
from riverkit.transport import FlowTime, LaplaceGrid, Storage, responses

from tests.riverkit.tracing.forked_river import FLOW, concentration, river

VELOCITY, DISPERSION = 1.15, 2.0
"""The closed forms' velocity and dispersion over those that people believe the river to have."""

BELIEVED = Network.build(
    dataclasses.replace(
        each, velocity_m_s=each.velocity_m_s / VELOCITY, dispersion_m2s=each.dispersion_m2s / DISPERSION
    )
    for each in river().reaches
)
PLAIN = HydraulicPrior(192, velocity_log_sd=0.3, dispersion_log10_sd=0.5)
QUICK = dataclasses.replace(PLAIN, n_settings=64)
PLAIN_TRUTH = np.array([np.log(VELOCITY) / 0.3, np.log10(DISPERSION) / 0.5])

DEAD_ZONES = Storage(0.3, 3e-4)
WITH_ZONES = dataclasses.replace(PLAIN, n_settings=128, storage=StoragePrior(0.15, 2e-4, 0.3, 0.4))
ZONES_TRUTH = np.array([*PLAIN_TRUTH, np.log10(0.3 / 0.15) / 0.3, np.log10(1.5) / 0.4])

SOURCES = {
    Location("east", 5_500.0): 2_500.0,
    Location("west", 1_000.0): 5_000.0,
    Location("east", 2_000.0): 6_000.0,
}
"""And how far each is from the upper end of the stem."""

DURATION, MASS, NOISE = 1_800.0, 12.0, 0.05
SETTINGS = {
    "daily_velocity_log_sd": 0.02,
    "start_step_s": 300.0,
    "durations_s": [900.0, 1_800.0, 3_600.0],
    "noise": Noise(NOISE, 0.0, 0.0),
}
TIME = np.arange(0.0, 60_000.0, 900.0)


def stations(seen, seed, noise=NOISE):
    """Two on the stem, in noise; `seen` gives the rise at a chainage, at TIME."""
    rng = np.random.default_rng(seed)
    return [
        StationSeries(
            Location("stem", chainage), FLOW, TIME, 0.4 + seen(chainage) + rng.normal(0.0, noise, len(TIME))
        )
        for chainage in (2_000.0, 9_000.0)
    ]


def event(number, day=1.0, time_s=TIME):
    """By the closed forms; on its day water is so much faster."""
    (source, distance_m), start = list(SOURCES.items())[number], 6_000.0 + 900.0 * number

    def seen(chainage):
        # Twice as fast and twice as spread is the same in half of the time.
        own = day * (time_s - start)
        return day * concentration(distance_m + chainage, own, 0.0, day * DURATION, MASS)

    return ConfirmedEvent(source, stations(seen, number), 0.0, 60)


def event_with_zones(number, noise):
    """By the kernels of a river with dead zones."""
    source, start = list(SOURCES)[number], 6_000.0 + 900.0 * number
    grid = LaplaceGrid.over(120_000.0, 60.0, 12.0)

    def seen(chainage):
        (transform,) = responses(river(), Location("stem", chainage), [source], grid, storage=DEAD_ZONES)
        arrived = np.cumsum(grid.invert(transform)) * grid.dt_s
        since, until = (
            np.interp(TIME - at, grid.time_s, arrived, left=0.0) for at in (start, start + DURATION)
        )
        return MASS / DURATION * 1_000.0 / FLOW * (since - until)

    return ConfirmedEvent(source, stations(seen, number, noise), 0.0, 60)


def learn(events, prior=PLAIN, **changes):
    return learn_hydraulics(BELIEVED, events, prior, **{**SETTINGS, **changes})


def mean_and_sd(prior):
    """Of the learned quantities, in standard deviations of the belief before any event."""
    factor = np.array(prior.learned.factor)
    return np.array(prior.learned.mean), np.sqrt((factor**2).sum(axis=1))


@pytest.fixture(scope="module")
def plainly_learned():
    return learn([event(number) for number in range(3)])


def test_the_river_s_velocity_and_dispersion_are_learned_and_the_more_events_the_better(plainly_learned):
    widths = []
    for found in (learn([]), learn([event(0)]), plainly_learned):
        mean, sd = mean_and_sd(found)
        assert (np.abs(mean - PLAIN_TRUTH) < 3.0 * sd).all()
        widths.append(sd)
    assert (np.diff(widths, axis=0) < 0).all()
    assert (widths[-1] < 0.2).all()


def test_dead_zones_are_learned_too():
    noise = 0.15
    events = [event_with_zones(number, noise) for number in range(2)]
    widths = []
    for count in (1, 2):
        mean, sd = mean_and_sd(learn(events[:count], WITH_ZONES, noise=Noise(noise, 0.0, 0.0)))
        assert (np.abs(mean - ZONES_TRUTH) < 3.0 * sd).all()
        widths.append(sd)
    assert (widths[1] < widths[0]).all()
    assert (widths[1] < 0.6).all()


def test_where_a_handful_of_settings_fits_sharp_readings_the_belief_stays_wide_enough_for_the_truth():
    # Sixteen settings for each quantity hit four sharp ones only roughly; three such events must not make that certain.
    events = [event_with_zones(number, NOISE) for number in range(3)]
    errors = []
    for seed in range(2):
        mean, sd = mean_and_sd(learn(events, dataclasses.replace(WITH_ZONES, n_settings=64, seed=seed)))
        errors.append((mean - ZONES_TRUTH) / sd)
    assert np.sqrt(np.mean(np.square(errors))) < 4.0


def test_the_day_s_velocity_stays_as_uncertain_as_days_are():
    daily = 0.1
    events = [event(number, day) for number, day in enumerate((1.1, 0.9, 1.0))]
    _, sd = mean_and_sd(learn(events, QUICK, daily_velocity_log_sd=daily))
    assert 0.3 * sd[0] >= daily
    # Of three days, the river's own velocity is known to the root of a third of that.
    assert 0.3 * sd[0] == pytest.approx(daily * np.sqrt(4 / 3), rel=0.1)


@pytest.mark.parametrize("daily", [0.0, 0.1])
def test_without_events_the_belief_is_the_prior_for_any_day(daily):
    found = learn([], daily_velocity_log_sd=daily)
    assert dataclasses.replace(found, learned=None) == PLAIN
    mean, sd = mean_and_sd(found)
    assert mean.tolist() == [0.0, 0.0]
    assert sd * [0.3, 0.5] == pytest.approx([np.hypot(0.3, daily), 0.5])
    if not daily:
        points = hydraulics.evenly_spread(PLAIN, 0)
        drawn = zip(*(hydraulics.settings_at(BELIEVED, each, points) for each in (found, PLAIN)), strict=True)
        for own, expected in drawn:
            np.testing.assert_allclose(own.velocity_factor, expected.velocity_factor)
            np.testing.assert_allclose(own.dispersion_factor, expected.dispersion_factor)


@pytest.mark.parametrize(
    ("certain", "known", "truth"),
    [
        ({"dispersion_log10_sd": 0.0}, "dispersion_m2s", PLAIN_TRUTH[0]),
        ({"velocity_log_sd": 0.0}, "velocity_m_s", PLAIN_TRUTH[1]),
    ],
)
def test_what_was_certain_stays_so(certain, known, truth):
    reaches = zip(BELIEVED.reaches, river().reaches, strict=True)
    network = Network.build(
        dataclasses.replace(each, **{known: getattr(true, known)}) for each, true in reaches
    )
    found = learn_hydraulics(network, [event(0)], dataclasses.replace(QUICK, **certain), **SETTINGS)
    mean, sd = mean_and_sd(found)
    assert len(mean) == 1
    assert abs(mean[0] - truth) < 3.0 * sd[0] < 1.5
    for setting in hydraulics.settings_at(network, found, hydraulics.evenly_spread(found, 0)):
        same = setting.velocity_factor if known == "velocity_m_s" else setting.dispersion_factor
        assert (same == 1.0).all()
        assert setting.storage is None


def test_groups_of_reaches_and_gains_are_averaged_not_learned():
    group = HydraulicGroup(["west"], velocity_log_sd=0.1, dispersion_log10_sd=0.0)
    prior = dataclasses.replace(QUICK, groups=(group,), gain_log_sd=0.1, storage=StoragePrior(0.1, 1e-4, 0.3))
    found = learn([event(1)], prior)
    assert len(found.learned.mean) == 3
    assert (found.groups, found.gain_log_sd) == (prior.groups, 0.1)
    # Velocity, dispersion, the group's velocity, the dead zones' share.
    points = np.eye(4)
    moved = hydraulics.believed(found, points) - points
    assert (moved[:, 2] == 0.0).all()
    assert (np.abs(moved[:, [0, 1, 3]]).max(axis=0) > 0.0).all()


def test_events_in_another_order_tell_nearly_the_same(plainly_learned):
    mean, sd = mean_and_sd(plainly_learned)
    turned, width = mean_and_sd(learn([event(number) for number in (2, 0, 1)]))
    assert (np.abs(turned - mean) < 2.0 * sd).all()
    assert width == pytest.approx(sd, rel=0.6)


def test_an_event_while_the_flow_swelled_tells_the_same_as_a_steady_one():
    time = np.arange(0.0, 90_000.0, 600.0)
    flow = FlowTime(time, 1.4 + 0.2 * np.sin(2 * np.pi * time / 40_000.0))
    swelling = dataclasses.replace(event(0, time_s=flow.flow_s(TIME)), flow=flow)
    steady, width = mean_and_sd(learn([event(0)], QUICK))
    found, sd = mean_and_sd(learn([swelling], QUICK))
    assert (np.abs(found - PLAIN_TRUTH) < 3.0 * sd).all()
    assert (np.abs(found - steady) < 3.0 * np.hypot(sd, width)).all()
    # Taken as steady, it would tell something else.
    misled, sure = mean_and_sd(learn([dataclasses.replace(swelling, flow=None)], QUICK))
    assert (np.abs(misled - PLAIN_TRUTH) > 3.0 * sure).any()


@pytest.fixture(scope="module")
def before_and_after(plainly_learned):
    """A further event that one station alone saw, traced without and with what was learned."""
    candidates = [Candidate(f"{place.reach_id} {place.chainage_m:.0f}", place) for place in SOURCES]
    return [
        trace(
            BELIEVED,
            event(0).stations[:1],
            candidates,
            first_start_s=0.0,
            n_starts=60,
            strength=StrengthPrior(0.0, 50.0),
            background=BackgroundPrior(1.0),
            hydraulics=prior,
            **{name: SETTINGS[name] for name in ("start_step_s", "durations_s", "noise")},
        )
        for prior in (dataclasses.replace(PLAIN, n_settings=1_000), plainly_learned)
    ]


def test_with_what_was_learned_a_trace_is_more_certain_of_the_true_outfall(before_and_after):
    before, after = (
        {each.key: each.probability for each in found.candidates}["east 5500"] for found in before_and_after
    )
    assert before < 0.6
    assert after > 0.95


def test_what_was_learned_goes_into_the_settings_of_an_answer_and_back(before_and_after, plainly_learned):
    _, found = before_and_after
    stored = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert Posterior.from_dict(stored) == found
    told = stored["settings"]["hydraulics"]["learned"]
    again = LearnedHydraulics(tuple(told["mean"]), tuple(tuple(row) for row in told["factor"]))
    assert again == plainly_learned.learned


@pytest.mark.parametrize(
    ("prior", "changes", "words"),
    [
        (HydraulicPrior(), {}, "Nothing to learn: give `velocity_log_sd`"),
        (HydraulicPrior(64, gain_log_sd=0.2), {}, "Nothing to learn"),
        (PLAIN, {"daily_velocity_log_sd": -0.1}, "at least 0"),
        (dataclasses.replace(PLAIN, n_settings=7), {}, "7 settings do not tell 2 uncertain quantities apart"),
    ],
)
def test_what_cannot_be_learned_is_refused_with_the_cure(prior, changes, words):
    with pytest.raises(TracingError, match=words):
        learn([event(0)], prior, **changes)


def test_what_was_learned_of_other_quantities_is_refused():
    learned = LearnedHydraulics((0.0,) * 4, tuple(tuple(row) for row in np.eye(4).tolist()))
    prior = dataclasses.replace(PLAIN, learned=learned)
    with pytest.raises(TracingError, match="of 4 quantities, and these hydraulics leave 2 open"):
        hydraulics.believed(prior, np.zeros((1, 2)))
