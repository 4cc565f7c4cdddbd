"""Who sees what of the registry: every role, in its area and beside it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from riverchief.accounts.roles import CAPABILITIES, Capability, Role
from riverchief.base.rules import load_rules

READS = ("/basins", "/rivers", "/outfalls", "/codes")


@pytest.mark.parametrize("path", [*READS, "/reaches/1", "/outfalls/1", "/tiles/reaches/0/0/0.mvt"])
def test_nothing_is_told_to_somebody_who_is_not_signed_in(basin, path):
    assert Client().get(f"/api/v1{path}").status_code == 401


@pytest.mark.parametrize("role", Role)
def test_every_role_sees_the_map_of_its_area_and_nothing_of_the_next(basin, areas, somebody, signed_in, role):
    client = signed_in(somebody(role, areas.a))
    (seen,) = client.get("/api/v1/basins").json()["items"]
    assert (seen["reaches"], seen["outfalls"], seen["stations"]) == (2, 1, 0)
    assert seen["bounds"] == [107.0, 29.98, 107.02, 30.02]
    assert client.get("/api/v1/rivers").json()["items"][0]["name_en"] == "Small River"
    assert [row["code"] for row in client.get("/api/v1/outfalls").json()["items"]] == ["O1"]
    assert client.get(f"/api/v1/outfalls/{basin.outfalls['O4'].pk}").status_code == 404
    assert client.get(f"/api/v1/outfalls/{basin.outfalls['O1'].pk}").json()["code"] == "O1"
    assert client.get(f"/api/v1/reaches/{basin.reaches['R3'].pk}").status_code == 404
    reach = client.get(f"/api/v1/reaches/{basin.reaches['R2'].pk}").json()
    assert (reach["code"], reach["geometry"]["type"], reach["synthetic"]) == ("R2", "LineString", True)


@pytest.mark.parametrize("role", Role)
def test_whose_an_outfall_is_goes_with_the_right_to_traces_or_to_the_registry(
    basin, areas, somebody, signed_in, role
):
    client = signed_in(somebody(role, areas.a))
    may_know = bool({Capability.VIEW_TRACE, Capability.MANAGE_REGISTRY} & CAPABILITIES[role])
    assert may_know == (role in (Role.ADMINISTRATOR, Role.CITY_OFFICE, Role.COUNTY_OFFICE, Role.ENFORCEMENT))
    one = client.get(f"/api/v1/outfalls/{basin.outfalls['O1'].pk}").json()
    (listed,) = client.get("/api/v1/outfalls").json()["items"]
    for row in (one, listed):
        assert (row["organisation"] is not None) == may_know
    if not may_know:
        assert "电镀" not in client.get("/api/v1/outfalls").content.decode()
        assert client.get("/api/v1/outfalls?q=电镀").json()["count"] == 0


def test_outfalls_are_narrowed_by_basin_area_and_text(basin, areas, somebody, signed_in):
    client = signed_in(somebody(Role.CITY_OFFICE, areas.city))

    def codes(query):
        return [row["code"] for row in client.get(f"/api/v1/outfalls?{query}").json()["items"]]

    assert codes("") == ["O1", "O4"]
    assert codes(f"basin={basin.row.pk}&area=990101") == ["O1"]
    assert codes("area=990101001") == ["O1"]
    assert codes("q=Outfall O4") == ["O4"]
    assert codes("basin=0") == []
    assert client.get("/api/v1/outfalls?limit=1&offset=1").json()["items"][0]["code"] == "O4"
    assert client.get("/api/v1/outfalls?limit=1").json()["count"] == 2


@pytest.mark.parametrize("role", Role)
def test_only_those_who_may_import_can_import(basin, areas, somebody, signed_in, role, tmp_path):
    client = signed_in(somebody(role, areas.city))
    path = tmp_path / "rivers.csv"
    path.write_text("编码,名称\nW2,新河\n", encoding="utf-8")
    with path.open("rb") as file:
        response = client.post(
            "/api/v1/imports", {"file": file, "kind": "rivers", "basin_code": "small", "dry_run": "true"}
        )
    allowed = Capability.IMPORT_REGISTRY in CAPABILITIES[role]
    assert response.status_code == (200 if allowed else 403), response.content
    if allowed:
        assert response.json()["created"] == 1


@pytest.mark.parametrize("mapping", ["{", "[1]", '{"code": 3}'])
def test_a_mapping_that_is_no_mapping_is_refused_by_name(
    basin, areas, somebody, signed_in, tmp_path, mapping
):
    client = signed_in(somebody(Role.CITY_OFFICE, areas.city))
    path = tmp_path / "rivers.csv"
    path.write_text("编码,名称\nW2,新河\n", encoding="utf-8")
    with path.open("rb") as file:
        response = client.post(
            "/api/v1/imports", {"file": file, "kind": "rivers", "basin_code": "small", "mapping": mapping}
        )
    assert response.status_code == 422
    assert response.json()["field"] == "mapping"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("code,name\n1,x\n", "河段.csv has no layer with geometry. Give a file of drawn lines."),
        ("{", "河段.geojson is no readable vector file"),
    ],
)
def test_a_file_is_called_by_the_name_that_its_owner_gave_it(areas, somebody, signed_in, content, told):
    client = signed_in(somebody(Role.CITY_OFFICE, areas.city))
    file = SimpleUploadedFile(told.split(" ", 1)[0], content.encode())
    answer = client.post("/api/v1/imports", {"file": file, "kind": "reaches", "basin_code": "new"})
    message = answer.json()["message"]
    assert message.startswith(told)
    assert message.count("河段.") >= 1
    assert "upload" not in message
    assert "/" not in message


def test_the_code_tables_have_every_word_in_both_languages(basin, areas, somebody, signed_in):
    load_rules()
    tables = signed_in(somebody(Role.CHIEF, areas.a)).get("/api/v1/codes").json()
    assert {"classes", "roles", "parameters", "outfall_kinds", "station_kinds", "ledger_states"} <= set(
        tables
    )
    assert [row["key"] for row in tables["classes"]] == [1, 2, 3, 4, 5, 6]
    assert tables["classes"][5]["zh"] == "劣Ⅴ"
    assert {row["key"]: row["unit"] for row in tables["parameters"]}["nh3n"] == "mg/L"
    for name, rows in tables.items():
        for row in rows:
            assert row["zh"], (name, row)
            assert row["en"], (name, row)
            assert row["en"].isascii(), (name, row)
