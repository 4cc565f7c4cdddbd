"""What the commands that search a network for a release have in common: options, candidates, progress."""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.console import Console

from riverkit._command_line import FilePath, Number, Seed
from riverkit.errors import TracingError
from riverkit.network import Network
from riverkit.network._options import places_along
from riverkit.tracing._beliefs import (
    ESTIMATED_VELOCITY_SD,
    MISFIT,
    VELOCITY_SD,
    hydraulics_of,
    noise_of,
    seen_from,
)
from riverkit.tracing._progress import with_progress
from riverkit.tracing._shown import HOUR_S, few_settings
from riverkit.tracing.alternatives import NOTHING, reaches_above, with_alternatives
from riverkit.tracing.asked import DAY_S, MOST_STEPS
from riverkit.tracing.candidate_table import read_candidates
from riverkit.tracing.fingerprint import Fingerprint
from riverkit.tracing.model import Candidate, StrengthPrior
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.posterior import trace, trace_jointly
from riverkit.tracing.result import Posterior
from riverkit.tracing.survey import Instrument
from riverkit.tracing.tables import Clock, read_flow
from riverkit.transport import FlowTime

LONGEST_H = 8.0
FINE, COARSE = 1.25, 2.0
"""Durations of a search over the one before, where the user gives none: above the first station only the shape of the cloud
tells the place, and a missing duration is made up by a wrong one. Several sources at a time are weighed with coarse ones,
for time grows with the square and the cube of their number."""

SETTINGS, MOST_AUTOMATIC = 512, 1_024
"""Drawn at most where the readings lead, if the user does not say how many: twice as many where too few of the first count."""

MOST_SETTINGS, MOST_PLACES = 4_096, 20_000
"""Beyond these an answer takes days and gains nothing."""

LEAST, MOST = 1e-9, 1e6
"""Of noise (mg/L) and decay (a day): beyond these a unit is wrong."""


class PerParameter(NamedTuple):
    """A number for each parameter: those named, and all others."""

    others: float
    named: Mapping[str, float]

    def of(self, parameter: str) -> float:
        """That of a parameter."""
        return self.named.get(parameter, self.others)


@dataclass(frozen=True)
class SearchOptions:
    """What is searched, and how finely; `n_settings` None where the user said nothing."""

    candidates_file: Path | None
    only_listed: bool
    every_km: float
    step_min: float
    back_h: float
    durations_h: tuple[float, ...]
    noise_mg_l: PerParameter
    decay_per_day: PerParameter
    n_settings: int | None
    velocity_sd: float | None
    misfit: float
    dead_zones: bool
    seed: int
    flow_file: Path | None

    @property
    def step_s(self) -> float:
        """Time step of the search."""
        return 60.0 * self.step_min

    def decay_per_s(self, parameter: str = "") -> float:
        """First-order loss on the way."""
        return self.decay_per_day.of(parameter) / DAY_S

    def flow(self, clock: Clock) -> FlowTime | None:
        """How the flow rose and fell, by the user's table; None without one."""
        return None if self.flow_file is None else read_flow(self.flow_file, clock)

    def candidates(
        self,
        network: Network,
        stations: Sequence[Instrument],
        clock: Clock,
        fingerprints: Mapping[str, Fingerprint] | None = None,
    ) -> list[Candidate]:
        """Those of the user's table and what else may explain the readings, or places laid out on all rivers above the
        stations."""
        if self.candidates_file is None:
            return places_above(network, stations, self.every_km)
        listed = read_candidates(network, self.candidates_file, clock, fingerprints)
        return listed if self.only_listed else with_alternatives(network, seen_from(stations), listed)

    def parameters(self, instruments: Mapping[str, Sequence[Instrument]]) -> list[Parameter]:
        """What was measured, with noise, decay and a wide prior of its mass."""
        for option, values in (("--noise-mg-l", self.noise_mg_l), ("--decay-per-day", self.decay_per_day)):
            unknown = ", ".join(sorted(set(values.named) - set(instruments)))
            if unknown:
                known = ", ".join(filter(None, instruments)) or "none: they have no column 'parameter'"
                raise TracingError(f"{option}: {unknown} is not among the readings' parameters ({known}).")
        return [
            Parameter(
                name,
                stations,
                noise_of(self.noise_mg_l.of(name), self.misfit),
                StrengthPrior.from_readings(stations),
                decay_per_s=self.decay_per_s(name),
            )
            for name, stations in instruments.items()
        ]

    def durations_s(self, growth: float) -> list[float]:
        """The user's durations, or whole steps of the search up to eight hours, each so much longer than the one before."""
        if self.durations_h:
            return [hours * HOUR_S for hours in self.durations_h]
        longest = max(1, round(LONGEST_H * HOUR_S / self.step_s))
        steps = [1]
        while steps[-1] < longest:
            steps.append(min(max(steps[-1] + 1, math.floor(growth * steps[-1])), longest))
        return [self.step_s * each for each in steps]

    def grid(
        self,
        network: Network,
        stations: Sequence[Instrument],
        n_settings: int,
        *,
        growth: float = FINE,
        flow: FlowTime | None = None,
    ) -> dict[str, Any]:
        """The start times, durations and hydraulics that every kind of trace takes.

        Raises:
            TracingError: it would be too long to search; what makes it so is named.
        """
        first_s = min(float(each.time_s.min()) for each in stations)
        last_s = max(float(each.time_s.max()) for each in stations)
        first_start_s = first_s - self.back_h * HOUR_S
        self._refuse_too_long(last_s - first_s, f"the readings reach over {(last_s - first_s) / DAY_S:,.0f} days",
                              "Check their times, and keep those of the event")  # fmt: skip
        self._refuse_too_long(last_s - first_start_s, f"--back-h {self.back_h:g} goes that far before them",
                              "Go back less")  # fmt: skip
        if flow is not None:
            begin_s, end_s = flow.flow_s([first_start_s, last_s]).tolist()
            self._refuse_too_long(end_s - begin_s, "--flow makes it so: time counts by discharge over the network's",
                                  "Check its factors")  # fmt: skip
        return {
            "first_start_s": first_start_s,
            "start_step_s": self.step_s,
            "n_starts": max(1, math.ceil((last_s - first_start_s) / self.step_s)),
            "durations_s": self.durations_s(growth),
            "hydraulics": hydraulics_of(
                network,
                stations,
                n_settings,
                velocity_sd=self.velocity_sd,
                dead_zones=self.dead_zones,
                seed=self.seed,
            ),
        }

    def _refuse_too_long(self, span_s: float, why: str, cure: str) -> None:
        if span_s > MOST_STEPS * self.step_s:
            raise TracingError(
                f"The search has {span_s / self.step_s:,.0f} steps of {self.step_min:g} min, and {MOST_STEPS:,} are the most: "
                f"{why}. {cure}, or take a longer --step-min."
            )

    def search(
        self,
        console: Console,
        network: Network,
        instruments: Mapping[str, Sequence[Instrument]],
        candidates: Sequence[Candidate],
        *,
        flow: FlowTime | None = None,
        keep_releases: bool = False,
    ) -> Posterior:
        """Weigh the candidates, with progress; with more settings where the user did not say how many and too few count."""
        parameters = self.parameters(instruments)
        stations = [station for each in parameters for station in each.stations]
        n_settings = self.n_settings or SETTINGS
        while True:
            grid = self.grid(network, stations, n_settings, flow=flow)

            def weigh(progress: Callable[[int, int], None], grid: dict[str, Any] = grid) -> Posterior:
                common = {**grid, "flow": flow, "keep_releases": keep_releases, "progress": progress}
                if len(parameters) > 1:
                    return trace_jointly(network, parameters, candidates, **common)
                return trace(network, stations, candidates, **alone(parameters[0]), **common)

            found = with_progress(console, "weighing places", weigh)
            counted = few_settings(found)
            if self.n_settings is not None or counted is None or n_settings >= MOST_AUTOMATIC:
                return found
            console.print(
                f"Only {counted:.1f} of {n_settings} hydraulic settings count: {2 * n_settings:,} are tried."
            )
            n_settings *= 2


def alone(parameter: Parameter) -> dict[str, Any]:
    """What `trace` and `trace_several` take of their one parameter."""
    return {
        "noise": parameter.noise,
        "strength": parameter.strength,
        "background": parameter.background,
        "decay_per_s": parameter.decay_per_s,
    }


def _per_parameter(option: str, default: float, what: str, *, zero: bool) -> Callable[..., Any]:
    """An option that may be given for all parameters, and for each by name."""

    def read(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> PerParameter:
        numbers: dict[str, float] = {}
        for each in given:
            parameter, _, text = each.rpartition("=")
            try:
                number = float(text)
            except ValueError:
                number = math.nan
            if not (LEAST <= number <= MOST or (zero and number == 0.0)):
                least = f"of at most {MOST:g}" if zero else f"of {LEAST:g} … {MOST:g}"
                raise click.BadParameter(f"{each!r}: give a number {least}, alone or as PARAMETER=NUMBER.")
            numbers[parameter.strip()] = number
        return PerParameter(numbers.pop("", default), numbers)

    return click.option(
        option,
        metavar="[PARAMETER=]NUMBER",
        multiple=True,
        callback=read,
        help=f"{what}; may be given for each parameter.  [default: {default:g}]",
    )


def _durations(_context: click.Context, _option: click.Parameter, given: str | None) -> tuple[float, ...]:
    """Hours, separated by commas."""
    hours = []
    for text in given.split(",") if given else ():
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not 0.0 < number < math.inf:
            raise click.BadParameter(f"{text!r}: give hours above 0, separated by commas, as in 0.5,1,2.")
        hours.append(number)
    return tuple(hours)


_OPTIONS = (
    click.option(
        "--candidates",
        "candidates_file",
        type=FilePath,
        help="CSV: key, lon, lat (or reach, chainage_m), kind? (outfall, unlisted, boundary, diffuse, nothing), reaches? (of a "
        "diffuse one), prior?, start_from?, start_until?, start_outside?, fingerprint?. Unlisted outfalls on all reaches above the "
        "stations, inflow at their heads and 'nothing' are weighed beside them, unless it has rows of these kinds itself.",
    ),
    click.option(
        "--only-listed",
        is_flag=True,
        help="Weigh nothing but the table of --candidates: then the best of a bad list becomes certain.",
    ),
    click.option(
        "--candidates-every-km",
        "every_km",
        default=1.0,
        show_default=True,
        type=Number(min=0.01),
        help="Without --candidates: a place on the rivers above the stations every so many km.",
    ),
    click.option(
        "--step-min",
        type=Number(min=0.01),
        default=10.0,
        show_default=True,
        help="Time step of the search.",
    ),
    click.option(
        "--back-h",
        type=Number(min=0.1),
        default=48.0,
        show_default=True,
        help="Search start times from so long before the first reading.",
    ),
    click.option(
        "--durations",
        "durations_h",
        metavar="HOURS[,HOURS...]",
        callback=_durations,
        help="Of the release [from one time step to 8 h, none a quarter longer than the one before].",
    ),
    _per_parameter("--noise-mg-l", 0.05, "Absolute error of a reading", zero=False),
    _per_parameter("--decay-per-day", 0.0, "First-order loss on the way", zero=True),
    click.option(
        "--settings",
        "n_settings",
        type=click.IntRange(1, MOST_SETTINGS),
        help=f"Hydraulic settings tried at most, and averaged over [{SETTINGS}, or {MOST_AUTOMATIC:,} where too few of these count].",
    ),
    click.option(
        "--velocity-sd",
        type=Number(min=0, max=2),
        help=f"Log standard deviation of the velocities (a network's; a dye test has its own) [{VELOCITY_SD:g}; {ESTIMATED_VELOCITY_SD:g} where a "
        "formula gave any].",
    ),
    click.option(
        "--misfit",
        type=Number(min=0, max=1),
        default=MISFIT,
        show_default=True,
        help="What no model follows of a real cloud, as a share of each station's rise; alike over half an hour.",
    ),
    click.option(
        "--dead-zones/--no-dead-zones",
        default=True,
        show_default=True,
        help="Whether channels hold water back, by an unknown amount: without, tails are taken for longer ways.",
    ),
    click.option(
        "--flow",
        "flow_file",
        type=FilePath,
        help="CSV: time, factor: discharge over the network's, where it rises and falls everywhere alike.",
    ),
    click.option("--seed", type=Seed, default=0, show_default=True, help="Of the hydraulic settings."),
)


def search_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `SearchOptions`, which it takes as one argument `options`."""

    names = [field.name for field in fields(SearchOptions)]

    @functools.wraps(command)
    def with_options(**given: Any) -> Any:
        own = {name: given.pop(name) for name in names}
        return command(options=SearchOptions(**own), **given)

    for option in reversed(_OPTIONS):
        with_options = option(with_options)
    return with_options


def places_above(network: Network, stations: Sequence[Instrument], every_km: float) -> list[Candidate]:
    """A candidate every so many kilometres on each reach above a station, at least one a reach, and
    'nothing'."""
    reaches = reaches_above(network, seen_from(stations))
    count = sum(math.ceil(reach.length_m / (1_000.0 * every_km)) for reach in reaches)
    if count > MOST_PLACES:
        raise TracingError(
            f"--candidates-every-km {every_km:g} makes {count:,} places on {len(reaches):,} reaches, and {MOST_PLACES:,} are the "
            "most. Take a longer distance."
        )
    candidates = []
    for reach in reaches:
        places = places_along(reach, every_km)
        candidates += [
            Candidate(f"{reach.id} @ {place.chainage_m:.0f} m", place, prior=reach.length_m / len(places))
            for place in places
        ]
    prior = NOTHING / (1.0 - NOTHING) * math.fsum(c.prior for c in candidates)
    return [*candidates, Candidate("nothing in this network", None, "nothing", prior)]
