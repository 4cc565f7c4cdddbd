"""How commands show what a trace found."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from riverkit.network import Network
from riverkit.output import short_name, write_json
from riverkit.tracing.model import Candidate
from riverkit.tracing.plausible import remark_on_mass, remarks_on, remarks_on_spots
from riverkit.tracing.result import CandidateResult, Interval, Posterior
from riverkit.tracing.survey import Instrument
from riverkit.tracing.tables import Clock

SHOWN, NAMED = 10, 3
SHOWN_ABOVE = 0.01
"""Of the masses by parameter only those of candidates with so much probability."""

FEW_SETTINGS = 8
"""Where fewer hydraulic settings count, the answer is uncertain by their choice."""

HOUR_S = 3_600.0

TENTHS, MOST_DECIMALS = 0.1, 9
"""Numbers below the first have as many decimals as two figures need, up to the second."""


ALIKE = 0.5
"""Candidates with so much of the leading one's probability are not told apart from it."""

FAR, FEWEST_FAR, FAR_SHARE = 2.0, 3, 0.03
"""Readings so many half widths of the 90 % band from its middle are one in a thousand; so many of them, and so large a share, are
no chance."""

SURE = 0.99
ZONE = 0.9
"""Share of the suspicion that the zone holds."""

TOGETHER = {"unlisted": "An outfall on no list", "boundary": "Inflow from above the network"}
"""Kinds of which there are many, each a little likely: what they have together matters."""


def show_posterior(console: Console, posterior: Posterior, clock: Clock, sources: int = 1) -> None:
    """The leading candidates as a table, and what is to be noted; where nothing rose, that and no table.

    Where the answer hangs on few hydraulic settings, that comes first, and the places stand in the order of their names and
    without percentages: those would name somebody by a lottery. `sources`: so many at a time are weighed hereafter.
    """
    if posterior.note:
        console.print(posterior.note, style="bold")
        _show_set_aside(console, posterior, clock)
        _show_settings(console, posterior)
        return
    undecided = few_settings(posterior) is not None
    shown = posterior.candidates[:SHOWN]
    title = "Suspected sources (not confirmed); intervals 90 %"
    if undecided:
        _show_settings(console, posterior)
        shown = tuple(sorted(shown, key=lambda candidate: candidate.key))
        title = "Places to which these few lead, by name: which of them is undecided (not confirmed)"
    table = Table(title=title, title_justify="left")
    table.add_column("place")
    table.add_column("probability", justify="right", no_wrap=True)
    table.add_column("start")
    table.add_column("duration, h")
    table.add_column("released, kg")
    for candidate in shown:
        start = candidate.start_s
        table.add_row(
            short_name(candidate.key),
            "undecided" if undecided else f"{candidate.probability:.1%}",
            when_text(start, clock) if start else "",
            interval_text(candidate.duration_s, HOUR_S) if candidate.duration_s else "",
            interval_text(candidate.released_kg, 1.0) if candidate.released_kg else "",
        )
    console.print(table)
    _show_parameters(console, shown)
    if not undecided:
        rest = len(posterior.candidates) - SHOWN
        if rest > 0:
            others = math.fsum(c.probability for c in posterior.candidates[SHOWN:])
            console.print(f"and {rest} more with {others:.1%} together")
        _show_kinds(console, posterior)
        _show_alike(console, posterior)
        _show_unexplained(console, posterior, sources)
    _show_set_aside(console, posterior, clock)
    for note in dict.fromkeys(candidate.note for candidate in shown if candidate.note):
        own = [candidate for candidate in shown if candidate.note == note]
        console.print(note_text(note, [each.key for each in own]))
    if not undecided:
        _show_settings(console, posterior)
    console.print(f"{posterior.hypotheses:,} hypotheses weighed in {posterior.seconds:.1f} s")


def show_remarks(console: Console, network: Network, instruments: Mapping[str, Sequence[Instrument]]) -> None:
    """What of the readings and flows is hardly meant, before the search."""
    reaches = {
        place.reach_id for own in instruments.values() for each in own for place in each.points.locations
    }
    for remark in remarks_on(network, instruments, sorted(reaches)):
        console.print(remark, style="bold")


def show_hardly_meant(
    console: Console, network: Network, posterior: Posterior, candidates: Sequence[Candidate]
) -> None:
    """What of the answer is: a mass beyond what the river carries, and outfalls that are one place to it."""
    if posterior.note:
        return
    if few_settings(posterior) is None:
        for remark in remarks_on_spots(posterior, candidates, SHOWN_ABOVE):
            console.print(remark)
    mass = remark_on_mass(network, posterior, candidates)
    if mass:
        console.print(mass, style="bold")


def show_zone(
    console: Console, network: Network, posterior: Posterior, candidates: Sequence[Candidate]
) -> None:
    """The rivers that hold 90 % of the suspicion, of places that each stand for a length of river, their prior in m."""
    if posterior.note or few_settings(posterior) is not None:
        return
    by_key = {candidate.key: candidate for candidate in candidates if candidate.location is not None}
    ranked = [found for found in posterior.candidates if found.key in by_key]
    somewhere = math.fsum(found.probability for found in ranked)
    length_m: dict[str, float] = {}
    reached = 0.0
    for found in ranked:
        if reached >= ZONE * somewhere:
            break
        reached += found.probability
        candidate = by_key[found.key]
        assert candidate.location is not None
        reach = network.reach(candidate.location.reach_id)
        name = f"{reach.id} ({reach.name})" if reach.name else reach.id
        length_m[name] = length_m.get(name, 0.0) + candidate.prior
    total_km = math.fsum(length_m.values()) / 1_000.0
    parts = ", ".join(
        f"{metres / 1_000.0:.1f} km of {name}" for name, metres in list(length_m.items())[:SHOWN]
    )
    more = f" and {len(length_m) - SHOWN} more" if len(length_m) > SHOWN else ""
    console.print(
        f"If it was released in this network ({somewhere:.0%}), then with {ZONE:.0%} on these {total_km:.1f} km: {parts}{more}"
    )


def _show_kinds(console: Console, posterior: Posterior) -> None:
    """What the kinds have together of which there are many."""
    for kind, what in TOGETHER.items():
        own = [candidate.probability for candidate in posterior.candidates if candidate.kind == kind]
        if len(own) > 1 and math.fsum(own) >= SHOWN_ABOVE:
            console.print(f"{what}, all {len(own)} together: {math.fsum(own):.1%}")


def _show_set_aside(console: Console, posterior: Posterior, clock: Clock) -> None:
    """Readings that stand alone."""
    if not posterior.set_aside:
        return
    named = ", ".join(
        f"{each.value:g} at {each.station}, {clock.show(each.time_s)}" for each in posterior.set_aside[:NAMED]
    )
    more = len(posterior.set_aside) - NAMED
    wrong = posterior.set_aside[0].probability
    console.print(
        f"Readings of which their neighbours know nothing: {named}{f' and {more} more' if more > 0 else ''}. They are wrong with "
        f"{f'{wrong:.0%}' if wrong < SURE else f'more than {SURE:.0%}'}, and the answer allows for both."
    )


def _show_alike(console: Console, posterior: Posterior) -> None:
    """Whom the readings do not tell from the leading candidate."""
    best, *others = posterior.candidates
    alike = [each.key for each in others if each.probability >= ALIKE * best.probability > 0]
    if alike:
        more = f" and {len(alike) - NAMED} more" if len(alike) > NAMED else ""
        console.print(
            f"The readings hardly tell {short_name(best.key)} from {', '.join(map(short_name, alike[:NAMED]))}{more}: `riverkit sample-next` says where a "
            "sample would.",
        )


def _show_unexplained(console: Console, posterior: Posterior, sources: int) -> None:
    """Where the leading candidate leaves readings far outside its band: it need not be the only one."""
    best = next((each for each in posterior.candidates if each.predicted), None)
    if best is None:
        return
    for curve in best.predicted:
        far = sum(
            abs(2.0 * value - low - high) > FAR * (high - low)
            for value, low, high in zip(curve.observed, curve.reading_low, curve.reading_high, strict=True)
        )
        if far >= max(FEWEST_FAR, FAR_SHARE * len(curve.observed)):
            console.print(
                f"{short_name(best.key)} leaves {far} of {len(curve.observed)} readings at {curve.station} unexplained, beyond twice its 90 % "
                f"band. Another source beside it? {'Several are weighed below.' if sources > 1 else '`--sources 2` weighs two at a time.'}",
                style="bold",
            )


def few_settings(posterior: Posterior) -> float | None:
    """How many hydraulic settings count, where these are so few that the answer hangs on which were drawn; else None."""
    hydraulics = posterior.settings["hydraulics"]
    counted: float | None = hydraulics["effective_settings"]
    if counted is None or posterior.note or not counted < FEW_SETTINGS <= hydraulics["n_settings"]:
        return None
    return counted


def _show_settings(console: Console, posterior: Posterior) -> None:
    """How many of the hydraulic settings the answer rests on, where that is in doubt."""
    hydraulics = posterior.settings["hydraulics"]
    counted, drawn = few_settings(posterior), hydraulics["n_settings"]
    if hydraulics["effective_settings"] is None:
        console.print(
            f"{drawn} hydraulic settings were drawn without regard to the readings: how many of them count is not known.",
        )
    elif counted is not None:
        console.print(
            f"Only {counted:.1f} of {drawn:,} hydraulic settings count: the answer hangs on which were drawn, and others may lead to "
            "another place. Take more --settings, or compare another --seed.",
            style="bold",
        )


def _show_parameters(console: Console, shown: Sequence[CandidateResult]) -> None:
    """Where several parameters were weighed: the masses, and how their ratios fit what is usual."""
    named = [
        candidate for candidate in shown if candidate.parameters and candidate.probability >= SHOWN_ABOVE
    ]
    if not named:
        return
    table = Table(title="Masses by parameter, and their ratios; intervals 90 %", title_justify="left")
    for heading in ("place", "parameter", "released, kg", "ratio to", "that the readings need", "expected"):
        table.add_column(heading)
    for candidate in named:
        for each in candidate.parameters:
            ratios = (each.ratio_needed, each.ratio_expected)
            table.add_row(
                short_name(candidate.key),
                each.parameter,
                interval_text(each.released_kg, 1.0),
                each.reference if each.ratio_needed else "",
                *(interval_text(ratio, 1.0) if ratio else "" for ratio in ratios),
            )
    console.print(table)


def note_text(note: str, keys: Sequence[str]) -> str:
    """A note, and of which places it is true."""
    named = ", ".join(short_name(key) for key in keys[:NAMED])
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return f"{note} ({named}{more})"


def number_text(number: float) -> str:
    """Two or three figures, never as a power of ten."""
    size = abs(number)
    if size >= TENTHS or size == 0.0:
        decimals = 0 if size >= 100.0 or size == 0.0 else 1 if size >= 10.0 else 2
        return f"{number:,.{decimals}f}"
    return f"{number:.{min(1 - math.floor(math.log10(size)), MOST_DECIMALS)}f}"


def interval_text(interval: Interval, unit: float) -> str:
    """Median, and the 90 % interval below it."""
    median, low, high = (number_text(each / unit) for each in (interval.median, interval.low, interval.high))
    return f"{median}\n({low} … {high})"


def when_text(interval: Interval, clock: Clock) -> str:
    """A time as `interval_text`."""
    return f"{clock.show(interval.median)}\n({clock.show(interval.low)} … {clock.show(interval.high)})"


def write_posterior(console: Console, posterior: Posterior, path: Path | None) -> None:
    """The whole posterior as JSON, where a file was named."""
    if path is not None:
        write_json(path, posterior.to_dict())
        console.print(f"posterior: {path}")
