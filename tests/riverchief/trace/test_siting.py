"""Where to put stations: a study asked for by who keeps stations, computed by a job, told with its proven bound."""

import csv
import io
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.base.models import RuleVersion
from riverchief.registry.models import Reach, Station
from riverchief.trace import tasks
from riverchief.trace.actions import AskSiting, KeepSiting
from riverchief.trace.models import SitingStudy

from tests.riverchief.rectify.office import Office
from tests.riverchief.trace.river import LENGTH_M, River, draw


def ask(river: River, name: str = "city_office", **changes: Any) -> SitingStudy:
    asked = {"basin_id": river.basin.pk, "count": 2, "goal": "telling"} | changes
    return AskSiting(actor=river.office[name], **asked).run()


def answered(river: River, **changes: Any) -> dict[str, Any]:
    study = ask(river, **changes)
    tasks.siting(study.pk)
    shown = river.office.client("city_office").get(f"/sitings/{study.pk}").json()
    assert shown["state"] == "done", shown["error"]
    return shown["result"]


@pytest.mark.parametrize("goal", ["telling", "soonest"])
class TestTheAnswer:
    def test_every_place_adds_something_and_none_goes_below_the_bound(self, river: River, goal: str) -> None:
        draw(river)
        found = answered(river, goal=goal)
        after = [row["after"] for row in found["places"]]
        assert len(after) == 2
        assert found["before"] >= after[0] >= after[1] >= found["bound"] - 1e-9
        gains = [row["gain"] for row in found["places"]]
        assert sum(gains) == pytest.approx(found["before"] - after[-1])
        assert (found["stations"], found["reaches_left_out"]) == (3, 0)
        assert all(106.4 < row["lon"] < 106.8 for row in found["places"])

    def test_places_are_named_by_river_and_station(self, river: River, goal: str) -> None:
        draw(river)
        reach_codes = {reach.pk: code for code, reach in river.reaches.items()}
        for row in answered(river, goal=goal)["places"]:
            assert reach_codes[row["reach_id"]] == row["reach_code"]
            assert 0 < row["chainage_m"] < LENGTH_M
            assert row["station_en"].startswith("Station")

    def test_the_table_has_a_line_for_each_place(self, river: River, goal: str) -> None:
        study = ask(river, goal=goal)
        tasks.siting(study.pk)
        content = river.office.client("city_office").get(f"/sitings/{study.pk}/places.csv").content
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert [row["rank"] for row in rows] == ["1", "2"]
        assert {row["goal"] for row in rows} == {goal}

    def test_without_a_station_the_first_places_do_most(self, river: River, goal: str) -> None:
        with_stations = answered(river, goal=goal)
        Station.objects.filter(reach__basin=river.basin).update(active=False)
        assert answered(river, goal=goal)["before"] > with_stations["before"]


class TestWhatItRestsOn:
    def test_places_are_clear_of_stations_and_sought_in_ones_own_area_alone(self, river: River) -> None:
        Reach.objects.exclude(pk=river.reaches["S1"].pk).update(area=river.office.other_county)
        study = ask(river, "monitoring")
        tasks.siting(study.pk)
        study.refresh_from_db()
        assert {row["reach_code"] for row in study.result["places"]} == {"S1"}

    def test_reaches_without_steady_flow_are_left_out_and_that_is_said(self, river: River) -> None:
        Reach.objects.filter(pk=river.reaches["M3"].pk).update(regime="gated")
        river.basin.version += 1
        river.basin.save()
        found = answered(river)
        assert (found["reaches_left_out"], found["stations"]) == (1, 2)

    def test_with_more_stations_than_places_it_says_why_there_is_no_answer(self, river: River) -> None:
        rule = RuleVersion.objects.get(name="trace.siting")
        rule.body |= {"clear_of_stations_m": 1e6}
        rule.save()
        study = ask(river)
        tasks.siting(study.pk)
        study.refresh_from_db()
        assert study.state == "failed"
        assert study.error

    def test_where_no_reach_can_be_used_it_says_so(self, river: River) -> None:
        Reach.objects.update(regime="tidal")
        river.basin.version += 1
        river.basin.save()
        study = ask(river)
        tasks.siting(study.pk)
        shown = river.office.client("city_office").get(f"/sitings/{study.pk}").json()
        assert (shown["state"], shown["result"]) == ("failed", None)
        assert shown["error"]


class TestAsking:
    def test_it_is_queued_once_and_logged(self, river: River) -> None:
        study = ask(river)
        assert ProcrastinateJob.objects.get(task_name="trace.siting").args == {"study_id": study.pk}
        with pytest.raises(StateRefused):
            ask(river)
        tasks.siting(study.pk)
        tasks.siting(study.pk)
        assert [entry.action for entry in audit.entries(study.chain)] == ["siting.ask", "siting.keep"]

    @pytest.mark.parametrize(
        ("changes", "field"), [({"count": 0}, "count"), ({"count": 11}, "count"), ({"goal": "best"}, "goal")]
    )
    def test_what_cannot_be_asked_is_refused_at_its_field(
        self, river: River, changes: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            ask(river, **changes)
        assert (refused.value.field, bool(refused.value.cure)) == (field, True)

    def test_who_keeps_no_stations_asks_nothing(self, river: River, office: Office) -> None:
        with pytest.raises(PermissionRefused):
            ask(river, "enforcement")
        with pytest.raises(NotFound):
            ask(river, basin_id=999_999)
        with pytest.raises(PermissionRefused):
            KeepSiting(actor=office["city_office"], study_id=ask(river).pk).run()

    def test_a_second_answer_changes_nothing(self, river: River) -> None:
        study = ask(river)
        KeepSiting(actor=SYSTEM, study_id=study.pk, error="first").run()
        KeepSiting(actor=SYSTEM, study_id=study.pk, error="second").run()
        study.refresh_from_db()
        assert study.error == "first"

    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"state": "done"}, "siting_done_with_a_result"),
            ({"state": "failed"}, "siting_failed_with_a_reason"),
            ({"state": "running"}, "siting_state_known"),
            ({"goal": "best"}, "siting_question_known"),
            ({"progress": 2.0}, "siting_progress_share"),
        ],
    )
    def test_the_database_refuses_impossible_studies(
        self, river: River, change: dict[str, Any], constraint: str
    ) -> None:
        study = ask(river)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            SitingStudy.objects.filter(pk=study.pk).update(**change)
