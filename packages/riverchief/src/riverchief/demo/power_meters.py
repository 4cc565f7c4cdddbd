"""Two power meters at one outfall, so that who opens it finds both lines: production by day, and a treatment that always runs along.

They are nothing of the story: the works is drawn from the seed among those that could have meters, and is never the one
that discharges. Its treatment stands still once, as was announced; so no clue opens, unless somebody withdraws that stop.
The readings come as from the platform of the works (`monitor/sources`): stored, not sent over the wire.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from riverchief.accounts.models import User
from riverchief.base import clock
from riverchief.demo.model import DemoBasin, DemoOutfall
from riverchief.demo.truth import Secret
from riverchief.monitor.backfill import store_history
from riverchief.monitor.models import Latest, PowerMeter
from riverchief.monitor.power.actions import AnnounceStop, RegisterPowerMeter
from riverchief.monitor.power.lines import stops_of
from riverchief.monitor.readings import MEASURED_FLAG, ReadingRow
from riverchief.registry.models import Outfall, Station

PREFIX = "PM-"
"""Of the station's code; the rest is that of its outfall."""

STEP = timedelta(minutes=15)
HISTORY = timedelta(days=14)
METERS = (
    ("production", "power-1", ("一号生产线", "Line 1"), 30.0),
    ("treatment", "power-2", ("风机与水泵", "Blowers and pumps"), 8.0),
)
"""Line, code of the device, name, and what the line draws at least when it runs, in kW."""

STOP_AT, STOP_LASTS = time(14), timedelta(hours=1.5)
"""Of the day before the demo is first played."""
STOP_REASON = "风机更换轴承，废水暂存调节池"

_PLACE_STREAM, _POWER_STREAM = 93, 94
_PER_DAY = timedelta(days=1) // STEP
_ASIDE_DEG = 0.0006
"""The meters hang in the works, some tens of metres from its outfall."""


def play_power_meters(basin: DemoBasin, secret: Secret) -> None:
    """Put the meters of a loaded basin in, announce the stop and store what they have read so far; once."""
    if _station() is None:
        # When the history begins: a stop that is entered afterwards explains nothing.
        with clock.use_clock(clock.now() - HISTORY):
            _install(metered_outfall(basin, secret))
    catch_up(basin.seed)


def metered_outfall(basin: DemoBasin, secret: Secret) -> DemoOutfall:
    """The outfall: permitted, industrial, in use; no other of the enterprise that discharges in secret either."""
    rng = np.random.default_rng([basin.seed, _PLACE_STREAM])
    suited = [
        outfall
        for outfall in basin.outfalls
        if outfall.kind == "industrial" and outfall.permitted and outfall.status == "in_use"
        if outfall.organisation is not None
    ]
    drawn = (suited[int(index)] for index in rng.permutation(len(suited)))
    # Drawn without looking at the secret, which is only passed over: where the meters are tells nothing else of it.
    return next(outfall for outfall in drawn if outfall.organisation != secret.outfall.organisation)


def _station() -> Station | None:
    return (
        Station.objects.filter(code__startswith=PREFIX, outfall__isnull=False)
        .select_related("outfall")
        .first()
    )


@transaction.atomic
def _install(place: DemoOutfall) -> None:
    outfall = Outfall.objects.get(code=place.code)
    station = Station.objects.create(
        code=f"{PREFIX}{outfall.code}",
        name_zh=f"{place.name[0]}用电监控",
        name_en=f"{place.name[1]}, power meters",
        kind=Station.Kind.AUTOMATIC,
        owner=Station.Owner.ENTERPRISE,
        outfall=outfall,
        reach=outfall.reach,
        chainage_m=outfall.chainage_m,
        lon=outfall.lon + _ASIDE_DEG,
        lat=outfall.lat + _ASIDE_DEG,
        area=outfall.area,
        adopted_at=clock.now(),
    )
    for line, parameter, (zh, en), runs_from in METERS:
        RegisterPowerMeter(
            actor=User.objects.get(username="monitor1"),
            outfall_id=outfall.pk,
            station_id=station.pk,
            parameter=parameter,
            unit="kW",
            line=line,
            name_zh=zh,
            name_en=en,
            runs_from=runs_from,
        ).run()
    starts_at = datetime.combine(
        clock.day_of(clock.now() + HISTORY) - timedelta(days=1), STOP_AT, clock.SHANGHAI
    )
    AnnounceStop(
        actor=User.objects.get(username="office"),
        outfall_id=outfall.pk,
        starts_at=starts_at,
        ends_at=starts_at + STOP_LASTS,
        reason=STOP_REASON,
    ).run()


def catch_up(seed: int) -> None:
    """Store what the meters have read since their last reading; nothing in an installation from before they were invented."""
    station = _station()
    if station is None or station.outfall is None:
        return
    last = Latest.objects.filter(station=station).order_by("-period_start").first()
    end = clock.now()
    start = last.period_start if last else end - HISTORY
    # Whatever else people announce is kept too; what was read before a stop was withdrawn stays as it is.
    stops = [(row.starts_at, row.ends_at) for row in stops_of(station.outfall, start, end)]
    store_history(_rows(station.pk, seed, start, end, stops))


def _rows(
    station_id: int, seed: int, start: datetime, end: datetime, stops: Sequence[tuple[datetime, datetime]]
) -> Iterator[ReadingRow]:
    for at in quarters(start, end):
        stands = any(begun <= at < over for begun, over in stops)
        for (line, parameter, _, _), drawn in zip(METERS, drawn_kw(seed, at), strict=True):
            value = 0.4 if stands and line == PowerMeter.Line.TREATMENT else drawn
            yield ReadingRow(
                station_id, parameter, "instant", at, at, round(value, 1), "kW", MEASURED_FLAG, at
            )


def quarters(start: datetime, end: datetime) -> Iterator[datetime]:
    """The quarters of an hour after `start` up to `end`."""
    at = datetime.fromtimestamp((start.timestamp() // STEP.total_seconds() + 1) * STEP.total_seconds(), UTC)
    while at <= end:
        yield at
        at += STEP


def drawn_kw(seed: int, at: datetime) -> tuple[float, float]:
    """What production and treatment draw at a quarter of an hour, in kW, no stop considered."""
    local = at.astimezone(clock.SHANGHAI)
    production, treatment = _of_day(seed, local.toordinal())
    quarter = (local.hour * 60 + local.minute) // 15
    return float(production[quarter]), float(treatment[quarter])


@cache
def _of_day(seed: int, day: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A day of work, with less at noon; the treatment starts before it and empties the equalising tank after it."""
    rng = np.random.default_rng([seed, _POWER_STREAM, day])
    quarter = np.arange(_PER_DAY)
    begins, ends = int(rng.integers(29, 33)), int(rng.integers(72, 78))
    works = (quarter >= begins) & (quarter < ends)
    noon = (quarter >= 48) & (quarter < 53)
    production = np.where(works, np.where(noon, 85.0, 130.0), 6.0) * rng.normal(1.0, 0.06, _PER_DAY)
    runs = (quarter >= begins - 2) & (quarter < ends + 8)
    treatment = np.where(runs, 31.0, 1.2) * rng.normal(1.0, 0.04, _PER_DAY)
    return production, treatment
