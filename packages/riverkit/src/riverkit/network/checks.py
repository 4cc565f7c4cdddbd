"""What is wrong with a set of reaches, where, and what cures it; nothing is changed here (see `repairs`)."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from riverkit.network.graph import SHARE_TOLERANCE, impossible_numbers
from riverkit.network.joints import near_misses, reversed_lines
from riverkit.network.model import Reach
from riverkit.network.topology import circles, connected_parts

DEFAULT_TOLERANCE_M = 10.0
"""Ends of lines this close are meant to meet: a few times the error of careful digitising at 1:10,000."""


GIVE_SHARES = "Give the shares of the water in a column for `flow_share`"


class FindingKind(StrEnum):
    """What a finding is about."""

    CYCLE = "cycle"
    DANGLING = "dangling"
    REVERSED = "reversed"
    DIVERGENCE = "divergence"
    DUPLICATE = "duplicate"
    ZERO_LENGTH = "zero_length"
    IMPOSSIBLE_NUMBER = "impossible_number"
    DISCONNECTED = "disconnected"
    NO_GEOMETRY = "no_geometry"


class Severity(StrEnum):
    """How bad a finding is.

    Error: no network can be built until a person mends it. Warning: it builds, at most after a `repair` that
    says what it assumes, but is probably wrong. Note: worth knowing.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: what, on which reaches, in words, how to cure it, and how bad it is."""

    kind: FindingKind
    reach_ids: tuple[str, ...]
    message: str
    cure: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything found in a set of reaches, with the figures that tell at a glance whether it was read
    rightly.

    Attributes:
        findings: errors first.
        repaired: what `repair` changed or, after a mere `check`, would change.
        reaches, length_m, outlets, headwaters, parts: the size of the network and the number of its
        connected parts.
    """

    findings: tuple[Finding, ...]
    reaches: int
    length_m: float
    outlets: int
    headwaters: int
    parts: int
    repaired: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether `Network.build` will take these reaches once repaired, as far as this check sees."""
        return not self.of(Severity.ERROR)

    def of(self, severity: Severity) -> list[Finding]:
        """The findings of one severity."""
        return [finding for finding in self.findings if finding.severity is severity]

    def repairs(self) -> dict[FindingKind, int]:
        """How many findings of each kind `repair` mended or would mend, the most frequent kind first."""
        return dict(Counter(finding.kind for finding in self.repaired).most_common())


def defects(reaches: Iterable[Reach], *, tolerance_m: float = DEFAULT_TOLERANCE_M) -> CheckReport:
    """Look for everything that is wrong or odd in reaches as they stand; an error is what `Network.build` refuses.

    Never raises, whatever the reaches are like. `tolerance_m` is as in `check`.
    """
    given = list(reaches)
    findings = [
        *_duplicates(given),
        *_without_length_or_line(given),
        *_impossible_numbers(given),
        *_circles(given),
        *_divergences(given),
        *_reversed_lines(given, tolerance_m),
        *_colliding_flows(given),
        *_dangling(given, tolerance_m),
    ]
    parts = connected_parts(given)
    if len(parts) > 1:
        ids = tuple(r.id for part in parts[1:] for r in part)
        findings.append(
            Finding(
                FindingKind.DISCONNECTED,
                ids,
                f"The reaches fall into {len(parts)} parts; the largest has {len(parts[0])}, "
                f"the others together {len(ids)}.",
                "Join the parts where they belong together, or import them as networks of their own.",
                Severity.WARNING,
            )
        )
    order = list(Severity)
    ups, downs = {r.up for r in given}, {r.down for r in given}
    return CheckReport(
        findings=tuple(sorted(findings, key=lambda f: order.index(f.severity))),
        reaches=len(given),
        length_m=math.fsum(r.length_m for r in given if math.isfinite(r.length_m)),
        outlets=sum(r.down not in ups for r in given),
        headwaters=sum(r.up not in downs for r in given),
        parts=len(parts),
    )


def _duplicates(reaches: Sequence[Reach]) -> Iterable[Finding]:
    for reach_id, times in Counter(r.id for r in reaches).items():
        if times > 1:
            yield Finding(
                FindingKind.DUPLICATE,
                (reach_id,),
                f"Reach id {reach_id!r} is given {times} times.",
                "Give every reach its own id.",
                Severity.ERROR,
            )
    same: defaultdict[tuple[str, str, bytes], set[str]] = defaultdict(set)
    for reach in reaches:
        if reach.line is not None:
            same[reach.up, reach.down, reach.line.wkb].add(reach.id)
    for ids in same.values():
        if len(ids) > 1:
            names = ", ".join(sorted(ids))
            yield Finding(
                FindingKind.DUPLICATE,
                tuple(sorted(ids)),
                f"Reaches {names} have the same ends and the same line.",
                "Keep one of them.",
                Severity.WARNING,
            )


def _without_length_or_line(reaches: Sequence[Reach]) -> Iterable[Finding]:
    for reach in reaches:
        if not (math.isfinite(reach.length_m) and reach.length_m > 0):
            yield Finding(
                FindingKind.ZERO_LENGTH,
                (reach.id,),
                f"Reach {reach.id!r} has the length {reach.length_m!r} m.",
                "Give its length, or join its two nodes and remove it.",
                Severity.ERROR,
            )
        if reach.line is None:
            yield Finding(
                FindingKind.NO_GEOMETRY,
                (reach.id,),
                f"Reach {reach.id!r} has no line; nothing can be snapped to it or drawn.",
                "Draw its course.",
                Severity.WARNING,
            )


def _impossible_numbers(reaches: Sequence[Reach]) -> Iterable[Finding]:
    for reach in reaches:
        # Lengths have findings of their own: a missing one may be measured on the line.
        for message, cure in impossible_numbers(replace(reach, length_m=1.0)):
            yield Finding(FindingKind.IMPOSSIBLE_NUMBER, (reach.id,), message, cure, Severity.ERROR)


def _circles(reaches: Sequence[Reach]) -> Iterable[Finding]:
    for group in circles(reaches):
        names = ", ".join(r.id for r in group)
        yield Finding(
            FindingKind.CYCLE,
            tuple(r.id for r in group),
            f"Water would run in a circle through {names}.",
            "Turn or remove one of them.",
            Severity.ERROR,
        )


def _divergences(reaches: Sequence[Reach]) -> Iterable[Finding]:
    leaving: defaultdict[str, list[Reach]] = defaultdict(list)
    for reach in reaches:
        leaving[reach.up].append(reach)
    for node, there in leaving.items():
        ids = tuple(r.id for r in there)
        shares = [r.flow_share for r in there]
        known = [s for s in shares if s is not None]
        if len(there) > 1 and len(known) < len(there):
            message = f"Water divides at node {node!r} into {', '.join(ids)}, not all with a flow share."
            cure, severity = f"{GIVE_SHARES}; together 1 at the node.", Severity.ERROR
        elif known and abs(math.fsum(known) - 1) > SHARE_TOLERANCE:
            message = f"The flow shares at node {node!r} ({', '.join(ids)}) sum to {math.fsum(known):g}."
            cure, severity = "Make them sum to 1.", Severity.ERROR
        elif len(there) > 1:
            of = ", ".join(f"{r.id} {r.flow_share:g}" for r in there)
            guessed = any("flow_share" in r.estimated for r in there)
            message = f"Water divides at node {node!r}: {of}{' (estimated)' if guessed else ''}."
            cure = "Replace estimated shares by gauged ones where known." if guessed else "Nothing to do."
            severity = Severity.NOTE
        else:
            continue
        yield Finding(FindingKind.DIVERGENCE, ids, message, cure, severity)


def _reversed_lines(reaches: Sequence[Reach], tolerance_m: float) -> Iterable[Finding]:
    for reach in reversed_lines(reaches, tolerance_m):
        yield Finding(
            FindingKind.REVERSED,
            (reach.id,),
            f"The line of reach {reach.id!r} runs from its lower node {reach.down!r} to its upper {reach.up!r}.",
            "Turn the line; `repair` does.",
            Severity.WARNING,
        )


def _colliding_flows(reaches: Sequence[Reach]) -> Iterable[Finding]:
    """Inner nodes where reaches only end: one of them was probably digitised upstream."""
    leaving = {r.up for r in reaches}
    arriving: defaultdict[str, list[str]] = defaultdict(list)
    for reach in reaches:
        arriving[reach.down].append(reach.id)
    sinks = [node for node in arriving if node not in leaving]
    if len(sinks) < 2:
        return
    for node in sinks:
        ids = tuple(arriving[node])
        if len(ids) > 1:
            yield Finding(
                FindingKind.REVERSED,
                ids,
                f"Reaches {', '.join(ids)} flow together at node {node!r} and nothing leads on.",
                "If this is no outlet, one of them runs the wrong way: exchange its nodes and turn its line.",
                Severity.WARNING,
            )


def _dangling(reaches: Sequence[Reach], tolerance_m: float) -> Iterable[Finding]:
    for miss in near_misses(reaches, tolerance_m):
        loose, other = miss.reach_ids
        if miss.other is None:
            what = f"{miss.gap_m:.2g} m from the middle of reach {other!r}"
            cure = f"Split reach {other!r} there and let both share a node."
        else:
            what = f"{miss.gap_m:.2g} m from node {miss.other!r} of reach {other!r}"
            cure = "Let them share a node; `repair` does."
        yield Finding(
            FindingKind.DANGLING,
            miss.reach_ids,
            f"Reach {loose!r} ends loose at node {miss.node!r}, {what}.",
            cure,
            Severity.WARNING,
        )
