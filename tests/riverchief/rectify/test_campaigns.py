"""Orders and campaigns: old stock and new finds apart, figures that can be clicked, editions that are corrected openly."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from riverchief.accounts.models import Area
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.rectify import actions
from riverchief.rectify.campaigns.actions import ChangeCampaign, OpenCampaign
from riverchief.rectify.campaigns.editions import CorrectFigures, FreezeFigures
from riverchief.rectify.campaigns.models import Campaign, FigureRow
from riverchief.rectify.models import Clue, Problem

from tests.riverchief.rectify.office import NOON, POISON, Office
from tests.riverchief.rectify.test_transitions import STEPS, bring_to


def open_campaign(office: Office, number: str = "第1号总河长令", **given: Any) -> Campaign:
    described = {"title": "三排问题排查整治", "issuer": "市总河长", "kind": "order"}
    return OpenCampaign(
        actor=office["city_office"],
        area_code=office.city.pk,
        number=number,
        starts_on=date(2026, 4, 20),
        **{**described, **given},
    ).run()


def fill(office: Office, campaign: Campaign, counts: dict[str, int], area: Area | None = None) -> None:
    """So many problems of the campaign in each state."""
    total = sum(counts.values())
    before = Clue.objects.count()
    states = [state for state, n in counts.items() for _ in range(n)]
    place = {"kind": "direct", "area": area or office.county, "lon": 106.55, "lat": 29.5}
    someone = {"decided_by": office["inspector"], "decided_at": NOON, "decision_reason": "属实"}
    clues = Clue.objects.bulk_create(
        Clue(
            number=f"X{before + n}",
            source="survey",
            state="confirmed",
            basis="photo",
            title="排口",
            registered_at=NOON,
            **place,
            **someone,
        )
        for n in range(total)
    )
    assigned = {
        "unit": office.unit,
        "due_at": NOON + timedelta(days=9),
        "assigned_at": NOON,
        "signed_for_at": NOON,
        "rectification_class": "by_date",
        "opened_by": office["inspector"],
        "opened_at": NOON,
        "state_since": NOON,
        "campaign": campaign,
        **place,
    }
    done = {
        "planned": {},
        "rectified": {"rectified_by": office["unit"], "rectified_at": NOON},
    }
    done["verified"] = {**done["rectified"], "verified_by": office["inspector"], "verified_at": NOON}
    done["written_off"] = {
        **done["verified"],
        "written_off_by": office["city_office"],
        "written_off_at": NOON,
    }
    Problem.objects.bulk_create(
        Problem(number=f"P{clue.pk}", clue=clue, title="排口", state=state, **assigned, **done[state])
        for clue, state in zip(clues, states, strict=True)
    )


def shown(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


def share(part: dict[str, Any], figure: str) -> str:
    row = next(row for row in part["shares"] if row["figure"] == figure)
    assert (row["count"], row["of"]) == (part[figure], part[row["of_figure"]])
    return f"{100 * row['share']:.1f}"


def test_the_month_end_of_order_no_1(office: Office, clock) -> None:
    order = open_campaign(office)
    fill(office, order, {"planned": 710, "rectified": 117, "verified": 108, "written_off": 3120})
    city = office.client("city_office")

    first = shown(city.post(f"/campaigns/{order.pk}/editions"))
    page = shown(city.get(f"/figure_editions/{first['id']}"))
    (stock,) = page["parts"]
    assert (stock["found"], stock["reported"], stock["written_off"], stock["outstanding"]) == (
        4055,
        3345,
        3120,
        710,
    )
    assert (share(stock, "reported"), share(stock, "written_off")) == ("82.5", "76.9")
    exclusive = ("outstanding", "rectified", "verified", "written_off")
    assert sum(stock[name] for name in exclusive) == stock["found"]
    assert (page["intact"], page["whole"]) == (True, True)
    assert city.post(f"/campaigns/{order.pk}/editions").status_code == 409

    clock.forward(hours=3)
    false = list(Problem.objects.filter(state="rectified").values_list("pk", flat=True)[:8])
    for problem_id in false:
        actions.SendBackProblem(
            actor=office["inspector"], problem_id=problem_id, reason="暗查：并未整改"
        ).run()
    # Meanwhile somebody else reports: that is of a later day, and not in the correction.
    another = Problem.objects.filter(state="planned").first()
    STEPS["report_rectified"](office, another).run()
    undone = shown(city.get(f"/figure_editions/{first['id']}/rows?undone=true"))
    assert {row["problem"]["id"] for row in undone["items"]} == set(false)
    second = shown(
        city.post(
            f"/figure_editions/{first['id']}/correct",
            {"problem_ids": false, "reason": "暗查证实 8 个问题虚报整改"},
        )
    )
    assert second["number"] == 2
    corrected = shown(city.get(f"/figure_editions/{second['id']}"))
    (stock,) = corrected["parts"]
    assert (stock["reported"], stock["outstanding"], stock["written_off"]) == (3337, 718, 3120)
    assert (share(stock, "reported"), share(stock, "written_off")) == ("82.3", "76.9")
    assert (corrected["as_of"], corrected["signed_by"]["name_en"]) == (page["as_of"], "city_office")

    again = shown(city.get(f"/figure_editions/{first['id']}"))
    assert (again["parts"], again["intact"], again["may_correct"]) == (page["parts"], True, False)
    behind = shown(city.get(f"/figure_editions/{second['id']}/rows?figure=outstanding&part=stock&limit=1"))
    assert behind["count"] == 718
    wrong = shown(city.get(f"/figure_editions/{second['id']}/rows?figure=outstanding&limit=200&offset=600"))
    assert sum(row["corrected"] for row in wrong["items"]) == 8

    new = open_campaign(office, "专项〔2026〕2号", kind="special")
    fill(office, new, {"planned": 100})
    now = shown(city.get(f"/campaigns/{order.pk}"))["parts"]
    assert [(part["found"], part["reported"]) for part in now] == [(4055, 3338)]
    assert shown(city.get(f"/figure_editions/{first['id']}"))["parts"] == page["parts"]
    everything = shown(city.get("/ledger/figures"))
    assert (everything["found"], everything["mixed"], everything["shares"]) == (4155, True, [])


def test_old_stock_and_new_finds_never_share_a_denominator(office: Office, clock) -> None:
    order = open_campaign(office)
    fill(office, order, {"planned": 3, "written_off": 1})
    clock.forward(days=10)
    ChangeCampaign(
        actor=office["city_office"],
        campaign_id=order.pk,
        number=order.number,
        title=order.title,
        issuer=order.issuer,
        kind=order.kind,
        starts_on=order.starts_on,
        stock_closed_on=(NOON + timedelta(days=5)).date(),
        reason="存量核定",
    ).run()
    call = actions.RegisterClue(
        actor=office["county_office"],
        source="call_12345",
        kind="direct",
        title="新口",
        description="",
        lon=106.55,
        lat=29.5,
    ).run()
    actions.ConfirmClue(
        actor=office["inspector"],
        clue_id=call.pk,
        basis="decision",
        reason="属实",
        campaign_id=order.pk,
    ).run()
    parts = shown(office.client("city_office").get(f"/campaigns/{order.pk}"))["parts"]
    assert [(part["part"], part["found"], share(part, "written_off")) for part in parts] == [
        ("stock", 4, "25.0"),
        ("new", 1, "0.0"),
    ]
    new = shown(office.client("city_office").get(f"/problems?campaign={order.pk}&part=new&figure=found"))
    assert [row["new_find"] for row in new["items"]] == [True]


def test_a_reader_gets_the_figures_of_what_they_may_see(office: Office) -> None:
    order = open_campaign(office)
    fill(office, order, {"planned": 3})
    fill(office, order, {"planned": 2}, office.other_county)
    FreezeFigures(actor=office["city_office"], campaign_id=order.pk).run()
    for name, found, whole in (
        ("city_office", 5, True),
        ("county_office", 3, False),
        ("other_county_office", 2, False),
        ("town_office", 0, False),
    ):
        reader = office.client(name)
        now = shown(reader.get(f"/campaigns/{order.pk}"))
        (edition,) = shown(reader.get(f"/campaigns/{order.pk}/editions"))["items"]
        then = shown(reader.get(f"/figure_editions/{edition['id']}"))
        rows = shown(reader.get(f"/figure_editions/{edition['id']}/rows"))
        assert (now["parts"][0]["found"], then["parts"][0]["found"], rows["count"]) == (found,) * 3, name
        assert (now["whole"], then["whole"]) == (whole, whole)
        assert not [word for word in POISON if word in str((now, then, rows))]


def test_no_figure_is_changed_by_hand(office: Office) -> None:
    order = open_campaign(office)
    fill(office, order, {"rectified": 2})
    edition = FreezeFigures(actor=office["city_office"], campaign_id=order.pk).run()
    one = Problem.objects.first()
    with pytest.raises(InvalidInput, match="没有被退回"):
        CorrectFigures(
            actor=office["city_office"], edition_id=edition.pk, problem_ids=[one.pk], reason="看着不像"
        ).run()
    with pytest.raises(DatabaseError, match="new lines only"), transaction.atomic():
        FigureRow.objects.filter(edition=edition).update(state="written_off")
    with pytest.raises(StateRefused):
        FreezeFigures(actor=office["city_office"], campaign_id=order.pk).run()


def test_a_problem_moves_from_one_campaign_to_another_with_a_reason(office: Office, problem) -> None:
    order, other = open_campaign(office), open_campaign(office, "专项〔2026〕2号")
    bring_to(office, problem, "assigned")
    for campaign in (order, other):
        actions.SetCampaign(
            actor=office["county_office"], problem_id=problem.pk, campaign_id=campaign.pk, reason="归口"
        ).run()
    counts = [
        shown(office.client("chief").get(f"/campaigns/{c.pk}"))["parts"][0]["found"] for c in (order, other)
    ]
    assert counts == [0, 1]
    elsewhere = open_campaign(office, "专项〔2026〕3号")
    Campaign.objects.filter(pk=elsewhere.pk).update(area=office.other_county)
    with pytest.raises(InvalidInput, match="没有覆盖本区域"):
        actions.SetCampaign(
            actor=office["city_office"], problem_id=problem.pk, campaign_id=elsewhere.pk, reason="归口"
        ).run()


def test_every_number_of_the_breakdown_opens_its_rows(office: Office, clock) -> None:
    order = open_campaign(office)
    fill(office, order, {"planned": 3, "written_off": 2})
    fill(office, order, {"rectified": 1}, office.other_county)
    clock.forward(days=40)
    city = office.client("city_office")
    for by in ("area", "department", "kind", "unit", "age"):
        rows = shown(city.get(f"/ledger/breakdown?by={by}&campaign={order.pk}"))["items"]
        assert sum(row["found"] for row in rows) == 6, by
        for row in rows:
            opened = shown(city.get(f"/problems?figure=outstanding&{by}={row['filter']}"))
            assert opened["count"] == row["outstanding"], (by, row)
    (county, west) = shown(city.get("/ledger/breakdown?by=area"))["items"]
    assert (county["key"], share(county, "reported"), share(west, "reported")) == (
        office.county.pk,
        "40.0",
        "100.0",
    )
    assert shown(city.get("/ledger/durations"))["days_to_report"] == 0.0
    assert city.get("/ledger/breakdown?by=weather").status_code == 422


def test_a_long_list_goes_on_after_its_last_row(office: Office) -> None:
    fill(office, open_campaign(office), {"planned": 5})
    city = office.client("city_office")
    seen: list[int] = []
    after = ""
    while True:
        page = shown(city.get(f"/problems?limit=2{after}"))
        assert (page["count"], page["capped"]) == (5, False)
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    assert city.get("/problems?offset=10001").status_code == 422
