"""Who may do what over HTTP: every operation of the API, how it is called, and which role it is for.

The rows are written out by hand, not read from the roles' capabilities: that the two agree is what the test shows.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from riverchief.accounts.models import Membership, User
from riverchief.accounts.roles import Role
from riverchief.base.models import InboxMessage
from riverchief.base.notifications import notify
from riverchief.base.rules import get_rule
from riverchief.monitor import partitions
from riverchief.monitor.actions import ProposeControl
from riverchief.monitor.models import (
    Alarm,
    Bottle,
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
    SourceState,
    StationRequest,
    Stoppage,
    Visit,
)
from riverchief.monitor.sampling.custody import MoveBottles
from riverchief.monitor.sampling.fieldwork import AddPhoto, TakeSamples
from riverchief.monitor.sampling.planning import GenerateRound, MakePlan
from riverchief.monitor.sampling.results import EnterResult
from riverchief.monitor.sampling.sheets import SubmitResults
from riverchief.rectify import actions
from riverchief.rectify.models import Clue, Problem
from riverchief.registry.models import Station
from riverchief.trace.models import Adjustment, SitingStudy, Trace
from riverkit.protocols.hj212 import build_upload

from tests.riverchief.rectify.conftest import make_finished_trace
from tests.riverchief.rectify.office import NOON, PNG, Office
from tests.riverchief.trace.known import make_known_trace

UNKNOWN_DEVICE = "990101DEMO00000000000009"

ROLES = (
    Role.ADMINISTRATOR,
    Role.CITY_OFFICE,
    Role.COUNTY_OFFICE,
    Role.TOWN_OFFICE,
    Role.ENFORCEMENT,
    Role.MONITORING,
    Role.INSPECTOR,
    Role.CHIEF,
    Role.UNIT,
    Role.SAMPLER,
    Role.LABORATORY,
)


@dataclass
class World:
    """An office with something in every state, and for each role somebody here and somebody in the next county."""

    office: Office
    clue: Clue
    other_clue: Clue
    problems: dict[str, Problem]
    trace: Trace
    known_trace: Trace
    adjustment: Adjustment
    siting: SitingStudy
    control: StationRequest
    alarm: Alarm
    muted_alarm: Alarm
    seen_event: Event
    shift: Shift
    hand_over: HandOver
    evidence_id: int
    overflow: OverflowRecord
    meter: PowerMeter
    stop: PlannedStop
    doubts: dict[str, Doubt]
    gauge: Station
    stoppage: Stoppage
    sampling: "Sampling"
    here: dict[Role, User] = field(default_factory=dict)
    elsewhere: dict[Role, User] = field(default_factory=dict)

    @property
    def suspect_key(self) -> str:
        """How a trace names the suspect."""
        return f"outfall:{self.office.suspect.pk}"

    def message_of(self, role: Role) -> int:
        """The line in the inbox of the person of that role who is here."""
        return InboxMessage.objects.get(recipient_id=self.here[role].pk).pk


def make_world(office: Office) -> World:
    """Everything, made by people other than those who are tried."""
    call = _call(office, "桥下水发臭")
    other_call = _call(office, "水面有泡沫")
    upload = actions.UploadEvidence(actor=office["inspector"], content=PNG, file_name="bank.png").run()
    problems = {state: _problem(office, state, upload.evidence_id) for state in STEPS}
    world = World(
        office=office,
        clue=call,
        other_clue=other_call,
        problems=problems,
        trace=make_finished_trace(office, attempt=1, probability=0.6),
        known_trace=make_known_trace(office.event, office.suspect, attempt=2),
        adjustment=_adjustment(office),
        siting=_siting(office),
        control=_control(office),
        alarm=_alarm(office.event),
        muted_alarm=_muted_alarm(office),
        seen_event=_seen_event(office),
        shift=_shift(office),
        hand_over=HandOver.objects.create(
            area=office.county,
            written_by=office["monitoring"],
            written_at=NOON,
            note="无",
            open_items=[],
        ),
        evidence_id=upload.evidence_id,
        overflow=_overflow(office),
        meter=_meter(office),
        stop=PlannedStop.objects.create(
            outfall=office.suspect,
            starts_at=NOON,
            ends_at=NOON + timedelta(hours=2),
            reason="检修",
            entered_by=office["city_office_2"],
            entered_at=NOON,
        ),
        doubts={state: _doubt(office, state) for state in ("open", "kept")},
        gauge=_gauge(office),
        stoppage=_stoppage(office),
        sampling=_sampling(office),
    )
    _send_from_unknown_device()
    SourceState.objects.create(name="platform")
    for role in ROLES:
        world.here[role] = _person(role, office, here=True)
        world.elsewhere[role] = _person(role, office, here=False)
    notify(
        [user.pk for user in world.here.values()],
        kind="note",
        title_zh="一",
        title_en="One",
        link="/",
        dedupe="one",
    )
    return world


def _adjustment(office: Office) -> Adjustment:
    """Of another candidate than the one that is tried."""
    return Adjustment.objects.create(
        event=office.event,
        kind="exclude",
        key="outfall:0",
        factor=0.0,
        reason="已封堵",
        made_by=office["city_office_2"],
        made_at=NOON,
    )


def _siting(office: Office) -> SitingStudy:
    """A study of the county that has failed, so that another can be asked for."""
    return SitingStudy.objects.create(
        basin=office.reach.basin,
        area=office.county,
        count=2,
        goal="telling",
        state="failed",
        requested_by=office["city_office_2"],
        requested_at=NOON,
        finished_at=NOON,
        settings=get_rule("trace.siting"),
        settings_version="1",
        error="没有河段。|No reach.",
    )


def _control(office: Office) -> StationRequest:
    """A control command that waits for a second person; the installation sends such commands."""
    station = Station.objects.get(pk=office.event.station_id)
    station.pk, station.code, station.mn = None, "asked", "990101DEMO00000000000001"
    station.save(force_insert=True)
    return ProposeControl(
        actor=office["city_office_2"], station_id=station.pk, cn="1012", reason="时钟偏差"
    ).run()


def _overflow(office: Office) -> OverflowRecord:
    """One that runs."""
    return OverflowRecord.objects.create(
        outfall=office.suspect,
        source="overflow",
        known_by="import",
        started_at=NOON - timedelta(hours=3),
        receiving_reach=office.reach,
        entered_at=NOON,
    )


def _meter(office: Office) -> PowerMeter:
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


@dataclass
class Sampling:
    """A round of two points: at one the bottles are in the laboratory and one sheet waits to be checked."""

    plan: int
    round: int
    visited: int
    """Of the point that was sampled, with a photo."""
    open: int
    label: str
    sheet: int


def _sampling(office: Office) -> Sampling:
    people = {
        name: User.objects.create_user(name, None, name_zh=name, name_en=name)
        for name in ("sampler0", "receiver0", "analyst0")
    }
    for name, user in people.items():
        role = Role.SAMPLER if name == "sampler0" else Role.LABORATORY
        Membership.objects.create(user=user, role=role, area=office.county, valid_from=date(2020, 1, 1))
    plan = MakePlan(actor=office["county_office_2"], **_plan(office, "月"), every_months=1).run()
    made = GenerateRound(actor=office["county_office_2"], plan_id=plan.pk, month=NOON.date()).run()
    visited, other = Visit.objects.filter(round=made).order_by("station__code")
    sampler = people["sampler0"]
    TakeSamples(actor=sampler, visit_id=visited.pk, taken_at=NOON).run()
    AddPhoto(actor=sampler, visit_id=visited.pk, content=PNG + b"bank", file_name="b.png").run()
    labels = list(Bottle.objects.filter(visit=visited, step="taken").values_list("label", flat=True))
    MoveBottles(actor=sampler, round_id=made.pk, step="handed_over", labels=labels).run()
    MoveBottles(actor=people["receiver0"], round_id=made.pk, step="received", labels=labels).run()
    label = Bottle.objects.get(visit=visited, group="sulphuric", role="sample").label
    given = {"actor": people["analyst0"], "round_id": made.pk, "label": label, "analysed_at": NOON}
    EnterResult(**given, parameter="nh3n", written="0.2").run()
    sheet = SubmitResults(actor=people["analyst0"], round_id=made.pk).run()
    EnterResult(**given, parameter="tp", written="0.02").run()
    return Sampling(plan.pk, made.pk, visited.pk, other.pk, label, sheet.pk)


def _plan(office: Office, name: str) -> dict[str, Any]:
    return {
        "name_zh": name,
        "name_en": "",
        "area_code": office.county.pk,
        "parameters": ["nh3n", "tp", "cod"],
        "station_codes": ["S1", "asked"],
    }


def _doubt(office: Office, state: str) -> Doubt:
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


def _gauge(office: Office) -> Station:
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


def _stoppage(office: Office) -> Stoppage:
    """Of next month, so that another can be announced for now."""
    return Stoppage.objects.create(
        station_id=office.event.station_id,
        since=NOON + timedelta(days=30),
        until=NOON + timedelta(days=31),
        reason="检修",
        announced_by=office["monitoring"],
        announced_at=NOON,
    )


def _call(office: Office, title: str) -> Clue:
    return actions.RegisterClue(
        actor=office["county_office"],
        source="call_12345",
        kind="water_smell",
        title=title,
        description="",
        lon=106.55,
        lat=29.5,
    ).run()


def _alarm(event: Event, **seen: Any) -> Alarm:
    alarm = Alarm.objects.create(
        event=event, raised_at=NOON, message_zh="氨氮升高", message_en="Ammonia rose", **seen
    )
    Event.objects.filter(pk=event.pk).update(alarm=alarm)
    return alarm


def _muted_alarm(office: Office) -> Alarm:
    alarm = _alarm(_event_of(office, "tp"))
    Mute.objects.create(
        alarm=alarm, by=office["monitoring"], at=NOON, until=NOON + timedelta(hours=1), reason="检修"
    )
    return alarm


def _shift(office: Office) -> Shift:
    """Tomorrow's, so that it may be changed and removed."""
    return Shift.objects.create(
        area=office.county,
        starts_at=NOON + timedelta(days=1),
        ends_at=NOON + timedelta(days=1, hours=12),
        person=office["monitoring"],
    )


def _event_of(office: Office, parameter: str) -> Event:
    event = Event.objects.get(pk=office.event.pk)
    event.pk, event.parameter, event.alarm = None, parameter, None
    event.save(force_insert=True)
    return event


def _seen_event(office: Office) -> Event:
    """A second event, whose alarm somebody has acknowledged."""
    event = _event_of(office, "cod")
    _alarm(event, state="acknowledged", acknowledged_by=office["city_office"], acknowledged_at=NOON)
    return event


def _send_from_unknown_device() -> None:
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


STEPS = ("registered", "assigned", "signed_for", "rectified", "verified")


def _problem(office: Office, state: str, evidence_id: int) -> Problem:
    """A problem brought as far as `state` by the people of the office."""
    problem = actions.ConfirmClue(
        actor=office["inspector"],
        clue_id=_call(office, f"问题 {state}").pk,
        basis="photo",
        reason="现场所见",
        evidence_ids=[evidence_id],
    ).run()
    steps: dict[str, Callable[[], Any]] = {
        "assigned": lambda: actions.AssignProblem(
            actor=office["county_office"], problem_id=problem.pk, **assignment(office)
        ).run(),
        "signed_for": lambda: actions.SignForProblem(actor=office["unit"], problem_id=problem.pk).run(),
        "rectified": lambda: actions.ReportRectified(
            actor=office["unit"], problem_id=problem.pk, summary="已封堵", without_evidence_reason="夜间"
        ).run(),
        "verified": lambda: actions.VerifyProblem(
            actor=office["inspector"], problem_id=problem.pk, finding="属实"
        ).run(),
    }
    for step in STEPS[1 : STEPS.index(state) + 1]:
        steps[step]()
    return problem


def assignment(office: Office) -> dict[str, Any]:
    """What the office asks of the unit."""
    return {
        "organisation_id": office.unit.pk,
        "requirement": "立即封堵",
        "rectification_class": "by_date",
    }


def _person(role: Role, office: Office, *, here: bool) -> User:
    place = "here" if here else "elsewhere"
    user = User.objects.create_user(
        f"{role}-{place}", None, name_zh=f"{role}-{place}", name_en=f"{role}-{place}"
    )
    organisation = (office.unit if here else office.other_unit) if role is Role.UNIT else None
    Membership.objects.create(
        user=user,
        role=role.value,
        area=office.county if here else office.other_county,
        organisation=organisation,
        valid_from=date(2020, 1, 1),
    )
    return user


Send = Callable[[Client, World, Role], Any]
Shows = Callable[[Any, World, Role], bool]


@dataclass(frozen=True)
class Operation:
    """An operation as the test calls it; `shows` is given for those whose answer depends on the reader's areas."""

    send: Send
    shows: Shows | None = None


def read(path: str, shows: Shows | None = None) -> Operation:
    """A GET."""
    return Operation(lambda client, world, role: client.get(_filled(path, world, role)), shows)


def write(path: str, body: Callable[[World], dict[str, Any]] = lambda world: {}) -> Operation:
    """A POST of JSON."""

    def send(client: Client, world: World, role: Role) -> Any:
        return client.post(_filled(path, world, role), body(world), content_type="application/json")

    return Operation(send)


def upload(path: str, body: Callable[[World], dict[str, Any]]) -> Operation:
    """A POST of a form with a file."""
    return Operation(lambda client, world, role: client.post(f"/api/v1{path}", body(world)))


def _filled(path: str, world: World, role: Role) -> str:
    office = world.office
    return "/api/v1" + path.format(
        message=world.message_of(role),
        county=office.county.pk,
        reach=office.reach.pk,
        outfall=office.suspect.pk,
        station=office.event.station_id,
        event=office.event.pk,
        alarm=world.alarm.pk,
        muted_alarm=world.muted_alarm.pk,
        overflow=world.overflow.pk,
        meter=world.meter.pk,
        stop=world.stop.pk,
        doubt=world.doubts["open"].pk,
        stoppage=world.stoppage.pk,
        kept_doubt=world.doubts["kept"].pk,
        seen_event=world.seen_event.pk,
        shift=world.shift.pk,
        hand_over=world.hand_over.pk,
        trace=world.trace.pk,
        known_trace=world.known_trace.pk,
        adjustment=world.adjustment.pk,
        siting=world.siting.pk,
        control=world.control.pk,
        asked=world.control.station_id,
        clue=world.clue.pk,
        evidence=world.evidence_id,
        sampling_plan=world.sampling.plan,
        round=world.sampling.round,
        visited=world.sampling.visited,
        unvisited=world.sampling.open,
        sheet=world.sampling.sheet,
        **{state: problem.pk for state, problem in world.problems.items()},
    )


def lists(key: str, value: Callable[[World], Any]) -> Shows:
    """Whether an item of the list has `value` under `key`."""

    def shows(answer: HttpResponse, world: World, role: Role) -> bool:
        return any(item[key] == value(world) for item in json.loads(answer.content)["items"])

    return shows


def _own_message(answer: HttpResponse, world: World, role: Role) -> bool:
    return [item["id"] for item in json.loads(answer.content)["items"]] == [world.message_of(role)]


def _no_clue(world: World) -> dict[str, Any]:
    return {
        "source": "call_12345",
        "kind": "water_smell",
        "title": "河边有人倒水",
        "description": "",
        "lon": 106.55,
        "lat": 29.5,
    }


def _rivers_file(world: World) -> dict[str, Any]:
    table = "code,name_zh,name_en\nr2,浊溪,Muddy Creek\n"
    return {
        "kind": "rivers",
        "basin_code": "b",
        "dry_run": "true",
        "file": SimpleUploadedFile("rivers.csv", table.encode()),
    }


def _bottle(world: World) -> dict[str, Any]:
    return {
        "lon": 106.55,
        "lat": 29.5,
        "taken_at": world.office.event.opened_at.isoformat(),
        "taken_by": "王工",
        "value": 1.2,
        "unit": "mg/L",
    }


def _new_shift(world: World) -> dict[str, Any]:
    return {
        "starts_at": (NOON + timedelta(days=2)).isoformat(),
        "ends_at": (NOON + timedelta(days=2, hours=12)).isoformat(),
        "person_id": world.office["monitoring"].pk,
    }


def _roster_file(world: World) -> dict[str, Any]:
    table = "starts_at,ends_at,person\n2026-12-01 08:00,2026-12-01 20:00,monitoring\n"
    return {
        "area": world.office.county.pk,
        "file": SimpleUploadedFile("roster.csv", table.encode()),
    }


def _here(world: World) -> dict[str, Any]:
    return {"area": world.office.county.pk}


def _new_meter(world: World) -> dict[str, Any]:
    names = {"name_zh": "生产设施", "name_en": "Production"}
    return {
        "station_id": world.meter.station_id,
        "parameter": "current",
        "line": "production",
        "runs_from": 5,
        **names,
    }


def _new_stop(world: World) -> dict[str, Any]:
    return {"starts_at": NOON.isoformat(), "ends_at": (NOON + timedelta(hours=3)).isoformat(), **REASON}


def _overflow_of_the_suspect(world: World) -> dict[str, Any]:
    return {
        "outfall_id": world.office.suspect.pk,
        "source": "plant_bypass",
        "started_at": NOON.isoformat(),
    }


REASON = {"reason": "理由充分"}

OPERATIONS: dict[str, Operation] = {
    "GET /inbox": read("/inbox", _own_message),
    "POST /inbox/{message_id}/read": write("/inbox/{message}/read"),
    "GET /session": read("/session"),
    "DELETE /session": Operation(lambda client, world, role: client.delete("/api/v1/session")),
    "GET /codes": read("/codes"),
    "GET /areas": read("/areas", lists("code", lambda world: world.office.county.code)),
    "GET /organisations": read("/organisations", lists("id", lambda world: world.office.unit.pk)),
    "GET /people": read("/people?role=inspector", lists("id", lambda world: world.office["inspector"].pk)),
    "GET /basins": read("/basins", lists("code", lambda world: "b")),
    "GET /rivers": read("/rivers", lists("code", lambda world: "r")),
    "GET /reaches/{reach_id}": read("/reaches/{reach}"),
    "GET /tiles/reaches/{z}/{x}/{y}.mvt": read(
        "/tiles/reaches/10/815/424.mvt", lambda answer, world, role: bool(answer.content)
    ),
    "GET /outfalls": read("/outfalls", lists("id", lambda world: world.office.suspect.pk)),
    "GET /outfalls/{outfall_id}": read("/outfalls/{outfall}"),
    "POST /imports": upload("/imports", _rivers_file),
    "POST /imports/preview": upload("/imports/preview", _rivers_file),
    "GET /stations": read("/stations", lists("id", lambda world: world.office.event.station_id)),
    "GET /stations/{station_id}": read("/stations/{station}"),
    "GET /stations/{station_id}/readings": read("/stations/{station}/readings?parameter=nh3n"),
    "GET /stations/{station_id}/dialogue": read("/stations/{asked}/dialogue"),
    "GET /stations/{station_id}/requests": read(
        "/stations/{asked}/requests", lists("id", lambda world: world.control.pk)
    ),
    "POST /stations/{station_id}/requests": write(
        "/stations/{asked}/requests", lambda world: {"cn": "1011", **REASON}
    ),
    "POST /stations/{station_id}/control_requests": write(
        "/stations/{asked}/control_requests", lambda world: {"cn": "1012", **REASON}
    ),
    "POST /control_requests/{request_id}/approve": write("/control_requests/{control}/approve"),
    "POST /control_requests/{request_id}/decline": write(
        "/control_requests/{control}/decline", lambda world: REASON
    ),
    "GET /events": read("/events", lists("id", lambda world: world.office.event.pk)),
    "GET /events/{event_id}": read("/events/{event}"),
    "POST /events/{event_id}/close": write("/events/{seen_event}/close", lambda world: {"note": "已处置"}),
    "POST /events/{event_id}/samples": write("/events/{event}/samples", _bottle),
    "POST /alarms/{alarm_id}/acknowledge": write(
        "/alarms/{alarm}/acknowledge", lambda world: {"note": "已知"}
    ),
    "POST /alarms/{alarm_id}/mute": write(
        "/alarms/{alarm}/mute",
        lambda world: {"until": (NOON + timedelta(hours=1)).isoformat(), **REASON},
    ),
    "POST /alarms/{alarm_id}/unmute": write("/alarms/{muted_alarm}/unmute"),
    "GET /duty/desk": read("/duty/desk?area={county}"),
    "GET /duty/alarms/{alarm_id}": read("/duty/alarms/{alarm}"),
    "GET /duty/roster": read("/duty/roster?area={county}"),
    "GET /duty/people": read("/duty/people?area={county}"),
    "POST /duty/shifts": write("/duty/shifts", lambda world: {**_here(world), **_new_shift(world)}),
    "POST /duty/shifts/{shift_id}": write("/duty/shifts/{shift}", _new_shift),
    "POST /duty/shifts/{shift_id}/remove": write("/duty/shifts/{shift}/remove"),
    "POST /duty/roster/import": upload("/duty/roster/import", _roster_file),
    "GET /duty/hand_overs": read("/duty/hand_overs?area={county}"),
    "POST /duty/hand_overs": write("/duty/hand_overs", lambda world: {**_here(world), "note": "无"}),
    "POST /duty/hand_overs/{hand_over_id}/sign": write("/duty/hand_overs/{hand_over}/sign"),
    "GET /sources": read("/sources"),
    "GET /sources/{name}/batches": read("/sources/platform/batches"),
    "GET /outfalls/{outfall_id}/power": read("/outfalls/{outfall}/power"),
    "POST /outfalls/{outfall_id}/power_meters": write("/outfalls/{outfall}/power_meters", _new_meter),
    "POST /power_meters/{meter_id}/retire": write("/power_meters/{meter}/retire"),
    "POST /outfalls/{outfall_id}/planned_stops": write("/outfalls/{outfall}/planned_stops", _new_stop),
    "POST /planned_stops/{stop_id}/withdraw": write("/planned_stops/{stop}/withdraw", lambda world: REASON),
    "GET /overflows": read("/overflows", lists("id", lambda world: world.overflow.pk)),
    "POST /overflows": write("/overflows", _overflow_of_the_suspect),
    "POST /overflows/{overflow_id}/stop": write(
        "/overflows/{overflow}/stop", lambda world: {"stopped_at": NOON.isoformat(), "not_metered": True}
    ),
    "POST /overflows/{overflow_id}/withdraw": write(
        "/overflows/{overflow}/withdraw", lambda world: {"reason": "登记错排口"}
    ),
    "GET /doubts": read("/doubts", lists("id", lambda world: world.doubts["open"].pk)),
    "GET /doubts/{doubt_id}": read("/doubts/{doubt}"),
    "POST /doubts/{doubt_id}/keep": write("/doubts/{doubt}/keep", lambda world: REASON),
    "POST /doubts/{doubt_id}/invalidate": write("/doubts/{doubt}/invalidate", lambda world: REASON),
    "POST /doubts/{doubt_id}/reopen": write("/doubts/{kept_doubt}/reopen", lambda world: REASON),
    "GET /rates": read(
        "/rates",
        lambda answer, world, role: any(
            item["station"]["id"] == world.office.event.station_id
            for item in json.loads(answer.content)["items"]
        ),
    ),
    "GET /fleet": read("/fleet", lists("id", lambda world: world.office.event.station_id)),
    "GET /fleet.csv": read(
        "/fleet.csv",
        lambda answer, world, role: f"{world.office.event.station.code}," in answer.content.decode(),
    ),
    "POST /stations/{station_id}/stoppages": write(
        "/stations/{station}/stoppages",
        lambda world: {
            "since": NOON.isoformat(),
            "until": (NOON + timedelta(hours=1)).isoformat(),
            **REASON,
        },
    ),
    "POST /stoppages/{stoppage_id}/end": write("/stoppages/{stoppage}/end"),
    "GET /sampling/plans": read("/sampling/plans", lists("id", lambda world: world.sampling.plan)),
    "POST /sampling/plans": write("/sampling/plans", lambda world: _plan(world.office, "季")),
    "POST /sampling/plans/{plan_id}": write(
        "/sampling/plans/{sampling_plan}", lambda world: _plan(world.office, "月")
    ),
    "POST /sampling/plans/{plan_id}/rounds": write(
        "/sampling/plans/{sampling_plan}/rounds", lambda world: {"month": "2026-12"}
    ),
    "GET /sampling/rounds": read("/sampling/rounds", lists("id", lambda world: world.sampling.round)),
    "GET /sampling/rounds/{round_id}": read("/sampling/rounds/{round}"),
    "GET /sampling/rounds/{round_id}/labels.pdf": read("/sampling/rounds/{round}/labels.pdf"),
    "GET /sampling/rounds/{round_id}/visits": read("/sampling/rounds/{round}/visits"),
    "POST /sampling/visits/{visit_id}/take": write(
        "/sampling/visits/{unvisited}/take", lambda world: {"taken_at": NOON.isoformat()}
    ),
    "POST /sampling/visits/{visit_id}/miss": write(
        "/sampling/visits/{unvisited}/miss", lambda world: {"reason": "dry"}
    ),
    "POST /sampling/visits/{visit_id}/photo": Operation(
        lambda client, world, role: client.post(
            _filled("/sampling/visits/{unvisited}/photo", world, role),
            {"file": SimpleUploadedFile("b.png", PNG + b"dry")},
        )
    ),
    "GET /sampling/visits/{visit_id}/photo": read("/sampling/visits/{visited}/photo"),
    "GET /sampling/rounds/{round_id}/bottles": read("/sampling/rounds/{round}/bottles"),
    "POST /sampling/rounds/{round_id}/custody": write(
        "/sampling/rounds/{round}/custody",
        lambda world: {"step": "lost", "labels": [world.sampling.label], "note": "瓶破"},
    ),
    "POST /sampling/rounds/{round_id}/results": write(
        "/sampling/rounds/{round}/results",
        lambda world: {
            "label": world.sampling.label,
            "parameter": "cod",
            "written": "12",
            "analysed_at": NOON.isoformat(),
        },
    ),
    "GET /sampling/rounds/{round_id}/sheets": read("/sampling/rounds/{round}/sheets"),
    "POST /sampling/rounds/{round_id}/sheets": write("/sampling/rounds/{round}/sheets"),
    "GET /sampling/sheets/{sheet_id}": read("/sampling/sheets/{sheet}"),
    "GET /sampling/sheets/{sheet_id}/lines": read("/sampling/sheets/{sheet}/lines"),
    "GET /sampling/sheets/{sheet_id}/checks": read("/sampling/sheets/{sheet}/checks"),
    "POST /sampling/sheets/{sheet_id}/advance": write(
        "/sampling/sheets/{sheet}/advance", lambda world: {"to": "checked"}
    ),
    "POST /sampling/sheets/{sheet_id}/send_back": write(
        "/sampling/sheets/{sheet}/send_back", lambda world: REASON
    ),
    "GET /rain": read(
        "/rain",
        lambda answer, world, role: [gauge["id"] for gauge in answer.json()["gauges"]] == [world.gauge.pk],
    ),
    "GET /outfalls/{outfall_id}/permit": read("/outfalls/{outfall}/permit"),
    "GET /quarantine": read("/quarantine", lists("mn", lambda world: UNKNOWN_DEVICE)),
    "GET /rejected_frames": read("/rejected_frames", lists("id", lambda world: 2)),
    "POST /quarantine/{mn}/adopt": write(
        f"/quarantine/{UNKNOWN_DEVICE}/adopt", lambda world: {"station_id": world.office.event.station_id}
    ),
    "POST /events/{event_id}/traces": write("/events/{event}/traces"),
    "POST /events/{event_id}/trace_adjustments": write(
        "/events/{event}/trace_adjustments",
        lambda world: {"kind": "weight", "key": world.suspect_key, "factor": 2, **REASON},
    ),
    "POST /trace_adjustments/{adjustment_id}/withdraw": write(
        "/trace_adjustments/{adjustment}/withdraw", lambda world: REASON
    ),
    "POST /traces/{trace_id}/at_once": write("/traces/{known_trace}/at_once"),
    "GET /traces": read("/traces", lists("id", lambda world: world.trace.pk)),
    "GET /traces/{trace_id}": read("/traces/{trace}"),
    "POST /traces/{trace_id}/hand_over": write(
        "/traces/{known_trace}/hand_over", lambda world: {**REASON, "rank": 1}
    ),
    "GET /traces/{trace_id}/report.pdf": read("/traces/{known_trace}/report.pdf"),
    "GET /traces/{trace_id}/data.json": read("/traces/{known_trace}/data.json"),
    "GET /traces/{trace_id}/candidates.csv": read("/traces/{known_trace}/candidates.csv"),
    "GET /traces/{trace_id}/curves.csv": read("/traces/{known_trace}/curves.csv"),
    "POST /sitings": write(
        "/sitings",
        lambda world: {"basin_id": world.office.reach.basin_id, "count": 2, "goal": "soonest"},
    ),
    "GET /sitings": read("/sitings", lists("id", lambda world: world.siting.pk)),
    "GET /sitings/{study_id}": read("/sitings/{siting}"),
    "GET /sitings/{study_id}/places.csv": read("/sitings/{siting}/places.csv"),
    "GET /clues": read("/clues", lists("id", lambda world: world.clue.pk)),
    "POST /clues": write("/clues", _no_clue),
    "GET /clues/{clue_id}": read("/clues/{clue}"),
    "GET /clues/{clue_id}/places": read("/clues/{clue}/places"),
    "POST /clues/{clue_id}/confirm": write(
        "/clues/{clue}/confirm", lambda world: {**REASON, "basis": "decision"}
    ),
    "POST /clues/{clue_id}/dismiss": write("/clues/{clue}/dismiss", lambda world: REASON),
    "POST /clues/{clue_id}/merge": write(
        "/clues/{clue}/merge", lambda world: {**REASON, "into_id": world.other_clue.pk}
    ),
    "GET /problems": read("/problems", lists("id", lambda world: world.problems["assigned"].pk)),
    "GET /problems/{problem_id}": read("/problems/{assigned}"),
    "POST /problems/{problem_id}/assign": write(
        "/problems/{registered}/assign", lambda world: assignment(world.office)
    ),
    "POST /problems/{problem_id}/change_chief": write(
        "/problems/{assigned}/change_chief",
        lambda world: {**REASON, "chief_id": world.office["chief"].pk},
    ),
    "POST /problems/{problem_id}/sign_for": write("/problems/{assigned}/sign_for"),
    "POST /problems/{problem_id}/refuse": write("/problems/{assigned}/refuse", lambda world: REASON),
    "POST /problems/{problem_id}/plan": write(
        "/problems/{signed_for}/plan", lambda world: {"measures": "接管"}
    ),
    "POST /problems/{problem_id}/report_rectified": write(
        "/problems/{signed_for}/report_rectified",
        lambda world: {"summary": "已封堵", "without_evidence_reason": "夜间"},
    ),
    "POST /problems/{problem_id}/send_back": write("/problems/{rectified}/send_back", lambda world: REASON),
    "POST /problems/{problem_id}/verify": write(
        "/problems/{rectified}/verify", lambda world: {"finding": "属实"}
    ),
    "POST /problems/{problem_id}/write_off": write("/problems/{verified}/write_off", lambda world: REASON),
    "GET /ledger/figures": read(
        "/ledger/figures", lambda answer, world, role: json.loads(answer.content)["found"] > 0
    ),
    "POST /evidence": upload("/evidence", lambda world: {"file": SimpleUploadedFile("b.png", PNG + b"new")}),
    "GET /evidence/{evidence_id}/content": read("/evidence/{evidence}/content"),
}

# adm  administrator     cit  city office   cou  county office   tow  town office   enf  enforcement
# mon  monitoring        ins  inspector     chi  river chief     uni  the responsible unit
# sam  sampler           lab  laboratory: where a row leaves them out, both are refused
#
# area  allowed (or shown) in the area of the role only: elsewhere it is refused, or the list is empty
# any   allowed wherever the role is held: it touches nothing of an area, or is decided row by row
# none  answered with a list that does not hold it, here as elsewhere
# -     refused, here as elsewhere
TABLE = """
                                              adm   cit   cou   tow   enf   mon   ins   chi   uni   sam   lab
GET /inbox                                    area  area  area  area  area  area  area  area  area  area  area
POST /inbox/{message_id}/read                 area  area  area  area  area  area  area  area  area  area  area
GET /session                                  any   any   any   any   any   any   any   any   any   any   any
DELETE /session                               any   any   any   any   any   any   any   any   any   any   any
GET /codes                                    any   any   any   any   any   any   any   any   any   any   any
GET /areas                                    area  area  area  area  area  area  area  area  area  area  area
GET /organisations                            area  area  area  none  none  none  none  none  none  none  none
GET /people                                   area  area  area  none  none  none  none  none  none  none  none
GET /basins                                   area  area  area  area  area  area  area  area  area  area  area
GET /rivers                                   area  area  area  area  area  area  area  area  area  area  area
GET /reaches/{reach_id}                       area  area  area  area  area  area  area  area  area  area  area
GET /tiles/reaches/{z}/{x}/{y}.mvt            area  area  area  area  area  area  area  area  area  area  area
GET /outfalls                                 area  area  area  area  area  area  area  area  area  area  area
GET /outfalls/{outfall_id}                    area  area  area  area  area  area  area  area  area  area  area
POST /imports                                 any   any   -     -     -     -     -     -     -
POST /imports/preview                         any   any   -     -     -     -     -     -     -
GET /stations                                 area  area  area  area  area  area  area  area  area  area  area
GET /stations/{station_id}                    area  area  area  area  area  area  area  area  area  area  area
GET /stations/{station_id}/readings           area  area  area  area  area  area  area  area  area
GET /stations/{station_id}/dialogue           -     area  -     -     -     area  -     -     -
GET /stations/{station_id}/requests           -     area  -     -     -     area  -     -     -
POST /stations/{station_id}/requests          -     area  -     -     -     area  -     -     -
POST /stations/{station_id}/control_requests  -     area  -     -     -     area  -     -     -
POST /control_requests/{request_id}/approve   -     area  -     -     -     area  -     -     -
POST /control_requests/{request_id}/decline   -     area  -     -     -     area  -     -     -
GET /events                                   area  area  area  area  area  area  area  area  area  none  none
GET /events/{event_id}                        area  area  area  area  area  area  area  area  area
POST /events/{event_id}/close                 -     area  area  -     -     area  -     -     -
POST /events/{event_id}/samples               -     area  area  -     area  -     -     -     -
POST /alarms/{alarm_id}/acknowledge           -     area  area  -     -     area  -     -     -
POST /alarms/{alarm_id}/mute                  -     area  area  -     -     area  -     -     -
POST /alarms/{alarm_id}/unmute                -     area  area  -     -     area  -     -     -
GET /duty/desk                                -     area  area  -     -     area  -     -     -
GET /duty/alarms/{alarm_id}                   -     area  area  -     -     area  -     -     -
GET /duty/roster                              -     area  area  -     -     area  -     -     -
GET /duty/people                              -     area  area  -     -     area  -     -     -
POST /duty/shifts                             -     area  area  -     -     -     -     -     -
POST /duty/shifts/{shift_id}                  -     area  area  -     -     -     -     -     -
POST /duty/shifts/{shift_id}/remove           -     area  area  -     -     -     -     -     -
POST /duty/roster/import                      -     area  area  -     -     -     -     -     -
GET /duty/hand_overs                          -     area  area  -     -     area  -     -     -
POST /duty/hand_overs                         -     area  area  -     -     area  -     -     -
POST /duty/hand_overs/{hand_over_id}/sign     -     area  area  -     -     area  -     -     -
GET /sources                                  any   any   -     -     -     any   -     -     -
GET /sources/{name}/batches                   any   any   -     -     -     any   -     -     -
GET /outfalls/{outfall_id}/power              -     area  area  -     area  -     -     -     -
POST /outfalls/{outfall_id}/power_meters      area  area  -     -     -     area  -     -     -
POST /power_meters/{meter_id}/retire          area  area  -     -     -     area  -     -     -
POST /outfalls/{outfall_id}/planned_stops     -     area  area  -     -     -     -     -     -
POST /planned_stops/{stop_id}/withdraw        -     area  area  -     -     -     -     -     -
GET /overflows                                area  area  area  area  area  area  area  area  area  none  none
POST /overflows                               -     area  area  -     -     area  -     -     -
POST /overflows/{overflow_id}/stop            -     area  area  -     -     area  -     -     -
POST /overflows/{overflow_id}/withdraw        -     area  area  -     -     area  -     -     -
GET /doubts                                   -     area  area  -     -     area  -     -     -
GET /doubts/{doubt_id}                        -     area  area  -     -     area  -     -     -
POST /doubts/{doubt_id}/keep                  -     area  area  -     -     area  -     -     -
POST /doubts/{doubt_id}/invalidate            -     area  area  -     -     area  -     -     -
POST /doubts/{doubt_id}/reopen                -     area  area  -     -     area  -     -     -
GET /rates                                    -     area  area  -     -     area  -     -     -
GET /fleet                                    area  area  area  area  area  area  area  area  area  none  none
GET /fleet.csv                                area  area  area  area  area  area  area  area  area  none  none
POST /stations/{station_id}/stoppages         area  area  -     -     -     area  -     -     -
POST /stoppages/{stoppage_id}/end             area  area  -     -     -     area  -     -     -
GET /sampling/plans                           -     area  area  -     -     area  -     -     -
POST /sampling/plans                          -     area  area  -     -     area  -     -     -
POST /sampling/plans/{plan_id}                -     area  area  -     -     area  -     -     -
POST /sampling/plans/{plan_id}/rounds         -     area  area  -     -     area  -     -     -
GET /sampling/rounds                          -     area  area  -     -     area  -     -     -     area  area
GET /sampling/rounds/{round_id}               -     area  area  -     -     area  -     -     -     area  area
GET /sampling/rounds/{round_id}/labels.pdf    -     area  area  -     -     area  -     -     -     area  -
GET /sampling/rounds/{round_id}/visits        -     area  area  -     -     area  -     -     -     area  -
POST /sampling/visits/{visit_id}/take         -     -     -     -     -     area  -     -     -     area  -
POST /sampling/visits/{visit_id}/miss         -     -     -     -     -     area  -     -     -     area  -
POST /sampling/visits/{visit_id}/photo        -     -     -     -     -     area  -     -     -     area  -
GET /sampling/visits/{visit_id}/photo         -     area  area  -     -     area  -     -     -     area  -
GET /sampling/rounds/{round_id}/bottles       -     area  area  -     -     area  -     -     -     area  area
POST /sampling/rounds/{round_id}/custody      -     -     -     -     -     area  -     -     -     area  area
POST /sampling/rounds/{round_id}/results      -     -     -     -     -     -     -     -     -     -     area
GET /sampling/rounds/{round_id}/sheets        -     area  area  -     -     area  -     -     -     -     area
POST /sampling/rounds/{round_id}/sheets       -     -     -     -     -     -     -     -     -     -     area
GET /sampling/sheets/{sheet_id}               -     area  area  -     -     area  -     -     -     -     area
GET /sampling/sheets/{sheet_id}/lines         -     area  area  -     -     area  -     -     -     -     area
GET /sampling/sheets/{sheet_id}/checks        -     area  area  -     -     area  -     -     -     -     area
POST /sampling/sheets/{sheet_id}/advance      -     area  -     -     -     -     -     -     -     -     area
POST /sampling/sheets/{sheet_id}/send_back    -     area  -     -     -     -     -     -     -     -     area
GET /rain                                     area  area  area  area  area  area  area  area  area
GET /outfalls/{outfall_id}/permit             area  area  area  area  area  area  area  area  area
GET /quarantine                               any   any   -     -     -     any   -     -     -
GET /rejected_frames                          any   any   -     -     -     any   -     -     -
POST /quarantine/{mn}/adopt                   area  area  -     -     -     area  -     -     -
POST /events/{event_id}/traces                -     area  -     -     area  -     -     -     -
POST /events/{event_id}/trace_adjustments     -     area  -     -     area  -     -     -     -
POST /trace_adjustments/{adjustment_id}/withdraw -  area  -     -     area  -     -     -     -
POST /traces/{trace_id}/at_once               -     area  -     -     area  -     -     -     -
POST /traces/{trace_id}/hand_over             -     area  area  -     area  -     -     -     -
GET /traces                                   -     area  area  -     area  -     -     -     -
GET /traces/{trace_id}                        -     area  area  -     area  -     -     -     -
GET /traces/{trace_id}/report.pdf             -     area  area  -     area  -     -     -     -
GET /traces/{trace_id}/data.json              -     area  area  -     area  -     -     -     -
GET /traces/{trace_id}/candidates.csv         -     area  area  -     area  -     -     -     -
GET /traces/{trace_id}/curves.csv             -     area  area  -     area  -     -     -     -
POST /sitings                                 area  area  -     -     -     area  -     -     -
GET /sitings                                  area  area  -     -     -     area  -     -     -
GET /sitings/{study_id}                       area  area  -     -     -     area  -     -     -
GET /sitings/{study_id}/places.csv            area  area  -     -     -     area  -     -     -
GET /clues                                    none  area  area  none  area  none  area  none  none  none  none
POST /clues                                   -     area  area  area  area  -     area  area  -
GET /clues/{clue_id}                          -     area  area  -     area  -     area  -     -
GET /clues/{clue_id}/places                   -     area  area  -     area  -     area  -     -
POST /clues/{clue_id}/confirm                 -     area  area  -     area  -     area  -     -
POST /clues/{clue_id}/dismiss                 -     area  area  -     area  -     area  -     -
POST /clues/{clue_id}/merge                   -     area  area  -     area  -     area  -     -
GET /problems                                 area  area  area  area  area  area  area  area  area  none  none
GET /problems/{problem_id}                    area  area  area  area  area  area  area  area  area
POST /problems/{problem_id}/assign            -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/change_chief      -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/sign_for          -     -     -     -     -     -     -     -     area
POST /problems/{problem_id}/refuse            -     -     -     -     -     -     -     -     area
POST /problems/{problem_id}/plan              -     -     -     -     -     -     -     -     area
POST /problems/{problem_id}/report_rectified  -     -     -     -     -     -     -     -     area
POST /problems/{problem_id}/send_back         -     area  area  -     -     -     area  -     -
POST /problems/{problem_id}/verify            -     area  area  -     -     -     area  -     -
POST /problems/{problem_id}/write_off         -     area  -     -     -     -     -     -     -
GET /ledger/figures                           area  area  area  area  area  area  area  area  area  none  none
POST /evidence                                any   any   any   any   any   any   any   any   any
GET /evidence/{evidence_id}/content           -     area  area  -     area  -     area  -     area
"""

# How a person signs in is tried by itself: it is the one change that a stranger may ask for.
OPEN_TO_STRANGERS = {"GET /session", "POST /session"}


def expectations() -> dict[str, dict[Role, str]]:
    """The table, read: operation to role to what is expected."""
    read_rows: dict[str, dict[Role, str]] = {}
    for line in TABLE.strip().splitlines()[1:]:
        method, path, *cells = line.split()
        cells += ["-"] * (2 if len(cells) == len(ROLES) - 2 else 0)
        read_rows[f"{method} {path}"] = dict(zip(ROLES, cells, strict=True))
    return read_rows
