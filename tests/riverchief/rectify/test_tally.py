"""The counts that the database keeps say what the rows say, to whoever asks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from riverchief.accounts.models import Area
from riverchief.rectify.breakdown import breakdown, durations
from riverchief.rectify.figures import figures
from riverchief.rectify.filters import ProblemFilter
from riverchief.rectify.models import Problem, ProblemTally
from riverchief.rectify.tally import queries
from riverchief.rectify.tally.compaction import compact_tally

from tests.riverchief.rectify.office import Office
from tests.riverchief.rectify.tally import kept_counts, true_counts
from tests.riverchief.rectify.test_campaigns import fill, open_campaign


@pytest.fixture
def ledger(office: Office) -> Office:
    order = open_campaign(office)
    fill(office, order, {"planned": 3, "rectified": 1, "written_off": 2}, office.town)
    fill(office, order, {"planned": 1, "verified": 2}, office.other_county)
    fill(office, order, {"planned": 1}, office.city)
    changed = Problem.objects.filter(state="written_off", area=office.town)
    changed.update(written_off_at=F("opened_at") + timedelta(days=3), kind="oil", reopenings=2)
    return office


def test_changes_of_many_rows_at_once_are_counted(ledger: Office) -> None:
    assert kept_counts() == true_counts()
    rows = ProblemTally.objects.count()
    compact_tally()
    assert ProblemTally.objects.count() < rows
    assert kept_counts() == true_counts()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE rectify_problem SET lon = lon + 0.001")
    assert ProblemTally.objects.count() == len(true_counts()), "what is not counted adds no row"


WHICH = [
    ProblemFilter(),
    ProblemFilter(kind="oil"),
    ProblemFilter(part="stock", figure="reported"),
    ProblemFilter(department="-"),
    ProblemFilter(reopened=True),
]
_SEES = {"city_office": 10, "county_office": 6, "town_office": 6, "unit": 10, "chief": 6}


@pytest.mark.parametrize("who", ["city_office", "county_office", "town_office", "unit", "chief"])
def test_kept_counts_and_rows_give_the_same_figures(
    ledger: Office, monkeypatch: pytest.MonkeyPatch, clock, who: str
) -> None:
    clock.forward(days=60)
    user = ledger[who]
    asked = [*WHICH, ProblemFilter(area=ledger.city.pk), ProblemFilter(area=ledger.county.pk)]

    def shown(which: ProblemFilter) -> list[object]:
        divided = [breakdown(user, which, by) for by in ("department", "kind", "unit", "age")]
        return [figures(queries.groups(user, which)), durations(user, which), *divided]

    kept = [shown(which) for which in asked]
    assert [queries.is_kept(user, which) for which in asked] == [who == "city_office"] * 6 + [False]
    monkeypatch.setattr(queries, "is_kept", lambda *_: False)
    assert [shown(which) for which in asked] == kept
    assert {who: kept[0][0]["found"]} == {who: _SEES[who]}  # type: ignore[index]


def test_a_city_compares_its_counties_and_a_county_its_towns(ledger: Office) -> None:
    by_area = {row["key"]: row["found"] for row in breakdown(ledger["city_office"], ProblemFilter(), "area")}
    assert by_area == {ledger.county.pk: 6, ledger.other_county.pk: 3, ledger.city.pk: 1}
    within = breakdown(ledger["county_office"], ProblemFilter(), "area")
    assert {row["key"]: row["found"] for row in within} == {ledger.town.pk: 6}


def test_problems_follow_a_town_to_another_county(ledger: Office) -> None:
    compact_tally()
    town = Area.objects.get(pk=ledger.town.pk)
    town.parent = ledger.other_county
    town.path = f"{ledger.other_county.path}{town.pk}/"
    town.save()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert kept_counts() == true_counts()
    assert {row[0] for row in true_counts()} == {ledger.other_county.pk, ledger.city.pk}
