"""Devices that nobody knew: their packets wait, and become readings when somebody says where they stand."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from riverchief.base import audit, clock
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.monitor import quarantine, queries
from riverchief.monitor.actions import AdoptStation
from riverchief.monitor.adoption import queries as adoptions
from riverchief.monitor.adoption import returning
from riverchief.monitor.adoption.actions import TakeBackAdoption
from riverchief.monitor.adoption.models import Adoption
from riverchief.monitor.command import quarantine_command, station_command
from riverchief.monitor.models import DailyValue, Latest, Packet, Reading, Unexamined
from riverchief.monitor.senders import senders_of
from riverchief.monitor.store import NEXT_PACKET_IDS, PacketRow, write
from riverchief.monitor.tasks import release_quarantined
from riverkit.protocols.hj212 import build_upload, crc, write_qn

from .conftest import NOW, PASSWORD
from .test_examination import arrive
from .test_review import row

pytestmark = pytest.mark.django_db
MN = "NEWDEVICE000000000000001"


@pytest.fixture(autouse=True)
def _standing_clock():
    with clock.use_clock(NOW):
        yield


def quarantine_packets(count: int, *, mn=MN, password=PASSWORD, first=NOW - timedelta(hours=3)):
    with connection.cursor() as cursor:
        cursor.execute(NEXT_PACKET_IDS, [count])
        ids = [number for (number,) in cursor.fetchall()]
        rows = []
        for index, number in enumerate(ids):
            at = first + timedelta(minutes=5 * index)
            raw = build_upload(mn, password, "2011", at, {"w21003": (0.5 + index, "N")}, write_qn(at))
            rows.append(
                PacketRow(
                    number, at, mn, "127.0.0.1:1", raw[:-2], "quarantined", error="unknown_mn", data_time=at
                )
            )
        write(cursor, rows, [])


def test_a_packet_in_quarantine_that_is_refused_by_now_does_not_hold_up_the_others(stream):
    """It was kept when a year before 1970 was still a time."""
    quarantine_packets(2)
    first = Packet.objects.filter(mn=MN).order_by("id")[0]
    body = f"ST=21;CN=2011;PW={PASSWORD};MN={MN};Flag=4;CP=&&DataTime=19690101000000;w21003-Rtd=1&&"
    old = f"##{len(body):04d}{body}{crc(body.encode()):04X}".encode()
    Packet.objects.filter(pk=first.pk).update(raw=old)
    (sender,) = senders_of([MN])[MN]
    assert (sender.packets, sender.password) == (2, PASSWORD)
    type(stream.a).objects.filter(pk=stream.a.pk).update(mn=MN)
    assert quarantine.replay(MN) == 1
    assert Packet.objects.get(state="rejected").error == "time"
    Packet.objects.filter(pk=first.pk).update(state="quarantined", error="unknown_mn")
    assert senders_of([MN]) == {}


@pytest.fixture
def bare_station(stream):
    stream.b.mn, stream.b.password = None, ""
    stream.b.save()
    return stream.b


def test_adoption_registers_the_device_and_turns_its_packets_into_readings(bare_station, people):
    quarantine_packets(5)
    AdoptStation(actor=people.monitoring, mn=MN, station_id=bare_station.pk).run()
    bare_station.refresh_from_db()
    assert bare_station.mn == MN
    assert bare_station.adopted_at == NOW
    assert bare_station.check_password(PASSWORD)
    assert not bare_station.check_password("000000")
    # Those of tests that commit are not taken back.
    assert (
        ProcrastinateJob.objects.filter(task_name="monitor.replay_quarantined", args={"mn": MN}).count() == 1
    )
    assert [entry.actor_label for entry in audit.entries(f"station:{bare_station.pk}")] == ["monitoring"]

    assert quarantine.replay(MN) == 5
    assert quarantine.replay(MN) == 0
    readings = Reading.objects.filter(station=bare_station).order_by("period_start")
    assert [each.value for each in readings] == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert readings[0].received_at == NOW - timedelta(hours=3)
    assert set(Packet.objects.values_list("state", "station_id", "error")) == {
        ("stored", bare_station.pk, "")
    }
    assert Unexamined.objects.filter(station=bare_station).exists()


def test_a_backlog_longer_than_a_batch_is_replayed_whole(bare_station, people, monkeypatch):
    monkeypatch.setattr(quarantine, "_BATCH", 3)
    quarantine_packets(8)
    AdoptStation(actor=people.monitoring, mn=MN, station_id=bare_station.pk).run()
    assert quarantine.replay(MN) == 8


def test_of_several_passwords_one_is_chosen_for_a_reason_and_the_others_stay_in_quarantine(
    bare_station, people
):
    quarantine_packets(2)
    quarantine_packets(3, password="999999", first=NOW - timedelta(hours=1))
    (device,) = queries.shown_quarantine(queries.quarantine(people.monitoring))
    first, last = device["senders"]
    assert (first["packets"], last["packets"], first["peers"]) == (2, 3, ["127.0.0.1"])
    assert not any(password in str(device) for password in (PASSWORD, "999999"))
    given = {"actor": people.monitoring, "mn": MN, "station_id": bare_station.pk}
    for more in ({}, {"sender": "zzz", "reason": "电话核实"}):
        with pytest.raises(InvalidInput, match="2 passwords"):
            AdoptStation(**given, **more).run()
    with pytest.raises(StateRefused, match="somebody else"):
        AdoptStation(**given, sender=first["key"]).run()
    AdoptStation(**given, sender=first["key"], reason="运维单位电话核实").run()
    bare_station.refresh_from_db()
    assert (bare_station.check_password(PASSWORD), bare_station.check_password("999999")) == (True, False)
    assert quarantine.replay(MN) == 2
    assert Packet.objects.filter(state="quarantined").count() == 3


def test_what_waited_is_released_when_the_registry_comes_to_know_the_device(bare_station):
    quarantine_packets(2)
    quarantine_packets(1, mn="STRANGER1")
    bare_station.mn = MN
    bare_station.set_password(PASSWORD)
    bare_station.save()
    release_quarantined(0)
    assert Reading.objects.filter(station=bare_station).count() == 2
    assert Packet.objects.get(state="quarantined").mn == "STRANGER1"


def test_a_wrong_adoption_is_taken_back_and_the_station_says_again_what_its_own_device_sent(
    bare_station, people
):
    first = NOW - timedelta(hours=3)
    quarantine_packets(5)
    AdoptStation(actor=people.monitoring, mn=MN, station_id=bare_station.pk).run()
    quarantine.replay(MN)
    names = ("period_start", "value", "raw_value", "flag", "reason", "packet_id", "received_at")
    own = list(Reading.objects.order_by("period_start").values_list(*names))
    quarantine_packets(6, password="999999", first=first + timedelta(minutes=10))
    AdoptStation(actor=people.monitoring, mn=MN, station_id=bare_station.pk, reason="运维单位更换密码").run()
    assert quarantine.replay(MN) == 6
    assert [row[1] for row in Reading.objects.order_by("period_start").values_list(*names)][:4] == [
        0.5, 1.5, 0.5, 1.5,
    ]  # fmt: skip
    wrong = Adoption.objects.get(reason="运维单位更换密码")
    given = {"actor": people.monitoring, "adoption_id": wrong.pk}
    with pytest.raises(PermissionRefused):
        TakeBackAdoption(actor=people.elsewhere, adoption_id=wrong.pk, reason="认错设备").run()
    with pytest.raises(InvalidInput, match="Say why"):
        TakeBackAdoption(**given, reason="").run()
    earlier = Adoption.objects.exclude(pk=wrong.pk).get()
    with pytest.raises(StateRefused, match="another device or password since"):
        TakeBackAdoption(actor=people.monitoring, adoption_id=earlier.pk, reason="认错设备").run()
    TakeBackAdoption(**given, reason="现场核实：密码未更换").run()
    assert returning.give_back(wrong.pk) == 6
    assert returning.give_back(wrong.pk) == 0

    bare_station.refresh_from_db()
    assert (bare_station.mn, bare_station.check_password(PASSWORD), bare_station.check_password("999999")) == (
        MN, True, False,
    )  # fmt: skip
    assert list(Reading.objects.order_by("period_start").values_list(*names)) == own
    assert Latest.objects.get().value == 4.5
    assert list(DailyValue.objects.values_list("n", "mean")) == [(5, 2.5)]
    waiting = Packet.objects.filter(state="quarantined", station=None, error="wrong_password")
    assert (waiting.count(), senders_of([MN])[MN][0].password) == (6, "999999")
    (shown, _) = [adoptions.shown_adoption(row) for row in adoptions.adoptions(people.monitoring)]
    assert (shown["returned"], shown["may_take_back"], shown["taken_back_reason"]) == (
        6,
        False,
        "现场核实：密码未更换",
    )
    with pytest.raises(StateRefused, match="has been taken back"):
        TakeBackAdoption(**given, reason="现场核实：密码未更换").run()


def test_an_adoption_is_taken_back_whole_or_not_at_all(bare_station, people):
    quarantine_packets(2)
    AdoptStation(actor=people.monitoring, mn=MN, station_id=bare_station.pk).run()
    adoption = Adoption.objects.get()
    with clock.use_clock(NOW + timedelta(days=91)), pytest.raises(StateRefused, match="kept for 90 days"):
        TakeBackAdoption(actor=people.monitoring, adoption_id=adoption.pk, reason="认错设备").run()
    quarantine.replay(MN)
    told = CliRunner().invoke(
        quarantine_command, ["take-back", str(adoption.pk), "--as", "monitoring", "--reason", "认错设备"]
    )
    assert told.exit_code == 0, told.output
    returning.give_back(adoption.pk)
    bare_station.refresh_from_db()
    assert (bare_station.mn, bare_station.password, bare_station.adopted_at) == (None, "", None)
    assert not Reading.objects.exists()
    assert not Latest.objects.exists()
    assert set(Packet.objects.values_list("state", "error")) == {("quarantined", "unknown_mn")}


def test_a_replayed_old_value_does_not_replace_a_newer_one(bare_station, people):
    quarantine_packets(1)
    AdoptStation(actor=people.monitoring, mn=MN, station_id=bare_station.pk).run()
    quarantine.replay(MN)
    Packet.objects.update(state="quarantined", station=None)
    Reading.objects.update(value=7.0, received_at=NOW)
    quarantine.replay(MN)
    assert Reading.objects.get().value == 7.0


def test_a_station_with_another_device_and_a_device_of_another_station_are_refused(stream, people):
    quarantine_packets(1)
    with pytest.raises(StateRefused, match=r"A1B2C3"):
        AdoptStation(actor=people.monitoring, mn=MN, station_id=stream.a.pk).run()
    quarantine_packets(1, mn=stream.a.mn, password="999999")
    stream.b.mn = None
    stream.b.save()
    with pytest.raises(StateRefused, match=r"Station A"):
        AdoptStation(actor=people.monitoring, mn=stream.a.mn, station_id=stream.b.pk).run()


def test_a_known_device_with_a_new_password_is_adopted_again_for_a_reason_only(stream, people):
    quarantine_packets(2, mn=stream.a.mn, password="999999")
    given = {"actor": people.monitoring, "mn": stream.a.mn, "station_id": stream.a.pk}
    for reason in ("", "换"):
        with pytest.raises(StateRefused, match="somebody else"):
            AdoptStation(**given, reason=reason).run()
    stream.a.refresh_from_db()
    assert not stream.a.check_password("999999")
    AdoptStation(**given, reason="运维单位来函，更换数采仪").run()
    assert "更换数采仪" in list(audit.entries(f"station:{stream.a.pk}"))[-1].body
    assert quarantine.replay(stream.a.mn) == 2
    stream.a.refresh_from_db()
    assert stream.a.check_password("999999")


def test_only_a_station_and_a_device_that_are_there_can_be_joined(stream, people):
    with pytest.raises(NotFound):
        AdoptStation(actor=people.monitoring, mn="NOBODY", station_id=stream.a.pk).run()
    quarantine_packets(1)
    with pytest.raises(NotFound):
        AdoptStation(actor=people.monitoring, mn=MN, station_id=0).run()
    with pytest.raises(PermissionRefused):
        AdoptStation(actor=people.elsewhere, mn=MN, station_id=stream.a.pk).run()


def test_quarantine_and_what_could_not_be_read_at_the_command_line(bare_station, people):
    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(quarantine_command, [*words, "--as", "monitoring"], env={"COLUMNS": "200"})
        assert done.exit_code == code, done.output
        return done.output

    quarantine_packets(2)
    Packet.objects.create(
        id=9_000_001,
        received_at=NOW,
        mn="",
        peer="10.0.0.9:5",
        raw=b"##0007garbage",
        state="rejected",
        error="garbage",
    )
    listed = run("list")
    assert (MN in listed, "Unknown device" in listed) == (True, True)
    assert "no such device" in run("adopt", "NOBODY", "--station", bare_station.code, code=1)
    assert f"stands at {bare_station.code}" in run("adopt", MN, "--station", bare_station.code)
    assert "1 × Not a packet of HJ 212 or SL 651: no number from 10.0.0.9" in run("rejected")


@pytest.mark.parametrize("columns", [None, "80"])
def test_a_number_is_listed_whole_in_a_pipe_and_in_a_narrow_terminal(stream, people, columns):
    mns = [f"VIRTUAL00000000000{number:06d}" for number in range(2)]
    for mn in mns:
        quarantine_packets(1, mn=mn)
    words = ["list", "--as", "monitoring"]
    listed = CliRunner().invoke(quarantine_command, words, env={"COLUMNS": columns}).output
    assert all(mn in listed for mn in mns)
    assert (max(len(line) for line in listed.splitlines()) > 80) == (columns is None)


def test_what_a_station_says_at_the_command_line(stream, people):
    for value in (20.1, 0.4):
        arrive(row(stream.a, NOW - timedelta(hours=1), value))
    words = (
        ["show"],
        ["readings", "nh3n"],
        ["readings", "氨氮"],
        ["readings", "w21003"],
        ["readings", "nope"],
    )
    told = [
        CliRunner().invoke(
            station_command, [first, stream.a.code, *rest, "--as", "monitoring"], env={"COLUMNS": "160"}
        )
        for first, *rest in words
    ]
    shown, listed, named, coded, refused = (one.output for one in told)
    assert ("Up to date" in shown, "0.4" in shown) == (True, True)
    assert "0.4 mg/L  Normal  (first sent: 20.1)\n1 reading\n" in listed
    assert listed == named == coded
    assert (told[-1].exit_code, "It has: nh3n" in refused) == (1, True)
