"""Problems: orders and their deadlines, refusal in time, evidence, and nobody judging their own work."""

from datetime import UTC, date, datetime, timedelta

import pytest
from riverchief.accounts.models import Organisation, User
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.base.models import InboxMessage, OutboxEvent, RuleVersion
from riverchief.rectify import actions, subscribers
from riverchief.rectify.access import offered
from riverchief.rectify.models import Problem

from tests.riverchief.rectify.office import NOON, PNG, Office, on_site
from tests.riverchief.rectify.test_transitions import STEPS, bring_to


def verify(office: Office, problem: Problem, **given) -> Problem:
    return actions.VerifyProblem(
        actor=office["inspector"], problem_id=problem.pk, finding="好", **given
    ).run()


def assign(office: Office, problem: Problem, **changes):
    given = {
        "actor": office["city_office"],
        "problem_id": problem.pk,
        "organisation_id": office.unit.pk,
        "requirement": "查明来源并整改",
        "rectification_class": "by_date",
    }
    return actions.AssignProblem(**{**given, **changes})


class TestAssigning:
    def test_the_deadline_runs_on_working_days(self, office: Office, problem: Problem) -> None:
        # From Friday 2026-11-20: three working days are Monday to Wednesday, to its end in Shanghai.
        done = assign(office, problem, rectification_class="at_once").run()
        assert done.due_at == datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
        order = done.orders.get()
        assert (order.number, order.due_at, order.unit) == ("河办交〔2026〕1号", done.due_at, office.unit)

    def test_a_given_date_means_its_end(self, office: Office, problem: Problem) -> None:
        done = assign(office, problem, due_date=date(2026, 12, 31)).run()
        assert done.due_at == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
        assert not done.due_provisional

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"requirement": ""}, "requirement"),
            ({"rectification_class": "soon"}, "rectification_class"),
            ({"rectification_class": "long_works"}, "due_date"),
            ({"due_date": date(2026, 11, 19)}, "due_date"),
            ({"organisation_id": 999_999}, "organisation_id"),
            ({"chief_id": 999_999}, "chief_id"),
        ],
    )
    def test_bad_input_names_its_field(self, office: Office, problem: Problem, changes, field) -> None:
        with pytest.raises(InvalidInput) as refused:
            assign(office, problem, **changes).run()
        assert refused.value.field == field

    @pytest.mark.parametrize("kind", ["enterprise", "monitoring"])
    def test_only_those_who_answer_for_rivers_are_given_orders(self, office: Office, problem, kind) -> None:
        other = Organisation.objects.create(name_zh="某某", name_en="X", kind=kind, area=office.county)
        with pytest.raises(InvalidInput):
            assign(office, problem, organisation_id=other.pk).run()

    def test_a_unit_of_another_county_is_not_given_it(self, office: Office, problem: Problem) -> None:
        other = Organisation.objects.create(
            name_zh="江西区水务局", name_en="X", kind="unit", area=office.other_county
        )
        with pytest.raises(InvalidInput, match="不能承办"):
            assign(office, problem, organisation_id=other.pk).run()

    def test_a_unit_where_nobody_can_sign_is_not_given_it(self, office: Office, problem: Problem) -> None:
        empty = Organisation.objects.create(name_zh="空单位", name_en="X", kind="unit", area=office.county)
        with pytest.raises(InvalidInput, match="没有可签收的人员"):
            assign(office, problem, organisation_id=empty.pk).run()

    def test_each_assignment_issues_an_order_of_its_own(self, office: Office, problem: Problem) -> None:
        bring_to(office, problem, "refused")
        assign(office, problem, organisation_id=office.other_unit.pk).run()
        assert [order.unit for order in problem.orders.all()] == [office.unit, office.other_unit]


class TestTheUnit:
    def test_it_refuses_only_within_the_hours_of_the_rule(
        self, office: Office, problem: Problem, clock
    ) -> None:
        bring_to(office, problem, "assigned")
        clock.forward(hours=24, seconds=1)
        with pytest.raises(StateRefused, match="24 小时"):
            STEPS["refuse"](office, problem).run()
        assert [row.action for row in offered(office["unit"], problem)] == ["sign_for"]

    def test_it_refuses_at_the_last_moment(self, office: Office, problem: Problem, clock) -> None:
        bring_to(office, problem, "assigned")
        clock.forward(hours=24)
        assert STEPS["refuse"](office, problem).run().state == "refused"

    def test_another_unit_of_the_area_does_not_know_of_it(self, office: Office, problem: Problem) -> None:
        bring_to(office, problem, "assigned")
        with pytest.raises(NotFound):
            actions.SignForProblem(actor=office["other_unit"], problem_id=problem.pk).run()

    @pytest.mark.parametrize("name", ["city_office", "county_office", "inspector", "chief"])
    def test_nobody_else_signs_for_it(self, office: Office, problem: Problem, name: str) -> None:
        bring_to(office, problem, "assigned")
        with pytest.raises(PermissionRefused):
            actions.SignForProblem(actor=office[name], problem_id=problem.pk).run()

    def test_a_report_needs_a_photo_or_a_word_on_why_not(self, office: Office, problem: Problem) -> None:
        bring_to(office, problem, "planned")
        with pytest.raises(InvalidInput) as refused:
            actions.ReportRectified(actor=office["unit"], problem_id=problem.pk, summary="好了").run()
        assert refused.value.field == "evidence_ids"

    def test_a_photo_from_before_the_assignment_is_no_evidence(
        self, office: Office, problem: Problem
    ) -> None:
        bring_to(office, problem, "planned")
        assert problem.assigned_at is not None
        early = actions.UploadEvidence(
            actor=office["unit"],
            content=PNG,
            file_name="early.png",
            taken_at=problem.assigned_at - timedelta(minutes=1),
        ).run()
        with pytest.raises(InvalidInput, match="交办之前"):
            actions.ReportRectified(
                actor=office["unit"],
                problem_id=problem.pk,
                summary="好了",
                evidence_ids=[early.evidence_id],
            ).run()

    def test_somebody_elses_file_cannot_be_opened_by_attaching_it(
        self, office: Office, problem: Problem
    ) -> None:
        bring_to(office, problem, "planned")
        secret = actions.UploadEvidence(
            actor=office["inspector"], content=PNG + b"secret", file_name="s.png"
        ).run()
        with pytest.raises(InvalidInput, match="没有编号"):
            actions.ReportRectified(
                actor=office["unit"], problem_id=problem.pk, summary="好了", evidence_ids=[secret.evidence_id]
            ).run()


class TestSecondAndThirdPerson:
    def test_nobody_verifies_what_they_reported(self, office: Office, problem: Problem) -> None:
        """A county office that was itself assigned: its reporter cannot verify, a colleague can."""
        county = Organisation.objects.create(
            name_zh="江东区河长办", name_en="County office", kind="office", area=office.county
        )
        for name in ("county_office", "county_office_2"):
            office[name].memberships.update(organisation=county)
            office.people[name] = User.objects.get(username=name)  # memberships are read once per user object
        assign(office, problem, organisation_id=county.pk).run()
        reporter = office["county_office"]
        actions.SignForProblem(actor=reporter, problem_id=problem.pk).run()
        actions.ReportRectified(
            actor=reporter, problem_id=problem.pk, summary="好了", without_evidence_reason="无"
        ).run()
        for judge in (actions.VerifyProblem, actions.SendBackProblem):
            words = {"finding": "好"} if judge is actions.VerifyProblem else {"reason": "不好"}
            with pytest.raises(PermissionRefused, match="本人"):
                judge(actor=reporter, problem_id=problem.pk, **words).run()
        second = office["county_office_2"]
        there = on_site(office, "county_office_2", problem)
        done = actions.VerifyProblem(actor=second, problem_id=problem.pk, finding="好", **there).run()
        assert done.state == "verified"

    def test_nobody_writes_off_what_they_verified(self, office: Office, problem: Problem) -> None:
        bring_to(office, problem, "rectified")
        office_worker = office["city_office"]
        there = on_site(office, "city_office", problem)
        actions.VerifyProblem(actor=office_worker, problem_id=problem.pk, finding="好", **there).run()
        with pytest.raises(PermissionRefused, match="本人"):
            actions.WriteOffProblem(actor=office_worker, problem_id=problem.pk, reason="同意").run()
        third = office["city_office_2"]
        done = actions.WriteOffProblem(actor=third, problem_id=problem.pk, reason="同意").run()
        assert (done.state, done.written_off_by) == ("written_off", third)

    def test_sending_back_takes_back_what_was_reported_and_verified(self, office: Office, problem) -> None:
        bring_to(office, problem, "verified")
        back = STEPS["send_back"](office, problem).run()
        assert (back.rectified_at, back.rectified_by, back.verified_at, back.verified_by) == (None,) * 4

    @pytest.mark.parametrize("name", ["other_county_office", "other_inspector"])
    def test_another_county_does_not_know_of_it(self, office: Office, problem: Problem, name: str) -> None:
        bring_to(office, problem, "rectified")
        with pytest.raises(NotFound):
            actions.VerifyProblem(actor=office[name], problem_id=problem.pk, finding="好").run()

    @pytest.mark.parametrize("position", [{"lon": 106.5}, {"lon": 0.0, "lat": 0.0}])
    def test_a_position_is_whole_and_on_earth(self, office: Office, problem: Problem, position) -> None:
        bring_to(office, problem, "rectified")
        with pytest.raises(InvalidInput) as refused:
            verify(office, problem, **{**on_site(office, "inspector", problem), "lat": None, **position})
        assert refused.value.field == "lon"

    def test_who_verifies_was_there_after_the_report_or_says_why_not(
        self, office: Office, problem: Problem, clock
    ) -> None:
        early = on_site(office, "inspector", problem)
        clock.forward(hours=1)
        bring_to(office, problem, "rectified")
        there = on_site(office, "inspector", problem)
        far = {**there, "lon": problem.lon + 0.01}
        undated = actions.UploadEvidence(
            actor=office["inspector"], content=PNG + b"undated", file_name="u.png"
        ).run()
        for given, field in (
            ({"evidence_ids": []}, "evidence_ids"),
            ({"evidence_ids": early["evidence_ids"]}, "evidence_ids"),
            ({"evidence_ids": early["evidence_ids"], "exception_reason": "只有此照片"}, "evidence_ids"),
            ({"evidence_ids": [undated.evidence_id]}, "evidence_ids"),
            ({"lon": None, "lat": None, "exception_reason": "无信号"}, "position"),
            ({"lon": far["lon"]}, "position"),
        ):
            with pytest.raises(InvalidInput) as refused:
                verify(office, problem, **{**there, **given})
            assert refused.value.field == field, given
        verify(office, problem, **far, exception_reason="对岸无路")
        history = office.client("city_office").get(f"/problems/{problem.pk}").json()["history"]
        assert "（距问题位置 968 米，例外说明：对岸无路）" in history[-1]["sentence_zh"]

    def test_where_nobody_can_go_a_decision_with_its_reason_verifies(
        self, office: Office, problem: Problem
    ) -> None:
        bring_to(office, problem, "rectified")
        rule = RuleVersion.objects.get(name="rectify.verification")
        body = {**rule.body, "by_decision_kinds": [problem.kind]}
        RuleVersion.objects.create(
            name=rule.name, version="2", valid_from=NOON.date(), source="本市", body=body
        )
        verify(office, problem, exception_reason="汛期河段封闭，据监测数据认定")
        history = office.client("city_office", "en").get(f"/problems/{problem.pk}").json()["history"]
        assert "verified it by a decision" in history[-1]["sentence_en"]


class TestMessages:
    def told(self, event_name: str, handler) -> set[int]:
        """Who finds a new message, and nobody twice."""
        InboxMessage.objects.all().delete()
        event = OutboxEvent.objects.filter(name=event_name).latest("id")
        handler(event)
        handler(event)
        return set(InboxMessage.objects.values_list("recipient_id", flat=True))

    def test_each_step_tells_those_who_are_next(self, office: Office, problem: Problem) -> None:
        ids = {name: user.pk for name, user in office.people.items()}
        confirmers = self.told("rectify.clue_opened", subscribers.notify_confirmers)
        assert ids["inspector"] in confirmers
        assert confirmers.isdisjoint({ids["unit"], ids["town_office"], ids["other_inspector"]})
        assert ids["city_office"] in self.told("rectify.problem_opened", subscribers.notify_assigners)
        assign(office, problem, chief_id=ids["chief"]).run()
        told = self.told("rectify.problem_assigned", subscribers.notify_assignee)
        assert told == {ids["unit"], ids["unit_2"], ids["chief"]}
        STEPS["sign_for"](office, problem).run()
        assert not self.told("rectify.problem_changed", subscribers.notify_next)
        STEPS["report_rectified"](office, problem).run()
        assert ids["inspector"] in self.told("rectify.problem_changed", subscribers.notify_next)
        STEPS["verify"](office, problem).run()
        assert self.told("rectify.problem_changed", subscribers.notify_next) == {
            ids["city_office"],
            ids["city_office_2"],
        }
        STEPS["write_off"](office, problem).run()
        assert self.told("rectify.problem_changed", subscribers.notify_next) == told

    def test_a_refusal_tells_the_office(self, office: Office, problem: Problem) -> None:
        bring_to(office, problem, "refused")
        told = self.told("rectify.problem_changed", subscribers.notify_next)
        assert {office["city_office"].pk, office["county_office"].pk} <= told
