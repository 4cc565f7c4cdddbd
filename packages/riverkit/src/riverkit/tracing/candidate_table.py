"""Tables of candidates and of what tells their kinds of outfall by the water, for the command line."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from riverkit.errors import NetworkError, TracingError
from riverkit.network import Network
from riverkit.tracing.fingerprint import Fingerprint, Ratio
from riverkit.tracing.model import KINDS, LARGEST, Candidate, StartPrior, diffuse
from riverkit.tracing.tables import Clock, Row, place_of, read_rows

SEPARATOR = ";"
"""Between the reaches, and between the windows, of one candidate."""


def read_candidates(
    network: Network,
    path: Path,
    clock: Clock | None = None,
    fingerprints: Mapping[str, Fingerprint] | None = None,
) -> list[Candidate]:
    """Candidates from columns `key`; a place as for stations; and optionally

    - `kind`: outfall (the default), unlisted (somewhere on that reach), boundary (what flows in at the upper end of that
      reach), diffuse (along many reaches at once) or nothing (no place);
    - `reaches` of a diffuse one, separated by semicolons; without them that of its place and all above it;
    - `prior`, a weight;
    - `start_from`, `start_until`, times as the readings': when it may have begun (several windows separated by semicolons),
      and `start_outside`, the belief that it began at another time;
    - `fingerprint`, a name in the table of fingerprints.

    Args:
        clock: of the readings; None passes over the starts.
        fingerprints: by name; None passes over what candidates have.
    """
    return [_candidate(network, row, clock, fingerprints) for row in read_rows(path)]


def read_fingerprints(path: Path) -> dict[str, Fingerprint]:
    """Fingerprints by name, from columns `fingerprint`, `parameter`, `ratio`, `log_sd`, `reference`.

    A row says how much of the parameter comes with each mass of the reference: median, and standard deviation of the
    natural logarithm. Rows of one fingerprint have one reference.
    """
    by_name: defaultdict[str, list[Row]] = defaultdict(list)
    for row in read_rows(path):
        by_name[row.text("fingerprint")].append(row)
    found = {}
    for name, rows in by_name.items():
        reference = rows[0].text("reference")
        ratios: dict[str, Ratio] = {}
        for row in rows:
            parameter = row.text("parameter")
            if row.text("reference") != reference:
                raise row.error(
                    "reference", f"{name!r} refers to {reference!r} further up. Give it one reference."
                )
            if parameter in ratios:
                raise row.error(
                    "parameter", f"{parameter!r} of {name!r} stands further up already. Give it once."
                )
            ratios[parameter] = Ratio(row.number("ratio"), row.number("log_sd"))
            try:
                found[name] = Fingerprint(reference, dict(ratios))
            except TracingError as error:
                raise row.error("ratio", str(error)) from error
    return found


def _candidate(
    network: Network, row: Row, clock: Clock | None, fingerprints: Mapping[str, Fingerprint] | None
) -> Candidate:
    key = row.text("key")
    kind = next((each for each in KINDS if each == (row.optional("kind") or "outfall")), None)
    if kind is None:
        raise row.error("kind", f"{row.text('kind')!r} is none of {', '.join(KINDS)}.")
    if kind != "diffuse" and row.optional("reaches"):
        raise row.error(
            "reaches", f"{key!r} is of kind {kind!r}. Only 'diffuse' has many; give others a place."
        )
    given = row.optional_number("prior")
    prior = 1.0 if given is None else given
    if not 0 <= prior <= LARGEST:
        raise row.error("prior", f"{prior:g}. Give a weight of 0 … {LARGEST:g}.")
    starts = None if clock is None else _starts(row, clock)
    fingerprint = None if fingerprints is None else _fingerprint(row, fingerprints)
    if kind == "diffuse":
        reaches = _reaches(network, row)
        return diffuse(network, key, reaches, prior=prior, starts=starts, fingerprint=fingerprint)
    location = None if kind == "nothing" else place_of(network, row)
    return Candidate(key, location, kind, prior, starts=starts, fingerprint=fingerprint)


def _reaches(network: Network, row: Row) -> list[str]:
    """Those named, or that of the row's place and all above it."""
    named = _several(row, "reaches")
    if not named:
        return network.upstream(place_of(network, row).reach_id)
    try:
        return [network.reach(each).id for each in dict.fromkeys(named)]
    except NetworkError as error:
        raise row.error("reaches", str(error)) from error


def _starts(row: Row, clock: Clock) -> StartPrior | None:
    begins, ends = (_times(row, column, clock) for column in ("start_from", "start_until"))
    outside = row.optional_number("start_outside")
    if len(begins) != len(ends):
        raise row.error(
            "start_until",
            f"{len(ends)} ends of {len(begins)} windows. Give each window both, separated by {SEPARATOR!r}.",
        )
    if not begins:
        if outside is not None:
            raise row.error(
                "start_outside", "there are no hours to be outside of. Give start_from and start_until."
            )
        return None
    try:
        return StartPrior(tuple(zip(begins, ends, strict=True)), outside or 0.0)
    except TracingError as error:
        raise row.error("start_from", str(error)) from error


def _times(row: Row, column: str, clock: Clock) -> list[float]:
    seconds = []
    for text in _several(row, column):
        try:
            seconds.append(clock.seconds(text))
        except ValueError:
            raise row.error(
                column, f"{text!r} is not in {clock.manner}, as the readings' times are."
            ) from None
    return seconds


def _fingerprint(row: Row, fingerprints: Mapping[str, Fingerprint]) -> Fingerprint | None:
    name = row.optional("fingerprint")
    if name and name not in fingerprints:
        known = ", ".join(fingerprints) or "none: give their table with --fingerprints"
        raise row.error("fingerprint", f"{name!r} is not among the fingerprints ({known}).")
    return fingerprints.get(name)


def _several(row: Row, column: str) -> list[str]:
    return [each.strip() for each in row.optional(column).split(SEPARATOR) if each.strip()]
