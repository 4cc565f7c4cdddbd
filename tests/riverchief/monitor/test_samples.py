"""A bottle's result is kept as it was entered, by whom, for the event it was taken for."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.clock import use_clock
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.monitor.actions import RecordSample
from riverchief.monitor.models import Sample

from tests.riverchief.rectify.office import NOON, Office, make_office


@pytest.fixture
def office(db) -> Iterator[Office]:
    with use_clock(NOON):
        yield make_office()


def bottle(office: Office, **changes: Any) -> RecordSample:
    given: dict[str, Any] = {
        "actor": office["enforcement"],
        "event_id": office.event.pk,
        "lon": 106.55,
        "lat": 29.5003,
        "taken_at": NOON,
        "taken_by": " 王工 ",
        "value": 1.2,
        "unit": "mg/L",
    }
    return RecordSample(**given | changes)


def test_it_is_kept_with_its_author_its_place_on_the_river_and_the_parameter_of_the_event(
    office: Office,
) -> None:
    sample = bottle(office).run()
    assert (sample.parameter, sample.value, sample.unit) == (office.event.parameter, 1.2, "mg/L")
    assert (sample.taken_by, sample.entered_by, sample.entered_at) == ("王工", office["enforcement"], NOON)
    assert sample.reach == office.reach
    assert 0 < sample.chainage_m < office.reach.length_m
    assert [entry.action for entry in audit.entries(sample.chain)] == ["monitor.record_sample"]


def test_it_is_announced_to_those_who_may_see_traces_without_its_place_or_words(office: Office) -> None:
    sample = bottle(office).run()
    told = OutboxEvent.objects.get(name="monitor.sample_recorded")
    assert told.restricted
    assert told.payload == {"event_id": office.event.pk, "sample_id": sample.pk}


@pytest.mark.parametrize("change", [{"value": 2.0}, {"taken_by": "别人"}, {"note": "后来改的"}])
def test_the_database_itself_refuses_to_alter_it(office: Office, change: dict[str, Any]) -> None:
    sample = bottle(office).run()
    with pytest.raises(IntegrityError, match="stays as it was entered"), transaction.atomic():
        Sample.objects.filter(pk=sample.pk).update(**change)
    with pytest.raises(IntegrityError, match="stays as it was entered"), transaction.atomic():
        sample.delete()


class TestCorrections:
    def test_a_mistake_is_put_right_by_a_further_sample_with_the_reason(self, office: Office) -> None:
        wrong = bottle(office, value=12.0).run()
        right = bottle(office, corrects=wrong.pk, note="小数点错位").run()
        assert (right.corrects, Sample.objects.count()) == (wrong, 2)
        wrong.refresh_from_db()
        assert wrong.value == 12.0

    def test_without_a_reason_there_is_none(self, office: Office) -> None:
        wrong = bottle(office).run()
        with pytest.raises(InvalidInput) as refused:
            bottle(office, corrects=wrong.pk, note=" ").run()
        assert refused.value.field == "note"

    def test_once_each(self, office: Office) -> None:
        wrong = bottle(office).run()
        bottle(office, corrects=wrong.pk, note="一").run()
        with pytest.raises(StateRefused):
            bottle(office, corrects=wrong.pk, note="二").run()

    def test_only_of_the_same_event(self, office: Office) -> None:
        with pytest.raises(NotFound):
            bottle(office, corrects=999_999, note="一").run()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": -0.1}, "value"),
        ({"value": float("nan")}, "value"),
        ({"value": 20_000.0}, "value"),
        ({"value": 0.0, "below_limit": True}, "value"),
        ({"unit": "ppm"}, "unit"),
        ({"taken_by": "  "}, "taken_by"),
        ({"taken_at": NOON + timedelta(minutes=1)}, "taken_at"),
        ({"taken_at": NOON - timedelta(days=9)}, "taken_at"),
        ({"taken_at": NOON.replace(tzinfo=None)}, "taken_at"),
        ({"lat": 29.6}, "position"),
        ({"note": "长" * 301}, "note"),
    ],
)
def test_what_cannot_be_true_is_refused_and_the_field_is_named(
    office: Office, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        bottle(office, **change).run()
    assert refused.value.field == field
    assert not Sample.objects.exists()


def test_micrograms_are_not_taken_for_milligrams(office: Office) -> None:
    for spelled in ("\u00b5g/L", "\u03bcg/L", "ug/L"):
        assert bottle(office, value=20_000.0, unit=spelled).run().unit == "\u00b5g/L"


def test_an_event_of_what_is_no_concentration_takes_none(office: Office) -> None:
    office.event.unit = "°C"
    office.event.save()
    with pytest.raises(StateRefused):
        bottle(office).run()


class TestWho:
    def test_a_county_records_what_was_taken_in_it_and_not_what_was_taken_next_door(
        self, office: Office
    ) -> None:
        assert bottle(office, actor=office["county_office"]).run()
        office.reach.area = office.other_county
        office.reach.save()
        with pytest.raises(PermissionRefused):
            bottle(office, actor=office["county_office"]).run()
        assert bottle(office, actor=office["city_office"]).run()

    def test_for_whom_the_event_is_no_concern_it_does_not_exist(self, office: Office) -> None:
        with pytest.raises(NotFound):
            bottle(office, actor=office["other_county_office"]).run()

    def test_a_person_does_it(self, office: Office) -> None:
        with pytest.raises(PermissionRefused):
            bottle(office, actor=SYSTEM).run()


def test_a_form_that_is_sent_twice_is_one_bottle(office: Office) -> None:
    body = {"lon": 106.55, "lat": 29.5, "taken_at": NOON.isoformat(), "taken_by": "王工", "value": 1.2, "unit": "mg/L"}  # fmt: skip
    answers = [
        office.client("enforcement").post(f"/events/{office.event.pk}/samples", body, idempotency_key="one")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json() == {"id": Sample.objects.get().pk}
