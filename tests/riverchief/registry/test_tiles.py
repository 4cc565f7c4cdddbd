"""Vector tiles: what is drawn, for whom, and that nobody is handed another's tile."""

import mapbox_vector_tile
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverchief.accounts.roles import Role
from riverchief.registry import tiles
from riverchief.registry.models import Basin, Reach

# The tiles of zoom 9 and 12 that hold the small basin's confluence.
AT_9 = (9, 408, 211)


def tile_of(client, z, x, y):
    response = client.get(f"/api/v1/tiles/reaches/{z}/{x}/{y}.mvt")
    assert response.status_code == 200
    if not response.content:
        return {}
    features = mapbox_vector_tile.decode(response.content)[tiles.LAYER]["features"]
    return {feature["properties"]["code"]: feature["properties"] for feature in features}


def test_a_tile_holds_the_reaches_of_its_window_with_their_names_and_flow(basin, areas, somebody, signed_in):
    seen = tile_of(signed_in(somebody(Role.CITY_OFFICE, areas.city)), *AT_9)
    assert set(seen) == {"R1", "R2", "R3", "R4"}
    assert seen["R1"] == {
        "id": basin.reaches["R1"].pk, "code": "R1", "name": "小河", "name_en": "Small River", "river_zh": "小河",
        "river_en": "Small River", "discharge_m3s": 2.0, "velocity_m_s": 0.5, "estimated": False,
        "regime": "free", "basin": "small", "synthetic": True,
    }  # fmt: skip


def test_people_of_different_areas_never_share_a_tile(basin, areas, somebody, signed_in):
    in_a, in_b = somebody(Role.COUNTY_OFFICE, areas.a), somebody(Role.COUNTY_OFFICE, areas.b)
    for _ in range(2):  # the second round is answered from the cache
        assert set(tile_of(signed_in(in_a), *AT_9)) == {"R1", "R2"}
        assert set(tile_of(signed_in(in_b), *AT_9)) == {"R3", "R4"}


def test_a_reach_without_an_area_shows_at_the_top_only(basin, areas, somebody, signed_in):
    Reach.objects.filter(code="R4").update(area=None)
    Basin.objects.update(version=2)
    assert "R4" in tile_of(signed_in(somebody(Role.CITY_OFFICE, areas.city)), *AT_9)
    assert set(tile_of(signed_in(somebody(Role.COUNTY_OFFICE, areas.b)), *AT_9)) == {"R3"}


def test_a_tile_is_drawn_anew_when_the_basin_has_a_new_version(basin, areas, somebody, signed_in):
    client = signed_in(somebody(Role.CITY_OFFICE, areas.city))
    assert tile_of(client, *AT_9)["R3"]["velocity_m_s"] == 0.5
    Reach.objects.filter(code="R3").update(velocity_m_s=0.7)
    Basin.objects.update(version=2)
    assert tile_of(client, *AT_9)["R3"]["velocity_m_s"] == 0.7


def test_a_tile_that_has_not_changed_is_not_sent_again(basin, areas, somebody, signed_in):
    client = signed_in(somebody(Role.CITY_OFFICE, areas.city))
    address = "/api/v1/tiles/reaches/9/408/211.mvt"
    first = client.get(address)
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(address, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = signed_in(somebody(Role.COUNTY_OFFICE, areas.a))
    assert other.get(address, headers={"if-none-match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("address", ["17/0/0", "3/8/0", "0/0/1"])
def test_a_tile_that_cannot_be_is_refused(basin, areas, somebody, signed_in, address):
    response = signed_in(somebody(Role.CITY_OFFICE, areas.city)).get(f"/api/v1/tiles/reaches/{address}.mvt")
    assert response.status_code == 422
    assert address in response.json()["message"]


def test_a_tile_needs_a_sign_in(basin, client):
    assert client.get("/api/v1/tiles/reaches/9/408/211.mvt").status_code == 401


@given(z=st.integers(0, 16), share_x=st.floats(0, 0.999), share_y=st.floats(0.001, 0.999))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_corners_of_a_tile_are_the_corners_of_its_bounds(z, share_x, share_y):
    x, y = int(share_x * 2**z), int(share_y * 2**z)
    west, south, east, north = tiles.tile_bounds(z, x, y)
    corners = tiles.to_tile(np.array([[west, north], [east, south]]), z, x, y)
    np.testing.assert_allclose(corners, [[0, 0], [4096, 4096]], atol=1e-3)
