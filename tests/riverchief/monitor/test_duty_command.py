"""The duty desk at the command line."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from riverchief.base import clock
from riverchief.monitor.duty.command import duty_command
from riverchief.monitor.models import Alarm, HandOver, Shift

from .conftest import NOW
from .test_duty import alarm, crew, later, shift  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _standing_clock():
    with clock.use_clock(NOW):
        yield


def duty(*words, code: int = 0) -> str:
    """Run a command on the test's own database; its output."""
    result = CliRunner().invoke(duty_command, [str(word) for word in words], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


def test_a_night_at_the_desk_from_the_command_line(alarm, crew, stream):  # noqa: F811
    later(0)
    assert "wang → zhao → sun" in duty("desk", "--as", "wang")
    shown = json.loads(duty("desk", "--as", "wang", "--json"))
    assert shown["alarms"][0]["next_step"]["to"] == "deputy"
    assert "usually 0.4" in duty("alarm", alarm.pk, "--as", "wang")
    duty("mute", alarm.pk, "--until", "2026-11-20 14:00", "--reason", "校准", "--as", "wang")
    assert "muted until" in duty("desk", "--as", "wang")
    duty("unmute", alarm.pk, "--as", "wang")
    duty("acknowledge", alarm.pk, "--note", "已派人", "--as", "wang")
    assert "1 open alarms" in duty("hand-over", "--note", "等快测", "--as", "wang")
    entry = HandOver.objects.get()
    assert "cannot sign" in duty("sign", entry.pk, "--as", "wang", code=1)
    duty("sign", entry.pk, "--as", "next")
    assert "wang → next" in duty("log", "--as", "wang")
    duty("close", alarm.pk, "--note", "已处置", "--as", "wang")
    assert Alarm.objects.get().state == "resolved"


def test_the_roster_from_the_command_line(crew, people, stream, tmp_path):  # noqa: F811
    times = ("--start", "2026-11-21 08:00", "--end", "2026-11-21 20:00")
    duty("plan", "--area", stream.area.pk, *times, "--person", "wang", "--as", "county_office")
    planned = Shift.objects.get()
    assert planned.ends_at - planned.starts_at == timedelta(hours=12)
    duty("change", planned.pk, *times, "--person", "zhao", "--deputy", "sun", "--as", "county_office")
    assert "gap: 2026-11-20 12:00 to 2026-11-21 08:00" in duty("roster", "--as", "wang")
    assert "do not have permission" in duty("remove", planned.pk, "--as", "wang", code=1)
    duty("remove", planned.pk, "--as", "county_office")
    file = tmp_path / "roster.csv"
    file.write_text("starts_at,ends_at,person\n2026-12-01 08:00,2026-12-01 20:00,wang\nx,y,wang\n")
    output = duty("import", file, "--area", stream.area.pk, "--as", "county_office", code=1)
    assert "1 shifts added" in output
    assert "row 3" in output
