"""查、测、溯、治 of an outfall: every step by its own person, in dry weather where it must be, and no suspect named to a town."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from riverchief.accounts.models import Membership
from riverchief.base import audit
from riverchief.base.actions import SYSTEM, Action
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.base.models import InboxMessage, OutboxEvent
from riverchief.monitor.models import OverflowRecord
from riverchief.rectify import actions as ledger
from riverchief.rectify.actions import OpenClueFromOverflow
from riverchief.rectify.models import Problem, Remediation, RemediationStep
from riverchief.rectify.remediation import actions
from riverchief.rectify.remediation.codes import RemediationState
from riverchief.rectify.remediation.history import WORDINGS
from riverchief.rectify.remediation.queries import figures
from riverchief.rectify.remediation.subscribers import keep_interception_open, notify_next
from riverchief.rectify.remediation.transitions import REMEDIATION_TRANSITIONS
from riverchief.registry.models import Outfall, Station

from tests.riverchief.monitor.weather import HOUR, rains
from tests.riverchief.rectify.office import NOON, PNG, POISON_FIRM, POISON_FIRM_EN, Office, make_outfall

POLICY = f"由{POISON_FIRM}截流后接入市政管网。"


@pytest.fixture
def outfall(office: Office) -> Outfall:
    """The suspect's outfall, in the town, by a name that accuses nobody; and dry weather, measured."""
    office.suspect.area, office.suspect.name_zh, office.suspect.name_en = office.town, "排口一", "Outfall one"
    office.suspect.save()
    gauge = Station.objects.create(
        code="R1", name_zh="雨量站", name_en="Gauge", kind="rain_gauge", reach=office.reach, area=office.county,
        lon=106.55, lat=29.5, chainage_m=10,
    )  # fmt: skip
    rains(gauge, NOON - 100 * HOUR, [9.0] * 4 + [0.0] * 144)
    return office.suspect


def photo(office: Office, who: str) -> list[int]:
    upload = ledger.UploadEvidence(actor=office[who], content=PNG + who.encode(), file_name="a.png").run()
    return [upload.evidence_id]


Step = Callable[[Office, Outfall], Action[Remediation]]


def only_step(outfall: Outfall) -> int:
    return RemediationStep.objects.filter(remediation__outfall=outfall).latest("pk").pk


STEPS: dict[str, Step] = {
    "record_monitoring": lambda office, outfall: actions.RecordMonitoring(
        actor=office["county_office"], outfall_id=outfall.pk, manner="quick_test", monitored_on=date(2026, 11, 19), result="氨氮 3.2"
    ),
    "decide_entity": lambda office, outfall: actions.DecideEntity(
        actor=office["enforcement"], outfall_id=outfall.pk, entity="organisation", ground="染色示踪与厂内管线一致",
        organisation_id=outfall.organisation_id, evidence_ids=photo(office, "enforcement"),
    ),
    "adopt_policy": lambda office, outfall: actions.AdoptPolicy(
        actor=office["county_office"], outfall_id=outfall.pk, measure="merge", policy=POLICY
    ),
    "add_step": lambda office, outfall: actions.AddStep(
        actor=office["county_office"], outfall_id=outfall.pk, kind="intercept", organisation_id=office.unit.pk,
        due_date=date(2026, 12, 31),
    ),
    "finish": lambda office, outfall: actions.FinishStep(
        actor=office["unit"], step_id=only_step(outfall), summary="截流井已建成", evidence_ids=photo(office, "unit")
    ),
    "recheck": lambda office, outfall: actions.RecheckStep(
        actor=office["inspector"], step_id=only_step(outfall), seen="nothing", finding="无出流",
        evidence_ids=photo(office, "inspector"),
    ),
    "reopen": lambda office, outfall: actions.ReopenStep(
        actor=office["inspector_2"], step_id=only_step(outfall), reason="又有渗漏"
    ),
    "accept": lambda office, outfall: actions.AcceptRemediation(
        actor=office["county_office_2"], outfall_id=outfall.pk, finding="符合要求", evidence_ids=photo(office, "county_office_2")
    ),
    "write_off": lambda office, outfall: actions.WriteOffRemediation(
        actor=office["city_office"], outfall_id=outfall.pk, reason="同意"
    ),
}  # fmt: skip

ROUTE = ["decide_entity", "adopt_policy", "add_step", "finish", "recheck", "accept", "write_off"]
ROUTE_TO = {"found": 0, "traced": 1, "planned": 4, "accepted": 6, "written_off": 7}


def bring(office: Office, outfall: Outfall, *steps: str) -> None:
    for step in steps:
        STEPS[step](office, outfall).run()


def dry_weather_problem(office: Office, outfall: Outfall) -> Problem:
    """The outfall runs in dry weather, and the inspector has confirmed it by a photo."""
    overflow = OverflowRecord.objects.create(
        outfall=outfall, source="overflow", known_by="import", started_at=NOON - timedelta(hours=3),
        receiving_reach=office.reach, entered_at=NOON,
    )  # fmt: skip
    clue = OpenClueFromOverflow(actor=SYSTEM, overflow_id=overflow.pk).run()
    return ledger.ConfirmClue(
        actor=office["inspector"], clue_id=clue.pk, basis="photo", reason="晴天出流",
        evidence_ids=photo(office, "inspector"),
    ).run()  # fmt: skip


def deliver_problem_opened() -> None:
    event = OutboxEvent.objects.filter(name="rectify.problem_opened").latest("pk")
    keep_interception_open(event)
    keep_interception_open(event)  # delivered twice


@pytest.mark.parametrize("state", ROUTE_TO)
def test_an_action_works_in_the_states_of_the_table_and_in_no_other(
    office: Office, outfall: Outfall, state: str
) -> None:
    assert set(ROUTE_TO) == set(RemediationState.values)
    assert set(STEPS) == set(REMEDIATION_TRANSITIONS)
    bring(office, outfall, *ROUTE[: ROUTE_TO[state]])
    for name, row in REMEDIATION_TRANSITIONS.items():
        with transaction.atomic():
            step = RemediationStep.objects.filter(remediation__outfall=outfall).first()
            if row.of_step and step is None:
                continue
            suits = state in row.accepts and (not row.of_step or (step and step.state in row.accepts_step))
            if suits and name != "accept":  # which needs its steps done, as below
                assert STEPS[name](office, outfall).run().state == (row.becomes or state), name
            else:
                # Before it has a step, the outfall does not exist for a unit that watches over nothing.
                with pytest.raises((StateRefused, NotFound)):
                    STEPS[name](office, outfall).run()
            transaction.set_rollback(True)


def test_an_outfall_goes_through_found_monitored_traced_remediated_and_each_is_counted(
    office: Office, outfall: Outfall
) -> None:
    make_outfall(office, "P2", lon=106.56)

    def counts() -> list[int]:
        found = figures(office["city_office"])
        names = ("found", "monitored", "traced", "remediated", "written_off")
        assert [sum(row[name] for row in found["areas"]) for name in names] == [found[n] for n in names]
        shown = []
        for name in names:
            rows = office.client("city_office").get(f"/remediation?reached={name}").json()
            assert rows["count"] == found[name]
            shown.append(found[name])
        return shown

    seen = [counts()]
    for step in ("record_monitoring", *ROUTE):
        bring(office, outfall, step)
        seen.append(counts())
    assert seen == [
        [2, 0, 0, 0, 0],
        [2, 1, 0, 0, 0],
        *[[2, 1, 1, 0, 0]] * 5,
        [2, 1, 1, 1, 0],
        [2, 1, 1, 1, 1],
    ]
    assert not list(audit.broken_links(f"outfall:{outfall.pk}"))
    file = office.client("city_office").get(f"/outfalls/{outfall.pk}/remediation").json()
    assert file["entity"]["organisation"]["name_zh"] == POISON_FIRM
    assert [line["action"].removeprefix("remediation.") for line in file["history"]] == [
        "record_monitoring",
        *ROUTE,
    ]
    assert file["steps"][0]["rain_mm"] == 0
    assert file["steps"][0]["dry_hours"] == 72


def test_nobody_checks_accepts_or_closes_their_own_work(office: Office, outfall: Outfall) -> None:
    # Somebody who is unit, inspector and city office at once, as in a small county.
    for role, organisation in (("unit", office.unit), ("inspector", None), ("city_office", None)):
        Membership.objects.create(
            user=office["unit"],
            role=role,
            area=office.city,
            organisation=organisation,
            valid_from=date(2021, 1, 1),
        )
    bring(office, outfall, *ROUTE[:4])
    own = STEPS["recheck"](office, outfall)
    own.actor = office["unit"]
    with pytest.raises(PermissionRefused):
        own.run()
    bring(office, outfall, "recheck")
    for who in ("unit", "inspector"):
        own = STEPS["accept"](office, outfall)
        own.actor = office[who]
        with pytest.raises(PermissionRefused):
            own.run()
    accept = STEPS["accept"](office, outfall)
    accept.actor, accept.evidence_ids = office["city_office"], photo(office, "city_office")  # type: ignore[attr-defined]
    accept.run()
    with pytest.raises(PermissionRefused):
        STEPS["write_off"](office, outfall).run()


def test_interception_is_checked_only_after_72_dry_hours_that_a_gauge_has_measured(
    office: Office, outfall: Outfall, clock: Any
) -> None:
    bring(office, outfall, *ROUTE[:4])
    clock.now = NOON - 30 * HOUR  # the rain ended 66 hours before
    with pytest.raises(StateRefused, match="不是旱天"):
        STEPS["recheck"](office, outfall).run()
    clock.now = NOON + 90 * HOUR  # the gauge fell silent after 48 hours
    with pytest.raises(StateRefused, match="没有足够的数据"):
        STEPS["recheck"](office, outfall).run()
    clock.now = NOON
    runs = STEPS["recheck"](office, outfall)
    runs.seen = "flowing"  # type: ignore[attr-defined]
    runs.run()
    assert RemediationStep.objects.get().state == "open"
    with pytest.raises(StateRefused):
        STEPS["accept"](office, outfall).run()


def test_a_confirmed_discharge_in_dry_weather_keeps_the_step_intercept_open(
    office: Office, outfall: Outfall
) -> None:
    bring(office, outfall, *ROUTE[:6])
    problem = dry_weather_problem(office, outfall)
    deliver_problem_opened()
    row = Remediation.objects.get()
    assert (row.state, row.accepted_by, RemediationStep.objects.get().state) == ("planned", None, "open")
    chain = [entry.action for entry in audit.entries(f"outfall:{outfall.pk}")]
    assert chain.count("remediation.keep_open") == 1
    bring(office, outfall, "finish")
    with pytest.raises(StateRefused, match="保持未完成"):
        STEPS["recheck"](office, outfall).run()
    shown = office.client("county_office")
    assert shown.get(f"/problems/{problem.pk}").json()["remediation"]["state"] == "planned"
    [at_outfall] = shown.get(f"/outfalls/{outfall.pk}/remediation").json()["problems"]
    assert (at_outfall["number"], at_outfall["keeps_open"]) == (problem.number, True)


def test_whoever_has_to_do_something_next_is_told_by_the_code_of_the_outfall(
    office: Office, outfall: Outfall
) -> None:
    told: dict[str, set[str]] = {}
    for step in ROUTE:
        bring(office, outfall, step)
        notify_next(OutboxEvent.objects.filter(name="rectify.remediation_changed").latest("pk"))
        fresh = InboxMessage.objects.filter(kind="remediation")
        told[step] = {
            name for name, user in office.people.items() if fresh.filter(recipient_id=user.pk).exists()
        }
        assert not [row for row in fresh if POISON_FIRM in row.title_zh]
        fresh.delete()
    units, checkers = {"unit", "unit_2"}, {"inspector", "inspector_2", "county_office", "county_office_2"}
    offices = {"city_office", "city_office_2"}
    assert told == {
        **{step: set() for step in ROUTE},
        "add_step": units,
        "finish": checkers | offices,
        "accept": offices,
    }


def test_what_was_written_off_is_opened_again_by_a_person_only(office: Office, outfall: Outfall) -> None:
    bring(office, outfall, *ROUTE)
    dry_weather_problem(office, outfall)
    deliver_problem_opened()
    assert Remediation.objects.get().state == "written_off"
    bring(office, outfall, "reopen")
    assert Remediation.objects.get().state == "planned"


def test_a_town_sees_state_and_measure_and_nothing_that_names_who_is_responsible(
    office: Office, outfall: Outfall
) -> None:
    bring(office, outfall, "record_monitoring", *ROUTE[:6])
    problem = dry_weather_problem(office, outfall)
    paths = (
        "/remediation",
        "/remediation/figures",
        f"/outfalls/{outfall.pk}/remediation",
        f"/problems/{problem.pk}",
    )
    secret = (POISON_FIRM, POISON_FIRM_EN, POLICY, "染色示踪", "水务局", "Water Bureau")
    for who in ("town_office", "chief"):
        client = office.client(who)
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, (who, path)
            text = answer.content.decode()
            assert not [word for word in secret if word in text], (who, path)
        file = client.get(paths[2]).json()
        assert (file["state"], file["measure"]) == ("accepted", "merge")
        assert file["restricted"]
        assert (file["steps"], file["history"], file["evidence"], file["problems"], file["entity"]) == (
            [],
            [],
            [],
            [],
            None,
        )
        evidence = Remediation.objects.get().entity_evidence_id
        assert client.get(f"/evidence/{evidence}/content").status_code == 404


def test_who_works_on_it_learns_who_is_responsible_only_where_it_is_their_own(
    office: Office, outfall: Outfall
) -> None:
    bring(office, outfall, *ROUTE[:5])
    path = f"/outfalls/{outfall.pk}/remediation"
    for who in ("unit", "inspector"):
        file = office.client(who).get(path)
        assert POISON_FIRM not in file.content.decode(), who
        assert len(file.json()["steps"]) == 1
    assert office.client("other_unit").get(path).status_code == 404
    Membership.objects.create(
        user=office["other_unit"], role="unit", area=office.county, organisation=outfall.organisation,
        valid_from=date(2021, 1, 1),
    )  # fmt: skip
    own = office.client("other_unit").get(path).json()
    assert own["entity"]["organisation"]["name_zh"] == POISON_FIRM
    assert own["policy"] == POLICY
    assert own["steps"][0]["unit"] is None


def test_an_entity_has_evidence_or_is_the_local_government(office: Office, outfall: Outfall) -> None:
    bare = STEPS["decide_entity"](office, outfall)
    bare.evidence_ids = []  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput):
        bare.run()
    with (
        pytest.raises(IntegrityError, match="entity_has_evidence_or_is_the_government"),
        transaction.atomic(),
    ):
        Remediation.objects.create(
            outfall=outfall, state="traced", entity=outfall.organisation, entity_ground="传闻",
            decided_by=office["enforcement"], decided_at=NOON,
        )  # fmt: skip
    actions.DecideEntity(
        actor=office["enforcement"], outfall_id=outfall.pk, entity="government", ground="管线已废弃，查无主体"
    ).run()
    entity = office.client("county_office").get(f"/outfalls/{outfall.pk}/remediation").json()["entity"]
    assert (entity["government"], entity["organisation"], entity["area_name_zh"]) == (True, None, "柳镇")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"checked_by": None}, "checked_in_dry_weather"),
        ({"dry_hours": None}, "checked_in_dry_weather"),
        ({"kind": "block"}, "checked_in_dry_weather"),
        ({"done_by": None}, "done_by_somebody"),
    ],
)
def test_the_database_refuses_a_check_without_its_facts(
    office: Office, outfall: Outfall, change: dict[str, Any], constraint: str
) -> None:
    bring(office, outfall, *ROUTE[:5])
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        RemediationStep.objects.update(**change)


def test_every_step_that_the_history_shows_has_words() -> None:
    names = {row.name for row in REMEDIATION_TRANSITIONS.values()} | {actions.KeepInterceptionOpen.name}
    assert names == set(WORDINGS)
