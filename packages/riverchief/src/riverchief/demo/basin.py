"""A demo basin from a seed: the same seed gives the same basin, to the last digit."""

import numpy as np

from riverchief.demo.ground import SCALES, Ground
from riverchief.demo.model import DemoBasin
from riverchief.demo.people import appoint, found_organisations
from riverchief.demo.placing import place_gauges, place_outfalls, place_sections, place_stations


def generate(seed: int = 2026, scale: str = "demo") -> DemoBasin:
    """A basin of the given scale ("demo" or "city"), wholly determined by the seed.

    Raises:
        ValueError: there is no such scale.
    """
    if scale not in SCALES:
        raise ValueError(f"There is no scale {scale!r}. Choose one of {', '.join(SCALES)}.")
    rng = np.random.default_rng(seed)
    ground = Ground(SCALES[scale], rng)
    organisations = found_organisations(ground, rng)
    stations = place_stations(ground)
    sections, stations = place_sections(ground, stations)
    outfalls = place_outfalls(ground, rng, organisations)
    people, duties = appoint(ground, rng, organisations)
    return DemoBasin(
        seed=seed,
        scale=scale,
        code=ground.scale.code,
        name=("青澜江流域（合成）", "Qinglan basin (synthetic)"),
        source=f"由种子 {seed} 生成的合成数据，不是任何真实流域。Generated from seed {seed}; no real basin.",
        areas=ground.areas,
        organisations=list(organisations.values()),
        rivers=[channel.river for channel in ground.channels],
        reaches=ground.reaches,
        sections=sections,
        stations=stations,
        outfalls=outfalls,
        people=people,
        duties=duties,
        gauges=place_gauges(stations),
    )
