"""Every operation of the API, and how the test calls it."""

import json
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from riverchief.accounts.roles import Role

from tests.riverchief.permissions import documented, ledgers
from tests.riverchief.permissions.calls import Operation, lists, read, upload, write
from tests.riverchief.permissions.monitored import UNKNOWN_DEVICE
from tests.riverchief.permissions.own import OWN
from tests.riverchief.permissions.people import PEOPLE
from tests.riverchief.permissions.sampled import plan
from tests.riverchief.permissions.world import World, assignment
from tests.riverchief.rectify.office import NOON, PNG

REASON = {"reason": "理由充分"}


def _campaign(number: str) -> dict[str, Any]:
    return {
        "number": number,
        "title": "行动",
        "issuer": "区总河长",
        "kind": "special",
        "starts_on": "2026-11-01",
    }


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


def _new_term(world: World) -> dict[str, Any]:
    return {
        "number": world.permit.number,
        "holder_id": world.permit.holder_id,
        "valid_from": "2026-01-01",
        "valid_to": "2030-12-31",
        "kind": "first",
        "source": "审批文号 1",
    }


def _new_stop(world: World) -> dict[str, Any]:
    return {"starts_at": NOON.isoformat(), "ends_at": (NOON + timedelta(hours=3)).isoformat(), **REASON}


def _overflow_of_the_suspect(world: World) -> dict[str, Any]:
    return {
        "outfall_id": world.office.suspect.pk,
        "source": "plant_bypass",
        "started_at": NOON.isoformat(),
    }


def _held(world: World) -> dict[str, Any]:
    held = {"held_at": NOON.isoformat(), "place": "三楼", "present": "张三", "outcome": "按期整改"}
    return {**held, "evidence_ids": [world.evidence_id]}


OPERATIONS: dict[str, Operation] = {
    "GET /inbox": read("/inbox", _own_message),
    "POST /inbox/{message_id}/read": write("/inbox/{message}/read"),
    "GET /session": read("/session"),
    "DELETE /session": Operation(lambda client, world, role: client.delete("/api/v1/session")),
    "GET /codes": read("/codes"),
    "GET /areas": read("/areas", lists("code", lambda world: world.office.county.code)),
    "GET /areas/{code}": read("/areas/{county}"),
    "GET /organisations": read("/organisations", lists("id", lambda world: world.office.unit.pk)),
    "GET /people": read("/people?role=inspector", lists("id", lambda world: world.office["inspector"].pk)),
    **PEOPLE,
    **OWN,
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
    "POST /sampling/plans": write("/sampling/plans", lambda world: plan(world.office, "季")),
    "POST /sampling/plans/{plan_id}": write(
        "/sampling/plans/{sampling_plan}", lambda world: plan(world.office, "月")
    ),
    "POST /sampling/plans/{plan_id}/rounds": write(
        "/sampling/plans/{sampling_plan}/rounds", lambda world: {"month": "2026-12"}
    ),
    "GET /sampling/rounds": read("/sampling/rounds", lists("id", lambda world: world.sampling.round)),
    "GET /sampling/rounds/{round_id}": read("/sampling/rounds/{round}"),
    "GET /sampling/rounds/{round_id}/labels.pdf": read("/sampling/rounds/{round}/labels.pdf"),
    "GET /sampling/rounds/{round_id}/visits": read("/sampling/rounds/{round}/visits"),
    "POST /sampling/visits/{visit_id}/take": write(
        "/sampling/visits/{unvisited}/take", lambda world: {"taken_at": NOON.isoformat(), "note": "无定位"}
    ),
    "POST /sampling/visits/{visit_id}/miss": write(
        "/sampling/visits/{unvisited}/miss", lambda world: {"reason": "dry"}
    ),
    "POST /sampling/visits/{visit_id}/photo": upload(
        "/sampling/visits/{unvisited}/photo",
        lambda world: {"file": SimpleUploadedFile("b.png", PNG + b"dry")},
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
    "GET /outfalls/{outfall_id}/permits": read("/outfalls/{outfall}/permits"),
    "GET /permits": read("/permits", lists("id", lambda world: world.permit.pk)),
    "POST /permits": write("/permits", _new_term),
    "POST /permits/{permit_id}/outlets": write(
        "/permits/{permit}/outlets",
        lambda world: {"code": "DW001", "outfall_codes": [world.office.suspect.code]},
    ),
    "GET /quarantine": read("/quarantine", lists("mn", lambda world: UNKNOWN_DEVICE)),
    "GET /rejected_frames": read("/rejected_frames", lists("id", lambda world: 2)),
    "GET /adoptions": read("/adoptions", lists("id", lambda world: world.adoption.pk)),
    "POST /adoptions/{adoption_id}/take_back": write("/adoptions/{adoption}/take_back", lambda world: REASON),
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
    "GET /clues/{clue_id}/similar": read("/clues/{clue}/similar"),
    "POST /clues/{clue_id}/confirm": write(
        "/clues/{clue}/confirm", lambda world: {**REASON, "basis": "decision"}
    ),
    "POST /clues/{clue_id}/dismiss": write("/clues/{clue}/dismiss", lambda world: REASON),
    "POST /clues/{clue_id}/merge": write(
        "/clues/{clue}/merge", lambda world: {**REASON, "into_id": world.other_clue.pk}
    ),
    "GET /problems": read("/problems", lists("id", lambda world: world.problems["assigned"].pk)),
    "GET /problems/{problem_id}": read("/problems/{assigned}"),
    "GET /problems/{problem_id}/case_file.zip": read("/problems/{assigned}/case_file.zip"),
    "POST /packs": write(
        "/packs", lambda world: {"audience": "inspectors", "area_code": world.office.county.pk}
    ),
    "GET /packs": read("/packs", lists("id", lambda world: world.pack.pk)),
    "GET /packs/{pack_id}/pack.zip": read("/packs/{pack}/pack.zip"),
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
        "/problems/{rectified}/verify",
        lambda world: {
            "finding": "属实",
            "evidence_ids": [world.evidence_id],
            "lon": world.problems["rectified"].lon,
            "lat": world.problems["rectified"].lat,
            "exception_reason": "照片无拍摄时间",
        },
    ),
    "POST /problems/{problem_id}/write_off": write("/problems/{verified}/write_off", lambda world: REASON),
    "POST /problems/{problem_id}/urge": write("/problems/{assigned}/urge", lambda world: {"message": "催"}),
    "POST /problems/{problem_id}/answer_urging": write(
        "/problems/{urged}/answer_urging", lambda world: {"answer": "快了"}
    ),
    "POST /problems/{problem_id}/ask_extension": write(
        "/problems/{signed_for}/ask_extension", lambda world: {**REASON, "due_date": "2027-03-01"}
    ),
    "POST /problems/{problem_id}/extend": write("/problems/{urged}/extend", lambda world: REASON),
    "POST /problems/{problem_id}/decline_extension": write(
        "/problems/{urged}/decline_extension", lambda world: REASON
    ),
    "POST /problems/{problem_id}/suspend": write(
        "/problems/{signed_for}/suspend", lambda world: {**REASON, "until_date": "2026-12-20"}
    ),
    "POST /problems/{problem_id}/resume": write("/problems/{urged}/resume", lambda world: REASON),
    "POST /problems/{problem_id}/transfer": write(
        "/problems/{assigned}/transfer",
        lambda world: {**REASON, "organisation_id": world.office.other_unit.pk},
    ),
    "POST /problems/{problem_id}/transfer_area": write(
        "/problems/{assigned}/transfer_area", lambda world: {**REASON, "area_code": world.office.town.pk}
    ),
    "POST /problems/{problem_id}/merge": write(
        "/problems/{assigned}/merge",
        lambda world: {**REASON, "into_id": world.problems["registered"].pk},
    ),
    "POST /problems/{problem_id}/split": write(
        "/problems/{assigned}/split", lambda world: {**REASON, "title": "另一处"}
    ),
    "POST /problems/{problem_id}/call_back": write(
        "/problems/{written_off}/call_back", lambda world: {"result": "holds", "finding": "无出流"}
    ),
    "POST /problems/{problem_id}/suspect_relapse": write(
        "/problems/{written_off}/suspect_relapse", lambda world: {"observation": "夜间有水"}
    ),
    "POST /problems/{problem_id}/dismiss_relapse": write(
        "/problems/{suspected}/dismiss_relapse", lambda world: REASON
    ),
    "POST /problems/{problem_id}/reopen": write("/problems/{suspected}/reopen", lambda world: REASON),
    "POST /problems/{problem_id}/archive": write("/problems/{written_off}/archive", lambda world: REASON),
    "POST /problems/{problem_id}/set_campaign": write(
        "/problems/{assigned}/set_campaign", lambda world: {**REASON, "campaign_id": world.campaign.pk}
    ),
    "POST /ledger/imports/preview": upload("/ledger/imports/preview", lambda world: ledgers.file("another")),
    "POST /ledger/imports": Operation(ledgers.take_over),
    "GET /ledger/imports": read("/ledger/imports", lists("id", lambda world: world.ledger.pk)),
    "GET /ledger/imports/{import_id}/file": read("/ledger/imports/{ledger}/file"),
    "GET /ledger/exchange.xlsx": read("/ledger/exchange.xlsx?area={county}"),
    "POST /ledger/exchange/preview": upload("/ledger/exchange/preview", ledgers.sheet),
    "POST /ledger/exchange": upload("/ledger/exchange", ledgers.sheet),
    "GET /campaigns": read("/campaigns", lists("id", lambda world: world.campaign.pk)),
    "POST /campaigns": write(
        "/campaigns", lambda world: {"area_code": world.office.county.pk, **_campaign("令2")}
    ),
    "GET /campaigns/{campaign_id}": read("/campaigns/{campaign}"),
    "POST /campaigns/{campaign_id}": write(
        "/campaigns/{campaign}", lambda world: {**REASON, **_campaign("令")}
    ),
    "GET /campaigns/{campaign_id}/editions": read(
        "/campaigns/{campaign}/editions", lists("id", lambda world: world.edition.pk)
    ),
    "POST /campaigns/{campaign_id}/editions": write("/campaigns/{campaign}/editions"),
    "GET /figure_editions/{edition_id}": read("/figure_editions/{edition}"),
    "GET /figure_editions/{edition_id}/rows": read("/figure_editions/{edition}/rows"),
    "POST /figure_editions/{edition_id}/correct": write(
        "/figure_editions/{edition}/correct",
        lambda world: {**REASON, "problem_ids": [world.problems["verified"].pk]},
    ),
    "GET /remediation": read(
        "/remediation",
        lambda answer, world, role: any(
            item["outfall"]["id"] == world.remediated.planned.pk for item in answer.json()["items"]
        ),
    ),
    "GET /remediation/figures": read(
        "/remediation/figures", lambda answer, world, role: answer.json()["found"] > 0
    ),
    "GET /outfalls/{outfall_id}/remediation": read("/outfalls/{planned_outfall}/remediation"),
    "GET /outfalls/{outfall_id}/remediation/entities": read(
        "/outfalls/{outfall}/remediation/entities", lambda answer, world, role: answer.json()["count"] > 0
    ),
    "POST /outfalls/{outfall_id}/remediation/record_monitoring": write(
        "/outfalls/{outfall}/remediation/record_monitoring",
        lambda world: {"manner": "quick_test", "monitored_on": "2026-11-19", "result": "氨氮 3"},
    ),
    "POST /outfalls/{outfall_id}/remediation/decide_entity": write(
        "/outfalls/{outfall}/remediation/decide_entity",
        lambda world: {"entity": "government", "ground": "查无主体"},
    ),
    "POST /outfalls/{outfall_id}/remediation/adopt_policy": write(
        "/outfalls/{traced}/remediation/adopt_policy", lambda world: {"measure": "ban", "policy": "封堵"}
    ),
    "POST /outfalls/{outfall_id}/remediation/add_step": write(
        "/outfalls/{planned_outfall}/remediation/add_step",
        lambda world: {
            "kind": "block",
            "organisation_id": world.office.unit.pk,
            "due_date": "2026-12-31",
        },
    ),
    "POST /outfalls/{outfall_id}/remediation/accept": write(
        "/outfalls/{ready}/remediation/accept",
        lambda world: {"finding": "符合", "evidence_ids": [world.evidence_id]},
    ),
    "POST /outfalls/{outfall_id}/remediation/write_off": write(
        "/outfalls/{accepted}/remediation/write_off", lambda world: REASON
    ),
    "POST /remediation/steps/{step_id}/finish": write(
        "/remediation/steps/{open_step}/finish",
        lambda world: {"summary": "已完成", "evidence_ids": [world.evidence_id]},
    ),
    "POST /remediation/steps/{step_id}/recheck": write(
        "/remediation/steps/{done_step}/recheck",
        lambda world: {"seen": "nothing", "finding": "无出流", "evidence_ids": [world.evidence_id]},
    ),
    "POST /remediation/steps/{step_id}/reopen": write(
        "/remediation/steps/{done_step}/reopen", lambda world: REASON
    ),
    "GET /enforcement/cases": read("/enforcement/cases", lists("id", lambda world: world.case.pk)),
    "GET /enforcement/figures": read(
        "/enforcement/figures", lambda answer, world, role: json.loads(answer.content)["filed"] > 0
    ),
    "GET /enforcement/cases/{case_id}": read("/enforcement/cases/{case}"),
    "POST /problems/{problem_id}/cases": write(
        "/problems/{assigned}/cases",
        lambda world: {**REASON, "number": "立2", "party": "某厂", "filed_on": "2026-11-20"},
    ),
    "POST /enforcement/cases/{case_id}/steps": write(
        "/enforcement/cases/{case}/steps",
        lambda world: {"kind": "penalty", "on": "2026-11-20", "note": "罚款", "amount_yuan": "100000"},
    ),
    "GET /ledger/breakdown": read("/ledger/breakdown", lists("key", lambda world: world.office.county.code)),
    "GET /ledger/durations": read(
        "/ledger/durations", lambda answer, world, role: json.loads(answer.content)["reported"] > 0
    ),
    "GET /ledger/figures": read(
        "/ledger/figures", lambda answer, world, role: json.loads(answer.content)["found"] > 0
    ),
    "GET /documents": read("/documents", lists("id", lambda world: world.letters["issued"].pk)),
    "POST /documents": write(
        "/documents",
        lambda world: {
            "kind": "reminder",
            "problem_ids": [world.problems["assigned"].pk],
            "receiver_ids": [world.office.unit.pk],
        },
    ),
    "GET /documents/receivers": read("/documents/receivers", lists("id", lambda world: world.office.unit.pk)),
    "GET /documents/{document_id}": read("/documents/{letter_issued}"),
    "GET /documents/{document_id}/document.pdf": read("/documents/{letter_issued}/document.pdf"),
    "GET /problems/{problem_id}/order.pdf": read("/problems/{assigned}/order.pdf"),
    "POST /documents/{document_id}/edit": write(
        "/documents/{letter_draft}/edit", lambda world: documented.text(world.office, world.letters["draft"])
    ),
    "POST /documents/{document_id}/submit": write("/documents/{letter_draft}/submit"),
    "POST /documents/{document_id}/review": write("/documents/{letter_reviewing}/review"),
    "POST /documents/{document_id}/countersign": write("/documents/{letter_countersigning}/countersign"),
    "POST /documents/{document_id}/issue": write("/documents/{letter_signing}/issue"),
    "POST /documents/{document_id}/send_back": write(
        "/documents/{letter_countersigning}/send_back", lambda world: REASON
    ),
    "POST /documents/{document_id}/withdraw": write(
        "/documents/{letter_draft}/withdraw", lambda world: REASON
    ),
    "POST /documents/{document_id}/sign_for": write("/documents/{letter_issued}/sign_for"),
    "POST /documents/{document_id}/reply": write(
        "/documents/{letter_received}/reply", lambda world: {"evidence_ids": [world.evidence_id]}
    ),
    "POST /documents/{document_id}/record_interview": write(
        "/documents/{letter_interview}/record_interview", _held
    ),
    "POST /evidence": upload("/evidence", lambda world: {"file": SimpleUploadedFile("b.png", PNG + b"new")}),
    "GET /evidence/{evidence_id}/content": read("/evidence/{evidence}/content"),
}
