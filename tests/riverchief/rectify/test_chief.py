"""Who answers for a problem: found from the duties, told, changed with a reason; and when they see the very place."""

from datetime import date

import pytest
from riverchief.accounts.models import Membership, User
from riverchief.base import audit
from riverchief.base.errors import InvalidInput, PermissionRefused
from riverchief.base.models import InboxMessage, OutboxEvent
from riverchief.rectify import actions, subscribers
from riverchief.rectify.models import Clue, Problem
from riverchief.registry.duties.queries import responsible_chief
from riverchief.registry.models import Duty

from tests.riverchief.rectify.office import Office
from tests.riverchief.rectify.test_transitions import STEPS

DAY = date(2026, 11, 20)


@pytest.fixture
def appoint(office: Office):
    """Give a duty to a new chief of that name."""

    def make(name: str, kind: str, area: str, on: str | None = None, **days: date) -> User:
        place = getattr(office, area)
        user = User.objects.create_user(name, None, name_zh=name, name_en=name)
        Membership.objects.create(user=user, role="chief", area=place, valid_from=date(2020, 1, 1))
        object_ = {} if on is None else {on: office.reach if on == "reach" else office.reach.river}
        Duty.objects.create(
            user=user, kind=kind, area=place, **object_, **{"valid_from": date(2020, 1, 1), **days}
        )
        return user

    return make


def confirm(office: Office, clue: Clue) -> Problem:
    return actions.ConfirmClue(
        actor=office["inspector"], clue_id=clue.pk, basis="decision", reason="现场可闻到臭味"
    ).run()


def change(office: Office, problem: Problem, chief: User, **given) -> actions.ChangeChief:
    wanted = {"actor": office["county_office"], "reason": "分工调整", "chief_id": chief.pk, **given}
    return actions.ChangeChief(problem_id=problem.pk, **wanted)


def test_the_lowest_level_answers_and_on_it_the_reach_before_the_river_before_the_area(
    office: Office, appoint
) -> None:
    def who(area):
        found = responsible_chief(area, office.reach, DAY)
        return found and found.username

    assert who(office.county) is None
    appoint("police", "police_chief", "county", "river")
    appoint("next county", "chief", "other_county", "river")
    assert who(office.county) is None
    for name, kind, area, on in [
        ("city dual head", "dual_head", "city", None),
        ("city head", "head", "city", None),
        ("city river", "chief", "city", "river"),
        ("county head", "head", "county", None),
        ("county river", "chief", "county", "river"),
        ("county reach", "chief", "county", "reach"),
    ]:
        appoint(name, kind, area, on)
        assert who(office.county) == name, "each goes before those above"
    assert who(office.town) == "county reach", "a town without a chief has its county's"
    appoint("town river", "chief", "town", "river")
    assert who(office.town) == "town river"
    assert who(office.county) == "county reach", "a town's chief does not answer for the county"


def test_only_a_duty_that_is_held_that_day_by_somebody_active_counts(office: Office, appoint) -> None:
    appoint("before", "chief", "county", "river", valid_to=date(2026, 11, 19))
    appoint("after", "chief", "county", "river", valid_from=date(2026, 11, 21))
    assert responsible_chief(office.county, office.reach, DAY) is None
    now = appoint("now", "chief", "county", "reach")
    assert responsible_chief(office.county, office.reach, DAY) == now
    User.objects.filter(pk=now.pk).update(is_active=False)
    assert responsible_chief(office.county, office.reach, DAY) is None


def test_a_confirmed_problem_has_its_chief_who_finds_it_in_the_inbox(
    office: Office, clue: Clue, appoint
) -> None:
    chief = appoint("county river", "chief", "county", "river")
    problem = confirm(office, clue)
    assert problem.chief == chief
    event = OutboxEvent.objects.filter(name="rectify.problem_opened").latest("id")
    subscribers.notify_assigners(event)
    message = InboxMessage.objects.get(recipient_id=chief.pk)
    assert message.link == f"/problems/{problem.pk}"
    assert problem.number in message.title_zh


def test_the_chief_sees_the_very_place_from_the_order_on_and_other_chiefs_never(
    office: Office, clue: Clue, appoint
) -> None:
    office.people["responsible"] = appoint("county river", "chief", "county", "river")
    problem = confirm(office, clue)

    def place(name):
        shown = office.client(name).get(f"/problems/{problem.pk}").json()
        return shown["lon"], shown["lat"], shown["chief"]["name_en"]

    assert place("responsible") == (None, None, "county river")
    STEPS["assign"](office, problem).run()
    assert place("responsible") == (106.55, 29.5, "county river")
    assert place("chief") == (None, None, "county river")


def test_the_office_changes_the_chief_with_a_reason_that_is_kept(office: Office, clue: Clue, appoint) -> None:
    office.people["responsible"] = before = appoint("county river", "chief", "county", "river")
    problem = confirm(office, clue)
    STEPS["assign"](office, problem).run()
    assert change(office, problem, office["chief"]).run().state == "assigned"
    problem.refresh_from_db()
    assert problem.chief == office["chief"]
    entry = audit.entries(problem.chain)[-1]
    assert (entry.action, entry.data["chief_before_id"], entry.data["reason"]) == (
        "problem.change_chief",
        before.pk,
        "分工调整",
    )
    subscribers.notify_chief(OutboxEvent.objects.filter(name="rectify.problem_chief_changed").get())
    assert set(InboxMessage.objects.values_list("recipient_id", flat=True)) == {office["chief"].pk}
    for name, lon in [("chief", 106.55), ("responsible", None)]:
        assert office.client(name).get(f"/problems/{problem.pk}").json()["lon"] == lon


def test_a_change_needs_a_reason_another_chief_of_the_area_and_the_office(
    office: Office, clue: Clue, appoint
) -> None:
    here = appoint("county river", "chief", "county", "river")
    elsewhere = appoint("elsewhere", "chief", "other_county", "river")
    problem = confirm(office, clue)
    for given, field in [
        ({"reason": " "}, "reason"),
        ({"chief_id": here.pk}, "chief_id"),
        ({"chief_id": elsewhere.pk}, "chief_id"),
        ({"chief_id": office["inspector"].pk}, "chief_id"),
    ]:
        with pytest.raises(InvalidInput) as refused:
            change(office, problem, office["chief"], **given).run()
        assert refused.value.field == field
    for name in ("chief", "inspector", "monitoring", "enforcement", "administrator"):
        with pytest.raises(PermissionRefused):
            change(office, problem, office["chief"], actor=office[name]).run()
    problem.refresh_from_db()
    assert problem.chief == here


def test_an_order_keeps_the_chief_and_changes_them_only_by_the_step_that_asks_why(
    office: Office, clue: Clue, appoint
) -> None:
    here = appoint("county river", "chief", "county", "river")
    problem = confirm(office, clue)
    order = STEPS["assign"](office, problem)
    order.chief_id = office["chief"].pk
    with pytest.raises(InvalidInput) as refused:
        order.run()
    assert refused.value.field == "chief_id"
    assert STEPS["assign"](office, problem).run().chief == here
