"""Random networks for property tests."""

from dataclasses import replace

from hypothesis import strategies as st
from riverkit.network import Network, Reach
from shapely import LineString


@st.composite
def trees(draw, largest=25):
    """Reaches of a random tree: reach i flows from node i to a node of lower number; node 0 is the outlet."""
    size = draw(st.integers(1, largest))
    return [
        Reach(f"r{i}", f"n{i}", f"n{draw(st.integers(0, i - 1))}", draw(st.floats(100, 5_000)))
        for i in range(1, size + 1)
    ]


@st.composite
def divided(draw, largest=25):
    """Reaches of a random acyclic network: a tree, and side channels that leave and rejoin it."""
    reaches = draw(trees(largest))
    for extra in range(draw(st.integers(0, 6))):
        above = draw(st.integers(1, len(reaches)))
        below = draw(st.integers(0, above - 1))
        reaches.append(Reach(f"s{extra}", f"n{above}", f"n{below}", draw(st.floats(100, 5_000))))
    leaving = {}
    for reach in reaches:
        leaving.setdefault(reach.up, []).append(reach)
    shared = []
    for there in leaving.values():
        weights = [draw(st.floats(0.1, 1.0)) for _ in there]
        shared += [replace(r, flow_share=w / sum(weights)) for r, w in zip(there, weights, strict=True)]
    return shared


def with_hydraulics(reaches, headwater_m3s=1.0):
    """Flows that add up (a headwater brings 1 m³/s, nothing else comes in) and modest hydraulics."""
    arriving, complete = {}, []
    for reach in Network.build(reaches).reaches:
        discharge = reach.flow_share * arriving.get(reach.up, headwater_m3s)
        arriving[reach.down] = arriving.get(reach.down, 0.0) + discharge
        complete.append(replace(reach, discharge_m3s=discharge, velocity_m_s=0.5, dispersion_m2s=10.0))
    return complete


def line(*points):
    """A line through points given in units of about 1 km around 106.5° E 29.5° N."""
    return LineString([(106.5 + x * 0.01, 29.5 + y * 0.01) for x, y in points])
