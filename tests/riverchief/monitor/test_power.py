"""Power meters: production runs and treatment does not; what is told, to whom, and what is not."""

from datetime import timedelta

import numpy as np
import pytest
from click.testing import CliRunner
from django.test import Client
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused
from riverchief.base.models import OutboxEvent
from riverchief.monitor.backfill import store_history
from riverchief.monitor.models import Doubt, IdleTreatment
from riverchief.monitor.power import queries
from riverchief.monitor.power.actions import AnnounceStop, RegisterPowerMeter
from riverchief.monitor.power.command import power_command
from riverchief.monitor.power.judging import Metered, treatment_low, treatment_off
from riverchief.monitor.power.sweep import look_at_meters
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.review.actions import KeepReadings
from riverchief.rectify.models import Clue
from riverchief.rectify.subscribers import open_power_clue
from riverchief.registry.models import Outfall

MINUTE = 60.0


def meter(values, *, runs_from=5.0, step=5 * MINUTE, holds=15 * MINUTE) -> Metered:
    return Metered(np.arange(len(values)) * step, np.array(values, float), runs_from, holds)


def test_only_a_treatment_that_is_known_to_stand_still_beside_running_production_is_a_span():
    """Not where it is silent or flagged, not for too short a time, not while production rests or a stop was announced."""
    runs = meter([20] * 24)
    still = meter([20] * 6 + [0.1] * 12 + [20] * 6)
    assert treatment_off([runs], [still], [], 30 * MINUTE) == [(30 * MINUTE, 90 * MINUTE)]
    assert treatment_off([runs], [still], [], 61 * MINUTE) == []
    assert treatment_off([meter([1] * 24)], [still], [], 30 * MINUTE) == []
    assert treatment_off([runs], [still, runs], [], 30 * MINUTE) == []
    flagged = meter([20] * 6 + [np.nan] * 12 + [20] * 6)
    assert treatment_off([runs], [flagged], [], 30 * MINUTE) == []
    silent = Metered(still.time_s[[5, 6, 23]], still.value[[5, 6, 23]], 5.0, 15 * MINUTE)
    assert treatment_off([runs], [silent], [], 30 * MINUTE) == []
    stop = (40 * MINUTE, 75 * MINUTE)
    assert treatment_off([runs], [still], [stop], 30 * MINUTE) == []


def test_a_treatment_far_below_its_normal_is_a_span_while_water_flows_out_only():
    flow = meter([100] * 12 + [1] * 12, runs_from=20.0)
    low = meter([4] * 24)
    assert treatment_low(flow, [low], 20.0, 0.3, [], 30 * MINUTE) == [(0.0, 60 * MINUTE)]
    assert treatment_low(flow, [meter([7] * 24)], 20.0, 0.3, [], 30 * MINUTE) == []


@pytest.fixture
def works(stream, people):
    """Station A stands at an outfall, and tells the power of its two lines."""
    outfall = Outfall.objects.create(
        code="W1",
        name_zh="某厂排口",
        name_en="Outfall of a works",
        kind="industrial",
        permitted=True,
        reach=stream.a.reach,
        chainage_m=1000,
        lon=106.5,
        lat=29.5,
        area=stream.area,
    )
    stream.a.outfall = outfall
    stream.a.save()
    for line, parameter in (("production", "p1"), ("treatment", "p2")):
        register(people, outfall, stream.a, parameter, line=line, unit="kW")
    return outfall


def register(people, outfall, station, parameter, *, line="treatment", runs_from=5.0, unit=""):
    """A meter of an outfall."""
    return RegisterPowerMeter(
        actor=people.monitoring,
        outfall_id=outfall.pk,
        station_id=station.pk,
        parameter=parameter,
        unit=unit,
        line=line,
        name_zh=line,
        name_en=line,
        runs_from=runs_from,
    ).run()


def tell(station, parameter, values, flag="N", *, every=timedelta(minutes=5), kind="minute"):
    """The last readings of a parameter, some minutes apart."""
    now = clock.now().replace(microsecond=0)
    store_history(
        ReadingRow(station.pk, parameter, kind, at, at, float(value), "kW", flag, now)
        for at, value in ((now - every * (len(values) - index), value) for index, value in enumerate(values))
    )


def test_a_span_opens_one_clue_that_names_nobody_and_an_announced_stop_takes_the_span_back(
    stream, works, people
):
    tell(stream.a, "p1", [20] * 24)
    tell(stream.a, "p2", [20] * 8 + [0] * 16)
    assert (look_at_meters(), look_at_meters()) == (1, 0)
    row = IdleTreatment.objects.get()
    assert (row.kind, row.ended, row.treatment) == ("off", False, 0.0)
    announced = OutboxEvent.objects.get(name="monitor.idle_treatment")
    assert announced.restricted
    open_power_clue(announced)
    open_power_clue(announced)
    clue = Clue.objects.get()
    assert clue.outfall == works
    assert works.name_zh not in clue.title + clue.description

    now = clock.now()
    shown = queries.power(people.enforcement, works.pk, now - timedelta(hours=3), now)
    assert [span["kind"] for span in shown["spans"]] == ["off"]
    assert {each["line"]: len(each["points"]) for each in shown["meters"]} == {
        "production": 24,
        "treatment": 24,
    }
    for person in (people.town_office, people.unit, people.chief, people.monitoring):
        with pytest.raises(PermissionRefused):
            queries.power(person, works.pk, now - timedelta(hours=3), now)

    with pytest.raises(PermissionRefused):
        AnnounceStop(
            actor=people.unit,
            outfall_id=works.pk,
            starts_at=now - timedelta(hours=2),
            ends_at=now,
            reason="检修",
        ).run()
    AnnounceStop(
        actor=people.county_office,
        outfall_id=works.pk,
        starts_at=now - timedelta(hours=4),
        ends_at=now + timedelta(hours=1),
        reason="计划检修，已报备",
    ).run()
    assert look_at_meters() == 0
    row.refresh_from_db()
    assert row.dropped_at is not None


def test_readings_of_a_meter_are_for_whoever_may_see_the_power_and_values_for_readers(stream, works, people):
    tell(stream.a, "p1", [20] * 3)
    tell(stream.a, "nh3n", [0.4])
    stations = {"nh3n", "p1"}, {"nh3n"}, set()
    for who, seen in zip((people.enforcement, people.monitoring, people.sampler), stations, strict=True):
        client = Client()
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
        (listed,) = [
            row for row in client.get("/api/v1/stations").json()["items"] if row["id"] == stream.a.pk
        ]
        one = client.get(f"/api/v1/stations/{stream.a.pk}").json()
        assert set(listed["values"]) == set(one["values"]) == seen
        # Half of what lets one speak for a station is for those who manage it.
        assert (one["mn"] == stream.a.mn) == (who == people.monitoring)
        read = client.get(f"/api/v1/stations/{stream.a.pk}/readings?parameter=p1")
        assert read.status_code == (200 if "p1" in seen else 403)


def test_a_doubt_about_a_meter_is_not_there_for_a_reviewer_to_whom_the_meter_is_not(stream, works, people):
    at = clock.now()
    told = {"first_at": at, "last_at": at, "readings": 1, "sentence_zh": "疑", "sentence_en": "doubt"}
    doubt = Doubt.objects.create(
        station=stream.a, parameter="p1", kind="minute", rule="spike", rules_version="2", raised_at=at, **told
    )
    client = Client()
    client.force_login(people.monitoring, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/api/v1/doubts/{doubt.pk}").status_code == 404
    for decision in ("keep", "invalidate", "reopen"):
        answer = client.post(
            f"/api/v1/doubts/{doubt.pk}/{decision}",
            {"reason": "探头进气"},
            content_type="application/json",
            headers={"Idempotency-Key": decision},
        )
        assert (answer.status_code, bool(answer.json()["cure"])) == (404, True)
    KeepReadings(actor=people.city_office, doubt_id=doubt.pk, reason="核实无误").run()


def test_a_stop_that_was_over_before_the_look_goes_back_still_excuses_its_own_time(stream, works, people):
    """The treatment did not come back after it: that is told from the end of the stop on."""
    hour = timedelta(hours=1)
    tell(stream.a, "p1", [20] * 90, every=hour, kind="hour")
    tell(stream.a, "p2", [0] * 90, every=hour, kind="hour")
    with pytest.raises(InvalidInput, match="more than 366 days"):
        AnnounceStop(
            actor=people.county_office,
            outfall_id=works.pk,
            starts_at=clock.now() - 367 * 24 * hour,
            ends_at=clock.now() - 300 * 24 * hour,
            reason="计划检修，已报备",
        ).run()
    now = clock.now()
    given = {"actor": people.county_office, "outfall_id": works.pk, "reason": "计划检修，已报备"}
    with clock.use_clock(now - 91 * hour):
        stop = AnnounceStop(**given, starts_at=now - 91 * hour, ends_at=now - 60 * hour).run()
    AnnounceStop(**given, starts_at=now - 40 * hour, ends_at=now - 20 * hour).run()
    assert look_at_meters() == 1
    span = IdleTreatment.objects.get()
    assert span.started_at == stop.ends_at
    (shown,) = queries.power(people.enforcement, works.pk, now - 48 * hour, now)["spans"]
    assert "entered afterwards, by county_office" in shown["why_en"]
    assert "事后补登" in shown["why_zh"]


def test_a_meter_in_maintenance_is_no_evidence(stream, works):
    tell(stream.a, "p1", [20] * 24)
    tell(stream.a, "p2", [0] * 24, flag="M")
    assert look_at_meters() == 0


def test_a_meter_belongs_to_a_station_of_its_outfall(stream, works, people):
    with pytest.raises(InvalidInput) as refused:
        register(people, works, stream.b, "power")
    assert refused.value.field == "station_id"
    with pytest.raises(NotFound):
        queries.power(people.enforcement, works.pk + 1, clock.now() - timedelta(hours=1), clock.now())


def test_a_meter_reads_power_or_current_from_what_a_line_can_draw(stream, works, people):
    """By our names, a current of SL 651, or a code of the device's own with its unit; a name that means something else is none."""
    for given, kept, unit in (("有功功率", "power", "kW"), ("VIA", "VIA", "A")):
        row = register(people, works, stream.a, given)
        assert (row.parameter, row.unit) == (kept, unit)
    for parameter, unit, runs_from, field in (
        ("nh3n", "", 5.0, "parameter"),
        ("w21003", "kW", 5.0, "parameter"),
        ("flow", "", 5.0, "parameter"),
        ("P1", "kW", 5.0, "parameter"),
        ("VTA", "", 5.0, "parameter"),
        ("blower", "", 5.0, "unit"),
        ("blower", "kWh", 5.0, "unit"),
        ("current", "kW", 5.0, "unit"),
        ("current", "", 1e300, "runs_from"),
        ("current", "", float("nan"), "runs_from"),
        ("current", "", 0.0, "runs_from"),
    ):
        with pytest.raises(InvalidInput) as refused:
            register(people, works, stream.a, parameter, runs_from=runs_from, unit=unit)
        assert refused.value.field == field
        assert refused.value.cure


def test_the_command_line_says_so_where_nothing_is_announced_and_nothing_stands_out(stream, works):
    words = ["show", "--outfall", works.code, "--as", "enforcement", "--hours", "3"]

    def shown() -> str:
        result = CliRunner().invoke(power_command, words)
        assert result.exit_code == 0, result.output
        return result.output

    assert "no announced stop within 3 h" in shown()
    assert "nothing worth a look within 3 h" in shown()
    tell(stream.a, "p1", [20] * 24)
    tell(stream.a, "p2", [0] * 24)
    look_at_meters()
    assert "nothing worth a look" not in shown()
