"""The duty desk: whom an alarm reaches and when, what silences it, what one shift hands to the next."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from riverchief.accounts.models import Membership, User
from riverchief.accounts.sms.adapters import FileAdapter, NotSent
from riverchief.base import audit, clock
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import InvalidInput, PermissionRefused, StateRefused
from riverchief.base.models import InboxMessage, OutboxEvent
from riverchief.monitor.actions import (
    AcknowledgeAlarm,
    ChangeShift,
    CloseEvent,
    EndMute,
    ImportRoster,
    JoinEvent,
    MuteAlarm,
    OpenEvent,
    PlanShift,
    RemoveShift,
    Sight,
    SignHandOver,
    WriteHandOver,
)
from riverchief.monitor.duty import queries, texts
from riverchief.monitor.duty.escalation import escalate, look_after_alarms
from riverchief.monitor.duty.models import AlarmText, HandOver, Shift
from riverchief.monitor.duty.roster import Span, gaps, overlaps
from riverchief.monitor.models import Alarm, Event
from riverchief.monitor.subscribers import notify_duty, notify_who_looks_after

from .conftest import NOW

pytestmark = pytest.mark.django_db


def minutes(n: float) -> datetime:
    """So long after the alarm was raised."""
    return NOW + timedelta(minutes=n)


def later(n: float) -> None:
    """The clock's job, so long after the alarm was raised."""
    with clock.use_clock(minutes(n)):
        look_after_alarms()


@pytest.fixture(autouse=True)
def _standing_clock():
    with clock.use_clock(NOW):
        yield


def colleague(name: str, area, role: str = "monitoring") -> User:
    user = User.objects.create_user(name, None, name_zh=name, name_en=name)
    Membership.objects.create(user=user, role=role, area=area, valid_from=NOW.date() - timedelta(days=9))
    return user


@pytest.fixture
def crew(stream) -> dict[str, User]:
    return {name: colleague(name, stream.area) for name in ("wang", "zhao", "sun", "next")}


@pytest.fixture
def shift(stream, crew, people) -> Shift:
    """A day's shift in which the alarm falls: Wang, then Zhao, then Sun."""
    return PlanShift(
        actor=people.county_office,
        area_code=stream.area.pk,
        starts_at=NOW - timedelta(hours=4),
        ends_at=NOW + timedelta(hours=8),
        person_id=crew["wang"].pk,
        deputy_id=crew["zhao"].pk,
        leader_id=crew["sun"].pk,
    ).run()


def an_alarm(station, parameter: str = "nh3n", joins: Alarm | None = None) -> Alarm:
    event = Event(
        station=station,
        area=station.area,
        parameter=parameter,
        kind="threshold",
        opened_at=NOW - timedelta(hours=1),
        last_at=NOW,
        peak_value=3.0,
        unit="mg/L",
        baseline=0.4,
        limit_value=1.0,
    )
    opened = OpenEvent(
        actor=SYSTEM, event=event, sight=sight(station), message_zh="升高。", message_en="Rose.", joins=joins
    ).run()
    assert opened.alarm is not None
    return opened.alarm


def sight(station, first_at: datetime = NOW - timedelta(hours=1)) -> Sight:
    return Sight(
        station=station,
        first_at=first_at,
        last_at=max(NOW, first_at),
        peak_value=3.0,
        peak_at=first_at,
        baseline=0.4,
        threshold=1.0,
        checked_to=max(NOW, first_at),
        normal_readings=0,
        settled_at=None,
    )


@pytest.fixture
def alarm(stream, shift) -> Alarm:
    return an_alarm(stream.a)


def reached(alarm: Alarm) -> list[tuple[str, list[str]]]:
    return [(step.to, sorted(user.username for user in step.people.all())) for step in alarm.steps.all()]


def told() -> list[str]:
    names = dict(User.objects.values_list("pk", "username"))
    return [names[line.recipient_id] for line in InboxMessage.objects.order_by("pk")]


def end(alarm: Alarm, at: datetime) -> None:
    """The water is well again."""
    alarm.events.update(state="closed", closed_at=at)


class TestEscalation:
    def test_an_alarm_goes_to_the_deputy_after_15_minutes_then_to_the_leader_then_to_the_office(self, alarm):
        later(0)
        assert reached(alarm) == [("person", ["wang"])]
        later(14.9)
        assert told() == ["wang"]
        later(15)
        assert reached(alarm)[1:] == [("deputy", ["zhao"])]
        later(29.9)
        assert told() == ["wang", "zhao"]
        later(30)
        assert reached(alarm)[2:] == [("leader", ["sun"])]
        later(45)
        office = ["city_office", "county_office", "monitoring", "next", "sun", "wang", "zhao"]
        assert reached(alarm)[3:] == [("office", office)]
        assert "15 分钟无人确认，转副班：A站 氨氮" in InboxMessage.objects.values_list("title_zh", flat=True)

    def test_nobody_is_told_twice_however_often_the_clock_looks(self, alarm):
        raised = OutboxEvent.objects.get(name="monitor.alarm_raised")
        for _ in range(3):
            notify_duty(raised)
            later(0)
            later(16)
        assert told() == ["wang", "zhao"]
        assert reached(alarm) == [("person", ["wang"]), ("deputy", ["zhao"])]

    def test_the_database_refuses_a_second_step_to_the_same_place(self, alarm):
        later(0)
        step = alarm.steps.get()
        step.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            step.save(force_insert=True)

    def test_after_an_hour_without_the_clock_each_still_has_their_quarter_of_an_hour(self, alarm):
        later(0)
        later(60)
        assert told() == ["wang", "zhao"]
        later(74)
        assert told() == ["wang", "zhao"]
        later(75)
        assert told() == ["wang", "zhao", "sun"]

    def test_what_is_acknowledged_goes_no_further(self, alarm, crew):
        later(0)
        AcknowledgeAlarm(actor=crew["wang"], alarm_id=alarm.pk).run()
        later(60)
        assert told() == ["wang"]

    def test_without_any_roster_the_whole_office_is_told_at_once_and_told_that_nobody_is_on_duty(
        self, stream, people
    ):
        alarm = an_alarm(stream.a)
        later(0)
        assert reached(alarm) == [
            ("person", []),
            ("deputy", []),
            ("leader", []),
            ("office", ["city_office", "county_office", "monitoring"]),
        ]
        titles = set(InboxMessage.objects.values_list("title_en", flat=True))
        assert titles == {"Nobody is on duty. Alarm to acknowledge: Ammonia nitrogen at Station A"}

    def test_an_empty_place_in_the_chain_is_passed_and_the_step_says_so(self, alarm, shift):
        Shift.objects.update(deputy=None)
        later(0)
        later(15)
        assert reached(alarm)[1:] == [("deputy", []), ("leader", ["sun"])]

    def test_a_county_whose_roster_has_a_gap_falls_back_on_the_city_desk(self, stream, people, alarm, shift):
        Shift.objects.all().delete()
        city = stream.area.parent
        PlanShift(
            actor=people.city_office,
            area_code=city.pk,
            starts_at=NOW - timedelta(hours=1),
            ends_at=NOW + timedelta(hours=1),
            person_id=people.city_office.pk,
        ).run()
        later(0)
        assert reached(alarm) == [("person", ["city_office"])]

    def test_who_has_lost_the_role_since_the_roster_was_made_is_nobody(self, alarm, crew):
        Membership.objects.filter(user=crew["wang"]).update(valid_to=NOW.date() - timedelta(days=1))
        later(0)
        assert reached(alarm) == [("person", []), ("deputy", ["zhao"])]

    def test_every_step_stands_in_the_log_of_the_event_with_whom_it_reached(self, alarm):
        later(0)
        later(15)
        steps = [
            entry for entry in audit.entries(f"event:{alarm.event_id}") if entry.action == "alarm.escalate"
        ]
        assert [(entry.data["to"], entry.data["names"]) for entry in steps] == [
            ("person", ["wang"]),
            ("deputy", ["zhao"]),
        ]
        assert list(audit.broken_links(f"event:{alarm.event_id}")) == []
        assert OutboxEvent.objects.filter(name="monitor.alarm_escalated").count() == 2


class TestMute:
    def mute(self, alarm, user, hours: float = 2) -> None:
        MuteAlarm(
            actor=user, alarm_id=alarm.pk, until=NOW + timedelta(hours=hours), reason="设备检修至 14:00"
        ).run()

    def test_a_muted_alarm_does_not_escalate_until_the_mute_has_ended_by_itself(self, alarm, crew):
        later(0)
        self.mute(alarm, crew["wang"])
        later(119)
        assert told() == ["wang"]
        later(120)  # the mute ends, and Wang has a quarter of an hour anew
        mute = alarm.mutes.get()
        assert (mute.ended_at, mute.ended_by, mute.by) == (minutes(120), None, crew["wang"])
        later(134)
        assert told() == ["wang"]
        later(135)
        assert told() == ["wang", "zhao"]
        actions = [entry.action for entry in audit.entries(f"event:{alarm.event_id}")]
        assert actions == ["event.open", "alarm.escalate", "alarm.mute", "alarm.mute_end", "alarm.escalate"]

    def test_a_person_may_end_a_mute_before_its_time(self, alarm, crew):
        self.mute(alarm, crew["wang"])
        EndMute(actor=crew["zhao"], alarm_id=alarm.pk).run()
        assert alarm.mutes.get().ended_by == crew["zhao"]
        later(0)
        assert told() == ["wang"]

    @pytest.mark.parametrize(("hours", "reason"), [(25, "检修"), (-1, "检修"), (2, " ")])
    def test_a_mute_has_an_end_within_a_day_and_a_reason(self, alarm, crew, hours, reason):
        until = NOW + timedelta(hours=hours)
        with pytest.raises(InvalidInput):
            MuteAlarm(actor=crew["wang"], alarm_id=alarm.pk, until=until, reason=reason).run()

    def test_only_what_rings_is_muted_and_once_at_a_time_and_by_people(self, alarm, crew):
        with pytest.raises(PermissionRefused):
            self.mute(alarm, SYSTEM)
        self.mute(alarm, crew["wang"])
        with pytest.raises(StateRefused):
            self.mute(alarm, crew["wang"])
        AcknowledgeAlarm(actor=crew["wang"], alarm_id=alarm.pk).run()
        assert alarm.mutes.get().ended_at == NOW
        with pytest.raises(StateRefused):
            self.mute(alarm, crew["wang"])


class TestResolvingByItself:
    def test_an_alarm_whose_event_has_ended_resolves_itself_after_an_hour_of_quiet(self, alarm, crew):
        AcknowledgeAlarm(actor=crew["wang"], alarm_id=alarm.pk).run()
        end(alarm, minutes(30))
        later(89)
        assert Alarm.objects.get().state == "acknowledged"
        later(90)
        resolved = Alarm.objects.get()
        assert (resolved.state, resolved.resolved_at, resolved.resolved_by) == ("resolved", minutes(90), None)
        assert audit.entries(f"event:{alarm.event_id}")[-1].data == {"seen": True}

    def test_one_that_nobody_saw_rings_no_more_and_stays_on_the_desk_until_somebody_has(self, alarm, crew):
        later(0)
        later(15)
        end(alarm, minutes(16))
        later(76)  # Sun would be told at 30, had the clock looked then
        assert Alarm.objects.get().state == "resolved"
        later(90)
        assert told() == ["wang", "zhao"]
        assert Alarm.objects.get().unseen

    def test_late_readings_that_open_and_end_an_event_at_once_leave_the_desk_its_hour(self, alarm):
        end(alarm, NOW - timedelta(hours=3))
        later(59)
        assert Alarm.objects.get().state == "raised"
        later(60)
        assert Alarm.objects.get().state == "resolved"

    def test_water_that_comes_back_wakes_an_alarm_that_nobody_saw(self, stream, alarm):
        end(alarm, NOW)
        later(60)
        with clock.use_clock(minutes(200)):
            JoinEvent(actor=SYSTEM, event_id=alarm.event_id, sight=sight(stream.b, minutes(190))).run()
        again = Alarm.objects.get()
        assert (again.state, again.raised_at, again.resolved_at) == ("raised", minutes(200), None)
        later(200)
        assert told()[-1] == "wang"

    def test_water_that_comes_back_rings_nobody_where_somebody_looks_after_it_but_tells_them(
        self, stream, alarm, crew
    ):
        AcknowledgeAlarm(actor=crew["wang"], alarm_id=alarm.pk).run()
        end(alarm, NOW)
        later(60)
        with clock.use_clock(minutes(200)):
            JoinEvent(actor=SYSTEM, event_id=alarm.event_id, sight=sight(stream.b, minutes(190))).run()
        assert Alarm.objects.get().state == "acknowledged"
        notify_who_looks_after(OutboxEvent.objects.get(name="monitor.alarm_returned"))
        later(200)
        assert told() == ["wang"]

    def test_what_a_person_has_closed_stays_closed(self, stream, alarm, crew):
        AcknowledgeAlarm(actor=crew["wang"], alarm_id=alarm.pk).run()
        CloseEvent(actor=crew["wang"], event_id=alarm.event_id, note="已处置").run()
        JoinEvent(actor=SYSTEM, event_id=alarm.event_id, sight=sight(stream.b, minutes(190))).run()
        closed = Alarm.objects.get()
        assert (closed.state, closed.resolved_by, closed.event.state) == ("resolved", crew["wang"], "closed")


class TestOneAlarmOverParameters:
    def test_a_further_parameter_joins_the_alarm_says_so_and_ends_a_mute(self, stream, alarm, crew):
        later(0)
        MuteAlarm(actor=crew["wang"], alarm_id=alarm.pk, until=minutes(120), reason="检修").run()
        an_alarm(stream.a, "tp", joins=alarm)
        alarm.refresh_from_db()
        assert {event.parameter for event in alarm.events.all()} == {"nh3n", "tp"}
        assert alarm.message_en == "Rose. Rose."
        assert alarm.mutes.get().ended_at == NOW
        assert OutboxEvent.objects.filter(name="monitor.alarm_raised").count() == 1
        assert OutboxEvent.objects.filter(name="monitor.event_opened").count() == 2  # each is traced

    def test_closing_one_closes_all_that_the_alarm_tells_of(self, stream, alarm, crew):
        an_alarm(stream.a, "tp", joins=alarm)
        AcknowledgeAlarm(actor=crew["wang"], alarm_id=alarm.pk).run()
        CloseEvent(actor=crew["wang"], event_id=alarm.event_id, note="已处置").run()
        assert set(Event.objects.values_list("state", flat=True)) == {"closed"}

    def test_an_alarm_does_not_resolve_itself_while_one_of_its_parameters_goes_on(self, stream, alarm):
        an_alarm(stream.a, "tp", joins=alarm)
        Event.objects.filter(parameter="nh3n").update(state="closed", closed_at=NOW)
        later(300)
        assert Alarm.objects.get().state == "raised"

    def test_whoever_looks_after_an_alarm_hears_of_the_further_parameter(self, stream, alarm, crew):
        AcknowledgeAlarm(actor=crew["wang"], alarm_id=alarm.pk).run()
        an_alarm(stream.a, "tp", joins=alarm)
        notify_who_looks_after(OutboxEvent.objects.get(name="monitor.alarm_widened"))
        assert told() == ["wang"]
        assert InboxMessage.objects.get().title_zh == "您确认的报警有新情况：A站 氨氮、总磷"


class TestRoster:
    def plan(self, actor, stream, **changes) -> Shift:
        given = {
            "area_code": stream.area.pk,
            "starts_at": NOW,
            "ends_at": NOW + timedelta(hours=12),
        }
        return PlanShift(actor=actor, **{**given, **changes}).run()

    def test_gaps_and_overlaps_are_found(self):
        hours = lambda *spans: [  # noqa: E731
            Shift(starts_at=NOW + timedelta(hours=a), ends_at=NOW + timedelta(hours=b)) for a, b in spans
        ]
        at = lambda n: NOW + timedelta(hours=n)  # noqa: E731
        shifts = hours((0, 8), (7, 16), (18, 24))
        assert gaps(shifts, at(0), at(26)) == [Span(at(16), at(18)), Span(at(24), at(26))]
        assert overlaps(shifts) == [Span(at(7), at(8))]
        assert gaps([], at(0), at(1)) == [Span(at(0), at(1))]
        assert overlaps(hours((0, 24), (1, 2), (3, 4))) == [Span(at(1), at(2)), Span(at(3), at(4))]

    def test_only_the_office_plans_and_only_people_of_the_desk(self, stream, crew, people):
        with pytest.raises(PermissionRefused):
            self.plan(crew["wang"], stream, person_id=crew["wang"].pk)
        with pytest.raises(InvalidInput, match="无权确认"):
            self.plan(people.county_office, stream, person_id=people.chief.pk)
        with pytest.raises(InvalidInput, match="两次"):
            self.plan(people.county_office, stream, person_id=crew["wang"].pk, leader_id=crew["wang"].pk)
        with pytest.raises(InvalidInput):
            self.plan(people.county_office, stream, person_id=crew["wang"].pk, ends_at=NOW)

    def test_no_shift_that_was_over_before_today_and_none_of_another_year(self, stream, crew, people):
        for back, told in ((timedelta(days=1, hours=8), "roster is of today"), (timedelta(days=-400), "366")):
            with pytest.raises(InvalidInput, match=told):
                self.plan(
                    people.county_office,
                    stream,
                    person_id=crew["wang"].pk,
                    starts_at=NOW - back,
                    ends_at=NOW - back + timedelta(hours=8),
                )

    def test_people_are_exchanged_while_a_shift_runs_but_what_is_over_stays(
        self, stream, shift, crew, people
    ):
        change = {
            "actor": people.county_office,
            "shift_id": shift.pk,
            "starts_at": shift.starts_at,
            "ends_at": shift.ends_at,
            "person_id": crew["next"].pk,
        }
        ChangeShift(**change).run()
        assert Shift.objects.get().person == crew["next"]
        with pytest.raises(StateRefused):
            RemoveShift(actor=people.county_office, shift_id=shift.pk).run()
        with clock.use_clock(shift.ends_at), pytest.raises(StateRefused):
            ChangeShift(**change).run()
        actions = [entry.action for entry in audit.entries(f"roster:{stream.area.pk}")]
        assert actions == ["roster.plan", "roster.change"]

    def test_a_shift_that_has_not_begun_is_removed(self, stream, crew, people):
        shift = self.plan(people.county_office, stream, starts_at=minutes(1), person_id=crew["wang"].pk)
        RemoveShift(actor=people.county_office, shift_id=shift.pk).run()
        assert not Shift.objects.exists()

    def test_a_month_comes_from_a_table_in_gbk_and_bad_rows_are_told(self, stream, crew, people, tmp_path):
        file = tmp_path / "值班表.csv"
        file.write_text(
            "开始,结束,值班员,副班,带班领导\n"
            "2026-12-01 08:00,2026-12-01 20:00,wang,zhao,sun\n"
            "2026-12-01 20:00,2026-12-02 08:00,zhao,,sun\n"
            "2026-12-02 08:00,2026-12-02 20:00,nobody,,\n"
            "12月3日,2026-12-03 20:00,wang,,\n",
            encoding="gbk",
        )
        load = {"actor": people.county_office, "area_code": stream.area.pk, "path": file}
        assert ImportRoster(**load, dry_run=True).run().created == 2
        assert not Shift.objects.exists()
        result = ImportRoster(**load).run()
        assert (result.created, [(error.row, error.field) for error in result.errors]) == (
            2,
            [(4, "person"), (5, "starts_at")],
        )
        assert Shift.objects.first().starts_at.isoformat() == "2026-12-01T00:00:00+00:00"
        again = ImportRoster(**load).run()
        assert (again.created, again.updated, again.unchanged) == (0, 0, 2)


class TestHandOver:
    def test_what_is_open_is_listed_by_itself_and_the_next_person_signs(self, stream, alarm, crew):
        entry = WriteHandOver(
            actor=crew["wang"], area_code=stream.area.pk, note="A 站已派人采样，等结果。"
        ).run()
        assert entry.shift is not None
        assert [(item["alarm_id"], item["subject_zh"]) for item in entry.open_items] == [
            (alarm.pk, "A站 氨氮")
        ]
        with pytest.raises(PermissionRefused, match="交班人"):
            SignHandOver(actor=crew["wang"], hand_over_id=entry.pk).run()
        SignHandOver(actor=crew["next"], hand_over_id=entry.pk, remark="已阅").run()
        with pytest.raises(StateRefused):
            SignHandOver(actor=crew["zhao"], hand_over_id=entry.pk).run()
        actions = [row.action for row in audit.entries(f"hand_over:{stream.area.pk}")]
        assert actions == ["hand_over.write", "hand_over.sign"]

    @pytest.mark.parametrize("table", ["monitor_handover", "monitor_handoversignature"])
    def test_the_database_refuses_to_alter_the_log(self, stream, crew, shift, table):
        entry = WriteHandOver(actor=crew["wang"], area_code=stream.area.pk, note="无").run()
        SignHandOver(actor=crew["next"], hand_over_id=entry.pk).run()
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
        assert HandOver.objects.count() == 1

    def test_it_says_something_and_is_written_by_the_desk_of_the_area(self, stream, crew, people):
        with pytest.raises(InvalidInput):
            WriteHandOver(actor=crew["wang"], area_code=stream.area.pk, note=" ").run()
        with pytest.raises(PermissionRefused):
            WriteHandOver(actor=people.elsewhere, area_code=stream.area.pk, note="无").run()


def test_an_alarm_is_told_by_text_message_once_and_says_whether_the_carrier_took_it(
    stream, shift, people, settings, tmp_path, monkeypatch
):
    settings.RIVERCHIEF_SMS, sent = tmp_path / "sms.toml", tmp_path / "sms.log"
    settings.RIVERCHIEF_SMS.write_text('adapter = "file"\nalarms = true\n')
    type(shift.person).objects.filter(pk=shift.person_id).update(phone="13800000001")
    alarm = an_alarm(stream.a)
    escalate(alarm.pk)
    assert AlarmText.objects.get().state == "waiting"

    def refused(*_):
        raise NotSent("拒绝。|Refused.")

    with monkeypatch.context() as broken:
        broken.setattr(FileAdapter, "tell", refused)
        assert texts.send_due() == 0
    assert (AlarmText.objects.get().attempts, AlarmText.objects.get().fault) == (1, "拒绝。|Refused.")
    assert texts.send_due() == 0  # not before the pause is over
    with clock.use_clock(clock.now() + timedelta(minutes=1)):
        assert (texts.send_due(), texts.send_due()) == (1, 0)
    (line,) = sent.read_text().splitlines()
    assert line.split(" ", 2)[1:] == [
        "13800000001",
        f"水质报警 {alarm.pk} 号待确认（值班员）：江东区，氨氮，11-20 12:00。请登录值班台确认。",
    ]
    assert stream.a.name_zh not in line
    (step,) = queries.alarm(shift.person, alarm.pk)["steps"]
    assert [person["text"] for person in step["people"]] == ["taken"]
