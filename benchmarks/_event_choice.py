"""Choosing a setting by labels, and judging the choice on labels it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from riverkit.detection import Labelled, Settings, point_f1, verdicts

from benchmarks._event_series import SEVEN, EventScore, Mask, Plant, Station

CANDIDATES = [
    Settings(usual_share=share, threshold=threshold, level_hours=hours, confirm_minutes=minutes)
    for hours, share, threshold, minutes in product(
        (1.0, 2.0, 4.0), (0.90, 0.95), (4.0, 4.5, 5.0, 6.0, 8.0), (3.0, 5.0, 10.0)
    )
]


@dataclass(frozen=True)
class Series:
    """A labelled parameter of a station."""

    name: str
    station: Station
    parameter: str

    @property
    def label(self) -> Mask:
        return self.station.labels[self.parameter]


@dataclass(frozen=True)
class Data:
    """All plants, and all labelled river series."""

    plants: list[Plant]
    series: list[Series]

    def examples(self) -> list[Labelled]:
        plants = [Labelled(plant.time_s, plant.values, plant.is_event) for plant in self.plants]
        return plants + [
            Labelled(each.station.time_s, {each.parameter: each.station.values[each.parameter]}, each.label)
            for each in self.series
        ]

    def known(self) -> list[int]:
        """Places of the seven series with known figures; where none of them is there, all."""
        places = [place for place, each in enumerate(self.series) if each.name in SEVEN]
        return places or list(range(len(self.series)))


@dataclass(frozen=True)
class Found:
    """What a setting, or a choice of several, finds in the plants and in the series."""

    plants: list[Mask]
    series: list[Mask]

    def gecco(self, data: Data, without: slice = slice(0, 0)) -> float:
        """Point F1 over all plants, but for a block given in thousandths of the readings."""
        found = [_except(mask, without) for mask in self.plants]
        label = [_except(plant.is_event, without) for plant in data.plants]
        return point_f1(np.concatenate(found), np.concatenate(label))

    def rivers(self, data: Data, without: slice = slice(0, 0)) -> float:
        """Event F1, the mean over the series with known figures; a series without a label outside the block is left out."""
        scores = [
            EventScore.of(_except(self.series[place], without), _except(data.series[place].label, without))
            for place in data.known()
        ]
        return float(np.mean([score.f1 for score in scores if score.labelled]))


def find(data: Data, candidates: Sequence[Settings]) -> list[tuple[Settings, Found]]:
    """What each candidate finds."""
    number = len(data.plants)
    return [
        (settings, Found(masks[:number], masks[number:]))
        for settings, masks in verdicts(data.examples(), candidates)
    ]


Tried = Sequence[tuple[Settings, Found]]


def choose(tried: Tried, data: Data, without: slice = slice(0, 0), *, apart: bool) -> tuple[int, int]:
    """The best candidates for plants and for rivers outside a block: one for both, by the mean of both figures, or two."""
    gecco = np.array([found.gecco(data, without) for _, found in tried])
    rivers = np.array([found.rivers(data, without) for _, found in tried])
    if apart:
        return int(gecco.argmax()), int(rivers.argmax())
    best = int((gecco + rivers).argmax())
    return best, best


def held_out(tried: Tried, data: Data, blocks: int, *, apart: bool) -> tuple[Found, list[Settings]]:
    """Verdicts each block of which was given by the setting that is best on all other blocks, and those settings."""
    empty = tried[0][1]
    joined = Found(
        [np.zeros_like(mask) for mask in empty.plants], [np.zeros_like(mask) for mask in empty.series]
    )
    chosen = []
    for number in range(blocks):
        block = slice(1000 * number // blocks, 1000 * (number + 1) // blocks)
        for_plants, for_rivers = choose(tried, data, block, apart=apart)
        chosen += [tried[for_plants][0], tried[for_rivers][0]] if apart else [tried[for_plants][0]]
        pairs = [
            *zip(joined.plants, tried[for_plants][1].plants, strict=True),
            *zip(joined.series, tried[for_rivers][1].series, strict=True),
        ]
        for into, source in pairs:
            into[_places(into, block)] = source[_places(source, block)]
    return joined, chosen


def _except(mask: Mask, without: slice) -> Mask:
    kept = mask.copy()
    kept[_places(mask, without)] = False
    return kept


def _places(mask: Mask, block: slice) -> slice:
    return slice(len(mask) * block.start // 1000, len(mask) * block.stop // 1000)
