"""What is hardly meant is said, and what is likely is not."""

from dataclasses import replace

import numpy as np
from riverkit.network import Location, Network, Reach
from riverkit.tracing import Candidate, StationSeries
from riverkit.tracing.plausible import remark_on_mass, remarks_on, remarks_on_spots
from riverkit.tracing.result import CandidateResult, Interval, Posterior

ABOVE, BELOW = (
    Reach("above", "a", "b", 9_000.0, discharge_m3s=3.0),
    Reach("below", "b", "c", 9_000.0, discharge_m3s=4.0),
)
TIMES = np.arange(5.0) * 600.0


def remarks(*, levels=(0.3, 0.4), flow=4.0, below=BELOW):
    network = Network.build([ABOVE, below])
    stations = [
        StationSeries(Location("above", 10.0), 3.0, TIMES, np.full(5, levels[0]), name="S1"),
        StationSeries(Location("below", 10.0), flow, TIMES, np.full(5, levels[1]), name="S2"),
    ]
    return " ".join(remarks_on(network, {"": stations}, ["above", "below"]))


def test_units_and_flows_that_are_hardly_meant_are_remarked_on_and_likely_ones_are_not():
    assert remarks() == ""
    assert "more than strong sewage has. Are these µg/L?" in remarks(levels=(900.0, 1_200.0))
    assert "at S2 is 300 mg/L, at S1 0.3: 1,000 times as much" in remarks(levels=(0.3, 300.0))
    assert "S2: 4000 m³/s, and its reach below has 4" in remarks(flow=4_000.0)
    dry = replace(BELOW, discharge_m3s=0.1)
    assert "from 3 m³/s on above to 0.1 on below below it" in remarks(flow=0.1, below=dry)
    assert "falls" not in remarks(flow=0.1, below=replace(dry, kept_share=0.03))


def test_a_mass_beyond_what_a_river_carries_and_outfalls_at_one_spot_are_remarked_on():
    network = Network.build([ABOVE, BELOW])
    places = {"mill": 4_000.0, "works": 4_020.0, "farm": 6_000.0}
    candidates = [Candidate(key, Location("above", chainage)) for key, chainage in places.items()]

    def answer(mass_kg):
        of_mill = {
            "duration_s": Interval(3_600.0, 3_000.0, 4_000.0),
            "released_kg": Interval(mass_kg, 0.9 * mass_kg, 1.1 * mass_kg),
        }
        return Posterior(
            (
                CandidateResult("mill", "outfall", 0.45, 5.0, **of_mill),
                CandidateResult("works", "outfall", 0.45, 5.0),
                CandidateResult("farm", "outfall", 0.1, 3.0),
            ),
            1,
            0.0,
            {},
        )

    (remark,) = remarks_on_spots(answer(30.0), candidates, 0.01)
    assert "mill, works lie within 50 m of each other" in remark
    assert "Together they have 90.0%" in remark
    assert remark_on_mass(network, answer(30.0), candidates) is None
    assert "Are the readings µg/L" in remark_on_mass(network, answer(30_000.0), candidates)
