"""kill -9 of the gateway, the worker and the database, in turn, while packets come in and while a trace runs; once the
database hangs.

What was acknowledged is there, with the value that was sent, and every trace comes to its end. Short and seeded by
default; RIVERCHIEF_SOAK=1 (`make soak`) plays many rounds.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from riverchief.monitor.virtual.analyser import Analyser, Outcome, Sample

from tests.riverchief.site.product import PATIENCE_S, Product, hung_server, installation

DEVICE_PASSWORD = "123456"
PARTS = ("gateway", "worker", "postgres")
ANALYSERS = 12
NH3N = "w21003"
HUNG_S = 1.0

SOAK = os.environ.get("RIVERCHIEF_SOAK") == "1"
# The same tests in either run: `make soak` asks for what is marked, `make test` for what is not.
pytestmark = [pytest.mark.soak] if SOAK else []

LOAD = f"""
from riverchief.demo.basin import generate
from riverchief.demo.load import load
basin = generate(7)
passwords = {{person.username: "a long password" for person in basin.people if person.signs_in}}
load(basin, passwords, {DEVICE_PASSWORD!r})
"""

EVENT = """
import random
from datetime import timedelta
from riverchief.base import clock
from riverchief.base.errors import StateRefused
from riverchief.base.models import RuleVersion
from riverchief.base.rules import rule_version
from riverchief.monitor.models import Event, Reading
from riverchief.monitor.partitions import ensure
from riverchief.registry.models import Station
from riverchief.trace.gather import gather

# Fewer hydraulic settings than usual: long enough to be killed in, and each attempt begins from nothing again.
rule = rule_version("trace.settings")
rule.body["hydraulics"]["n_settings"] = 12
RuleVersion.objects.create(
    name=rule.name, version="killed", valid_from=clock.today(), source="the tests that kill", body=rule.body
)
start = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=48)
times = [start + timedelta(minutes=15 * step) for step in range(48 * 4)]
ensure(("monitor_reading", at) for at in (times[0], times[-1]))
chance = random.Random(11)
for station in Station.objects.filter(kind="automatic", outfall__isnull=True).order_by("-reach__discharge_m3s"):
    readings = [
        Reading(
            station=station, parameter="nh3n", kind="instant", period_start=at, sampled_at=at, unit="mg/L", flag="N",
            value=0.4 + chance.gauss(0, 0.02) + (3.0 if timedelta(hours=40) <= at - start < timedelta(hours=43) else 0),
            received_at=at, reason="",
        )
        for at in times
    ]
    Reading.objects.bulk_create(readings)
    event = Event.objects.create(
        station=station, area=station.area, parameter="nh3n", kind="threshold", unit="mg/L", peak_value=3.4,
        opened_at=start + timedelta(hours=40), last_at=start + timedelta(hours=43), detected_at=clock.now(),
    )
    try:
        gather(event)
        break
    except StateRefused:  # the model does not hold at this station: take the next
        event.delete()
else:
    raise SystemExit("no station of the basin can be traced")
"""

# The first event is our own; the product may open another when it comes to examine the readings we wrote for it.
START_TRACE = """
from riverchief.base.actions import SYSTEM
from riverchief.monitor.models import Event
from riverchief.trace.actions import StartTrace
StartTrace(actor=SYSTEM, event_id=Event.objects.earliest("pk").pk).run()
"""


@pytest.fixture(scope="module")
def rounds() -> int:
    """How often each part is killed."""
    return 40 if SOAK else 1


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """The product, running, with a small generated basin."""
    with installation() as product:
        product.start()
        product.python(LOAD)
        product.until(product.healthy, "health")
        yield product


def _value(station: int, step: int) -> float:
    return round(0.1 + 0.01 * station + 0.001 * (step % 97), 3)


def _moment(begin: datetime, step: int) -> datetime:
    return begin + timedelta(seconds=10 * step)


async def _samples(station: int, begin: datetime, stop: asyncio.Event) -> AsyncIterator[Sample]:
    step = 0
    while not stop.is_set():
        yield Sample(_moment(begin, step), {NH3N: (_value(station, step), "N")})
        step += 1


async def _ingest_while_killing(
    product: Product, stations: list[str], rounds: int, begin: datetime
) -> list[Outcome]:
    stop = asyncio.Event()
    analysers = [
        Analyser(
            mn,
            DEVICE_PASSWORD,
            "127.0.0.1",
            product.gateway_port,
            answer_timeout_s=20,
            resends=200,
            pause_s=0.05,
        )
        for mn in stations
    ]
    running = [
        asyncio.create_task(analyser.run(_samples(number, begin, stop)))
        for number, analyser in enumerate(analysers)
    ]
    chance = random.Random(212)

    def acknowledged() -> int:
        assert not any(task.done() for task in running)
        return sum(len(analyser.outcome.acknowledged) for analyser in analysers)

    async def until_it_flows() -> None:
        before = acknowledged()
        async with asyncio.timeout(PATIENCE_S):
            while acknowledged() < before + 5 * len(analysers):
                await asyncio.sleep(0.1)

    for part in PARTS * rounds:
        await asyncio.sleep(chance.uniform(0.5, 2))
        await asyncio.to_thread(product.kill, part)
        await until_it_flows()
    server = await asyncio.to_thread(product.until, lambda: product.pid("postgres"), "a new server")
    await until_it_flows()
    with hung_server(server):
        before = acknowledged()
        await asyncio.sleep(HUNG_S)
        assert acknowledged() <= before + len(analysers), "answers to what cannot have been stored"
    await until_it_flows()
    stop.set()
    return list(await asyncio.gather(*running))


def test_every_acknowledged_reading_is_there_whatever_was_killed(
    product: Product, rounds: int, fault_account: Callable[..., None]
) -> None:
    with product.connect() as database:
        # Addresses of ten digits are of SL 651; these packets are HJ 212.
        rows = database.execute(
            "SELECT mn, id FROM registry_station WHERE length(mn) > 10 ORDER BY mn LIMIT %s", [ANALYSERS]
        ).fetchall()
    stations = dict(rows)
    # Five seconds beside the full minutes, where EVENT has readings of the same station.
    begin = datetime.now(UTC).replace(second=5, microsecond=0) - timedelta(hours=10)
    outcomes = asyncio.run(_ingest_while_killing(product, list(stations), rounds, begin))
    assert sum(outcome.reconnected for outcome in outcomes) >= len(outcomes)
    product.until(product.healthy, "health")
    count: Counter[str] = Counter()
    with product.connect() as database:
        for number, (station_id, outcome) in enumerate(zip(stations.values(), outcomes, strict=True)):
            rows = database.execute(
                "SELECT period_start, value FROM monitor_reading "
                "WHERE station_id = %s AND parameter = 'nh3n' AND kind = 'instant'",
                [station_id],
            ).fetchall()
            stored = dict(rows)
            steps = [round((at - begin).total_seconds() / 10) for at in outcome.acknowledged]
            count["acknowledged"] += len(steps)
            count["doubled"] += len(rows) - len(stored)
            count["lost"] += sum(
                stored.get(_moment(begin, step)) != pytest.approx(_value(number, step)) for step in steps
            )
            assert outcome.unacknowledged == []
    figures = {name: count[name] for name in ("acknowledged", "lost", "doubled")}
    fault_account(
        "kill -9 under the supervisor",
        f"{', '.join(PARTS)}: {rounds} times each; hung {HUNG_S:.0f} s",
        **figures,
    )
    assert (count["lost"], count["doubled"]) == (0, 0)


@pytest.fixture(scope="module")
def traceable(product: Product) -> Product:
    """The product, with an event that can be traced."""
    product.python(EVENT)
    return product


@pytest.mark.parametrize("part", ["worker", "postgres", pytest.param("gateway", marks=pytest.mark.soak)])
def test_a_trace_during_which_something_is_killed_comes_to_its_end(
    traceable: Product, part: str, rounds: int
) -> None:
    product = traceable
    for _ in range(min(rounds, 5)):
        product.python(START_TRACE)
        with product.connect() as database:
            product.until(lambda: _last_trace(database)[1] != "queued", "the trace to begin")
            trace_id, state = _last_trace(database)
        assert state == "running", "the trace was over before anything could be killed"
        product.kill(part)
        product.until(product.healthy, "health")
        with product.connect() as database:
            product.until(lambda: _last_trace(database)[1] not in ("queued", "running"), "the trace to end")
            assert _last_trace(database) == (trace_id, "done")
            candidates = database.execute(
                "SELECT count(*), sum(probability) FROM trace_tracecandidate WHERE trace_id = %s", [trace_id]
            ).fetchone()
        assert candidates is not None
        assert candidates[0] > 1
        assert candidates[1] == pytest.approx(1, abs=0.05)


def _last_trace(database: object) -> tuple[int, str]:
    return database.execute("SELECT id, state FROM trace_trace ORDER BY id DESC LIMIT 1").fetchone()
