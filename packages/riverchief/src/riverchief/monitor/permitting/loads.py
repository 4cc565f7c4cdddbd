"""How much of a parameter has gone out through mouths in a year, as far as readings tell.

An hour counts by the load that its reading carries (累计量, kg), or else by its mean concentration times its mean flow. Where
hours of a day are missing, the reading of that day may tell all of it. Only measurements (flag N) count, and what no reading
tells is not filled in: the amount is of the share of the time that is known, and says which share.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from riverchief.base import clock
from riverchief.monitor.models import Kind
from riverchief.monitor.retrieval import retrieve
from riverchief.registry.models import Station

FLOW = "flow"
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_HOURS_OF = {Kind.HOUR: 1, Kind.DAY: 24}
_KG_PER_MG = 1e-6


@dataclass(frozen=True)
class LoadSoFar:
    """Of a year until now: the kilograms that readings tell of, None where they tell nothing, and of which share of the time."""

    kg: float | None
    covered: float


@dataclass
class _Told:
    """What readings of one station say of one period."""

    load_kg: float | None = None
    value_mg_l: float | None = None
    flow_l_s: float | None = None

    def kg(self, hours: int) -> float | None:
        """The mass of the period; None where it does not follow from what was told."""
        if self.load_kg is not None:
            return self.load_kg
        if self.value_mg_l is None or self.flow_l_s is None:
            return None
        return self.value_mg_l * self.flow_l_s * 3600 * hours * _KG_PER_MG


def load_so_far(outfall_ids: Iterable[int], parameter: str, year: int) -> LoadSoFar:
    """The load of a parameter through all of these mouths, from the start of `year` to its end or to now."""
    start = clock.start_of(date(year, 1, 1))
    end = min(clock.start_of(date(year + 1, 1, 1)), clock.now())
    mouths = sorted(set(outfall_ids))
    if end <= start or not mouths:
        return LoadSoFar(None, 0.0)
    hours = (end - start) / _HOUR
    found = [_of_mouth(mouth, parameter, start, end) for mouth in mouths]
    known = sum(told for _, told in found)
    return LoadSoFar(
        kg=sum(kg for kg, _ in found) if known else None,
        covered=min(known / (hours * len(mouths)), 1.0),
    )


def _of_mouth(outfall_id: int, parameter: str, start: datetime, end: datetime) -> tuple[float, int]:
    """Kilograms, and the hours of which they are."""
    told = _told(outfall_id, parameter, start, end)
    by_day: dict[date, list[float]] = defaultdict(list)
    for at, kg in _by_period(told[Kind.HOUR], 1).items():
        by_day[clock.day_of(at)].append(kg)
    whole_days = {clock.day_of(at): kg for at, kg in _by_period(told[Kind.DAY], 24).items()}
    total, hours = 0.0, 0
    for day in {*by_day, *whole_days}:
        amounts = by_day.get(day, [])
        if len(amounts) < 24 and day in whole_days:
            total, hours = total + whole_days[day], hours + 24
        else:
            total, hours = total + sum(amounts), hours + len(amounts)
    return total, hours


def _by_period(rows: Mapping[tuple[datetime, int], _Told], hours: int) -> dict[datetime, float]:
    """Of several stations at a mouth the first that tells a period counts: they measure the same water."""
    found: dict[datetime, float] = {}
    for (at, _), told in sorted(rows.items()):
        kg = told.kg(hours)
        if kg is not None:
            found.setdefault(at, kg)
    return found


def _told(
    outfall_id: int, parameter: str, start: datetime, end: datetime
) -> dict[str, dict[tuple[datetime, int], _Told]]:
    rows = retrieve(
        ("station_id", "parameter", "kind", "period_start", "value", "load"),
        stations=Station.objects.filter(outfall=outfall_id).values_list("pk", flat=True),
        start=start,
        end=end - datetime.resolution,
        parameters=[parameter, FLOW],
        kinds=list(_HOURS_OF),
        measured=True,
    )
    found: dict[str, dict[tuple[datetime, int], _Told]] = {kind: defaultdict(_Told) for kind in _HOURS_OF}
    for station_id, name, kind, at, value, load in rows:
        told = found[kind][at, station_id]
        if name == FLOW:
            told.flow_l_s = value
        else:
            told.value_mg_l, told.load_kg = value, load
    return found
