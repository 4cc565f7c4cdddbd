"""Two further samples in the cases of `network_trace`: those that the trace suggests, and those of a fixed plan.

Half an hour after the alarm a crew drives off with two bottles, sent by a trace of what the stations have read till then.
The moment is that of an office on duty: the platform traces at the alarm and again with every reading, and the crew packs
meanwhile. It cannot be later, for the cloud leaves the streams above the stations. A quick test on the spot tells what the
first bottle holds, and the second is chosen after it. The event is traced again at its end, by all readings and both bottles.

The fixed plan knows the two places that told most, on average over other events of the basin; the crew, the quick test and
the choice of times by the first trace are the same.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from riverkit.network import Location, Network
from riverkit.tracing import HydraulicPrior, StationSeries
from riverkit.tracing.hypotheses import Hypotheses
from riverkit.tracing.model import Floats
from riverkit.tracing.next_sample import Crew, SampleNoise, Sampling, SamplingPlace

from benchmarks._network_cases import BACKGROUND_MG_L, Basin, Case
from benchmarks._network_tracer import NOISE, candidates_of, reach_of, traced

BOTTLES = 2
LEAVES_AFTER_S = 1_800.0
"""From the alarm to the trace by which the crew drives off."""
SHIFT_S, HANDLING_S = 8 * 3_600.0, 900.0
SPEED_M_S, DETOUR = 40.0 / 3.6, 1.4
"""On roads that are so much longer than the straight line; the crew begins at the lowest station."""

LABORATORY_ERROR = 0.05
TIME_STEP_S = 1_800.0
WORTH = 0.04
"""Between two places looked at, one below the other, lies at least so much of the belief; and above each."""

RELEASES, LEAST_PROBABLE = 24, 3e-3
"""Of each candidate so many releases stand for all, and less probable ones are left out, while samples are chosen."""

METRES_PER_DEGREE = 111_195.0


def first_trace(case: Case, learned: HydraulicPrior) -> Hypotheses:
    """What is believed when the crew drives off."""
    until_s = case.noticed_s + LEAVES_AFTER_S
    found = traced(case, candidates_of(case, until_s), until_s, learned, quick=True)
    assert found.releases is not None
    return found.releases.thinned(RELEASES, LEAST_PROBABLE)


def plan(basin: Basin, earlier: Sequence[Case], learned: HydraulicPrior) -> tuple[int, ...]:
    """The banks of most gain, one after another, on average over earlier events."""
    metres = {reach.id: reach.length_m for reach in basin.reaches_above}
    banks = worth_reaching(basin, {each: length / sum(metres.values()) for each, length in metres.items()})
    events = [sampling(case, first_trace(case, learned), banks) for case in earlier]
    planned: tuple[int, ...] = ()

    def gain(bank: int) -> float:
        """Of all bottles so far and one there, chosen at once."""
        names = [str(each) for each in (*planned, bank)]
        return sum(each.bits for event in events for each in event.suggest(len(names), names))

    for _ in range(BOTTLES):
        planned += (max((bank for bank in banks if bank not in planned), key=gain),)
    return planned


def samples(
    case: Case, releases: Hypotheses, planned: Sequence[int]
) -> tuple[list[StationSeries], list[StationSeries]]:
    """The bottles that the first trace asks for, and those at the planned places, which are among those it may choose."""
    belief: dict[str, float] = {}
    for key, probability in zip(releases.keys, releases.probabilities().tolist(), strict=True):
        reach_id = reach_of(case, key)
        if reach_id is not None:
            belief[reach_id] = belief.get(reach_id, 0.0) + probability
    event = sampling(case, releases, sorted({*worth_reaching(case.basin, belief), *planned}))
    return _in_turn(case, event, None), _in_turn(case, event, [str(bank) for bank in planned])


def _in_turn(case: Case, event: Sampling, among: Sequence[str] | None) -> list[StationSeries]:
    """Bottles, each chosen when the one before it has been tested, as stations of one reading."""
    bottles: list[StationSeries] = []
    for number in range(BOTTLES):
        found = event.suggest(1, among)
        if not found:
            break
        bottles.append(_taken(case, int(found[0].place), found[0].time_s, number))
        event = event.tested(found[0], float(bottles[-1].value[0]))
    return bottles


def sampling(case: Case, releases: Hypotheses, banks: Sequence[int]) -> Sampling:
    """What bottles at these places would tell a crew that drives off from the lowest station."""
    basin = case.basin
    leaves_s = case.noticed_s + LEAVES_AFTER_S
    where = [_coordinates(basin.network, basin.banks[bank]) for bank in banks]
    base = max(basin.stations, key=lambda place: basin.network.index(place.reach_id))
    crew = Crew(
        earliest_s=leaves_s + _drive_s([_coordinates(basin.network, base)], where)[0],
        between_s=_drive_s(where, where),
        windows_s=[(leaves_s, leaves_s + SHIFT_S)],
        handling_s=HANDLING_S,
    )
    places = [_place(basin, bank) for bank in banks]
    return Sampling(basin.network, releases, places, crew, _sample_noise(case, leaves_s), step_s=TIME_STEP_S)


def _place(basin: Basin, bank: int) -> SamplingPlace:
    """Of its background only the spread over the basin is known."""
    return SamplingPlace(
        str(bank),
        basin.banks[bank],
        basin.network.reach(basin.banks[bank].reach_id).discharge_m3s or math.nan,
        background=float(np.mean(BACKGROUND_MG_L)),
        background_sd=_background_sd(),
    )


def worth_reaching(basin: Basin, belief: Mapping[str, float]) -> list[int]:
    """Banks from the outlet up, each where enough of the belief in reaches has branched off since the one below it."""
    bank_of = {place.reach_id: number for number, place in enumerate(basin.banks)}
    last: dict[str, float] = {}
    worth = []
    for reach in reversed(basin.network.reaches):
        below = last.get(reach.down, math.inf)
        if reach.id in bank_of:
            above = sum(belief.get(each, 0.0) for each in basin.network.upstream(reach.id))
            if above >= WORTH and below - above >= WORTH:
                worth.append(bank_of[reach.id])
                below = above
        last[reach.up] = below
    return worth


def _taken(case: Case, bank: int, time_s: float, number: int) -> StationSeries:
    """What the test finds in a bottle, as a station of one reading.

    What the model cannot follow is the share of the event's rise that it is of the stations' readings.
    """
    place = _place(case.basin, bank)
    noise = _sample_noise(case, case.noticed_s + LEAVES_AFTER_S)
    background = np.random.default_rng([case.seed, bank]).uniform(*BACKGROUND_MG_L)
    error = np.random.default_rng([case.seed, bank, number]).standard_normal()
    value = (background + case.rise(bank, time_s)) * (1.0 + LABORATORY_ERROR * error)
    sigma = math.hypot(noise.absolute, noise.relative * value, place.background_sd)
    return StationSeries(
        place.location,
        place.discharge_m3s,
        np.array([time_s]),
        np.array([value]),
        sigma=np.array([sigma]),
        background=place.background,
        name=f"bottle {number + 1}",
    )


def _background_sd() -> float:
    """Of a background evenly spread between its limits."""
    low, high = BACKGROUND_MG_L
    return (high - low) / math.sqrt(12.0)


def _sample_noise(case: Case, until_s: float) -> SampleNoise:
    rise = max(float(np.ptp(each.value)) for each in case.read(until_s))
    return SampleNoise(math.hypot(NOISE.absolute, NOISE.discrepancy * rise), NOISE.relative)


def _coordinates(network: Network, place: Location) -> tuple[float, float]:
    """Longitude and latitude."""
    line = network.reach(place.reach_id).line
    assert line is not None
    point = line.interpolate(place.chainage_m / network.reach(place.reach_id).length_m, normalized=True)
    return point.x, point.y


def _drive_s(from_: Sequence[tuple[float, float]], to: Sequence[tuple[float, float]]) -> Floats:
    """Seconds from each to each."""
    start, end = np.array(from_)[:, None], np.array(to)[None]
    east = (end[..., 0] - start[..., 0]) * np.cos(np.radians(0.5 * (end[..., 1] + start[..., 1])))
    metres: Floats = METRES_PER_DEGREE * np.hypot(east, end[..., 1] - start[..., 1])
    return metres * (DETOUR / SPEED_M_S)
