"""Measuring over HTTP: what each role sees and may do, in its area and beside it."""

import inspect
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from riverchief.accounts.models import Membership
from riverchief.accounts.roles import CAPABILITIES, Capability, Role
from riverchief.base import audit, clock
from riverchief.base.models import InboxMessage, OutboxEvent
from riverchief.monitor import partitions
from riverchief.monitor.codes import TABLES
from riverchief.monitor.models import Alarm, Event
from riverchief.monitor.readings import ReadingChecks
from riverchief.monitor.store import PacketRow, write
from riverchief.monitor.subscribers import notify_duty
from riverkit.protocols import hj212

from .conftest import NOW
from .test_adoption import MN, quarantine_packets
from .test_examination import arrive, history, pulse, row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _standing_clock():
    with clock.use_clock(NOW):
        yield


@pytest.fixture
def event(stream) -> Event:
    history(stream.a, days=2)
    arrive(*pulse(stream.a, NOW - timedelta(hours=2)))
    return Event.objects.get()


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(user, path, body):
    return client_of(user).post(f"/api/v1{path}", body, content_type="application/json")


def get(user, path):
    return client_of(user).get(f"/api/v1{path}")


def in_role(people, role: Role):
    return getattr(people, role.value)


GET_PATHS = (
    "/stations",
    "/stations/1",
    "/stations/1/readings?parameter=nh3n",
    "/events",
    "/events/1",
    "/quarantine",
    "/rejected_frames",
)
POST_PATHS = ("/alarms/1/acknowledge", "/events/1/close", "/quarantine/X/adopt")
WITHOUT_READINGS = (Role.SAMPLER, Role.LABORATORY)
"""They see the map with its last values, and neither series nor events."""
READERS = [role for role in Role if role not in WITHOUT_READINGS]


@pytest.mark.parametrize("path", GET_PATHS + POST_PATHS)
def test_nothing_is_told_to_somebody_who_is_not_signed_in(stream, path):
    client = Client()
    answer = client.get(f"/api/v1{path}") if path in GET_PATHS else client.post(f"/api/v1{path}", {})
    assert answer.status_code == 401


@pytest.mark.parametrize("role", Role)
def test_every_role_sees_the_stations_of_its_area_and_none_of_the_next(stream, people, role):
    user = in_role(people, role)
    over_all = role in (Role.ADMINISTRATOR, Role.CITY_OFFICE)
    assert [item["code"] for item in get(user, "/stations").json()["items"]] == (
        ["A", "B", "C", "D"] if over_all else ["A", "B"]
    )
    manages = role in (Role.ADMINISTRATOR, Role.CITY_OFFICE, Role.MONITORING)
    assert get(user, f"/stations/{stream.a.pk}").json()["mn"] == (stream.a.mn if manages else None)
    next_door = 200 if over_all else 404
    assert get(user, f"/stations/{stream.c.pk}").status_code == next_door
    here, there = (
        get(user, f"/stations/{station.pk}/readings?parameter=nh3n").status_code
        for station in (stream.a, stream.c)
    )
    assert (here, there) == ((200, next_door) if role in READERS else (403, 403))


def test_who_only_samples_here_and_reads_elsewhere_reads_no_series_here(stream, people):
    Membership.objects.create(
        user=people.elsewhere, role=Role.SAMPLER, area=stream.area, valid_from=date(2020, 1, 1)
    )
    assert get(people.elsewhere, f"/stations/{stream.a.pk}").status_code == 200
    assert get(people.elsewhere, f"/stations/{stream.a.pk}/readings?parameter=nh3n").status_code == 404


@pytest.mark.parametrize("role", WITHOUT_READINGS)
def test_who_samples_or_analyses_is_told_of_no_event(event, people, role):
    user = in_role(people, role)
    assert get(user, f"/events/{event.pk}").status_code == 404
    assert get(user, "/events?state=open").json()["count"] == 0
    assert {item["active_event_id"] for item in get(user, "/stations").json()["items"]} == {None}


@pytest.mark.parametrize("role", READERS)
def test_every_reader_reads_the_events_of_its_area_and_the_duty_desk_alone_acknowledges(event, people, role):
    user = in_role(people, role)
    assert get(user, f"/events/{event.pk}").json()["station"]["name_en"] == "Station A"
    assert get(user, "/events?state=open").json()["count"] == 1
    assert get(user, f"/stations/{event.station_id}").json()["active_event_id"] == event.pk
    answer = post(user, f"/alarms/{event.alarm.pk}/acknowledge", {"note": "已派人"})
    may = role in (Role.CITY_OFFICE, Role.COUNTY_OFFICE, Role.MONITORING)
    assert (Capability.ACKNOWLEDGE_ALARM in CAPABILITIES[role]) == may
    assert answer.status_code == (200 if may else 403)
    assert Alarm.objects.get().state == ("acknowledged" if may else "raised")


def test_the_next_county_sees_an_event_only_once_its_water_has_arrived(stream, people, event):
    history(stream.c, days=2)
    assert get(people.elsewhere, "/events").json()["count"] == 0
    assert get(people.elsewhere, f"/events/{event.pk}").status_code == 404
    assert post(people.elsewhere, f"/alarms/{event.alarm.pk}/acknowledge", {}).status_code == 403
    later = NOW + timedelta(hours=9)
    with clock.use_clock(later):
        arrive(*[row(stream.c, later - timedelta(minutes=10 * index), 2.0) for index in range(4)])
        assert [item["id"] for item in get(people.elsewhere, "/events").json()["items"]] == [event.pk]
        assert get(people.elsewhere, f"/stations/{stream.c.pk}").json()["active_event_id"] == event.pk


def test_an_alarm_is_acknowledged_once_by_name_and_the_log_says_so(event, people):
    waiting = get(people.monitoring, f"/events/{event.pk}").json()["alarm"]
    assert waiting["answer_by"] == "2026-11-20T04:15:00Z"  # a quarter of an hour after it was raised
    answer = post(people.monitoring, f"/alarms/{event.alarm.pk}/acknowledge", {"note": "已派人采样"}).json()
    assert answer["answer_by"] is None
    assert (answer["state"], answer["acknowledged_by"]["name_zh"], answer["note"]) == (
        "acknowledged",
        "monitoring",
        "已派人采样",
    )
    assert answer["acknowledged_at"] == "2026-11-20T04:00:00Z"
    again = post(people.county_office, f"/alarms/{event.alarm.pk}/acknowledge", {})
    assert again.status_code == 409
    assert again.json()["code"] == "state_refused"
    actions = [entry.action for entry in audit.entries(f"event:{event.pk}")]
    assert actions == ["event.open", "alarm.acknowledge"]
    assert OutboxEvent.objects.filter(name="monitor.alarm_acknowledged").count() == 1


def test_an_event_that_ended_by_itself_waits_in_the_open_list_until_somebody_has_seen_its_alarm(
    event, people
):
    Event.objects.update(state="closed", closed_at=NOW)
    assert get(people.monitoring, "/events?state=open").json()["count"] == 1
    assert get(people.monitoring, "/events?state=closed").json()["count"] == 0
    post(people.monitoring, f"/alarms/{event.alarm.pk}/acknowledge", {})
    assert get(people.monitoring, "/events?state=open").json()["count"] == 0
    assert get(people.monitoring, "/events?state=closed").json()["count"] == 1


def test_an_event_is_closed_after_its_acknowledgement_and_with_a_reason(event, people):
    path = f"/events/{event.pk}/close"
    assert post(people.monitoring, path, {"note": "误报"}).status_code == 409
    post(people.monitoring, f"/alarms/{event.alarm.pk}/acknowledge", {})
    assert post(people.monitoring, path, {"note": " "}).json()["field"] == "note"
    assert post(people.chief, path, {"note": "误报"}).status_code == 403
    closed = post(people.monitoring, path, {"note": "探头污染"}).json()
    assert (closed["state"], closed["alarm"]["state"]) == ("closed", "resolved")
    assert post(people.monitoring, path, {"note": "探头污染"}).status_code == 409


def test_without_a_roster_everybody_who_may_acknowledge_gets_one_line_in_the_inbox(event, people):
    raised = OutboxEvent.objects.get(name="monitor.alarm_raised")
    for _ in range(2):
        notify_duty(raised)
    lines = InboxMessage.objects.all()
    assert {line.recipient_id for line in lines} == {
        people.monitoring.pk,
        people.city_office.pk,
        people.county_office.pk,
    }
    assert {(line.link, line.title_zh) for line in lines} == {
        (f"/duty/alarms/{event.alarm.pk}", "无人值班，请全体注意：报警待确认：A站 氨氮")
    }


def test_a_station_says_its_class_its_state_and_what_decides(stream, people):
    values = {"ph": 7.5, "do": 8.0, "codmn": 3.0, "nh3n": 1.2, "tp": 0.1, "ec": 400.0}
    with connection.cursor() as cursor:
        write(
            cursor, [], [row(stream.a, NOW - timedelta(minutes=5), v, parameter=k) for k, v in values.items()]
        )
        write(
            cursor, [], [row(stream.b, NOW - timedelta(hours=8), v, parameter=k) for k, v in values.items()]
        )
        write(
            cursor, [], [row(stream.c, NOW - timedelta(hours=30), v, parameter=k) for k, v in values.items()]
        )
    a, b, c, d = get(people.city_office, "/stations").json()["items"]
    assert (a["class_now"], a["deciding"], a["assessed"], a["state"]) == (4, ["nh3n"], 5, "ok")
    assert a["values"]["nh3n"] == {"value": 1.2, "unit": "mg/L", "at": "2026-11-20T03:55:00Z", "flag": "N"}
    assert a["values"]["ec"]["value"] == 400.0
    assert (b["class_now"], b["state"]) == (4, "stale")
    assert (c["class_now"], c["deciding"], c["state"]) == (None, [], "offline")
    assert (d["class_now"], d["last_at"], d["state"]) == (None, None, "never")
    assert a["synthetic"] is True


def test_a_station_in_maintenance_has_no_class_of_it(stream, people):
    values = {"ph": 7.5, "do": 8.0, "codmn": 3.0}
    with connection.cursor() as cursor:
        write(cursor, [], [row(stream.a, NOW, v, parameter=k) for k, v in values.items()])
        write(cursor, [], [row(stream.a, NOW, 9.9, flag="M")])
    (a, *_) = get(people.city_office, "/stations").json()["items"]
    assert (a["class_now"], a["assessed"], a["values"]["nh3n"]["flag"]) == (None, 3, "M")


def test_readings_are_given_in_order_with_their_flags_and_limits(stream, people):
    with connection.cursor() as cursor:
        write(
            cursor,
            [],
            [
                row(stream.a, NOW - timedelta(minutes=5), 0.5),
                row(stream.a, NOW - timedelta(minutes=10), None, flag="D"),
                row(stream.a, NOW - timedelta(days=3), 0.4),
            ],
        )
        write(cursor, [], [row(stream.a, NOW - timedelta(minutes=5), 0.55)])
    path = f"/stations/{stream.a.pk}/readings?parameter=nh3n"
    found = get(people.chief, path).json()
    assert found["points"] == [["2026-11-20T03:50:00Z", None, "D"], ["2026-11-20T03:55:00Z", 0.55, "N"]]
    assert found["raw_values"] == [["2026-11-20T03:55:00Z", 0.5]]
    assert found["limits"] == {"I": 0.15, "II": 0.5, "III": 1.0, "IV": 1.5, "V": 2.0}
    assert (found["unit"], found["kind"], found["truncated"]) == ("mg/L", "instant", False)
    longer = get(people.chief, f"{path}&start=2026-11-01T00:00:00Z&end=2026-11-20T03:52:00Z").json()
    assert [point[1] for point in longer["points"]] == [0.4, None]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=2026-11-20T00:00:00", "start"),
        ("start=2026-11-20T00:00:00Z&end=2026-11-19T00:00:00Z", "start"),
        ("kind=week", "kind"),
        ("start=yesterday", "start"),
        ("end=0001-01-01T00:00:00Z", "end"),
        ("start=9999-12-31T23:59:59-14:00", "start"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_name(stream, people, query, field):
    answer = get(people.chief, f"/stations/{stream.a.pk}/readings?parameter=nh3n&{query}")
    assert answer.status_code == 422
    assert answer.json()["field"] == field


def test_stations_and_events_are_narrowed_and_paged(stream, people, event):
    def codes(query):
        return [item["code"] for item in get(people.city_office, f"/stations?{query}").json()["items"]]

    assert codes("q=Station B") == codes("q=B站") == ["B"]
    assert codes("area=500102") == ["C", "D"]
    assert codes(f"basin={stream.basin.pk}&limit=2&offset=1") == ["B", "C"]
    assert codes("basin=0") == []
    assert get(people.city_office, "/stations?limit=1").json()["count"] == 4
    assert get(people.city_office, "/events?area=500101").json()["count"] == 1
    assert get(people.city_office, "/events?area=500102").json()["count"] == 0
    assert get(people.city_office, "/events?state=closed").json()["count"] == 0


@pytest.mark.parametrize("role", Role)
def test_devices_in_quarantine_are_for_those_who_manage_stations(stream, people, role):
    stream.b.mn = None
    stream.b.save()
    quarantine_packets(3)
    user = in_role(people, role)
    may = role in (Role.ADMINISTRATOR, Role.CITY_OFFICE, Role.MONITORING)
    listed = get(user, "/quarantine")
    assert listed.status_code == (200 if may else 403)
    if may:
        (device,) = listed.json()["items"]
        assert (device["mn"], device["packets"], device["error"], device["station"]) == (
            MN,
            3,
            "unknown_mn",
            None,
        )
    adopted = post(user, f"/quarantine/{MN}/adopt", {"station_id": stream.b.pk})
    assert adopted.status_code == (200 if may else 403)
    if may:
        assert adopted.json() == {"station_id": stream.b.pk, "mn": MN}


def test_a_wrong_password_shows_only_where_the_station_is_managed(stream, people):
    quarantine_packets(1, mn=stream.a.mn, password="999999")
    assert get(people.monitoring, "/quarantine").json()["items"][0]["station"]["name_en"] == "Station A"
    assert get(people.elsewhere, "/quarantine").json()["items"] == []


def reject(number, raw, *, mn="", error="crc", peer="10.0.0.8:4711", at=NOW):
    partitions.ensure([("monitor_packet", at)])
    row = PacketRow(number, at, mn, peer, raw, "rejected", error=error)
    with connection.cursor() as cursor:
        write(cursor, [row], [])


def test_what_could_not_be_read_is_shown_with_reason_and_text_but_without_the_password(stream, people):
    reject(1, b"##0005QN=1;PW=654321;MN=X;CP=&&&&0000\xff", mn="X")
    (frame,) = get(people.monitoring, "/rejected_frames").json()["items"]
    assert frame["raw"] == r"##0005QN=1;PW=***;MN=X;CP=&&&&0000\xff"
    assert (frame["error"], frame["mn"], frame["peer"]) == ("crc", "X", "10.0.0.8")
    codes = get(people.monitoring, "/codes").json()
    for table in ("packet_errors", "packet_cures"):
        assert "crc" in {entry["key"] for entry in codes[table]}


def test_a_peer_that_sends_nothing_but_rubbish_hides_nobody(stream, people):
    reject(1, b"##broken", mn=stream.a.mn, at=NOW - timedelta(hours=2))
    for number in range(2, 32):
        reject(
            number,
            b"GET /%d" % number,
            error="garbage",
            peer=f"10.6.6.6:{40_000 + number}",
            at=NOW - timedelta(minutes=60 - number),
        )
    reject(32, b"GET /", error="garbage", peer="fe80::7:40000", at=NOW - timedelta(minutes=90))
    first, *others = (listed := get(people.monitoring, "/rejected_frames").json())["items"]
    assert (first["peer"], first["count"], first["raw"], first["id"]) == ("10.6.6.6", 30, "GET /31", 31)
    assert (first["first_at"], first["last_at"]) == ("2026-11-20T03:02:00Z", "2026-11-20T03:31:00Z")
    assert [(one["peer"], one["count"], one["raw"]) for one in others] == [
        ("fe80::7", 1, "GET /"),
        ("10.0.0.8", 1, "##broken"),
    ]
    assert listed["count"] == 3
    (second,) = get(people.monitoring, "/rejected_frames?limit=1&offset=1").json()["items"]
    assert second == others[0]


def test_the_broken_frames_of_a_station_are_shown_where_it_is_managed(stream, people):
    reject(1, b"##of A", mn=stream.a.mn)
    reject(2, b"##of C", mn=stream.c.mn)
    reject(3, b"GET /", error="garbage")
    here = get(in_role(people, Role.MONITORING), "/rejected_frames").json()
    assert [frame["raw"] for frame in here["items"]] == ["GET /", "##of A"]
    assert here["count"] == 2


def test_a_device_whose_clock_is_wrong_is_shown_there_too_and_what_is_well_or_unknown_is_not(stream, people):
    partitions.ensure([("monitor_packet", NOW)])
    rows = [
        PacketRow(
            1,
            NOW,
            stream.a.mn,
            "",
            b"##of 2099",
            "stored",
            stream.a.pk,
            error="future",
            refused='[["ph", "future"], ["nh3n", "future"]]',
        ),
        PacketRow(2, NOW, stream.a.mn, "", b"##of today", "stored", stream.a.pk),
        PacketRow(3, NOW, "stranger", "", b"##unknown", "quarantined", error="unknown_mn"),
    ]
    with connection.cursor() as cursor:
        write(cursor, rows, [])
    (frame,) = get(people.monitoring, "/rejected_frames").json()["items"]
    assert (frame["raw"], frame["error"]) == ("##of 2099", "future")
    assert frame["refused"] == [
        {"parameter": "ph", "error": "future"},
        {"parameter": "nh3n", "error": "future"},
    ]


def test_every_reason_that_the_gateway_gives_has_its_words_and_its_cure():
    written = {entry["key"] for entry in TABLES["packet_cures"]}
    assert written <= {entry["key"] for entry in TABLES["packet_errors"]}
    sources = "".join(path.read_text() for path in Path(hj212.__file__).parent.glob("_[dfs]*.py"))
    given = set(re.findall(r'(?:_refuse|Hj212Error)\(\s*"(\w+)"', sources)) | set(
        re.findall(r'FrameError\(\s*"(\w+)"', sources)
    )
    # These two cannot come out of a stream: it begins at a header, and ends where the frame does.
    assert {"crc", "length", "item"} < given
    assert given - {"header", "trailing_bytes"} <= written
    assert {"bad_st", "bad_cn", "no_data_time", "not_storable"} <= written
    checks = set(re.findall(r'return "(\w+)"', inspect.getsource(ReadingChecks.reason)))
    assert {"future", "too_old"} < checks <= written
