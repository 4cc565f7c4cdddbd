"""What the commands that search a network for a release have in common: options, candidates, progress."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from riverkit.network import Network
from riverkit.network._options import places_along
from riverkit.tracing._shown import HOUR_S
from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    HydraulicPrior,
    Noise,
    StrengthPrior,
)
from riverkit.tracing.posterior import trace
from riverkit.tracing.result import Posterior
from riverkit.tracing.survey import Instrument
from riverkit.tracing.tables import read_candidates

DURATIONS_H = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
NOTHING_PRIOR = 0.05
"""Prior probability of 'nothing in this network' where candidates are laid out automatically."""

SETTINGS = 32

FilePath = click.Path(exists=True, dir_okay=False, path_type=Path)
NewFile = click.Path(dir_okay=False, path_type=Path)
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class SearchOptions:
    """What is searched, and how finely; `n_settings` None where the user said nothing."""

    candidates_file: Path | None
    every_km: float
    step_min: float
    back_h: float
    noise_mg_l: float
    decay_per_day: float
    n_settings: int | None
    velocity_sd: float
    seed: int

    @property
    def step_s(self) -> float:
        """Time step of the search."""
        return 60.0 * self.step_min

    @property
    def decay_per_s(self) -> float:
        """First-order loss on the way."""
        return self.decay_per_day / (24.0 * HOUR_S)

    def candidates(self, network: Network, stations: Sequence[Instrument]) -> list[Candidate]:
        """Those of the user's table, or places laid out on all rivers above the stations."""
        if self.candidates_file is not None:
            return read_candidates(network, self.candidates_file)
        return places_above(network, stations, self.every_km)

    def settings(self, stations: Sequence[Instrument], n_settings: int) -> dict[str, Any]:
        """The arguments that `trace` and `trace_several` share."""
        first_start_s = min(float(station.time_s.min()) for station in stations) - self.back_h * HOUR_S
        last_s = max(float(station.time_s.max()) for station in stations)
        certain = n_settings == 1
        return {
            "first_start_s": first_start_s,
            "start_step_s": self.step_s,
            "n_starts": math.ceil((last_s - first_start_s) / self.step_s),
            "durations_s": [hours * HOUR_S for hours in DURATIONS_H],
            "noise": Noise(self.noise_mg_l),
            "strength": StrengthPrior.from_readings(stations),
            "background": BackgroundPrior(),
            "hydraulics": HydraulicPrior()
            if certain
            else HydraulicPrior(n_settings, self.velocity_sd, 0.5, self.seed),
            "decay_per_s": self.decay_per_s,
        }

    def search(
        self,
        console: Console,
        network: Network,
        stations: Sequence[Instrument],
        candidates: Sequence[Candidate],
        *,
        keep_releases: bool = False,
    ) -> Posterior:
        """Weigh the candidates, with progress."""
        settings = self.settings(stations, self.n_settings or SETTINGS)
        return with_progress(
            console,
            "weighing places",
            lambda progress: trace(
                network, stations, candidates, **settings, keep_releases=keep_releases, progress=progress
            ),
        )


_OPTIONS = (
    click.option(
        "--candidates",
        "candidates_file",
        type=FilePath,
        help="CSV: key, lon, lat (or reach, chainage_m), kind? (outfall, unlisted, boundary, nothing), prior?",
    ),
    click.option(
        "--candidates-every-km",
        "every_km",
        default=1.0,
        show_default=True,
        type=click.FloatRange(min=0.01),
        help="Without --candidates: a place on the rivers above the stations every so many km.",
    ),
    click.option(
        "--step-min",
        type=click.FloatRange(min=0.01),
        default=10.0,
        show_default=True,
        help="Time step of the search.",
    ),
    click.option(
        "--back-h",
        type=click.FloatRange(min=0.1),
        default=48.0,
        show_default=True,
        help="Search start times from so long before the first reading.",
    ),
    click.option(
        "--noise-mg-l",
        type=click.FloatRange(min=0, min_open=True),
        default=0.05,
        show_default=True,
        help="Absolute error of a reading.",
    ),
    click.option("--decay-per-day", type=click.FloatRange(min=0), default=0.0, show_default=True),
    click.option(
        "--settings", "n_settings", type=click.IntRange(min=1), help="Hydraulic settings averaged over."
    ),
    click.option(
        "--velocity-sd",
        type=click.FloatRange(min=0),
        default=0.15,
        show_default=True,
        help="Log standard deviation of the velocities (a network's; a dye test has its own).",
    ),
    click.option("--seed", default=0, show_default=True, help="Of the hydraulic settings."),
)


def search_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `SearchOptions`, which it takes as one argument `options`."""

    @functools.wraps(command)
    def with_options(
        *,
        candidates_file: Path | None,
        every_km: float,
        step_min: float,
        back_h: float,
        noise_mg_l: float,
        decay_per_day: float,
        n_settings: int | None,
        velocity_sd: float,
        seed: int,
        **others: Any,
    ) -> Any:
        options = SearchOptions(
            candidates_file,
            every_km,
            step_min,
            back_h,
            noise_mg_l,
            decay_per_day,
            n_settings,
            velocity_sd,
            seed,
        )
        return command(options=options, **others)

    for option in reversed(_OPTIONS):
        with_options = option(with_options)
    return with_options


def places_above(network: Network, stations: Sequence[Instrument], every_km: float) -> list[Candidate]:
    """A candidate every so many kilometres on each reach above a station, at least one a reach, and
    'nothing'."""
    seen = {place.reach_id for station in stations for place in station.points.locations}
    above = sorted({reach for own in seen for reach in network.upstream(own)})
    candidates = []
    for reach_id in above:
        reach = network.reach(reach_id)
        places = places_along(reach, every_km)
        candidates += [
            Candidate(f"{reach_id} @ {place.chainage_m:.0f} m", place, prior=reach.length_m / len(places))
            for place in places
        ]
    prior = NOTHING_PRIOR / (1.0 - NOTHING_PRIOR) * math.fsum(c.prior for c in candidates)
    return [*candidates, Candidate("nothing in this network", None, "nothing", prior)]


def with_progress(console: Console, what: str, run: Callable[[Callable[[int, int], None]], Answer]) -> Answer:
    """Run what reports (done, of), with a bar that goes when it is done."""
    columns = (TextColumn(what), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        return run(lambda done, total: bar.update(task, completed=done, total=total))
