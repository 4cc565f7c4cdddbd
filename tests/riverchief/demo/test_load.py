"""The demo basin in the database."""

import json
import stat
from collections import Counter
from dataclasses import replace

import pytest
from django.contrib.auth import authenticate
from riverchief.accounts.models import Membership, User
from riverchief.accounts.policies import allows
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.audit import broken_links
from riverchief.base.evidence import media_type_of
from riverchief.base.models import RuleVersion
from riverchief.base.rules import load_rules, rule_version
from riverchief.demo.direction import DemoRefused, Direction
from riverchief.demo.known_river import make_rule
from riverchief.demo.load import is_loaded, load
from riverchief.demo.photo import photo
from riverchief.demo.power_meters import metered_outfall, play_power_meters
from riverchief.demo.sampling_round import play_round
from riverchief.demo.state import (
    Accounts,
    DemoState,
    Line,
    read_accounts,
    read_state,
    write_accounts,
    write_state,
)
from riverchief.demo.truth import draw_secret
from riverchief.monitor.models import LabResult, Reading, SamplingRound
from riverchief.monitor.power.actions import WithdrawStop
from riverchief.monitor.power.sweep import look_at_meters
from riverchief.registry.duties.queries import responsible_chief
from riverchief.registry.models import Basin, Duty, Outfall, Reach, Station
from riverchief.registry.queries import location_of, network_of, outfalls_upstream

pytestmark = pytest.mark.django_db


def passwords_of(people):
    return {person.username: f"{person.username}-secret" for person in people if person.signs_in}


@pytest.fixture
def loaded(demo_basin):
    return load(demo_basin, passwords_of(demo_basin.people), "123456")


def test_the_basin_is_loaded_whole_and_once(demo_basin, loaded):
    assert loaded.synthetic
    assert is_loaded(demo_basin)
    counts = (Reach.objects.count(), Station.objects.count(), Outfall.objects.count(), Duty.objects.count())
    assert counts == (len(demo_basin.reaches), 32, 80, len(demo_basin.duties))
    assert load(demo_basin, {}, "") == loaded
    assert Basin.objects.count() == 1
    assert list(broken_links(f"basin:{loaded.pk}")) == []


def test_a_trace_believes_of_the_demos_river_what_is_known_of_computed_ones(db):
    load_rules()
    make_rule()
    make_rule()
    usual = RuleVersion.objects.exclude(version__endswith="-demo").get(name="trace.settings")
    held = rule_version("trace.settings")
    assert held.version == f"{usual.version}-demo"
    assert held.body["noise"]["discrepancy"] < usual.body["noise"]["discrepancy"]
    assert held.body["hydraulics"]["velocity_log_sd"] == usual.body["hydraulics"]["velocity_log_sd"]


def test_the_network_in_the_database_is_the_one_that_was_generated(demo_basin, loaded):
    network = network_of(loaded.pk)
    codes = dict(Reach.objects.values_list("pk", "code"))
    for reach in network.reaches:
        generated = demo_basin.network.reach(codes[int(reach.id)])
        assert (reach.length_m, reach.velocity_m_s) == (generated.length_m, generated.velocity_m_s)
        assert reach.line == generated.line
    outlet = Station.objects.get(code="ST0001")
    assert len(outfalls_upstream(loaded.pk, location_of(outlet))) > 60


def test_people_sign_in_with_their_passwords_and_devices_with_theirs(demo_basin, loaded, rf):
    assert authenticate(rf.post("/"), username="office", password="office-secret").username == "office"
    assert Station.objects.get(code="ST0001").check_password("123456")


def test_who_does_not_sign_in_has_no_password(demo_basin):
    *others, last = demo_basin.people
    load(replace(demo_basin, people=[*others, replace(last, signs_in=False)]), passwords_of(others), "123456")
    assert not User.objects.get(username=last.username).has_usable_password()


def test_wherever_a_problem_lies_its_chief_can_sign_in(demo_basin, loaded):
    sign_in = {person.username for person in demo_basin.people if person.signs_in}
    answering = {
        responsible_chief(reach.area, reach, clock.today()).username
        for reach in Reach.objects.select_related("area")
    }
    assert answering <= sign_in
    assert len(answering) > 6, "not the heads of the counties alone"


def test_each_person_may_do_what_the_story_asks_of_them(loaded):
    area = Station.objects.get(code="ST0001").area.path

    def may(username, capability):
        return allows(User.objects.get(username=username), capability, area)

    assert may("monitor1", Capability.ACKNOWLEDGE_ALARM)
    assert may("office", Capability.RUN_TRACE)
    assert may("inspector1", Capability.CONFIRM_CLUE)
    assert may("inspector2", Capability.VERIFY_PROBLEM)
    assert may("office2", Capability.WRITE_OFF_PROBLEM)
    assert not may("town1", Capability.VIEW_TRACE)
    units = Membership.objects.filter(role="unit").select_related("organisation")
    assert {held.organisation.kind for held in units} == {"unit"}
    assert units.count() == 6


def test_the_demo_wants_an_empty_database_and_its_own_folder(demo_basin, db, tmp_path):
    User.objects.create_user("somebody", name_zh="某", name_en="Somebody")
    with pytest.raises(DemoRefused, match="empty database"):
        Direction(tmp_path, 2026, "demo").perform()
    write_state(tmp_path, DemoState(1, "demo"))
    with pytest.raises(DemoRefused, match="seed 1"):
        _ = Direction(tmp_path, 2026, "demo").state


def test_a_basin_whose_accounts_are_lost_is_told(loaded, tmp_path):
    with pytest.raises(DemoRefused, match="accounts are gone"):
        Direction(tmp_path, 2026, "demo").perform()


def test_accounts_and_state_are_kept_for_the_owners_eyes(tmp_path):
    write_accounts(tmp_path, Accounts({"office": "x"}, "123456"))
    state = DemoState(1, "demo", lines=[Line("10:00:00", "办公室", "看")], facts={"alarms": 1}, passed=True)
    write_state(tmp_path, state)
    assert read_accounts(tmp_path) == Accounts({"office": "x"}, "123456")
    assert read_state(tmp_path) == state
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        json.loads(path.read_text("utf-8"))
    assert len(list(tmp_path.iterdir())) == 2


def test_the_stand_ins_for_photos_are_pictures_and_differ():
    first, second = photo(1, plume=True), photo(2, plume=False)
    assert media_type_of(first) == "image/png"
    assert first != second
    assert photo(1, plume=True) == first


def test_a_sampling_round_is_in_progress_once(demo_basin, loaded):
    load_rules()
    for _ in range(2):
        play_round(demo_basin.code)
    made = SamplingRound.objects.get()
    states = Counter(made.visits.values_list("state", flat=True))
    assert states == {"open": 5, "sampled": 6, "missed": 1}
    assert made.sheets.get().state == "checked"
    assert not LabResult.objects.exists()


def test_power_meters_are_in_once_at_an_innocent_works_where_nothing_stands_out_but_for_an_announced_stop(
    demo_basin, loaded
):
    load_rules()
    secret = draw_secret(demo_basin)
    outfall = metered_outfall(demo_basin, secret)
    for _ in range(2):
        play_power_meters(demo_basin, secret)
    station = Station.objects.get(outfall__isnull=False)
    assert station.outfall.code == outfall.code
    assert Counter(row.line for row in station.outfall.power_meters.all()) == {
        "production": 1,
        "treatment": 1,
    }
    assert Reading.objects.filter(station=station).count() == 2 * 14 * 96
    assert look_at_meters() == 0
    office, stop = User.objects.get(username="office"), station.outfall.planned_stops.get()
    WithdrawStop(actor=office, stop_id=stop.pk, reason="未停运").run()
    assert look_at_meters() == 1


def test_where_the_power_meters_are_tells_nothing_of_the_secret(demo_basin):
    secret = draw_secret(demo_basin)
    found = Counter()
    for outfall in demo_basin.outfalls:
        chosen = metered_outfall(demo_basin, replace(secret, outfall=outfall))
        assert chosen.code != outfall.code
        found[chosen.code] += 1
    assert max(found.values()) > 70, "the same, but for those whose own it would be"
