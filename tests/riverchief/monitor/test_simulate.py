"""Virtual stations with every fault against a real gateway: what was acknowledged is there, once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import StateRefused
from riverchief.base.rules import load_rules
from riverchief.monitor.models import Packet, Reading
from riverchief.monitor.virtual.comparison import compare
from riverchief.monitor.virtual.faults import FAULTS
from riverchief.monitor.virtual.fleet import Fleet, Member, Plan
from riverchief.monitor.virtual.pattern import remembered
from riverchief.monitor.virtual.registration import RegisterVirtualStations
from riverchief.registry.models import Basin, Station

from .conftest import gateway

pytestmark = pytest.mark.django_db(transaction=True)

PLAN = Plan(
    members=tuple(
        Member(10 * place + number, standard, known=number < 2)
        for place, standard in enumerate(("hj212-2017", "hj212-2005", "sl651"))
        for number in range(3)
    ),
    host="127.0.0.1",
    port=0,
    shared_password="123456",
    interval=timedelta(minutes=1),
    packets=20,
    speed=0,
    faults=dict.fromkeys(FAULTS, 0.07),
    seed=7,
    answer_timeout_s=0.5,
)


def register(plan: Plan) -> int:
    load_rules()
    passwords = {member.mn: member.password(plan.shared_password) for member in plan.members if member.known}
    return RegisterVirtualStations(actor=SYSTEM, passwords=passwords).run()


def play(plan: Plan, stop_after: int | None = None):
    """The account of a run; `stop_after` so many uploads it is told to stop."""

    async def scenario():
        stop = asyncio.Event()
        async with gateway() as running:
            fleet = Fleet(replace(plan, port=running.port))
            playing = asyncio.create_task(fleet.play(stop, lambda seconds, account: None))
            while stop_after is not None and len(fleet.account.played) < stop_after:
                await asyncio.sleep(0.01)
            if stop_after is not None:
                stop.set()
            return await playing

    return asyncio.run(scenario())


def test_whatever_goes_wrong_with_stations_nothing_acknowledged_is_lost_or_doubled():
    assert register(PLAN) == 6
    started = datetime.now(UTC)
    account = play(PLAN)
    assert set(account.of_fault) - {"none"} == set(FAULTS) - {"silence"}
    assert account.total.uploads + account.kept_silent == 9 * 20
    assert account.total.acknowledged == account.total.uploads
    assert account.total.resent > 0
    found = compare(account.played, started)
    assert (found.lost, found.doubled, found.examples) == (0, 0, ())
    assert found.readings > 200
    assert found.strangers > 40
    # The comparison would have found it.
    Reading.objects.filter(parameter="level").order_by("?")[:1].get().delete()
    stranger = next(upload for upload in account.played if upload.mn.startswith("UNKNOWN"))
    Packet.objects.filter(mn=stranger.mn, data_time=stranger.data_time).delete()
    account.played[-1] = replace(account.played[-1], sent=0)
    again = compare(account.played, started)
    assert again.lost == 2
    assert again.doubled >= 1


def test_a_run_that_is_told_to_stop_ends_with_its_account():
    register(PLAN)
    started = datetime.now(UTC)
    account = play(replace(PLAN, packets=10_000, faults={}), stop_after=9)
    assert account.total.uploads >= account.total.acknowledged > 0
    assert compare(account.played, started).lost == 0


def test_a_station_remembers_the_same_whenever_it_is_asked():
    begin = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)
    asked = ("hj212-2017", "M", 1, "2051", begin, begin + timedelta(hours=1))
    kept = list(remembered(*asked))
    assert [sample.data_time.minute for sample in kept] == [10, 20, 30, 40, 50, 0]
    assert kept == list(remembered(*asked))


def test_no_virtual_station_is_registered_beside_a_real_basin(stream):
    Basin.objects.update(synthetic=False)
    with pytest.raises(StateRefused, match="real basin"):
        register(PLAN)
    assert not Station.objects.filter(mn__startswith="VIRTUAL").exists()
