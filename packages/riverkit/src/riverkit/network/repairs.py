"""Repairs that need no judgement, and the check that tells what they would mend and what only a person can."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from riverkit.network.checks import (
    DEFAULT_TOLERANCE_M,
    GIVE_SHARES,
    CheckReport,
    Finding,
    FindingKind,
    Severity,
    defects,
)
from riverkit.network.geometry import line_length_m
from riverkit.network.graph import SHARE_TOLERANCE
from riverkit.network.joints import near_misses, reversed_lines
from riverkit.network.model import Reach
from riverkit.network.topology import circles

ROUNDING_OF_SHARES = 0.011
"""Shares written with two digits may miss 1 by this much; then they are scaled, a larger gap is an error."""

_Step = Callable[[list[Reach], float], tuple[list[Reach], list[Finding]]]


def check(reaches: Iterable[Reach], *, tolerance_m: float = DEFAULT_TOLERANCE_M) -> CheckReport:
    """Look for everything that is wrong or odd; never raises, whatever the reaches are like.

    What stops a network is an error only if `repair` cannot mend it: this tries, so that both always agree. What
    it mends is a warning whose cure says what would be assumed.

    Args:
        reaches: reaches as read.
        tolerance_m: ends of lines closer than this are taken to be meant to meet.
    """
    given = list(reaches)
    found = defects(given, tolerance_m=tolerance_m)
    _, after = repair(given, tolerance_m=tolerance_m)
    milder = [finding for finding in found.findings if finding.severity is not Severity.ERROR]
    mended = [
        _as_mended(error, after.repaired)
        for error in found.of(Severity.ERROR)
        if not any(_same(error, left) for left in after.of(Severity.ERROR))
    ]
    return replace(found, findings=(*after.of(Severity.ERROR), *mended, *milder), repaired=after.repaired)


def _as_mended(error: Finding, repaired: Sequence[Finding]) -> Finding:
    done = next((one for one in repaired if _same(error, one)), None)
    cure = f"`repair` does this: {done.message} {done.cure}" if done else "`repair` cures it with the others."
    return replace(error, severity=Severity.WARNING, cure=cure)


def _same(one: Finding, other: Finding) -> bool:
    return one.kind is other.kind and not set(one.reach_ids).isdisjoint(other.reach_ids)


def repair(
    reaches: Iterable[Reach], *, tolerance_m: float = DEFAULT_TOLERANCE_M
) -> tuple[list[Reach], CheckReport]:
    """Mend what can be mended in one way only.

    Exact copies are dropped; missing lengths are taken from the line; lines drawn upstream are turned;
    loose ends are joined to a node within the tolerance; a circle is opened where turning one reach, and no
    other, leaves neither circle nor new end; divergences get flow shares (by discharge where all are known,
    else equal; marked as estimated). Repairing twice changes nothing more.

    Returns:
        The reaches, and the report of a check afterwards whose `repaired` tells what was changed.
    """
    current = list(reaches)
    repaired: list[Finding] = []
    steps: tuple[_Step, ...] = (
        _drop_copies,
        _measure_lines,
        _turn_lines,
        _join_loose_ends,
        _open_circles,
        _share,
    )
    # Joining ends can close a circle or make a divergence. Each step only removes defects, so this ends.
    changed = True
    while changed:
        changed = False
        for step in steps:
            current, done = step(current, tolerance_m)
            repaired += done
            changed = changed or bool(done)
    return current, replace(defects(current, tolerance_m=tolerance_m), repaired=tuple(repaired))


def _done(
    kind: FindingKind, ids: Sequence[str], message: str, cure: str = "Check that it is meant so."
) -> Finding:
    return Finding(kind, tuple(ids), message, cure, Severity.NOTE)


def _drop_copies(reaches: list[Reach], _: float) -> tuple[list[Reach], list[Finding]]:
    kept = list(dict.fromkeys(reaches))
    dropped = Counter(r.id for r in reaches) - Counter(r.id for r in kept)
    return kept, [
        _done(FindingKind.DUPLICATE, [reach_id], f"Dropped {n} exact copy or copies of reach {reach_id!r}.")
        for reach_id, n in dropped.items()
    ]


def _measure_lines(reaches: list[Reach], _: float) -> tuple[list[Reach], list[Finding]]:
    result, done = [], []
    for reach in reaches:
        length = 0.0 if reach.line is None else line_length_m(reach.line)
        if length > 0 and not (math.isfinite(reach.length_m) and reach.length_m > 0):
            message = (
                f"Reach {reach.id!r}: length {reach.length_m!r} m replaced by its line's {length:.1f} m."
            )
            done.append(_done(FindingKind.ZERO_LENGTH, [reach.id], message))
            reach = replace(reach, length_m=length, estimated=reach.estimated | {"length_m"})
        result.append(reach)
    return result, done


def _turn_lines(reaches: list[Reach], tolerance_m: float) -> tuple[list[Reach], list[Finding]]:
    turned = {id(reach) for reach in reversed_lines(reaches, tolerance_m)}
    result = [replace(r, line=r.line.reverse()) if id(r) in turned and r.line else r for r in reaches]
    return result, [
        _done(FindingKind.REVERSED, [r.id], f"Turned the line of reach {r.id!r}.")
        for r in reaches
        if id(r) in turned
    ]


def _join_loose_ends(reaches: list[Reach], tolerance_m: float) -> tuple[list[Reach], list[Finding]]:
    """Join the nearest pair only; the caller comes back for the next, which may look different then."""
    for miss in near_misses(reaches, tolerance_m):
        if miss.other is None:
            continue
        joined = [
            replace(
                r,
                up=miss.other if r.up == miss.node else r.up,
                down=miss.other if r.down == miss.node else r.down,
            )
            for r in reaches
        ]
        if len(circles(joined)) > len(circles(reaches)):
            continue
        message = f"Joined node {miss.node!r} of reach {miss.reach_ids[0]!r} to node {miss.other!r}."
        return joined, [_done(FindingKind.DANGLING, miss.reach_ids, message)]
    return reaches, []


def _open_circles(reaches: list[Reach], _: float) -> tuple[list[Reach], list[Finding]]:
    """Turn the one reach whose turning opens a circle and leaves no inner node without inflow or outflow."""
    result, done = list(reaches), []
    for group in circles(reaches):
        choices = []
        for reach in group:
            turned = _turned(reach)
            trial = [turned if r is reach else r for r in result]
            if reach.up != reach.down and not circles([turned if r is reach else r for r in group]):
                before, after = _ends(result), _ends(trial)
                if after <= before:
                    choices.append((reach, trial))
        if len(choices) == 1:
            reach, result = choices[0]
            message = f"Turned reach {reach.id!r}, the only one that opens the circle without a new end."
            done.append(_done(FindingKind.CYCLE, [reach.id], message))
    return result, done


def _turned(reach: Reach) -> Reach:
    line = None if reach.line is None else reach.line.reverse()
    return replace(reach, up=reach.down, down=reach.up, line=line)


def _ends(reaches: Iterable[Reach]) -> set[tuple[str, str]]:
    """Nodes where the network begins or ends, told apart."""
    ups, downs = {r.up for r in reaches}, {r.down for r in reaches}
    return {("head", node) for node in ups - downs} | {("outlet", node) for node in downs - ups}


def _share(reaches: list[Reach], _: float) -> tuple[list[Reach], list[Finding]]:
    leaving: defaultdict[str, list[int]] = defaultdict(list)
    for row, reach in enumerate(reaches):
        leaving[reach.up].append(row)
    result, done = list(reaches), []
    for node, rows in leaving.items():
        estimate = _shares([reaches[row] for row in rows])
        if estimate is None:
            continue
        shares, how = estimate
        for row, share in zip(rows, shares, strict=True):
            marked = reaches[row].estimated | {"flow_share"}
            if share != reaches[row].flow_share:
                result[row] = replace(reaches[row], flow_share=share, estimated=marked)
        told = ", ".join(f"{reaches[row].id} {s:.3g}" for row, s in zip(rows, shares, strict=True))
        message = f"Flow shares at node {node!r} {how}: {told}."
        ids = [reaches[row].id for row in rows]
        done.append(_done(FindingKind.DIVERGENCE, ids, message, f"{GIVE_SHARES} if you know better."))
    return result, done


def _shares(there: Sequence[Reach]) -> tuple[list[float], str] | None:
    """Shares for the reaches that leave one node, and by what assumption; None if theirs are right or beyond repair."""
    known = [r.flow_share for r in there if r.flow_share is not None]
    total = math.fsum(known)
    if len(known) == len(there):
        if not SHARE_TOLERANCE < abs(total - 1) <= ROUNDING_OF_SHARES:
            return None
        return [share / total for share in known], "scaled to sum to 1"
    if len(there) == 1:
        return None
    rest = 1 - total
    if rest <= 0:
        return None
    missing = [r for r in there if r.flow_share is None]
    discharges = [r.discharge_m3s for r in missing if r.discharge_m3s is not None and r.discharge_m3s > 0]
    by_discharge = len(discharges) == len(missing)
    weights = discharges if by_discharge else [1.0] * len(missing)
    fill = iter([rest * weight / math.fsum(weights) for weight in weights])
    shares = [next(fill) if r.flow_share is None else r.flow_share for r in there]
    return shares, "taken in proportion to discharge" if by_discharge else "taken as equal"
