"""The honest first week: an office takes its ledger of three years over from Excel, and sends the districts their part."""

import json
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from openpyxl import load_workbook
from riverchief.accounts.models import Membership, Organisation
from riverchief.base.audit.chain import link_of
from riverchief.base.audit.links import Link
from riverchief.base.models import AuditEntry, InboxMessage, OutboxEvent
from riverchief.rectify import actions
from riverchief.rectify.agreement import problems_against_chains
from riverchief.rectify.campaigns.models import Campaign
from riverchief.rectify.escalation.sweep import look_after_ledger
from riverchief.rectify.importing.subscribers import notify_in_sum
from riverchief.rectify.models import Clue, Problem, TakenOver
from riverchief.registry.models import Reach

from tests.riverchief.rectify.office import POISON, Caller, Office
from tests.riverchief.rectify.old_ledger import COUNTIES, counts_of, old_ledger
from tests.riverchief.rectify.test_campaigns import open_campaign, share, shown

CORRECT: dict[str, str] = {
    "found_on": "2023-05-03",
    "due_on": "2023年9月底",
    "rivers": "清溪",
    "problem_kind": "直排",
}


def send(caller: Caller, path: str, content: bytes, name: str = "台账.xlsx", **form: Any) -> Any:
    return caller.client.post(f"/api/v1{path}", data={"file": SimpleUploadedFile(name, content), **form})


@pytest.fixture
def order(office: Office) -> Campaign:
    """Order No. 1, two districts with a water bureau each, and a reach of the river in both."""
    bureau = Organisation.objects.create(
        name_zh="江西区水务局", name_en="Jiangxi Water Bureau", kind="unit", area=office.other_county
    )
    Membership.objects.create(
        user=office["other_inspector"],
        role="unit",
        area=office.other_county,
        organisation=bureau,
        valid_from=date(2020, 1, 1),
    )
    reach = office.reach
    Reach.objects.create(
        basin=reach.basin, code="r2", river=reach.river, area=office.other_county, up_node="2", down_node="3",
        length_m=5_000, geometry={"type": "LineString", "coordinates": [[106.6, 29.5], [106.7, 29.5]]},
        bounds=(106.6, 29.5, 106.7, 29.5), discharge_m3s=5, velocity_m_s=0.5, dispersion_m2s=20,
    )  # fmt: skip
    return open_campaign(office)


def settings(order: Campaign, corrections: dict[int, dict[str, str]]) -> str:
    return json.dumps({"campaign_id": order.pk, "corrections": corrections})


def corrected(rows: list[dict[str, Any]], again: dict[int, dict[str, str]]) -> dict[int, dict[str, str]]:
    """What a person types in where a row is refused, cell by cell."""
    for row in rows:
        county = COUNTIES[(int(row["cells"]["old_number"]) - 1) // 30 % 2]
        right = {"unit_name": f"{county}水务局", "county": county, "old_number": str(900_000 + row["row"])}
        right["old_state"] = row["cells"]["old_state"].removesuffix("？")
        again.setdefault(row["row"], {})[row["field"]] = {**CORRECT, **right}[row["field"]]
    return again


def take_over(office: Office, order: Campaign, total: int) -> None:
    """Preview, correct the fourteen rows, import."""
    city, file = office.client("city_office"), old_ledger(total)
    path = "/ledger/imports/preview"
    first = shown(send(city, path, file, settings=settings(order, {}), only="refused"))
    assert (first["rows"], first["refused"], first["ready"]) == (total, 14, total - 14)
    assert all(row["message"] and row["cure"] for row in first["items"])
    assert any("2023-03-05" in row["message"] for row in first["items"])  # 5/3/23 is told, not guessed
    corrections: dict[int, dict[str, str]] = {}
    preview = first
    while preview["refused"]:
        corrections = corrected(preview["items"], corrections)
        preview = shown(send(city, path, file, settings=settings(order, corrections), only="refused"))
    assert len(corrections) == 14
    early = send(city, "/ledger/imports", file, settings=settings(order, {}), fingerprint="")
    assert early.status_code == 422 and not Problem.objects.exists()  # noqa: PT018 - one thing: nothing is written
    form = {"settings": settings(order, corrections), "fingerprint": preview["fingerprint"]}
    stale = send(city, "/ledger/imports", file, **{**form, "fingerprint": first["fingerprint"]})
    assert stale.status_code == 409
    assert shown(send(city, "/ledger/imports", file, **form))["taken"] == total
    again = shown(send(city, path, file, settings=settings(order, corrections)))
    assert (again["known"], again["ready"]) == (total, 0)
    assert (
        send(city, "/ledger/imports", file, **{**form, "fingerprint": again["fingerprint"]}).status_code
        == 409
    )


def figures_are(office: Office, order: Campaign, total: int) -> dict[str, Any]:
    """One figure for every question, each clickable down to its rows."""
    counts = counts_of(total)
    city = office.client("city_office")
    figures = shown(city.get(f"/ledger/figures?campaign={order.pk}"))
    left = counts["整改中"] + counts["未整改"]
    assert (figures["found"], figures["outstanding"], figures["reported"]) == (total, left, total - left)
    assert figures["written_off"] == counts["已销号"]
    for figure in ("found", "outstanding", "reported", "written_off"):
        behind = shown(city.get(f"/problems?campaign={order.pk}&figure={figure}&limit=1"))
        assert behind["count"] == figures[figure]
    return figures


def test_an_old_ledger_is_corrected_in_the_preview_and_taken_over_once(
    office: Office, order: Campaign
) -> None:
    take_over(office, order, 81)
    figures = figures_are(office, order, 81)
    # What is taken over is nobody's verification here, and says so.
    assert figures["taken_over"] == figures["reported"]
    behind = shown(office.client("city_office").get(f"/problems?campaign={order.pk}&taken_over=true"))
    assert behind["count"] == figures["taken_over"]
    assert not Problem.objects.exclude(rectified_by=None, verified_by=None, written_off_by=None).exists()
    page = shown(
        office.client("city_office").get(f"/problems/{Problem.objects.filter(state='written_off')[0].pk}")
    )
    assert page["taken_over"]["as_state"] == "written_off"
    assert "未经本系统核查" in page["history"][-1]["sentence_zh"]
    assert page["chain"]["ok"]
    chains: dict[int, list[Link]] = {}
    for entry in AuditEntry.objects.filter(chain__startswith="problem:").order_by("chain", "sequence"):
        chains.setdefault(int(entry.chain.partition(":")[2]), []).append(link_of(entry))
    with connection.cursor() as cursor:
        assert len(chains) == 81 and not list(problems_against_chains(cursor.cursor, chains))  # noqa: PT018
    # Nobody below the office reads what the old ledger says of a firm, and nobody elsewhere gets the file.
    for name in ("town_office", "chief", "monitoring", "unit"):
        caller = office.client(name)
        first = Problem.objects.filter(state="planned", area=office.county)[0].pk
        told = caller.get("/problems").content.decode() + caller.get(f"/problems/{first}").content.decode()
        assert not [word for word in POISON if word in told]
    made = shown(office.client("city_office").get("/ledger/imports"))["items"][0]
    assert office.client("city_office").get(f"/ledger/imports/{made['id']}/file").content == old_ledger(81)
    assert office.client("county_office").get(f"/ledger/imports/{made['id']}/file").status_code == 404
    # Deadlines that had passed before are told in sum, not one by one.
    notify_in_sum(OutboxEvent.objects.get(name="rectify.ledger_taken_over"))
    look_after_ledger()
    lines = InboxMessage.objects.filter(recipient_id=office["unit"].pk).values_list("title_zh", flat=True)
    n = Problem.objects.filter(unit=office.unit, rectified_at=None).count()
    assert list(lines) == [f"已接收原有台账：未整改 {n} 件，其中超期 {n} 件"]
    # There is no order yet; the first transfer issues one, with what the old ledger requires.
    moved = Problem.objects.filter(state="planned", area=office.county)[0]
    actions.TransferProblem(
        actor=office["city_office"],
        problem_id=moved.pk,
        organisation_id=office.other_unit.pk,
        reason="职责调整",
    ).run()
    assert moved.taken_over.old_number in moved.orders.get().requirement
    # Whoever took it over judges none of it.
    rectified = Problem.objects.filter(state="rectified")[0]
    alone = office.client("city_office").post(f"/problems/{rectified.pk}/verify", {"finding": "已看"})
    assert alone.status_code == 403


def sheet_of(caller: Caller, area: str) -> Any:
    answer = caller.get(f"/ledger/exchange.xlsx?area={area}")
    assert answer.status_code == 200, answer.content.decode()
    return load_workbook(BytesIO(answer.content))


def content_of(book: Any) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_district_fills_its_sheet_and_conflicts_are_shown(office: Office, order: Campaign, clock) -> None:
    take_over(office, order, 81)
    TakenOver.objects.update(requirement='=HYPERLINK("http://x")')
    clock.forward(hours=1)
    county, unit = office.client("county_office"), office.client("unit")
    there = list(Problem.objects.filter(area=office.county, state__in=("planned", "signed_for")))
    book = sheet_of(county, office.county.pk)
    sheet = book.worksheets[0]
    rows = {sheet.cell(number, 2).value: number for number in range(5, sheet.max_row + 1)}
    # A district gets its own rows, of them nothing that a clue says, and may fill in four columns.
    assert set(rows) == {problem.number for problem in there}
    written = [str(cell.value) for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert not [word for word in POISON if any(word in text for text in written)]
    assert not any(cell.data_type == "f" for line in sheet.iter_rows() for cell in line)
    assert sheet.protection.sheet and sheet.column_dimensions["A"].hidden  # noqa: PT018 - one thing: what is shown is fixed
    assert book.worksheets[1].sheet_state == "veryHidden"
    assert county.get(f"/ledger/exchange.xlsx?area={office.other_county.pk}").status_code == 404
    assert (
        office.client("town_office").get(f"/ledger/exchange.xlsx?area={office.county.pk}").status_code == 403
    )

    planned = [problem for problem in there if problem.state == "planned"]
    waiting = [problem for problem in there if problem.state == "signed_for"]

    def fill(problem: Problem, *texts: str) -> None:
        for column, text in enumerate(texts, start=12):
            sheet.cell(rows[problem.number], column).value = text

    fill(waiting[0], "制定整改方案", "截污纳管，10 月完成")
    fill(planned[0], "上报已整改", "已接入管网", "2026-11-18", "夜间施工，次日补照片")
    fill(planned[1], "上报已整改", "已接入管网", "2026-11-18")
    fill(planned[2], "上报已整改", "已封堵", "5/3/26", "无")
    fill(planned[3], "上报已整改", "已封堵", "", "无")
    actions.ReportRectified(
        actor=office["unit"], problem_id=planned[3].pk, summary="已封堵", without_evidence_reason="无"
    ).run()
    sheet.cell(rows[planned[4].number], 2).value = "P0"
    sheet.cell(rows[planned[5].number], 1).value += "x"
    sheet.delete_rows(rows[planned[6].number])
    filled = content_of(book)

    def outcomes(answer: Any) -> dict[str, tuple[str, str]]:
        return {
            row["problem"]["number"] if row["problem"] else "?": (row["outcome"], row["message"] or "")
            for row in shown(answer)["items"]
        }

    seen = outcomes(send(unit, "/ledger/exchange/preview", filled))
    assert Problem.objects.get(pk=waiting[0].pk).state == "signed_for"
    assert seen[waiting[0].number][0] == seen[planned[0].number][0] == "ready"
    assert seen[planned[1].number][0] == "needs_photo"
    assert seen[planned[2].number][0] == "refused" and "2026-05-03" in seen[planned[2].number][1]  # noqa: PT018 - why
    assert seen[planned[3].number] == ("conflict", "导出后已有变化：导出时“整改中”，现为“已整改（上报）”。")
    assert (seen[planned[4].number][0], seen["?"][0], seen[planned[6].number][0]) == (
        "conflict",
        "conflict",
        "missing",
    )
    # The office may read it too, and does nothing that only the unit may.
    office_sees = outcomes(send(county, "/ledger/exchange", filled))
    assert office_sees[waiting[0].number][0] == "refused"
    # Another district's unit sees none of these problems.
    assert {
        row
        for row, _ in outcomes(send(office.client("other_inspector"), "/ledger/exchange", filled)).values()
    } == {"conflict"}
    done = outcomes(send(unit, "/ledger/exchange", filled))
    assert done[waiting[0].number][0] == done[planned[0].number][0] == "done"
    page = shown(unit.get(f"/problems/{planned[0].pk}"))
    assert (page["state"], "完成日期 2026-11-18" in page["history"][-1]["sentence_zh"]) == ("rectified", True)
    # The same file again, or a colleague's copy of it: what was done has changed the version.
    again = outcomes(send(office.client("unit_2"), "/ledger/exchange", filled))
    assert again[waiting[0].number][0] == again[planned[0].number][0] == "conflict"


@pytest.mark.soak
def test_order_no_1_comes_out_of_4055_rows(office: Office, order: Campaign) -> None:
    take_over(office, order, 4055)
    figures = figures_are(office, order, 4055)
    assert (figures["reported"], figures["outstanding"], share(figures, "reported")) == (3345, 710, "82.5")
    assert Clue.objects.filter(source="old_ledger", state="confirmed").count() == 4055
