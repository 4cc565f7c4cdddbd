"""Quality control and the review queue: what raises a doubt, who decides, what changes and what never does."""

from datetime import date, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, connection, transaction
from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.audit import entries
from riverchief.base.errors import InvalidInput, PermissionRefused, StateRefused
from riverchief.monitor import queries
from riverchief.monitor.codes import english
from riverchief.monitor.fleet.counts import counts_of
from riverchief.monitor.fleet.strip import strip_of
from riverchief.monitor.lab_readings import store_results
from riverchief.monitor.models import DailyValue, Doubt, LabResult, Latest, Reading
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.review.actions import InvalidateReadings, KeepReadings, RaiseDoubt, ReopenDoubt
from riverchief.monitor.review.command import review_command
from riverchief.monitor.review.conditions import look_after_conditions
from riverchief.monitor.review.control import Suspicion
from riverchief.monitor.review.rates import rates_of
from riverchief.monitor.review.sentences import Sentences
from riverchief.monitor.review.sweep import check_unchecked
from riverchief.monitor.rollup import refresh_days
from riverchief.monitor.store import write

from .conftest import NOW
from .test_examination import arrive

HOUR = timedelta(hours=1)
TOP = NOW.replace(minute=0)


@pytest.fixture(autouse=True)
def _now(db):
    with clock.use_clock(NOW):
        yield


def row(station, at, value, parameter="nh3n", **more) -> ReadingRow:
    given = {"unit": "mg/L", "flag": "N", "received_at": at, "kind": "hour"} | more
    return ReadingRow(
        station_id=station.pk, parameter=parameter, period_start=at, sampled_at=at, value=value, **given
    )


def hourly(station, values, parameter="nh3n", until=TOP - HOUR, **more) -> list[ReadingRow]:
    """One value an hour, the last at `until`."""
    return [
        row(station, until - HOUR * (len(values) - 1 - index), value, parameter, **more)
        for index, value in enumerate(values)
    ]


def come(*rows) -> None:
    """Readings arrive, are examined, and the rules look at them."""
    arrive(*rows)
    check_unchecked()


def quiet(count: int, level: float = 0.4) -> list[float]:
    return [round(level + 0.01 * (index % 3), 2) for index in range(count)]


def spike(station) -> Doubt:
    """A lone leap five hours ago, told by one rule."""
    come(*hourly(station, [*quiet(42), 9.0, *quiet(5)]))
    return Doubt.objects.get()


class TestRaising:
    def test_a_lone_leap_is_one_doubt_with_its_figures_in_both_languages_and_changes_no_reading(
        self, stream
    ) -> None:
        doubt = spike(stream.a)
        assert (doubt.rule, doubt.parameter, doubt.kind, doubt.state) == ("spike", "nh3n", "hour", "open")
        assert (doubt.first_at, doubt.last_at, doubt.readings) == (TOP - 6 * HOUR, TOP - 6 * HOUR, 1)
        assert (doubt.value, doubt.compared, doubt.rules_version) == (9.0, 0.42, "2")
        assert "氨氮孤立突变为 9" in doubt.sentence_zh
        assert "leapt to 9" in doubt.sentence_en
        assert not Reading.objects.exclude(flag="N").exists()
        assert [entry.action for entry in entries(doubt.chain)] == ["doubt.raise"]

    def test_looking_again_changes_nothing(self, stream) -> None:
        before = spike(stream.a)
        come(*hourly(stream.a, quiet(1), until=TOP))
        again = Doubt.objects.get()
        assert (again.pk, again.raised_at, len(entries(before.chain))) == (before.pk, before.raised_at, 1)

    def test_what_is_no_longer_so_passes_by_itself(self, stream) -> None:
        doubt = spike(stream.a)
        come(row(stream.a, doubt.first_at, 0.41, received_at=NOW))
        doubt.refresh_from_db()
        assert (doubt.state, doubt.decided_by) == ("passed", None)

    def test_a_discharger_that_marks_its_own_reading_days_later_ends_the_doubt(self, stream) -> None:
        doubt = spike(stream.a)
        with clock.use_clock(NOW + timedelta(days=5)):
            come(row(stream.a, doubt.first_at, 9.0, flag="D", received_at=clock.now()))
        doubt.refresh_from_db()
        assert (doubt.state, Reading.objects.get(flag="D").value) == ("passed", 9.0)

    def test_each_rule_says_what_it_compared(self, stream) -> None:
        # B lies 10 km below A.
        come(*hourly(stream.a, quiet(10, 12.0), "wt", unit="°C"))
        come(
            *hourly(stream.b, [*quiet(5, 20.0), 28.0, *quiet(4, 20.0)], "wt", unit="°C"),
            *hourly(stream.b, [0.0, *quiet(9, 7.0)], "ph", unit="1"),
            *hourly(stream.b, [*quiet(9, 0.5), 3.0]),
            *hourly(stream.b, [*quiet(9, 2.0), 2.0], "tn"),
            *hourly(stream.b, [6.5] * 30, "do"),
        )
        told = {(doubt.rule, doubt.parameter): doubt.sentence_en for doubt in Doubt.objects.all()}
        assert "exactly 0" in told["range", "ph"]
        assert "within 60\u202fmin" in told["rate", "wt"]
        assert "exactly 6.5" in told["stuck", "do"]
        assert "is above total nitrogen" in told["logic", "nh3n"].lower()
        assert "Station A upstream" in told["neighbour", "wt"]

    def test_a_run_that_goes_on_is_the_same_doubt_and_one_that_was_kept_is_not_raised_again(
        self, stream, people
    ) -> None:
        come(*hourly(stream.a, [6.5] * 30, "do", until=TOP - 4 * HOUR))
        come(*hourly(stream.a, [6.5] * 2, "do", until=TOP - 2 * HOUR))
        doubt = Doubt.objects.get()
        assert (doubt.last_at, doubt.readings) == (TOP - 2 * HOUR, 32)
        KeepReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="冰封，恒值属实").run()
        come(*hourly(stream.a, [6.5] * 2, "do", until=TOP))
        assert Doubt.objects.get().state == "kept"

    @pytest.mark.parametrize("flag", ["M", "D", "U"])
    def test_what_the_device_itself_does_not_call_a_measurement_is_never_doubted(self, stream, flag) -> None:
        come(*hourly(stream.a, [*quiet(42), 999.0, *quiet(5)], flag=flag))
        assert not Doubt.objects.exists()

    def test_history_raises_no_doubt(self, stream) -> None:
        come(*hourly(stream.a, [*quiet(42), 9.0, *quiet(5)], until=TOP - timedelta(days=3)))
        assert not Doubt.objects.exists()


class TestReview:
    def test_invalid_readings_count_for_nothing_and_keep_their_value(self, stream, people) -> None:
        doubt = spike(stream.a)
        day = doubt.first_at.astimezone(clock.SHANGHAI).date()
        with_it = DailyValue.objects.get(day=day).maximum
        InvalidateReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="探头进气").run()
        reading = Reading.objects.get(period_start=doubt.first_at)
        assert (reading.flag, reading.reason, reading.value) == ("X", "review", 9.0)
        shown = queries.readings(
            people.monitoring, stream.a.pk, "nh3n", doubt.first_at, doubt.first_at, "hour"
        )
        assert [(point[1], english("flags", point[2])) for point in shown.points] == [
            (9.0, "Invalidated by a person's review")
        ]
        assert (with_it, DailyValue.objects.get(day=day).maximum) == (9.0, pytest.approx(0.42))
        doubt.refresh_from_db()
        assert (doubt.state, doubt.decided_by, doubt.reason) == (
            "invalidated",
            people.monitoring,
            "探头进气",
        )
        check_unchecked()
        assert Doubt.objects.count() == 1

    def test_a_resend_does_not_undo_a_review_but_another_value_is_news(self, stream, people) -> None:
        doubt = spike(stream.a)
        InvalidateReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="探头进气").run()

        def sent_again(value: float) -> Reading:
            with connection.cursor() as cursor:
                write(cursor, [], [row(stream.a, doubt.first_at, value, received_at=NOW)])
            return Reading.objects.get(period_start=doubt.first_at)

        assert sent_again(9.0).reason == "review"
        corrected = sent_again(0.9)
        assert (corrected.flag, corrected.reason, corrected.value, corrected.raw_value) == ("N", "", 0.9, 9.0)

    def test_the_stations_own_mark_outlives_a_review(self, stream, people) -> None:
        doubt = spike(stream.a)
        InvalidateReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="探头进气").run()

        def sent_again(value: float | None, flag: str, minute: int) -> Reading:
            again = row(
                stream.a, doubt.first_at, value, flag=flag, received_at=NOW + timedelta(minutes=minute)
            )
            with connection.cursor() as cursor:
                write(cursor, [], [again])
            return Reading.objects.get(period_start=doubt.first_at)

        for value, flag, minute, reason in [
            (9.0, "D", 1, "review:D"),
            (9.0, "N", 2, "review"),
            (None, "M", 3, "review:M"),
            (9.0, "U", 4, "review:M"),
            (9.0, "N", 0, "review:M"),
        ]:
            held = sent_again(value, flag, minute)
            assert (held.flag, held.reason, held.value, held.raw_value) == ("X", reason, 9.0, None)
            assert held.raw_flag == "N"
        ReopenDoubt(actor=people.monitoring, doubt_id=doubt.pk, reason="误判").run()
        reading = Reading.objects.get(period_start=doubt.first_at)
        assert (reading.flag, reading.reason, reading.value) == ("M", "", 9.0)

    def test_a_measurement_that_is_flagged_later_is_told_to_who_reviews_and_shown_beside_its_first_flag(
        self, stream, people
    ) -> None:
        first, second = TOP - timedelta(hours=40), TOP - timedelta(hours=39)
        come(*hourly(stream.a, quiet(45, 0.5)))

        def marked(flag: str, minute: int, *times: datetime) -> None:
            at = NOW + timedelta(minutes=minute)
            come(*(row(stream.a, time, 0.5, flag=flag, received_at=at) for time in times))

        marked("M", 1, first, second)
        doubt = Doubt.objects.get()
        assert (doubt.rule, doubt.first_at, doubt.last_at, doubt.readings) == ("marked", first, second, 2)
        assert "“maintenance”" in doubt.sentence_en
        shown = queries.readings(people.monitoring, stream.a.pk, "nh3n", first, second, "hour")
        assert ([point[2] for point in shown.points], shown.raw_flags) == (
            ["M", "M"],
            [(first, "N"), (second, "N")],
        )
        marked("N", 2, second)
        doubt.refresh_from_db()
        assert (doubt.state, doubt.last_at, doubt.readings) == ("open", first, 1)
        with pytest.raises(StateRefused, match="no value that could be invalid"):
            InvalidateReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="补标").run()
        KeepReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="维护记录相符").run()
        marked("D", 3, first, second)
        assert Doubt.objects.get(state="open").first_at == second
        marked("N", 4, first, second)
        assert sorted(Doubt.objects.values_list("state", flat=True)) == ["kept", "passed"]

    def test_a_day_without_any_valid_reading_has_no_figure_and_the_last_word_is_not_a_value(
        self, stream, people
    ) -> None:
        come(*hourly(stream.a, [0.0, 0.0], "ph", until=TOP))
        doubt = Doubt.objects.get(rule="range")
        InvalidateReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="探头断线").run()
        assert not DailyValue.objects.exists()
        assert Latest.objects.get().flag == "X"
        ReopenDoubt(actor=people.monitoring, doubt_id=doubt.pk, reason="误判").run()
        assert (DailyValue.objects.get().n, Latest.objects.get().flag) == (2, "N")
        assert [entry.action for entry in entries(doubt.chain)] == [
            "doubt.raise",
            "doubt.invalidate",
            "doubt.reopen",
        ]

    def test_reopening_leaves_alone_what_another_review_has_made_invalid(self, stream, people) -> None:
        come(*hourly(stream.a, [*quiet(40, 7.0), 0.0, *quiet(5, 7.0)], "ph", unit="1"))
        zero, leap = Doubt.objects.get(rule="range"), Doubt.objects.get(rule="spike")
        InvalidateReadings(actor=people.monitoring, doubt_id=zero.pk, reason="断线").run()
        with pytest.raises(StateRefused, match="count for nothing already"):
            InvalidateReadings(actor=people.monitoring, doubt_id=leap.pk, reason="断线").run()
        check_unchecked()
        assert set(Doubt.objects.exclude(pk=zero.pk).values_list("state", flat=True)) == {"passed"}

    def test_an_enterprises_own_monitor_takes_the_authority_and_the_document(self, stream, people) -> None:
        stream.a.owner = "enterprise"
        stream.a.save()
        doubt = spike(stream.a)
        for person in (people.monitoring, people.county_office):
            with pytest.raises(PermissionRefused):
                InvalidateReadings(actor=person, doubt_id=doubt.pk, reason="故障", authorisation="1 号").run()
        with pytest.raises(InvalidInput) as refused:
            InvalidateReadings(actor=people.city_office, doubt_id=doubt.pk, reason="故障").run()
        assert "--authorisation" in refused.value.cure
        InvalidateReadings(
            actor=people.city_office, doubt_id=doubt.pk, reason="故障", authorisation="环监〔2026〕8 号"
        ).run()
        with pytest.raises(PermissionRefused):
            ReopenDoubt(actor=people.monitoring, doubt_id=doubt.pk, reason="误判").run()
        with pytest.raises(IntegrityError), transaction.atomic():
            Doubt.objects.update(authorisation="")

    def test_only_a_person_of_the_area_decides_once_and_for_a_reason(self, stream, people) -> None:
        doubt = spike(stream.a)
        for person in (people.elsewhere, people.enforcement, people.administrator):
            with pytest.raises(PermissionRefused):
                KeepReadings(actor=person, doubt_id=doubt.pk, reason="属实").run()
        with pytest.raises(InvalidInput):
            KeepReadings(actor=people.monitoring, doubt_id=doubt.pk, reason=" ").run()
        with pytest.raises(PermissionRefused):
            RaiseDoubt(actor=people.city_office, station=stream.a, suspicion=None, rules_version="1").run()
        KeepReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="属实").run()
        with pytest.raises(StateRefused, match="closed: Right after all"):
            InvalidateReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="不实").run()

    def test_the_database_refuses_two_open_doubts_about_one_run(self, stream) -> None:
        doubt = spike(stream.a)
        doubt.pk = None
        with pytest.raises(IntegrityError, match="one_open_doubt_about_a_run"), transaction.atomic():
            doubt.save(force_insert=True)


class TestLaboratory:
    """Results of a laboratory stand in the series of the instrument beside it."""

    @staticmethod
    def found(station, at, value, parameter="nh3n") -> Reading:
        result = LabResult(station=station, parameter=parameter, sampled_at=at, value=value, unit="mg/L")
        result.written, result.file_name, result.entered_at = str(value), "1/1", NOW
        store_results([result])
        return Reading.objects.get(period_start=at, parameter=parameter)

    def test_no_rule_doubts_a_result_or_compares_an_instrument_with_it(self, stream) -> None:
        self.found(stream.a, TOP - 30.5 * HOUR, 9.0)
        self.found(stream.a, TOP - 5.5 * HOUR, 9.0)  # beside an instrument's leap, which stays a lone one
        come(*hourly(stream.a, [*quiet(42), 9.0, *quiet(5)], kind="instant"))
        doubt = Doubt.objects.get()
        assert (doubt.rule, doubt.first_at, doubt.readings) == ("spike", TOP - 6 * HOUR, 1)

    def test_no_review_invalidates_a_result_and_whoever_tries_is_told_who_corrects_it(
        self, stream, people, client
    ) -> None:
        come(*hourly(stream.a, [6.5] * 30, "do", kind="instant"))
        stuck = Doubt.objects.get()
        result = self.found(stream.a, TOP - 10.5 * HOUR, 7.9, "do")
        InvalidateReadings(actor=people.monitoring, doubt_id=stuck.pk, reason="探头缠草").run()
        assert set(Reading.objects.filter(flag="N")) == {result}
        assert DailyValue.objects.get().maximum == 7.9
        at = result.period_start
        suspicion = Suspicion(
            "spike", "do", "instant", at, at, 1, 7.9, 6.5, "mg/L", Sentences("突变。", "A leap."), ended=True
        )
        doubt = RaiseDoubt(actor=SYSTEM, station=stream.a, suspicion=suspicion, rules_version="1").run()
        client.force_login(people.monitoring)
        refused = client.post(
            f"/api/v1/doubts/{doubt.pk}/invalidate",
            {"reason": "不实"},
            content_type="application/json",
            headers={"Accept-Language": "en"},
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "state_refused")
        assert "a laboratory's results" in refused.json()["message"]
        assert "let the laboratory correct it by a new version" in refused.json()["cure"]
        result.refresh_from_db()
        assert (result.flag, result.value) == ("N", 7.9)


class TestConditions:
    def test_a_silent_station_is_told_until_it_speaks_again(self, stream, people) -> None:
        come(*hourly(stream.a, quiet(10), until=TOP - 5 * HOUR))
        look_after_conditions()
        look_after_conditions()
        doubt = Doubt.objects.get()
        assert (doubt.rule, doubt.first_at, doubt.last_at) == ("silent", TOP - 5 * HOUR, None)
        assert "不等于停运" in doubt.sentence_zh
        with pytest.raises(StateRefused, match="no value"):
            InvalidateReadings(actor=people.monitoring, doubt_id=doubt.pk, reason="停电").run()
        come(row(stream.a, TOP, 0.4, received_at=NOW))
        look_after_conditions()
        doubt.refresh_from_db()
        assert (doubt.state, doubt.last_at) == ("passed", NOW)

    def test_one_parameter_that_is_missing_is_not_a_silent_station(self, stream) -> None:
        come(
            *hourly(stream.a, quiet(10), until=TOP), *hourly(stream.a, quiet(10), "tp", until=TOP - 5 * HOUR)
        )
        # An analyser of every eight hours is not missing in between.
        come(*[row(stream.a, TOP - 8 * HOUR * n, 0.4, "codmn") for n in range(1, 5)])
        look_after_conditions()
        assert list(Doubt.objects.values_list("rule", "parameter")) == [("missing", "tp")]

    def test_data_that_come_hours_late_are_told(self, stream) -> None:
        come(*hourly(stream.a, quiet(5), received_at=NOW + 3 * HOUR))
        look_after_conditions()
        assert Doubt.objects.get().rule == "stale"


def test_rates_count_what_came_against_each_parameters_own_interval(stream) -> None:
    flags = ["N"] * 90 + ["F"] * 10 + ["M"] * 10 + ["N"] * 10
    rows = hourly(stream.a, quiet(120), until=TOP - HOUR)
    arrive(*[one._replace(flag=flag) for one, flag in zip(rows, flags, strict=True)])
    stream.a.adopted_at = TOP - 240 * HOUR
    with clock.use_clock(TOP):
        (rates,) = rates_of([stream.a], date(2026, 11, 3), TOP)
        (none,) = rates_of([stream.b], date(2026, 11, 3), TOP)
    assert (rates.expected, rates.sent, rates.came, rates.stopped, rates.valid) == (240, 120, 120, 10, 100)
    assert (rates.transmission, rates.validity) == (0.5, pytest.approx(100 / 110))
    assert (none.expected, none.transmission, none.validity) == (0, None, None)


def test_a_station_that_nobody_adopted_is_expected_from_its_first_day_on_and_an_older_one_all_month(
    stream,
) -> None:
    # TOP is noon at the place: the first of the 54 hours is six o'clock, two days before. Nothing came of the last twelve.
    arrive(*hourly(stream.a, quiet(54), until=TOP - HOUR)[:-12])
    with clock.use_clock(TOP):
        (fresh,) = rates_of([stream.a], date(2026, 11, 3), TOP)
        arrive(row(stream.a, TOP - 21 * 24 * HOUR, 0.4))
        (older,) = rates_of([stream.a], date(2026, 11, 3), TOP)
    assert (fresh.expected, fresh.sent) == (18 + 36, 42)
    assert (older.expected, older.sent) == (19 * 24 + 12, 42)


def test_no_flood_of_readings_makes_up_for_silence_and_only_a_device_begins(stream) -> None:
    # TOP is noon of the 20th: ten days by the hour, nine silent ones, half a day of every five minutes.
    rows = [row(stream.a, TOP - (468 - n) * HOUR, 0.4) for n in range(240)]
    rows += [row(stream.a, TOP - 12 * HOUR + n * HOUR / 12, 0.4) for n in range(144)]
    # An instrument that was added today; and what begins nothing: a refused reading, a laboratory's result.
    rows += [row(stream.a, TOP - 12 * HOUR + n * HOUR, 0.1, "tp") for n in range(12)]
    rows += [row(stream.a, TOP - 600 * HOUR, 0.4, flag="X", reason="too_old")]
    arrive(*rows)
    told = {"station": stream.a, "parameter": "nh3n", "unit": "mg/L", "entered_at": NOW}
    at = TOP - 550 * HOUR
    store_results([LabResult(**told, sampled_at=at, value=7.9, below_limit=False, written="7.9")])
    refresh_days([(stream.a.pk, at)], NOW)
    with clock.use_clock(TOP):
        (rates,) = rates_of([stream.a], date(2026, 11, 3), TOP)
    assert (rates.expected, rates.sent, rates.came) == (468 + 12, 252 + 12, 240 + 144 + 12)


@pytest.mark.parametrize("step", [HOUR, 4 * HOUR])
def test_instants_to_either_side_of_the_hour_are_all_heard_and_a_lost_one_is_missed(stream, step) -> None:
    # From midnight of the 15th to noon of the 20th, two half a minute late and two half a minute early in turns.
    count, jitter = 132 * HOUR // step, timedelta(seconds=30)
    moments = [TOP - 132 * HOUR + n * step + (jitter if n % 4 < 2 else -jitter) for n in range(count)]
    arrive(*[row(stream.a, at, 0.4) for at in moments])
    stream.a.adopted_at = TOP - 132 * HOUR
    with clock.use_clock(TOP):
        (whole,) = rates_of([stream.a], date(2026, 11, 3), TOP)
        Reading.objects.filter(period_start=moments[7]).delete()
        refresh_days([(stream.a.pk, moments[0])], TOP)
        (lacking,) = rates_of([stream.a], date(2026, 11, 3), TOP)
        counts = counts_of([stream.a.pk], date(2026, 11, 15), date(2026, 11, 20))[stream.a.pk]
        strip = strip_of(counts, [date(2026, 11, 15 + n) for n in range(6)], {}, TOP)
    assert (whole.expected, whole.sent) == (count, count)
    assert (lacking.expected, lacking.sent) == (count, count - 1)
    assert sum(day.missing for day in strip) == 1


def test_the_command_line_reviews_in_the_name_of_a_person(stream, people) -> None:
    doubt = spike(stream.a)

    def run(*words: str):
        return CliRunner().invoke(review_command, [*words, "--as", "monitoring"])

    assert "1 doubt;" in run("list").output
    assert "leapt to 9" in run("show", str(doubt.pk)).output
    assert "count for nothing" in run("invalidate", str(doubt.pk), "--reason", "探头进气").output
    assert run("keep", str(doubt.pk), "--reason", "属实").exit_code == 1
    assert "open again" in run("reopen", str(doubt.pk), "--reason", "误判").output
    assert "2 stations" in run("rates", "--month", "2026-11").output
