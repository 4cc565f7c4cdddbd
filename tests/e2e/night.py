"""The rain night as devices send it: over sockets of a gateway in this process, by a clock that the test sets.

Twenty hours of a river are played in seconds, so nothing here waits for the time of the machine: every part of the platform asks
`clock`, and the jobs that the clock would start are done when the test says that their time has come.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
from riverchief.base.models import OutboxEvent, RuleVersion
from riverchief.base.outbox import deliver, subscribers
from riverchief.base.rules import rule_version
from riverchief.monitor.backfill import store_history
from riverchief.monitor.duty.escalation import look_after_alarms
from riverchief.monitor.examination import examine_all
from riverchief.monitor.models import Event, EventStation, Reading, Shift
from riverchief.monitor.overflows.dry_weather import announce_dry_weather_discharges
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.review.sweep import check_unchecked
from riverchief.monitor.virtual.analyser import Analyser, Sample
from riverchief.monitor.virtual.hydrological import HydrologicalStation
from riverchief.registry.models import Outfall, Station
from riverchief.trace import tasks
from riverchief.trace.models import Trace
from riverkit.protocols.hj212 import CHINA_STANDARD_TIME, Packet, encode, write_qn

from tests.riverchief.monitor.conftest import gateway
from tests.riverchief.monitor.weather import HOUR, reading
from tests.riverchief.rectify.office import Office, make_office
from tests.riverchief.rectify.rain_night import take_part
from tests.riverchief.trace.river import (
    HOURS,
    OFF_THE_LAND,
    RAIN_H,
    STEP_S,
    River,
    make_river,
    truth,
)

PASSWORD = "123456"
GAUGE_PASSWORD = "A1B2"
STEP = timedelta(seconds=STEP_S)
NIGHT = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
"""20:00 at the place, when it begins to rain."""
BASE_MG_L, RISE_MG_L = 0.6, 2.0


def clock_time(hour: int, minute: int = 0) -> datetime:
    """A time of that night, from 20:00 on."""
    return NIGHT + timedelta(hours=(hour - 20) % 24, minutes=minute)


def every(step: timedelta, start: datetime, end: datetime) -> list[datetime]:
    """The full steps after a moment, to another."""
    first = start - (start - NIGHT) % step
    return [first + step * n for n in range(1, int((end - first) / step) + 1)]


def _step_of(start: datetime, end: datetime) -> timedelta:
    return STEP if end - start < timedelta(days=1) else HOUR


class StateReporter(Analyser):
    """A logger that tells the states of its equipment (command 2021)."""

    def frame(self, sample: Sample, password: str) -> tuple[bytes, str]:
        """The report, and the number by which it is acknowledged."""
        qn = write_qn(sample.data_time)
        states = tuple(((f"{code}-RS", f"{value:.0f}"),) for code, (value, _) in sample.values.items())
        packet = Packet(
            st="32",
            cn="2021",
            mn=self.mn,
            qn=qn,
            pw=password,
            flag=5,
            fields=(
                (("DataTime", f"{sample.data_time.astimezone(CHINA_STANDARD_TIME):%Y%m%d%H%M%S}"),),
                *states,
            ),
        )
        return encode(packet), qn


@dataclass
class Night:
    """Who and what takes part; `now` is the clock of the platform."""

    now: datetime
    office: Office = field(init=False)
    river: River = field(init=False)
    places: dict[str, Outfall] = field(init=False)
    mns: dict[str, str] = field(default_factory=dict)
    said: datetime = field(init=False)
    """Up to here the devices have spoken."""

    def prepare(self) -> None:
        """The river with its stations, overflows and gauge, eight quiet days, and who is on duty."""
        self.said = self.now
        self.office = make_office()
        self.river = make_river(self.office, releases=OFF_THE_LAND)
        EventStation.objects.all().delete()
        Event.objects.all().delete()
        Reading.objects.all().delete()
        self.river.stations.pop("T").delete()  # section A is the first that sees it
        self.places = take_part(self.river)
        for code, outfall in self.places.items():
            outfall.name_zh, outfall.name_en = code, f"Outfall {code}"
            outfall.save()
        for code, station in self.river.stations.items():
            self._equip(station, f"B{code}", target_class=3)
        for code, outfall in self.places.items():
            self._equip(self._station(f"M-{code}", outfall=outfall, reach=outfall.reach), code)
        gauge = self._station("R1", kind="rain_gauge", reach=self.places["C-07"].reach)
        self._equip(gauge, "R1", mn="0012345678", password=GAUGE_PASSWORD)
        version = rule_version("monitor.overflow_signals")
        RuleVersion.objects.create(
            name=version.name, version="2", valid_from=date(2026, 1, 1), source="the works",
            body={**version.body, "signals": {"M-W": {"flow": "plant_bypass"}}},
        )  # fmt: skip
        Shift.objects.create(
            area=self.office.county, starts_at=NIGHT - 4 * HOUR, ends_at=NIGHT + 12 * HOUR,
            person=self.office["monitoring"], deputy=self.office["county_office"], leader=self.office["county_office_2"],
        )  # fmt: skip
        store_history(self._quiet_days())

    def _station(self, code: str, **more: object) -> Station:
        given = {
            "kind": "automatic",
            "chainage_m": 10.0,
            "lon": 106.5,
            "lat": 29.5,
            "area": self.office.county,
        }
        return Station.objects.create(code=code, name_zh=code, name_en=code, **(given | more))

    def _equip(
        self, station: Station, name: str, mn: str = "", password: str = PASSWORD, **more: object
    ) -> None:
        station.mn = self.mns[name] = mn or f"990101NIGHT{len(self.mns):013}"
        station.set_password(password)
        for key, value in more.items():
            setattr(station, key, value)
        station.save()

    def _quiet_days(self) -> Iterable[ReadingRow]:
        rng = np.random.default_rng(11)
        for station in self.river.stations.values():
            for n in range(1, 8 * 24 * 6):
                at = clock_time(20) - HOUR - STEP * n
                value = BASE_MG_L + float(rng.normal(0, 0.02))
                yield reading(station, at, value, "nh3n", kind="instant", unit="mg/L")
        monitor = Station.objects.get(code="M-E")
        for at in every(HOUR, NIGHT - 21 * HOUR, NIGHT - 2 * HOUR):
            yield reading(monitor, at, 39.7, "cod", unit="mg/L")

    # -- what the devices say

    def river_samples(self, code: str, start: datetime, end: datetime) -> list[Sample]:
        """Ammonia every ten minutes; the analyser of A is in maintenance from 02 to 05 h and reads nonsense then."""
        scale = RISE_MG_L / truth(OFF_THE_LAND)["A"].max()
        rise = truth(OFF_THE_LAND)[code] * scale
        samples = []
        for n, added in enumerate(rise.tolist()):
            at = NIGHT + STEP * n - HOUR * RAIN_H[0]
            if not start < at <= end:
                continue
            kept = code == "A" and clock_time(2) <= at < clock_time(5)
            value = (9.9, "M") if kept else (round(BASE_MG_L + added, 3), "N")
            samples.append(Sample(at, {"w21003": value}))
        return samples

    def states(self, start: datetime, end: datetime, runs: tuple[datetime, datetime]) -> list[Sample]:
        """Running or not: every ten minutes of the night, every hour of the days after it."""
        marks = sorted({*every(_step_of(start, end), start, end), *(at for at in runs if start < at <= end)})
        return [Sample(at, {"SB1": (1.0 if runs[0] <= at < runs[1] else 0.0, None)}) for at in marks]

    def bypass(self, start: datetime, end: datetime) -> list[Sample]:
        """Flow of the works' bypass, L/s."""
        running = (clock_time(21, 10), clock_time(1, 30))
        return [
            Sample(at, {"w00000": (300.0 if running[0] <= at < running[1] else 0.0, "N")})
            for at in every(_step_of(start, end), start, end)
        ]

    def rain(self, start: datetime, end: datetime) -> list[Sample]:
        """Amounts of the hours that end until then."""
        fell = {clock_time(21): 3.0, clock_time(22): 20.0, clock_time(23): 15.0}
        return [Sample(at, {"P1": (fell.get(at, 0.0), None)}, "34") for at in every(HOUR, start, end)]

    async def say(self, *, river: bool = True) -> None:
        """Everything that the devices have to say up to now, over real sockets, until all of it is acknowledged."""
        start, end = self.said, self.now
        self.said = end
        until = clock_time(20) + 24 * 400 * HOUR
        talks = {
            "C-07": (StateReporter, self.states(start, end, (clock_time(20, 40), until))),
            "C-09": (StateReporter, self.states(start, end, (clock_time(21, 5), clock_time(0, 10)))),
            "W": (Analyser, self.bypass(start, end)),
        }
        if river:
            talks |= {
                f"B{code}": (Analyser, self.river_samples(code, start, end)) for code in self.river.stations
            }
            talks["E"] = (Analyser, self._factory(start, end))
        async with gateway() as running:
            callers = [
                (kind(self.mns[name], PASSWORD, "127.0.0.1", running.port), samples)
                for name, (kind, samples) in talks.items()
            ]
            gauge = HydrologicalStation(self.mns["R1"], GAUGE_PASSWORD, "127.0.0.1", running.port)
            callers.append((gauge, self.rain(start, end)))
            outcomes = await asyncio.gather(*(caller.run(samples) for caller, samples in callers))
        assert not any(outcome.unacknowledged for outcome in outcomes)
        assert sum(len(outcome.acknowledged) for outcome in outcomes) == sum(
            len(samples) for _, samples in callers
        )

    def _factory(self, start: datetime, end: datetime) -> list[Sample]:
        """COD by the hour: 70 at 22:00, else so that the day has a mean of 41."""
        return [
            Sample(at - HOUR, {"w01018": (70.0 if at - HOUR == clock_time(22) else 39.7, "N")}, "2061")
            for at in every(HOUR, start, end)
        ]

    # -- what the platform makes of it

    def work(self) -> None:
        """What the jobs do once their minute has come: look at what was stored, tell, escalate, look for dry weather."""
        examine_all()
        check_unchecked()
        self.deliver()
        look_after_alarms()
        announce_dry_weather_discharges()
        self.deliver()

    def deliver(self) -> None:
        """Hand on what was announced, until nothing new is."""
        told = -1
        while told != (told := OutboxEvent.objects.count()):
            for event in OutboxEvent.objects.order_by("pk"):
                for path in subscribers().get(event.name, ()):
                    deliver(event.pk, path)

    def trace(self) -> Trace:
        """Run the attempts that were asked for, and tell of them."""
        for attempt in Trace.objects.filter(state="queued").order_by("pk"):
            tasks.run(attempt.pk)
        self.deliver()
        return Trace.objects.order_by("-pk")[0]


assert RAIN_H[1] < HOURS
