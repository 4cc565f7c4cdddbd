"""Fleet health: in which state a station is, what its days brought, who may know what, and that it stays quick."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import CaptureQueriesContext
from riverchief.accounts.models import Organisation
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, PermissionRefused, StateRefused
from riverchief.base.models import Heartbeat
from riverchief.monitor import partitions
from riverchief.monitor.dialogue.exchange import process_name
from riverchief.monitor.fleet import queries
from riverchief.monitor.fleet.actions import AnnounceStoppage, EndStoppage
from riverchief.monitor.fleet.command import fleet_command
from riverchief.monitor.models import Doubt, Packet, StationLink, StationRequest
from riverchief.monitor.readings import MEASURED_FLAG
from riverchief.monitor.review.conditions import look_after_conditions
from riverchief.monitor.review.rates import rates_of
from riverchief.registry.models import Outfall, Station
from riverkit.protocols.hj212 import build_upload

from .conftest import NOW, PASSWORD
from .test_examination import arrive
from .test_review import HOUR, TOP, hourly, quiet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(db):
    with clock.use_clock(NOW):
        yield


def of(user, code: str, **which) -> dict:
    shown = queries.shown_fleet(user, list(queries.fleet(user, **which)))
    return next(row for row in shown if row["code"] == code)


def states(user) -> dict[str, str]:
    return {row.code: row.state for row in queries.fleet(user)}


def heard(station, value: float = 0.4, **more) -> None:
    """The station has sent every hour until now."""
    arrive(*hourly(station, quiet(30, value), until=TOP, **more))


def test_silent_is_not_shut(stream, people) -> None:
    heard(stream.a)
    arrive(*hourly(stream.b, quiet(10), until=TOP - 5 * HOUR))
    look_after_conditions()
    assert states(people.monitoring) == {"A": "ok", "B": "silent"}
    # By its own flag, and by what somebody has announced.
    heard(stream.a, flag="F")
    row = AnnounceStoppage(
        actor=people.monitoring, station_id=stream.b.pk, since=TOP - 6 * HOUR, reason="停产检修"
    ).run()
    look_after_conditions()
    assert states(people.monitoring) == {"A": "stopped", "B": "stopped"}
    assert of(people.monitoring, "B")["stoppage"]["reason"] == "停产检修"
    assert Doubt.objects.get().state == "passed"
    EndStoppage(actor=people.monitoring, stoppage_id=row.pk).run()
    look_after_conditions()
    assert states(people.monitoring)["B"] == "silent"
    with pytest.raises(StateRefused, match="over"):
        EndStoppage(actor=people.monitoring, stoppage_id=row.pk).run()


def test_a_stoppage_that_is_entered_afterwards_says_so_and_raises_no_rate(stream, people) -> None:
    arrive(*hourly(stream.b, quiet(48), until=TOP - 30 * HOUR))
    look_after_conditions()
    (before,) = rates_of([stream.b], TOP.date(), NOW)
    with clock.use_clock(TOP):
        AnnounceStoppage(
            actor=people.monitoring, station_id=stream.b.pk, since=TOP - 29 * HOUR, reason="停产检修"
        ).run()
        look_after_conditions()
        shown = of(people.monitoring, "B")["stoppage"]
    assert "entered afterwards, by monitoring, 2026-11-20" in shown["afterwards_en"]
    doubt = Doubt.objects.get()
    assert (doubt.state, "事后补登：monitoring" in doubt.sentence_zh) == ("passed", True)
    (rates,) = rates_of([stream.b], TOP.date(), TOP)
    assert (rates.announced, rates.afterwards) == (12, 17)
    assert (before.announced, before.afterwards, rates.transmission) == (0, 0, before.transmission)


def test_one_analyser_that_stands_still_does_not_stop_a_station(stream, people) -> None:
    heard(stream.a)
    heard(stream.a, parameter="tp", flag="F")
    assert states(people.monitoring) == {"A": "ok", "B": "never"}


def test_a_stoppage_is_announced_once_for_a_reason_and_by_whoever_manages_the_station(stream, people) -> None:
    given = {"station_id": stream.a.pk, "since": NOW, "reason": "检修"}
    with pytest.raises(PermissionRefused):
        AnnounceStoppage(actor=people.elsewhere, **given).run()
    with pytest.raises(InvalidInput, match="why"):
        AnnounceStoppage(actor=people.monitoring, **{**given, "reason": " "}).run()
    with pytest.raises(InvalidInput, match="runs again"):
        AnnounceStoppage(actor=people.monitoring, **given, until=NOW - HOUR).run()
    with pytest.raises(InvalidInput, match="more than 366 days from now"):
        AnnounceStoppage(actor=people.monitoring, **{**given, "since": NOW - timedelta(days=367)}).run()
    AnnounceStoppage(actor=people.monitoring, **given, until=NOW + HOUR).run()
    with pytest.raises(StateRefused, match="on record"):
        AnnounceStoppage(actor=people.monitoring, **given).run()
    AnnounceStoppage(actor=people.monitoring, **{**given, "since": NOW + HOUR}).run()


def test_the_strip_tells_measured_flagged_stopped_and_missing_of_every_day(stream, people) -> None:
    stream.a.adopted_at = TOP - timedelta(days=3)
    stream.a.save()
    rows = hourly(stream.a, quiet(60), until=TOP - HOUR)
    flags = [MEASURED_FLAG] * 54 + ["M"] * 4 + ["F"] * 2
    arrive(
        *[
            row._replace(flag=flag)
            for index, (row, flag) in enumerate(zip(rows, flags, strict=True))
            if index % 6 or index < 24
        ]
    )
    shown = of(people.monitoring, "A")
    # TOP is noon at the place: 60 hours are two days and a half, and the station is half a day older.
    assert shown["strip"][-4:] == [[0, 0, 0, 12], [24, 0, 0, 0], [20, 0, 0, 4], [5, 3, 2, 2]]
    assert shown["strip"][:-4] == [[0, 0, 0, 0]] * 26
    assert (shown["interval_s"], shown["age_s"]) == (3600, (NOW - TOP + HOUR).total_seconds())
    assert shown["transmission"] == pytest.approx(54 / 72)


def test_the_last_packet_tells_edition_and_clock_unless_the_logger_was_asked(stream, people) -> None:
    heard(stream.a)
    partitions.ensure([("monitor_packet", NOW)])
    frame = build_upload(
        stream.a.mn,
        PASSWORD,
        "2061",
        data_time=TOP,
        values={"w21003": (0.5, "N")},
        qn="20261120120130000",
    )
    newest = stream.a.latest.latest("received_at").received_at
    packet = {"received_at": newest, "mn": stream.a.mn, "peer": "127.0.0.1", "raw": frame}
    Packet.objects.create(id=1, station=stream.a, state="stored", **packet)
    Packet.objects.create(id=2, state="rejected", error="crc", **packet)
    Packet.objects.create(id=3, state="quarantined", error="wrong_password", **packet)
    StationLink.objects.create(station=stream.a, gateway="one", peer="127.0.0.1:5", since=NOW)
    assert not of(people.monitoring, "A")["connected"]  # its gateway gives no sign of life
    Heartbeat.objects.create(process=process_name("one"), at=NOW)
    shown = of(people.monitoring, "A")
    assert (shown["edition"], shown["clock_ahead_s"], shown["clock_by"]) == ("HJ 212-2017", 90.0, "packet")
    assert (shown["connected"], shown["refused"], shown["quarantined"]) == (True, 1, 1)
    StationRequest.objects.create(
        station=stream.a,
        cn="1011",
        state="done",
        asked_at=NOW,
        finished_at=NOW,
        result={"clock_ahead_s": -4.0},
    )
    shown = of(people.monitoring, "A")
    assert (shown["clock_ahead_s"], shown["clock_by"], shown["last_request"]["cn"]) == (-4.0, "query", "1011")


def test_a_reader_learns_no_more_than_elsewhere(stream, people) -> None:
    owner = Organisation.objects.create(name_zh="某厂", name_en="A works", area=stream.area)
    here = {"reach": stream.a.reach, "chainage_m": 5, "lon": 106.5, "lat": 29.5, "area": stream.area}
    stream.a.outfall = Outfall.objects.create(
        code="E", name_zh="E", name_en="E", kind="industrial", permitted=True, organisation=owner, **here
    )
    stream.a.save()
    seen = of(people.enforcement, "A", organisation=owner.pk)
    assert (seen["organisation"]["name_en"], seen["doubts"], seen["refused"]) == ("A works", None, None)
    assert list(queries.fleet(people.chief, organisation=owner.pk)) == []
    unseen = of(people.chief, "A")
    hidden = ("organisation", "doubts", "refused", "quarantined", "last_request")
    assert [unseen[name] for name in hidden] == [None] * 5
    assert not unseen["may_stop"]
    # C and D are of the other county.
    assert {row.code for row in queries.fleet(people.elsewhere)} == {"C", "D"}


def test_filters_find_by_state_kind_river_and_text(stream, people) -> None:
    heard(stream.a)
    user = people.city_office
    Station.objects.filter(pk=stream.b.pk).update(kind="rain_gauge")

    def found(**which) -> list[str]:
        return [row.code for row in queries.fleet(user, **which)]

    # Those first that somebody must look after.
    assert found() == ["B", "C", "D", "A"]
    assert found(state="ok") == ["A"]
    assert found(kind="rain_gauge") == ["B"]
    assert found(river=stream.a.reach.river_id, q="c站") == ["C"]
    assert found(area=stream.other_area.code) == ["C", "D"]
    assert queries.states(queries.fleet(user)) == {"never": 3, "ok": 1}


def test_the_number_of_queries_is_the_same_for_two_stations_and_for_forty(stream, people, client) -> None:
    client.force_login(people.monitoring)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queried:
            answer = client.get("/api/v1/fleet?limit=200")
        assert answer.status_code == 200, answer.content
        return len(queried)

    heard(stream.a)
    few = asked()
    for number in range(40):
        station = Station.objects.get(pk=stream.a.pk)
        station.pk, station.code, station.mn = None, f"S{number:02}", f"M{number:02}"
        station.save(force_insert=True)
        arrive(*hourly(station, quiet(3), until=TOP))
    assert client.get("/api/v1/fleet?limit=200").json()["count"] == 42
    assert asked() == few
    assert few < 30


def test_the_table_and_the_command_line_tell_the_same(stream, people, client, tmp_path) -> None:
    heard(stream.a)
    client.force_login(people.monitoring)
    answer = client.get("/api/v1/fleet.csv?state=ok")
    assert "fleet-20261120.csv" in answer["Content-Disposition"]
    head, line = answer.content.decode("utf-8-sig").splitlines()
    cells = dict(zip(head.split(","), line.split(","), strict=True))
    assert (cells["code"], cells["state"], cells["interval_s"]) == ("A", "ok", "3600.0")
    assert cells["last_at"] == "2026-11-20 12:00:00"

    def run(*words: str):
        return CliRunner().invoke(fleet_command, [*words, "--as", "monitoring"], env={"COLUMNS": "160"})

    assert "0 min / 60 min" in run("list").output
    file = tmp_path / "fleet.csv"
    run("list", "--state", "ok", "--csv", str(file))
    assert file.read_bytes() == answer.content
    nowhere = run("list", "--csv", str(tmp_path / "nowhere" / "fleet.csv"))
    assert nowhere.exit_code == 1
    assert "nowhere/fleet.csv: No such file or directory" in nowhere.output
    assert "Stoppage" in run("stop", "A", "--since", "2026-11-20 11:00", "--reason", "检修").output
    assert run("list", "--state", "stopped").output.count("(stoppage") == 1
