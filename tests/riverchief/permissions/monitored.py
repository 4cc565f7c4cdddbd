"""What the monitor has in the world of permissions: requests, overflows, meters, doubts, alarms, shifts and strangers."""

from datetime import timedelta
from typing import Any

from riverchief.monitor import partitions
from riverchief.monitor.actions import ProposeControl
from riverchief.monitor.models import (
    Adoption,
    Alarm,
    Doubt,
    Event,
    HandOver,
    Mute,
    OverflowRecord,
    Packet,
    PlannedStop,
    PowerMeter,
    Reading,
    Shift,
    StationRequest,
    Stoppage,
)
from riverchief.registry.models import Permit, Station
from riverkit.protocols.hj212 import build_upload

from tests.riverchief.rectify.office import NOON, Office

UNKNOWN_DEVICE = "990101DEMO00000000000009"


def control(office: Office) -> StationRequest:
    """A control command that waits for a second person; the installation sends such commands."""
    station = Station.objects.get(pk=office.event.station_id)
    station.pk, station.code, station.mn = None, "asked", "990101DEMO00000000000001"
    station.save(force_insert=True)
    return ProposeControl(
        actor=office["city_office_2"], station_id=station.pk, cn="1012", reason="时钟偏差"
    ).run()


def adoption(station: Station) -> Adoption:
    """That the device of a station came out of quarantine."""
    return Adoption.objects.create(
        station=station, mn=station.mn, first_at=NOON - timedelta(hours=1), adopted_at=NOON
    )


def overflow(office: Office) -> OverflowRecord:
    """One that runs."""
    return OverflowRecord.objects.create(
        outfall=office.suspect,
        source="overflow",
        known_by="import",
        started_at=NOON - timedelta(hours=3),
        receiving_reach=office.reach,
        entered_at=NOON,
    )


def meter(office: Office) -> PowerMeter:
    """Of the treatment behind the suspect's outfall, at a station there."""
    station = Station.objects.create(
        code="power",
        name_zh="用电监控",
        name_en="Power",
        kind="automatic",
        outfall=office.suspect,
        **{name: getattr(office.suspect, name) for name in ("reach", "chainage_m", "lon", "lat", "area")},
    )
    return PowerMeter.objects.create(
        outfall=office.suspect,
        station=station,
        parameter="power",
        line="treatment",
        name_zh="治污设施",
        name_en="Treatment",
        runs_from=5,
        registered_at=NOON,
    )


def planned_stop(office: Office) -> PlannedStop:
    return PlannedStop.objects.create(
        outfall=office.suspect,
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=2),
        reason="检修",
        entered_by=office["city_office_2"],
        entered_at=NOON,
    )


def doubt(office: Office, state: str) -> Doubt:
    """About one measured value; a decided one of another hour."""
    at = NOON - timedelta(hours=2 if state == "open" else 5)
    decided = {"decided_by": office["city_office_2"], "decided_at": NOON, "reason": "雨后水样一致"}
    Reading.objects.create(
        station_id=office.event.station_id,
        parameter="ph",
        kind="instant",
        period_start=at,
        sampled_at=at,
        value=0.0,
        unit="1",
        flag="N",
        received_at=at,
    )
    return Doubt.objects.create(
        station_id=office.event.station_id,
        parameter="ph",
        kind="instant",
        rule="range",
        state=state,
        first_at=at,
        last_at=at,
        readings=1,
        sentence_zh="pH 恰为 0。",
        sentence_en="pH is exactly 0.",
        rules_version="1",
        raised_at=NOON,
        **(decided if state == "kept" else {}),
    )


def gauge(office: Office) -> Station:
    return Station.objects.create(
        code="R1",
        name_zh="雨量站",
        name_en="Gauge",
        kind="rain_gauge",
        reach=office.reach,
        chainage_m=100,
        lon=106.55,
        lat=29.5,
        area=office.county,
    )


def stoppage(office: Office) -> Stoppage:
    """Of next month, so that another can be announced for now."""
    return Stoppage.objects.create(
        station_id=office.event.station_id,
        since=NOON + timedelta(days=30),
        until=NOON + timedelta(days=31),
        reason="检修",
        announced_by=office["monitoring"],
        announced_at=NOON,
    )


def alarm_of(event: Event, **seen: Any) -> Alarm:
    alarm = Alarm.objects.create(
        event=event, raised_at=NOON, message_zh="氨氮升高", message_en="Ammonia rose", **seen
    )
    Event.objects.filter(pk=event.pk).update(alarm=alarm)
    return alarm


def muted_alarm(office: Office) -> Alarm:
    alarm = alarm_of(_event_of(office, "tp"))
    Mute.objects.create(
        alarm=alarm, by=office["monitoring"], at=NOON, until=NOON + timedelta(hours=1), reason="检修"
    )
    return alarm


def shift(office: Office) -> Shift:
    """Tomorrow's, so that it may be changed and removed."""
    return Shift.objects.create(
        area=office.county,
        starts_at=NOON + timedelta(days=1),
        ends_at=NOON + timedelta(days=1, hours=12),
        person=office["monitoring"],
    )


def hand_over(office: Office) -> HandOver:
    return HandOver.objects.create(
        area=office.county,
        written_by=office["monitoring"],
        written_at=NOON,
        note="无",
        open_items=[],
    )


def _event_of(office: Office, parameter: str) -> Event:
    event = Event.objects.get(pk=office.event.pk)
    event.pk, event.parameter, event.alarm = None, parameter, None
    event.save(force_insert=True)
    return event


def seen_event(office: Office) -> Event:
    """A second event, whose alarm somebody has acknowledged."""
    event = _event_of(office, "cod")
    alarm_of(event, state="acknowledged", acknowledged_by=office["city_office"], acknowledged_at=NOON)
    return event


def send_from_unknown_device() -> None:
    partitions.ensure([("monitor_packet", NOON)])
    Packet.objects.create(
        received_at=NOON, id=2, mn="", peer="127.0.0.1", raw=b"GET /", state="rejected", error="garbage"
    )
    frame = build_upload(
        UNKNOWN_DEVICE,
        "123456",
        "2011",
        data_time=NOON,
        values={"w21003": (0.5, "N")},
        qn="20261120120000000",
    )
    Packet.objects.create(
        received_at=NOON,
        id=1,
        mn=UNKNOWN_DEVICE,
        peer="127.0.0.1",
        raw=frame,
        st="21",
        cn="2011",
        qn="20261120120000000",
        state="quarantined",
        error="unknown_mn",
    )


def permit(office: Office) -> Permit:
    """The suspect's permit."""
    holder = office.suspect.organisation
    assert holder is not None
    return Permit.objects.create(number="91500000A001P", holder=holder)
