"""More than one source at a time: asked of a finished trace, computed from its inputs, and nothing follows from it by itself."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import NotFound, PermissionRefused, StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.rectify.models import Clue
from riverchief.trace import tasks
from riverchief.trace.actions import AskSourcesAtOnce, KeepSourcesAtOnce
from riverchief.trace.at_once import count_sources, worth_combining
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import SourcesAtOnce, Trace, TraceCandidate
from riverkit.errors import TracingError
from riverkit.network import Location
from riverkit.simulation import Release

from tests.riverchief.rectify.office import Office
from tests.riverchief.trace.known import make_known_trace
from tests.riverchief.trace.river import OUTFALLS, SECRET, River, make_river, run_trace

TWO = (*SECRET, Release(Location(*OUTFALLS["T1-b"]), 30.0 * 3600, 1.0 * 3600, 30.0))
"""A second one on the other arm, four hours earlier."""


def ask(trace: Trace, river: River, name: str = "city_office") -> SourcesAtOnce:
    return AskSourcesAtOnce(actor=river.office[name], trace_id=trace.pk).run()


def answered(trace: Trace, river: River) -> SourcesAtOnce:
    asked = ask(trace, river)
    tasks.at_once(asked.pk)
    asked.refresh_from_db()
    assert asked.state == "done", asked.error
    return asked


class TestTheAnswer:
    def test_two_sources_on_two_arms_are_told_from_one(self, office: Office) -> None:
        river = make_river(office, releases=TWO)
        trace = run_trace(river)
        answered(trace, river)
        shown = office.client("enforcement").get(f"/traces/{trace.pk}").json()
        found = shown["at_once"]
        assert sum(found["probability"]) == pytest.approx(1.0)
        assert found["probability"][0] < 0.1
        names = {row["rank"]: row["outfall"]["code"] for row in shown["candidates"] if row["outfall"]}
        leading = found["combinations"][1][0]
        on = {names.get(row["rank"], "")[:1] for row in leading["sources"]}
        assert on <= {"T", "S", ""}
        for row in leading["sources"]:
            assert row["started"]["low"] <= row["started"]["median"] <= row["started"]["high"]
            assert row["released_kg"]["low"] <= row["released_kg"]["median"] <= row["released_kg"]["high"]

    def test_one_source_is_called_one(self, river: River) -> None:
        trace = run_trace(river)
        asked = answered(trace, river)
        assert asked.result["probability"][0] > 0.5
        assert not Clue.objects.exists()

    def test_it_is_computed_again_from_what_is_stored_to_the_last_digit(self, river: River) -> None:
        trace = run_trace(river)
        asked = answered(trace, river)
        again = count_sources(TraceInputs.from_json(trace.inputs), trace.result, asked.settings)
        assert again == asked.result
        taken = json.loads(river.office.client("enforcement").get(f"/traces/{trace.pk}/data.json").content)
        assert taken["at_once"]["result"] == asked.result

    def test_the_rest_of_the_places_go_to_other_arms(self, river: River) -> None:
        inputs = TraceInputs.from_json(run_trace(river).inputs)
        rows = [
            {"key": row.key, "kind": row.kind, "log_evidence": -n, "probability": float(n == 0)}
            for n, row in enumerate(inputs.candidates)
        ]
        kept = worth_combining(inputs.network(), inputs, {"candidates": rows}, 6)
        assert len(kept) == 6
        reach_of = {row.key: row.reach_id for row in inputs.candidates}
        codes = {str(reach.pk): code for code, reach in river.reaches.items()}
        assert {codes[reach_of[key]][:1] for key in kept} == {"T", "S", "M"}


class TestAsking:
    @pytest.fixture
    def known(self, river: River) -> Trace:
        return make_known_trace(river.event, river.culprit)

    def test_it_is_queued_once_and_logged(self, river: River, known: Trace) -> None:
        asked = ask(known, river)
        job = ProcrastinateJob.objects.get(task_name="trace.at_once")
        assert (job.args, job.lock) == ({"at_once_id": asked.pk}, f"trace.event:{river.event.pk}")
        assert [entry.action for entry in audit.entries(known.chain)] == ["trace.ask_at_once"]
        with pytest.raises(StateRefused):
            ask(known, river, "enforcement")

    def test_what_failed_may_be_asked_again(
        self, river: River, known: Trace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise TracingError("Too many responses.")

        asked = ask(known, river)
        monkeypatch.setattr("riverchief.trace.at_once.count_sources", fail)
        tasks.at_once(asked.pk)
        shown = river.office.client("enforcement").get(f"/traces/{known.pk}").json()["at_once"]
        assert (shown["state"], shown["error"], shown["probability"]) == ("failed", "Too many responses.", [])
        assert ask(known, river).pk != asked.pk
        tasks.at_once(asked.pk)  # its row is gone: nothing to do

    def test_a_second_answer_changes_nothing(self, river: River, known: Trace) -> None:
        asked = ask(known, river)
        KeepSourcesAtOnce(actor=SYSTEM, at_once_id=asked.pk, error="first").run()
        KeepSourcesAtOnce(actor=SYSTEM, at_once_id=asked.pk, error="second").run()
        asked.refresh_from_db()
        assert asked.error == "first"
        announced = OutboxEvent.objects.filter(name="trace.at_once_answered")
        assert [row.restricted for row in announced] == [True]

    def test_of_a_trace_that_is_not_seen_whole_it_is_neither_asked_nor_told(
        self, river: River, known: Trace
    ) -> None:
        ask(known, river)
        river.event.shared_with.add(river.office.other_county)
        shown = river.office.client("other_county_office").get(f"/traces/{known.pk}").json()
        assert (shown["whole"], shown["at_once"]) == (False, None)

    def test_who_may_not_ask(self, river: River, known: Trace) -> None:
        with pytest.raises(PermissionRefused):
            ask(known, river, "county_office")
        with pytest.raises(NotFound):
            AskSourcesAtOnce(actor=river.office["city_office"], trace_id=999_999).run()
        with pytest.raises(PermissionRefused):
            KeepSourcesAtOnce(actor=river.office["city_office"], at_once_id=ask(known, river).pk).run()

    def test_an_unfinished_trace_has_nothing_to_ask(self, river: River, known: Trace) -> None:
        TraceCandidate.objects.filter(trace=known).delete()
        Trace.objects.filter(pk=known.pk).update(state="running")
        with pytest.raises(StateRefused):
            ask(known, river)

    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"state": "done"}, "at_once_done_with_a_result"),
            ({"state": "failed"}, "at_once_failed_with_a_reason"),
            ({"state": "running"}, "at_once_state_known"),
            ({"progress": 2.0}, "at_once_progress_share"),
        ],
    )
    def test_the_database_refuses_impossible_answers(
        self, river: River, known: Trace, change: dict[str, Any], constraint: str
    ) -> None:
        asked = ask(known, river)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            SourcesAtOnce.objects.filter(pk=asked.pk).update(**change)
