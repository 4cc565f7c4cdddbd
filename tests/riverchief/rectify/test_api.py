"""The API: a story from the call to the ledger's end, and who may do and see what, by role and area."""

import hashlib
import json
from typing import Any

import pytest
from riverchief.base.actions import SYSTEM
from riverchief.base.models import Evidence, OutboxEvent
from riverchief.rectify import actions
from riverchief.rectify.models import Clue, Problem
from riverchief.registry.models import Outfall

from tests.riverchief.rectify.conftest import make_finished_trace
from tests.riverchief.rectify.office import NOON, PEOPLE, PNG, POISON, Office, on_site
from tests.riverchief.rectify.test_transitions import STEPS, bring_to

CALL = {
    "source": "call_12345",
    "kind": "water_smell",
    "title": "桥下水发臭",
    "description": "下午开始",
    "lon": 106.55,
    "lat": 29.5,
    "reporter_name": "张三",
    "reporter_phone": "13800000000",
    "occurred_at": "2026-11-20T03:00:00Z",
}


def done(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


def test_a_citizens_call_comes_off_the_ledger_at_the_end(office: Office) -> None:
    county, inspector = office.client("county_office"), office.client("inspector")
    city, unit = office.client("city_office"), office.client("unit")

    clue = done(county.post("/clues", CALL))
    photo = done(inspector.upload(PNG, taken_at="2026-11-20T03:30:00Z", lon="106.55", lat="29.5"))
    assert photo == {
        "id": photo["id"],
        "sha256": hashlib.sha256(PNG).hexdigest(),
        "name": "photo.png",
        "media_type": "image/png",
        "size": len(PNG),
    }
    confirmed = done(
        inspector.post(
            f"/clues/{clue['id']}/confirm",
            {"basis": "photo", "reason": "现场属实", "evidence_ids": [photo["id"]]},
        )
    )
    path = f"/problems/{confirmed['problem_id']}"
    assert unit.get(path).status_code == 404
    order = {
        "organisation_id": office.unit.pk,
        "requirement": "三日内清理",
        "rectification_class": "at_once",
        "chief_id": office["chief"].pk,
    }
    assert done(city.post(f"{path}/assign", order))["state"] == "assigned"
    shown = done(unit.get(path))
    assert [row["action"] for row in shown["allowed_actions"]] == ["sign_for", "refuse"]
    assert shown["order"]["requirement"] == "三日内清理"
    assert shown["due_at"] == "2026-11-25T16:00:00Z"
    assert done(unit.post(f"{path}/sign_for"))["state"] == "signed_for"
    assert done(unit.post(f"{path}/plan", {"measures": "清淤"}))["state"] == "planned"
    after = done(unit.upload(PNG + b"after", "after.png"))
    report = {"summary": "已清理", "evidence_ids": [after["id"]]}
    assert done(unit.post(f"{path}/report_rectified", report))["state"] == "rectified"
    assert done(city.get("/ledger/figures"))["rectified"] == 1
    seen = done(inspector.upload(PNG + b"seen", "seen.png", taken_at=NOON.isoformat()))
    check = {"finding": "无异味", "lon": 106.55, "lat": 29.5, "evidence_ids": [seen["id"]]}
    assert done(inspector.post(f"{path}/verify", check))["state"] == "verified"
    assert done(city.post(f"{path}/write_off", {"reason": "同意"}))["state"] == "written_off"

    end = done(city.get(path))
    assert end["chain"] == {"ok": True, "entries": 7}
    assert [row["step"] for row in end["evidence"]] == ["confirm", "report_rectified", "verify"]
    assert end["history"][0]["sentence_zh"] == "inspector先生以“现场照片”确认问题 CQ-2026-0001。"
    assert end["history"][1]["sentence_zh"] == (
        "city_office先生以 河办交〔2026〕1号 交办给江东区水务局（立行立改），期限 2026-11-25：三日内清理。"
    )
    assert end["history"][-1]["sentence_en"] == "city_office wrote it off: 同意."
    seldom = {row["action"] for row in end["allowed_actions"] if row["aside"]}
    assert seldom == {"set_campaign", "suspect_relapse", "archive"}
    assert [row["action"] for row in end["allowed_actions"] if not row["aside"]] == ["call_back", "reopen"]
    figures = done(city.get("/ledger/figures"))
    assert (figures["found"], figures["written_off"], figures["outstanding"]) == (1, 1, 0)
    assert figures["as_of"] == "2026-11-20T04:00:00Z"


def test_the_same_request_again_does_it_once(office: Office) -> None:
    county = office.client("county_office")
    first = done(county.post("/clues", CALL, **{"Idempotency-Key": "k1"}))
    again = done(county.post("/clues", CALL, **{"Idempotency-Key": "k1"}))
    assert first == again
    assert Clue.objects.count() == 1
    other = county.post("/clues", {**CALL, "title": "别的"}, **{"Idempotency-Key": "k1"})
    assert other.status_code == 409


@pytest.mark.parametrize(("language", "word"), [("zh", "代码表"), ("en", "code table")])
def test_a_refusal_says_what_where_and_how_in_the_readers_language(office: Office, language, word) -> None:
    answer = office.client("county_office", language).post("/clues", {**CALL, "kind": "nonsense"})
    assert answer.status_code == 422
    body = answer.json()
    assert set(body) == {"code", "message", "cure", "field"}
    assert word in body["message"]
    assert body["field"] == "kind"


def test_a_file_that_is_no_evidence_is_refused_by_its_content(office: Office) -> None:
    answer = office.client("unit").upload(b"<script>alert(1)</script>", "photo.png")
    assert (answer.status_code, answer.json()["field"]) == (422, "file")
    assert not Evidence.objects.exists()


SEES_CLUES = {
    "city_office",
    "city_office_2",
    "county_office",
    "county_office_2",
    "enforcement",
    "inspector",
    "inspector_2",
}
SEES_REPORTER = SEES_CLUES - {"inspector", "inspector_2"}
SEES_AREA = (set(PEOPLE) - {"unit", "unit_2", "other_unit"}) - {
    "other_county_office",
    "other_inspector",
    "town_office",
}


def test_who_sees_a_clue(office: Office, clue: Clue) -> None:
    callers = {name: office.client(name) for name in PEOPLE}
    listed = {name for name, caller in callers.items() if done(caller.get("/clues"))["count"]}
    answers = {name: caller.get(f"/clues/{clue.pk}") for name, caller in callers.items()}
    assert listed == {name for name, answer in answers.items() if answer.status_code == 200} == SEES_CLUES
    assert {answer.status_code for answer in answers.values()} == {200, 404}
    told = {name for name, answer in answers.items() if "13800000000" in answer.content.decode()}
    assert told == SEES_REPORTER


def test_who_sees_a_problem_before_and_after_it_is_assigned(office: Office, problem: Problem) -> None:
    callers = {name: office.client(name) for name in PEOPLE}

    def seen() -> list[set[str]]:
        shown = {
            n for n, caller in callers.items() if caller.get(f"/problems/{problem.pk}").status_code == 200
        }
        listed = {n for n, caller in callers.items() if done(caller.get("/problems"))["count"]}
        counted = {n for n, caller in callers.items() if done(caller.get("/ledger/figures"))["found"]}
        return [shown, listed, counted]

    assert seen() == [SEES_AREA] * 3
    STEPS["assign"](office, problem).run()
    assert seen() == [SEES_AREA | {"unit", "unit_2"}] * 3


@pytest.mark.parametrize(
    ("action", "body", "state", "allowed"),
    [
        (
            "assign",
            {"organisation_id": "unit", "requirement": "改", "rectification_class": "by_date"},
            "registered",
            {"city_office", "city_office_2", "county_office", "county_office_2"},
        ),
        ("sign_for", {}, "assigned", {"unit", "unit_2"}),
        ("refuse", {"reason": "不是我"}, "assigned", {"unit", "unit_2"}),
        ("plan", {"measures": "清淤"}, "signed_for", {"unit", "unit_2"}),
        (
            "report_rectified",
            {"summary": "好了", "without_evidence_reason": "夜间"},
            "planned",
            {"unit", "unit_2"},
        ),
        (
            "verify",
            {"finding": "好"},
            "rectified",
            SEES_CLUES - {"enforcement"},
        ),
        ("send_back", {"reason": "不好"}, "rectified", SEES_CLUES - {"enforcement"}),
        ("write_off", {"reason": "同意"}, "verified", {"city_office", "city_office_2"}),
    ],
)
def test_who_may_do_what_to_a_problem(office: Office, problem: Problem, action, body, state, allowed) -> None:
    bring_to(office, problem, state)
    body = {key: office.unit.pk if value == "unit" else value for key, value in body.items()}
    for name in PEOPLE:
        if name in allowed:
            continue
        answer = office.client(name).post(f"/problems/{problem.pk}/{action}", body)
        assert answer.status_code in {403, 404}, name
    problem.refresh_from_db()
    assert problem.state == state
    first = sorted(allowed)[0]
    if action == "verify":
        body |= on_site(office, first, problem)
    done(office.client(first).post(f"/problems/{problem.pk}/{action}", body))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/clues"),
        ("post", "/clues"),
        ("get", "/clues/1"),
        ("post", "/clues/1/confirm"),
        ("get", "/problems"),
        ("get", "/problems/1"),
        ("post", "/problems/1/assign"),
        ("get", "/ledger/figures"),
        ("get", "/evidence/1/content"),
        ("get", "/inbox"),
    ],
)
def test_nobody_unknown_gets_anything(db, client, method: str, path: str) -> None:
    assert getattr(client, method)(f"/api/v1{path}").status_code in {401, 403}


class TestEvidence:
    def content(self, office: Office, name: str, pk: int) -> Any:
        return office.client(name).get(f"/evidence/{pk}/content")

    def test_it_is_read_by_who_handed_it_in_and_nobody_else_until_it_is_used(self, office: Office) -> None:
        photo = done(office.client("inspector").upload(PNG))["id"]
        answer = self.content(office, "inspector", photo)
        assert (answer.content, answer["Content-Type"]) == (PNG, "image/png")
        assert answer["X-Content-Type-Options"] == "nosniff"
        for name in set(PEOPLE) - {"inspector"}:
            assert self.content(office, name, photo).status_code == 404, name

    def test_the_files_of_a_problem_are_for_those_who_work_on_it(self, office: Office, clue: Clue) -> None:
        photo = done(office.client("inspector").upload(PNG))["id"]
        problem = actions.ConfirmClue(
            actor=office["inspector"], clue_id=clue.pk, basis="photo", reason="属实", evidence_ids=[photo]
        ).run()
        STEPS["assign"](office, problem).run()
        readers = {name for name in PEOPLE if self.content(office, name, photo).status_code == 200}
        assert readers == SEES_CLUES | {"unit", "unit_2"}

    def test_equal_bytes_may_be_used_by_each_who_handed_them_in(self, office: Office, problem) -> None:
        bring_to(office, problem, "planned")
        first = done(office.client("inspector").upload(PNG))["id"]
        second = done(office.client("unit").upload(PNG, "mine.png"))
        assert (second["id"], second["name"]) == (first, "mine.png")
        done(
            office.client("unit").post(
                f"/problems/{problem.pk}/report_rectified", {"summary": "好", "evidence_ids": [first]}
            )
        )


class TestSuspects:
    """Poison: the names of the suspect outfall and its owner, in every answer to every role."""

    PATHS = ("/clues", "/problems", "/inbox", "/ledger/figures", "/events", "/stations", "/organisations")

    def answers(self, office: Office, name: str, extra: tuple[str, ...]) -> str:
        caller = office.client(name)
        # Parsed and written again: JSON may escape every Chinese character.
        told = [caller.get(path).json() for path in (*self.PATHS, *extra)]
        return json.dumps(told, ensure_ascii=False)

    def open_clue(self, office: Office) -> Clue:
        trace = make_finished_trace(office, attempt=1, probability=0.7)
        return actions.OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()

    def deliver_messages(self) -> None:
        from riverchief.rectify import subscribers

        handlers = {
            "rectify.clue_opened": subscribers.notify_confirmers,
            "rectify.problem_opened": subscribers.notify_assigners,
            "rectify.problem_assigned": subscribers.notify_assignee,
            "rectify.problem_changed": subscribers.notify_next,
        }
        for event in OutboxEvent.objects.all():
            assert not [
                poison for poison in POISON if poison in json.dumps(event.payload, ensure_ascii=False)
            ]
            if event.name in handlers:
                handlers[event.name](event)

    def readers(self, office: Office, *paths: str) -> dict[str, set[str]]:
        """Which of the poisoned words each person reads."""
        return {
            name: {poison for poison in POISON if poison in told}
            for name in PEOPLE
            for told in [self.answers(office, name, paths)]
        }

    def test_before_confirmation_only_office_enforcement_and_inspector_read_them(
        self, office: Office
    ) -> None:
        clue = self.open_clue(office)
        self.deliver_messages()
        trace = f"/traces/{clue.trace_id}"
        found = self.readers(
            office, f"/clues/{clue.pk}", f"/clues/{clue.pk}/places", "/problems/1", "/traces", trace
        )
        assert found == {name: set(POISON) if name in SEES_CLUES else set() for name in PEOPLE}

    def test_after_confirmation_the_owner_is_named_to_nobody_else(self, office: Office) -> None:
        clue = self.open_clue(office)
        problem = actions.ConfirmClue(
            actor=office["inspector"],
            clue_id=clue.pk,
            basis="decision",
            reason=f"{POISON[0]}属实",
            outfall_id=office.suspect.pk,
        ).run()
        bring_to(office, problem, "verified")
        self.deliver_messages()
        found = self.readers(office, f"/clues/{clue.pk}", f"/problems/{problem.pk}")
        # The unit learns which outfall was confirmed, for that is its task; whose it is, it does not.
        outfall_only = {key: set(POISON[:2]) for key in ("unit", "unit_2")}
        assert found == {
            name: set(POISON) if name in SEES_CLUES else outfall_only.get(name, set()) for name in PEOPLE
        }

    def test_the_very_place_of_the_suspect_is_read_only_by_who_must_go_there(self, office: Office) -> None:
        # In the town, so that its office sees the problem; at a place that nothing else has.
        Outfall.objects.update(area=office.town, lon=106.51234, lat=29.54321)
        trace = make_finished_trace(office, attempt=1, probability=0.7)
        trace.candidates.update(lon=106.51234, lat=29.54321)

        def know_it(*paths: str) -> set[str]:
            self.deliver_messages()
            told = {name: self.answers(office, name, paths) for name in PEOPLE}
            return {name for name, text in told.items() if "106.51234" in text or "29.54321" in text}

        clue = actions.OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()
        assert know_it(f"/clues/{clue.pk}", f"/clues/{clue.pk}/places") == SEES_CLUES
        problem = actions.ConfirmClue(
            actor=office["inspector"],
            clue_id=clue.pk,
            basis="decision",
            reason="属实",
            outfall_id=office.suspect.pk,
        ).run()
        path = f"/problems/{problem.pk}"
        town = done(office.client("town_office").get(path))
        assert (town["reach_id"], town["lon"], town["lat"]) == (office.reach.pk, None, None)
        assert know_it(path) == SEES_CLUES
        done(
            office.client("city_office").post(
                f"{path}/assign",
                {
                    "organisation_id": office.unit.pk,
                    "requirement": "封堵",
                    "rectification_class": "at_once",
                    "chief_id": office["chief"].pk,
                },
            )
        )
        assert know_it(path) == SEES_CLUES | {"unit", "unit_2", "chief"}
        payloads = json.dumps(list(OutboxEvent.objects.values_list("payload", flat=True)))
        assert "106.51234" not in payloads

    def test_what_people_wrote_is_not_for_those_who_only_watch_over_the_area(
        self, office: Office, problem
    ) -> None:
        bring_to(office, problem, "rectified")
        brief = done(office.client("monitoring").get(f"/problems/{problem.pk}"))
        assert [row["data"] for row in brief["history"]] == [{}] * 5
        assert "查明来源" not in json.dumps(brief, ensure_ascii=False)
        assert brief["history"][1]["sentence_zh"].startswith("city_office先生交办给江东区水务局，期限")


class TestLists:
    def test_filters_by_state_area_and_lateness(self, office: Office, problem: Problem, clock) -> None:
        STEPS["assign"](office, problem).run()
        city = office.client("city_office")
        for query, count in [
            ("state=assigned", 1),
            ("state=verified", 0),
            (f"area={office.county.pk}", 1),
            (f"area={office.other_county.pk}", 0),
            ("area=nowhere", 0),
            ("overdue=true", 0),
            ("overdue=false", 1),
        ]:
            assert done(city.get(f"/problems?{query}"))["count"] == count, query
        clock.forward(days=60)
        late = done(city.get("/problems?overdue=true"))
        assert (late["count"], late["items"][0]["overdue"]) == (1, True)

    def test_the_inbox_is_ones_own(self, office: Office, problem: Problem) -> None:
        from riverchief.base.notifications import notify

        notify([office["unit"].pk], kind="k", title_zh="中", title_en="en", link="/problems/1", dedupe="d")
        unit, other = office.client("unit"), office.client("unit_2")
        message = done(unit.get("/inbox"))["items"][0]
        assert message["read_at"] is None
        assert other.post(f"/inbox/{message['id']}/read").status_code == 404
        read = done(unit.post(f"/inbox/{message['id']}/read"))["read_at"]
        assert read == NOON.isoformat().replace("+00:00", "Z")
        assert done(unit.get("/inbox?unread=true"))["count"] == 0
        assert done(other.get("/inbox"))["count"] == 0
