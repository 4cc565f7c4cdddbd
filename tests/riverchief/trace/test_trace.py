"""A trace finds the true outfall, keeps what it was computed from, and survives being killed."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import NotFound, PermissionRefused, StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.monitor.models import Reading
from riverchief.trace import subscribers, tasks
from riverchief.trace.actions import BeginTrace, StartTrace
from riverchief.trace.models import Trace, TraceCandidate

from tests.riverchief.rectify.office import PEOPLE, Office
from tests.riverchief.trace.river import River, make_river, run_trace

MAY_SEE = {"city_office", "city_office_2", "county_office", "county_office_2", "enforcement"}


def start(river: River, **changes: Any) -> Trace:
    return StartTrace(**{"actor": SYSTEM, "event_id": river.event.pk, **changes}).run()


def opened(river: River) -> OutboxEvent:
    return OutboxEvent(name="monitor.event_opened", payload={"event_id": river.event.pk})


class TestTheAnswer:
    def test_the_true_outfall_is_among_the_first_three(self, river: River) -> None:
        trace = run_trace(river)
        first = list(trace.candidates.all()[:3])
        assert river.culprit in [row.outfall for row in first]
        assert sum(row.probability for row in trace.candidates.all()) == pytest.approx(1.0)
        found = next(row for row in first if row.outfall == river.culprit)
        assert found.released_kg_low < 60.0 < found.released_kg_high
        nothing = trace.candidates.get(kind="nothing")
        assert nothing.probability < 0.01
        assert (nothing.outfall, nothing.reach, nothing.released_kg_median) == (None, None, None)

    def test_outfalls_above_a_station_that_saw_nothing_are_cleared(self, river: River) -> None:
        trace = run_trace(river)
        kept = {row.outfall.code: row.probability for row in trace.candidates.filter(kind="outfall")}
        assert set(kept) == {"T1-a", "T1-b", "T2-a", "S1-a", "S2-a", "S2-b", "M1-a", "M2-a"}
        assert max(kept["T1-a"], kept["T1-b"], kept["T2-a"]) < 1e-3

    def test_flagged_readings_are_kept_but_not_believed(self, river: River) -> None:
        stored = run_trace(river).inputs["stations"][0]
        flagged = [value for value, flag in zip(stored["value"], stored["flag"], strict=True) if flag == "M"]
        assert flagged
        assert set(flagged) == {None}

    def test_start_and_duration_lie_in_their_intervals(self, river: River) -> None:
        from datetime import timedelta

        from tests.riverchief.rectify.office import NOON
        from tests.riverchief.trace.river import HOURS, START_H

        row = run_trace(river).candidates.get(outfall=river.culprit)
        true_start = NOON - timedelta(hours=HOURS - START_H)
        assert abs(row.started_median - true_start) < timedelta(hours=1.5)
        assert row.started_low <= row.started_median <= row.started_high
        assert row.duration_s_low <= row.duration_s_median <= row.duration_s_high
        assert row.duration_s_low < row.duration_s_high


class TestTheJob:
    def test_an_event_that_opens_starts_one_trace_with_its_job(self, river: River) -> None:
        subscribers.start_trace(opened(river))
        subscribers.start_trace(opened(river))
        trace = Trace.objects.get()
        job = ProcrastinateJob.objects.get(task_name="trace.run")
        assert (job.args, job.lock) == ({"trace_id": trace.pk}, f"trace.event:{river.event.pk}")

    def test_it_announces_its_end_to_those_who_may_know(self, river: River) -> None:
        trace = run_trace(river)
        event = OutboxEvent.objects.get(name="trace.finished")
        assert event.restricted
        assert event.area == river.event.area.path
        assert event.payload == {"trace_id": trace.pk, "event_id": river.event.pk}

    def test_a_job_done_twice_has_one_result_and_one_announcement(self, river: River) -> None:
        trace = run_trace(river)
        before = list(TraceCandidate.objects.values_list("pk", "probability"))
        tasks.run(trace.pk)
        assert list(TraceCandidate.objects.values_list("pk", "probability")) == before
        assert OutboxEvent.objects.filter(name="trace.finished").count() == 1

    def test_a_killed_job_is_done_again_from_the_stored_inputs(self, river: River, monkeypatch) -> None:
        class Killed(BaseException):
            pass

        def die(*_: Any, **__: Any) -> None:
            raise Killed

        trace = start(river)
        with monkeypatch.context() as patch:
            patch.setattr("riverchief.trace.compute.compute", die)
            with pytest.raises(Killed):
                tasks.run(trace.pk)
        trace.refresh_from_db()
        stored = trace.inputs
        assert (trace.state, trace.result) == ("running", None)
        # What arrives meanwhile belongs to the next attempt.
        Reading.objects.filter(station=river.stations["A"]).update(value=0.1)
        tasks.run(trace.pk)
        trace.refresh_from_db()
        assert (trace.state, trace.inputs) == ("done", stored)
        assert trace.candidates.get(outfall=river.culprit).rank <= 3

    def test_equal_inputs_give_equal_answers(self, river: River) -> None:
        first, second = run_trace(river), run_trace(river)
        answers = [
            [(row["key"], row["probability"], row["released_kg"]) for row in trace.result["candidates"]]
            for trace in (first, second)
        ]
        assert answers[0] == answers[1]
        assert (first.attempt, second.attempt) == (1, 2)

    def test_progress_is_written_on_the_way(self, river: River, monkeypatch) -> None:
        monkeypatch.setattr(tasks, "PROGRESS_EVERY_S", 0.0)
        shares: list[float] = []
        tell = tasks._Progress.__call__

        def overhear(self: Any, share: float) -> None:
            tell(self, share)
            shares.append(Trace.objects.get().progress)

        monkeypatch.setattr(tasks._Progress, "__call__", overhear)
        run_trace(river)
        assert shares == sorted(shares)
        assert shares[-1] == 1.0

    def test_its_history_verifies(self, river: River) -> None:
        trace = run_trace(river)
        assert [entry.action for entry in audit.entries(trace.chain)] == [
            "trace.start",
            "trace.begin",
            "trace.finish",
        ]
        assert list(audit.broken_links(trace.chain)) == []
        assert set(trace.versions) == {
            "riverkit",
            "riverchief",
            "trace.settings",
            "trace.fingerprints",
            "trace.sampling",
        }


class TestNotApplicable:
    def run(self, river: River) -> Trace:
        trace = start(river)
        tasks.run(trace.pk)
        trace.refresh_from_db()
        return trace

    def test_oxygen_is_no_mass_that_could_be_traced(self, river: River) -> None:
        river.event.parameter = "do"
        river.event.save()
        trace = self.run(river)
        assert trace.state == "failed"
        assert "不适用" in trace.error

    def test_behind_a_gate_it_says_so_instead_of_computing(self, office: Office) -> None:
        trace = self.run(make_river(office, regimes={"M1": "gated", "M3": "tidal"}))
        assert trace.state == "failed"
        assert "not" in trace.error
        assert OutboxEvent.objects.filter(name="trace.finished").exists()

    def test_a_station_behind_a_gate_is_left_out_and_named(self, office: Office) -> None:
        trace = self.run(make_river(office, regimes={"M2": "gated"}))
        assert trace.state == "done", trace.error
        assert [row["code"] for row in trace.inputs["stations"] if row["affected"]] == ["YA"]
        assert [row["what"] for row in trace.inputs["excluded"]] == ["YB"]

    def test_places_behind_a_gate_are_no_candidates(self, office: Office) -> None:
        trace = self.run(make_river(office, regimes={"T2": "backwater"}))
        codes = {row.outfall.code for row in trace.candidates.filter(kind="outfall")}
        assert codes == {"S1-a", "S2-a", "S2-b", "M1-a", "M2-a"}

    def test_without_readings_it_does_not_apply(self, river: River) -> None:
        Reading.objects.all().delete()
        trace = self.run(river)
        assert trace.state == "failed"


class TestAsking:
    def test_who_may_ask_for_another_trace(self, river: River) -> None:
        path = f"/events/{river.event.pk}/traces"
        answers = {}
        for name in PEOPLE:
            answers[name] = river.office.client(name).post(path, {"reason": "有新样品"}).status_code
            Trace.objects.all().delete()
        assert {name for name, status in answers.items() if status == 200} == {
            "city_office",
            "city_office_2",
            "enforcement",
        }
        assert set(answers.values()) == {200, 403}

    def test_one_waits_at_a_time(self, river: River) -> None:
        start(river)
        with pytest.raises(StateRefused):
            start(river, actor=river.office["enforcement"])

    def test_no_such_event(self, river: River) -> None:
        with pytest.raises(NotFound):
            start(river, event_id=999_999)

    def test_no_person_runs_the_job_by_hand(self, river: River) -> None:
        trace = start(river)
        with pytest.raises(PermissionRefused):
            BeginTrace(actor=river.office["city_office"], trace_id=trace.pk).run()


class TestReading:
    def test_a_trace_as_the_page_shows_it(self, river: River) -> None:
        trace = run_trace(river)
        answer = river.office.client("enforcement").get(f"/traces/{trace.pk}")
        assert answer.status_code == 200, answer.content
        shown = answer.json()
        assert (shown["state"], shown["progress"], shown["attempt"]) == ("done", 1.0, 1)
        assert shown["hypotheses"] > 10_000
        ranks = [row["rank"] for row in shown["candidates"]]
        assert ranks[0] == 1
        assert ranks == sorted(set(ranks))
        hidden = shown["ruled_out"] - sum(row["ruled_out"] for row in shown["candidates"])
        assert len(ranks) + hidden == shown["candidates_total"]
        by_name = {row["name_en"]: row for row in shown["stations"]}
        assert set(by_name) == {"Station A", "Station B", "Station T"}
        assert by_name["Station A"]["distance_m"] < by_name["Station B"]["distance_m"]
        for station in shown["stations"]:
            station["observed_values"] = [
                pytest.approx(value) for _, value, _ in station["observed"] if value
            ]
        curve = by_name["Station A"]["predicted"]["1"]
        observed = {at: value for at, value, flag in by_name["Station A"]["observed"] if flag == "N"}
        assert max(abs(mean - observed[at]) for at, mean, *_ in curve) < 0.35 * max(observed.values())
        leading = [row for row in shown["candidates"] if row["contrasts"]]
        assert leading[0]["rank"] == 1
        for row in leading:
            for told in row["contrasts"]:
                assert told["rival_rank"] != row["rank"]
                assert told["observed"] in by_name[told["station_en"]]["observed_values"]
        assert all(low <= mean <= high for _, mean, low, high, *_ in curve)
        assert all(
            reading_low < low <= high < reading_high for *_, low, high, reading_low, reading_high in curve
        )

    def test_who_may_see_it(self, office: Office, river: River) -> None:
        trace = start(river)
        for path in (f"/traces/{trace.pk}", f"/traces?event={river.event.pk}"):
            seen = {name: office.client(name).get(path).status_code for name in PEOPLE}
            expected = {name: 200 if name in MAY_SEE else 403 for name in PEOPLE}
            assert seen == {**expected, "other_county_office": 404}

    def test_a_trace_that_waits_is_shown_as_waiting(self, river: River) -> None:
        trace = start(river)
        shown = river.office.client("enforcement").get(f"/traces/{trace.pk}").json()
        assert (shown["state"], shown["candidates"], shown["stations"]) == ("queued", [], [])


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "done"}, "trace_done_with_inputs_and_result"),
        ({"state": "failed"}, "trace_failed_with_a_reason"),
        ({"state": "lost"}, "trace_state_known"),
        ({"progress": 1.5}, "trace_progress_share"),
    ],
)
def test_the_database_refuses_impossible_traces(
    river: River, change: dict[str, Any], constraint: str
) -> None:
    trace = start(river)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Trace.objects.filter(pk=trace.pk).update(**change)
