"""Readings held against a permit by the permit's own mean."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from riverchief.accounts.models import Organisation
from riverchief.base import clock
from riverchief.base.clock import SHANGHAI
from riverchief.monitor import permits
from riverchief.monitor.backfill import store_history
from riverchief.monitor.duty.account import account_of
from riverchief.monitor.models import Event
from riverchief.monitor.permits import Verdict
from riverchief.monitor.permitting.queries import permits_of
from riverchief.monitor.review.sweep import check_unchecked
from riverchief.registry.models import (
    Outfall,
    Permit,
    PermitLimit,
    PermitOutlet,
    PermittedLoad,
    PermitTerm,
    SelfMonitoring,
)

from tests.riverchief.monitor.test_api import get
from tests.riverchief.monitor.test_examination import arrive
from tests.riverchief.monitor.weather import HOUR, Town, make_town, reading

DAY = date(2026, 11, 19)
MIDNIGHT = datetime.combine(DAY, time(), SHANGHAI).astimezone(UTC)
NOON_AFTER = MIDNIGHT + 36 * HOUR


@pytest.fixture
def town(stream) -> Town:
    return make_town(stream)


@pytest.fixture(autouse=True)
def _the_day_after():
    with clock.use_clock(NOON_AFTER):
        yield


def limit(town: Town, **more) -> PermitLimit:
    given = {
        "parameter": "cod",
        "averaging": "day",
        "most": 50.0,
        "unit": "mg/L",
        "valid_from": date(2020, 1, 1),
        "source": "许可证 1",
    }
    return PermitLimit.objects.create(outfall=town.factory, **{**given, **more})


def hours(town: Town, values, flag: str = "N", first: datetime = MIDNIGHT, parameter: str = "cod") -> None:
    store_history(
        reading(town.monitor, first + i * HOUR, value, parameter, flag=flag, unit="mg/L")
        for i, value in enumerate(values)
    )


def judged(town: Town, first: date = DAY, last: date = DAY):
    return permits.judged(town.factory, first, last)


def test_one_hour_above_the_limit_of_a_days_mean_is_a_hint_and_no_exceedance(town) -> None:
    limit(town)
    hours(town, [39.7] * 20 + [70.0] + [39.7] * 3)
    [day] = judged(town)
    assert (day.verdict, day.valid_hours) == (Verdict.WITHIN, 24)
    assert day.mean == pytest.approx(41, abs=0.1)
    assert day.hours_beyond == [(MIDNIGHT + 20 * HOUR, 70.0)]
    assert not Event.objects.exists()


def test_a_mean_above_the_limit_is_an_exceedance_and_one_at_it_is_not(town) -> None:
    limit(town)
    hours(town, [50.0] * 24)
    assert judged(town)[0].verdict is Verdict.WITHIN
    hours(town, [51.0], first=MIDNIGHT)
    store_history([reading(town.monitor, MIDNIGHT, 51.5, "cod", unit="mg/L")])
    assert judged(town)[0].verdict is Verdict.EXCEEDED


def test_flagged_hours_enter_no_mean(town) -> None:
    limit(town)
    hours(town, [40.0] * 21)
    hours(town, [900.0] * 3, flag="M", first=MIDNIGHT + 21 * HOUR)
    [day] = judged(town)
    assert (day.mean, day.valid_hours, day.left_out) == (40, 21, 3)
    assert (day.verdict, day.hours_beyond) == (Verdict.WITHIN, [])


def test_a_day_with_too_few_valid_hours_is_not_judged(town) -> None:
    limit(town)
    hours(town, [90.0] * 17)
    hours(town, [90.0] * 7, flag="D", first=MIDNIGHT + 17 * HOUR)
    assert judged(town)[0].verdict is Verdict.UNDECIDED


def test_the_day_that_goes_on_has_a_mean_so_far_and_no_verdict(town) -> None:
    limit(town)
    with clock.use_clock(MIDNIGHT + 20 * HOUR):
        hours(town, [90.0] * 20)
        [day] = judged(town)
    assert (day.verdict, day.mean) == (Verdict.ONGOING, 90)


def test_where_the_permit_limits_the_hour_an_hour_is_an_exceedance(town) -> None:
    limit(town, averaging="hour", most=60.0)
    hours(town, [40.0] * 23 + [61.0])
    [day] = judged(town)
    assert (day.verdict, len(day.hours_beyond)) == (Verdict.EXCEEDED, 1)


def test_ph_has_a_range(town) -> None:
    limit(town, parameter="ph", least=6.0, most=9.0, unit="")
    hours(town, [5.9] * 24, parameter="ph")
    assert judged(town)[0].verdict is Verdict.EXCEEDED


def test_each_day_is_held_against_the_limit_that_held_then(town) -> None:
    limit(town, valid_to=DAY - timedelta(days=1), most=30.0)
    limit(town, valid_from=DAY)
    hours(town, [40.0] * 48, first=MIDNIGHT - 24 * HOUR)
    assert [(row.day, row.verdict) for row in judged(town, DAY - timedelta(days=1))] == [
        (DAY, Verdict.WITHIN),
        (DAY - timedelta(days=1), Verdict.EXCEEDED),
    ]


def test_where_no_hours_are_sent_they_are_the_means_of_what_is(town) -> None:
    limit(town)
    store_history(
        reading(
            town.monitor, MIDNIGHT + i * timedelta(minutes=10), 40.0 + i % 6, "cod", "minute", unit="mg/L"
        )
        for i in range(144)
    )
    [day] = judged(town)
    assert (day.valid_hours, day.mean) == (24, 42.5)


def test_the_monitor_of_a_discharge_is_held_against_its_permit_and_has_no_class(town, people) -> None:
    limit(town, most=60.0, valid_to=DAY)
    limit(town, valid_from=NOON_AFTER.astimezone(SHANGHAI).date())
    hours(town, [41.0] * 3)
    store_history([reading(town.monitor, MIDNIGHT + 4 * HOUR, 44.0, "cod", "instant", unit="mg/L")])
    path = f"/stations/{town.monitor.pk}"
    shown = get(people.city_office, path).json()
    assert (shown["discharge"], shown["outfall"]["name_en"]) == (True, "Outfall E")
    assert (shown["class_now"], shown["deciding"], shown["target_class"]) == (None, [], None)
    found = get(people.city_office, f"{path}/readings?parameter=cod").json()
    assert (found["kind"], len(found["points"]), found["limits"]) == ("hour", 3, {})
    assert found["permit"] == [{"averaging": "day", "least": None, "most": 50.0, "unit": "mg/L"}]
    assert get(people.city_office, f"{path}/readings?parameter=tp").json()["permit"] == []
    river = get(people.city_office, f"/stations/{town.stream.a.pk}/readings?parameter=nh3n").json()
    assert (river["permit"], len(river["limits"])) == (None, 5)


def test_an_outfall_without_limits_or_readings_has_no_days(town) -> None:
    hours(town, [40.0] * 24)
    assert judged(town) == []
    limit(town, parameter="tp", most=0.5)
    assert judged(town) == []


class TestDatabase:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"most": None},
            {"least": 60.0},
            {"averaging": "year"},
            {"valid_to": date(2019, 1, 1)},
            {"source": ""},
        ],
    )
    def test_refuses_what_no_limit_can_be(self, town, wrong) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            limit(town, **wrong)

    def test_refuses_two_limits_of_one_mean_on_one_day(self, town) -> None:
        limit(town)
        limit(town, averaging="hour")
        with pytest.raises(IntegrityError), transaction.atomic():
            limit(town, valid_from=date(2025, 1, 1))


def test_a_limit_of_a_months_mean_is_judged_when_the_month_is_over(town) -> None:
    limit(town, averaging="month")
    october = datetime(2026, 10, 1, tzinfo=SHANGHAI).astimezone(UTC)
    hours(town, [60.0] * (31 * 24), first=october)
    [month] = judged(town, date(2026, 10, 20), date(2026, 10, 21))
    assert (month.day, month.verdict, month.valid_hours) == (date(2026, 10, 1), Verdict.EXCEEDED, 744)
    with clock.use_clock(october + 40 * HOUR):
        assert judged(town, date(2026, 10, 1), date(2026, 10, 2))[0].verdict is Verdict.ONGOING


class TestPermitOutlets:
    """Two works of one holder, whose outlets end in one mouth or in two."""

    @pytest.fixture
    def permit(self, town) -> Permit:
        holder = Organisation.objects.create(
            name_zh="甲厂", name_en="Works A", kind="enterprise", area=town.stream.area
        )
        permit = Permit.objects.create(number="91500000A001P", holder=holder)
        PermitTerm.objects.create(
            permit=permit, kind="first", valid_from=date(2024, 1, 1), valid_to=date(2028, 12, 31), source="文"
        )
        return permit

    @staticmethod
    def outlet(permit: Permit, code: str, *mouths: Outfall) -> PermitOutlet:
        row = PermitOutlet.objects.create(permit=permit, code=code)
        row.mouths.set(mouths)
        return row

    def test_what_went_out_is_by_loads_or_else_concentration_times_flow_and_says_of_how_much_of_the_year(
        self, town, permit
    ) -> None:
        dw001 = self.outlet(permit, "DW001", town.factory)
        PermittedLoad.objects.create(outlet=dw001, parameter="cod", year=2026, tonnes=100)
        hours(town, [50.0] * 24)
        store_history(
            reading(town.monitor, MIDNIGHT + i * HOUR, 100.0, "flow", unit="L/s") for i in range(12)
        )
        # Of the last hour the device says itself how much it was, 30 kg.
        row = reading(town.monitor, MIDNIGHT + 23 * HOUR, 50.0, "cod", unit="mg/L")
        store_history([row._replace(load=30.0)])
        [load] = permits_of(town.factory, named=False)[0]["loads"]
        # 12 h of 50 mg/L at 100 L/s are 216 kg; of 11 h no flow is known.
        assert load["so_far_t"] == pytest.approx(0.246)
        elapsed = (NOON_AFTER - datetime(2026, 1, 1, tzinfo=SHANGHAI)) / HOUR
        assert load["covered"] == pytest.approx(13 / elapsed)
        assert (load["permitted_t"], load["shared_mouth"]) == (100, False)

    def test_a_mouth_of_two_outlets_says_of_neither_what_it_emits_or_whether_it_kept_its_limit(
        self, town, permit
    ) -> None:
        dw001 = self.outlet(permit, "DW001", town.factory, town.works)
        self.outlet(permit, "DW002", town.factory)
        PermittedLoad.objects.create(outlet=dw001, parameter="cod", year=2026, tonnes=100)
        PermittedLoad.objects.create(permit=permit, parameter="cod", year=2026, tonnes=150)
        limit(town, outlet=dw001)
        hours(town, [90.0] * 24)
        assert judged(town)[0].verdict is Verdict.MIXED
        of_outlet, of_permit = permits_of(town.factory, named=True)[0]["loads"]
        assert (of_outlet["shared_mouth"], of_outlet["so_far_t"]) == (True, None)
        assert (of_permit["whole_permit"], of_permit["shared_mouth"], of_permit["so_far_t"]) == (
            True,
            False,
            None,
        )

    def test_the_database_refuses_a_limit_where_the_outlet_does_not_end_terms_that_overlap_and_no_frequency(
        self, town, permit
    ) -> None:
        dw001 = self.outlet(permit, "DW001", town.works)
        with pytest.raises(IntegrityError), transaction.atomic():
            limit(town, outlet=dw001)
        with pytest.raises(IntegrityError), transaction.atomic():
            PermitTerm.objects.create(
                permit=permit,
                kind="renewed",
                valid_from=date(2028, 1, 1),
                valid_to=date(2033, 1, 1),
                source="文",
            )
        with pytest.raises(IntegrityError), transaction.atomic():
            SelfMonitoring.objects.create(outlet=dw001, parameter="cod", manner="manual", per="month")


def come(town: Town, values, flag: str = "N", first: datetime = MIDNIGHT, parameter: str = "cod") -> None:
    """Hours arrive, are examined, and what is new is looked at, twice: looking again changes nothing."""
    arrive(
        *(
            reading(town.monitor, first + i * HOUR, value, parameter, flag=flag, unit="mg/L")
            for i, value in enumerate(values)
        )
    )
    for _ in range(2):
        check_unchecked()


def test_a_days_mean_beyond_the_permit_is_one_event_that_goes_on_and_ends_by_itself(town) -> None:
    limit(town)
    limit(town, parameter="nh3n", most=5.0)
    with clock.use_clock(MIDNIGHT + 24 * HOUR):
        come(town, [120.0] * 20)
        come(town, [900.0] * 4, flag="M", first=MIDNIGHT + 20 * HOUR)
        assert not Event.objects.exists()  # the last hour may still come, and nothing more need
    with clock.use_clock(MIDNIGHT + 25 * HOUR):
        check_unchecked()
    event = Event.objects.get()
    assert (event.kind, event.parameter, event.station, event.state) == (
        "permit",
        "cod",
        town.monitor,
        "open",
    )
    assert (event.peak_value, event.limit_value, event.opened_at) == (120, 50, MIDNIGHT)
    assert event.alarm.message_zh.startswith(
        "E 在线监测化学需氧量 2026-11-19 日均值 120\u202fmg/L，超过许可限值 50\u202fmg/L"
        "（许可按日均值限定，有效 20 小时，未计入 4 小时）"
    )
    assert "20 valid hours, 4 not counted" in event.alarm.message_en
    assert "许可证" not in event.alarm.message_zh
    account = account_of(event.alarm, list(event.sightings.all()), sees_trace=True)
    assert "许可限值 50" in account.why[0].zh
    assert "have the outfall sampled" in account.first_step.en
    for day, value, state in ((1, 130.0, "open"), (2, 40.0, "closed")):
        with clock.use_clock(MIDNIGHT + (day + 1) * 24 * HOUR + HOUR):
            come(town, [value] * 24, first=MIDNIGHT + day * 24 * HOUR)
            come(town, [8.0] * 24, first=MIDNIGHT + day * 24 * HOUR, parameter="nh3n")
        event.refresh_from_db()
        assert (event.state, event.peak_value) == (state, 130)
    ammonia = Event.objects.exclude(pk=event.pk).get()
    assert (ammonia.parameter, ammonia.peak_value, ammonia.state) == ("nh3n", 8, "open")
    assert ammonia.alarm == event.alarm  # one message for an outfall


def test_where_the_permit_limits_the_hour_an_hour_opens_an_event_and_three_within_end_it(town) -> None:
    limit(town, averaging="hour")
    come(town, [40.0, 120.0, 40.0, 40.0], first=NOON_AFTER - 5 * HOUR)
    event = Event.objects.get()
    assert (event.state, event.peak_value, event.last_at) == ("open", 120, NOON_AFTER - 3 * HOUR)
    with clock.use_clock(NOON_AFTER + HOUR):
        come(town, [40.0], first=NOON_AFTER - HOUR)
    event.refresh_from_db()
    assert event.state == "closed"
    with clock.use_clock(NOON_AFTER + 2 * HOUR):
        come(town, [70.0], first=NOON_AFTER)
    assert Event.objects.get().state == "open"  # so soon it is the same matter
    assert Event.objects.get().last_at == NOON_AFTER + HOUR


def test_hints_undecided_days_and_history_open_no_event(town) -> None:
    limit(town)
    hours(town, [120.0] * 24, first=MIDNIGHT - 24 * HOUR)
    hours(town, [120.0] * 7)
    come(town, [120.0] * 10, first=MIDNIGHT + 7 * HOUR)
    come(town, [900.0] * 7, flag="D", first=MIDNIGHT + 17 * HOUR)
    come(town, [900.0] * 10, first=MIDNIGHT + 24 * HOUR)  # of a day that goes on
    assert not Event.objects.exists()
