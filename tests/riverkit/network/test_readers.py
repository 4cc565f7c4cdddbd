"""Reading and writing vector files."""

import json
import shutil

import numpy as np
import pyogrio
import pytest
import shapely
from riverkit.errors import NetworkError
from riverkit.network import (
    NHDPLUS,
    AttributeMapping,
    Network,
    Reach,
    Regime,
    check,
    estimate_hydraulics,
    read_vector,
    write_vector,
)
from shapely import LineString

from .examples import line


def feature(points, **properties):
    geometry = points and {"type": "LineString", "coordinates": points}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def geojson(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


A, B, C = [106.50, 29.50], [106.51, 29.51], [106.52, 29.52]


def test_new_hope_reads_checks_and_gets_hydraulics(data_dir):
    read = read_vector(data_dir / "networks" / "nhdplus" / "new_hope.gpkg", mapping=NHDPLUS)
    assert read.problems == []
    assert read.crs == "Albers Equal Area on GRS 1980 (the file gives it no name)"
    report = check(read.reaches)
    assert report.ok
    assert (report.reaches, report.outlets, report.parts) == (746, 1, 1)
    assert report.length_m == pytest.approx(577_376)
    network = Network.build(estimate_hydraulics(read.reaches))
    outlet = network.reach(network.outlets()[0])
    assert len(network.upstream(outlet.id)) == 746
    # The whole catchment, counted once although water divides at 83 nodes; flow shares conserve it.
    assert outlet.discharge_m3s == pytest.approx(0.015 * 595.34, rel=1e-3)
    for reach in network.reaches:
        assert reach.velocity_m_s * reach.width_m * reach.depth_m == pytest.approx(reach.discharge_m3s)
        assert {"discharge_m3s", "velocity_m_s", "dispersion_m2s"} <= reach.estimated
    west, south, east, north = shapely.total_bounds([r.line for r in network.reaches])
    assert -79.5 < west < east < -78.5
    assert 35.5 < south < north < 36.5


def test_walker_with_its_geographic_system_reads_in_the_right_axis_order(data_dir):
    read = read_vector(data_dir / "networks" / "nhdplus" / "walker.gpkg", mapping=NHDPLUS)
    assert len(read.reaches) == 62
    west, south, east, north = shapely.total_bounds([r.line for r in read.reaches])
    assert -123.5 < west < east < -122
    assert 37.5 < south < north < 38.8
    assert len(Network.build(read.reaches).outlets()) == 1


def test_main_and_minor_paths_get_default_shares_marked_as_estimated(data_dir):
    reaches = read_vector(data_dir / "networks" / "nhdplus" / "new_hope.gpkg", mapping=NHDPLUS).reaches
    guessed = [r for r in reaches if r.flow_share is not None]
    assert len(guessed) == 83 + 84
    assert all(r.estimated == {"flow_share"} for r in guessed)
    totals = {}
    for reach in guessed:
        totals[reach.up] = totals.get(reach.up, 0) + reach.flow_share
    assert list(totals.values()) == pytest.approx([1.0] * 83)


@pytest.mark.parametrize("name", ["out.gpkg", "out.geojson"])
def test_what_is_written_is_read_back(tmp_path, name):
    reaches = [
        Reach(
            "甲",
            "1",
            "2",
            1_500.0,
            line((0, 0), (1, 1)),
            3.0,
            0.5,
            12.0,
            0.5,
            20.0,
            100.0,
            1.0,
            name="嘉陵江",
        ),
        Reach(
            "b", "2", "3", 900.0, line((1, 1), (1, 2)), regime=Regime.GATED, estimated=frozenset({"length_m"})
        ),
    ]
    write_vector(tmp_path / name, reaches)
    read = read_vector(tmp_path / name)
    assert read.problems == []
    for before, after in zip(reaches, read.reaches, strict=True):
        assert shapely.equals_exact(before.line, after.line, 1e-6)
    strip = [(r.id, r.up, r.length_m, r.discharge_m3s, r.regime, r.estimated, r.name) for r in read.reaches]
    assert strip == [
        (r.id, r.up, r.length_m, r.discharge_m3s, r.regime, r.estimated, r.name) for r in reaches
    ]


def test_without_node_columns_the_ends_of_the_lines_are_the_nodes(tmp_path):
    file = geojson(tmp_path / "n.geojson", feature([A, B]), feature([B, C]))
    network = Network.build(read_vector(file).reaches)
    assert network.downstream("1") == ["1", "2"]
    assert network.reach("1").length_m == pytest.approx(1_471, abs=2)


def test_bad_rows_are_told_with_row_and_field_and_the_rest_is_kept(tmp_path):
    file = geojson(
        tmp_path / "n.geojson",
        feature([A, B], id="a", up="1", down="2", length_m=100.0, velocity_m_s="fast", regime="free"),
        feature([A, B], id="", up="1", down="2", length_m=100.0, velocity_m_s="0.5", regime="free"),
        feature([A, B], id="c", up="1", down=None, length_m=100.0, velocity_m_s="", regime="sideways"),
        feature(None, id="d", up="2", down="3", length_m=None, velocity_m_s="0.7", regime="tidal"),
        feature(None, id="e", up="2", down="3", length_m=5.0, velocity_m_s="0.7", regime="tidal"),
    )
    read = read_vector(file)
    assert [r.id for r in read.reaches] == ["a", "e"]
    assert read.reaches[0].velocity_m_s is None
    assert read.reaches[1].line is None
    assert {(p.row, p.field) for p in read.problems} >= {
        (1, "velocity_m_s"),
        (2, "id"),
        (3, "down"),
        (4, "length_m"),
        (5, "geometry"),
    }


def test_lines_in_several_parts_are_joined_in_flow_order_or_told(tmp_path):
    def parts(*lines):
        return {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "MultiLineString", "coordinates": lines},
        }

    file = geojson(tmp_path / "n.geojson", parts([A, B], [B, C]), parts([A, B], [C, [106.6, 29.6]]))
    read = read_vector(file)
    assert [list(r.line.coords) for r in read.reaches] == [[tuple(A), tuple(B), tuple(C)]]
    assert (2, "geometry") in {(p.row, p.field) for p in read.problems}


def test_a_file_without_reference_system_is_refused_with_the_cure(tmp_path):
    path = tmp_path / "n.shp"
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.raw.write(
            path,
            geometry=shapely.to_wkb(np.array([LineString([(0, 0), (1, 1)])], dtype=object)),
            field_data=[np.array(["a"], dtype=object)],
            fields=["id"],
            geometry_type="LineString",
            crs=None,
        )
    with pytest.raises(NetworkError, match=r"does not state its coordinate reference system.*EPSG:4490"):
        read_vector(path)


def test_metres_that_pass_for_degrees_are_refused_with_file_feature_and_cure(tmp_path):
    def projected(*features):
        return geojson(tmp_path / "metres.geojson", *features)

    def feature(*points):
        return {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "LineString", "coordinates": points} if points else None,
        }

    path = projected(feature(), feature([500_000, 3_264_000], [501_000, 3_264_000]))
    with pytest.raises(
        NetworkError, match=r"metres.geojson, feature 2: the coordinates 500000, 3264000 .*EPSG:4490"
    ):
        read_vector(path)
    stray = read_vector(projected(feature(A, B), feature([500_000, 3_264_000], [501_000, 3_264_000])))
    assert [r.id for r in stray.reaches] == ["1"]
    assert {p.row for p in stray.problems} == {2}


def test_projected_chinese_data_come_out_in_degrees(tmp_path):
    path = tmp_path / "n.gpkg"
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(
            np.array([LineString([(500_000, 3_264_000), (501_000, 3_264_000)])], dtype=object)
        ),
        field_data=[np.array(["a"], dtype=object)],
        fields=["id"],
        geometry_type="LineString",
        crs="EPSG:4544",  # CGCS2000, 3-degree Gauss-Krüger, 105° E
    )
    reach = read_vector(path).reaches[0]
    assert reach.line.coords[0][0] == pytest.approx(105.0, abs=1e-6)
    assert 29.4 < reach.line.coords[0][1] < 29.6
    assert reach.length_m == pytest.approx(1_000, abs=1)


@pytest.mark.parametrize("encoding", ["GB18030", "UTF-8"])
def test_text_of_a_shapefile_is_read_in_the_encoding_named(tmp_path, encoding):
    path = tmp_path / "n.shp"
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array([LineString([A, B])], dtype=object)),
        field_data=[np.array(["a"], dtype=object), np.array(["嘉陵江"], dtype=object)],
        fields=["id", "name"],
        geometry_type="LineString",
        crs="EPSG:4490",
        encoding=encoding,
    )
    path.with_suffix(".cpg").unlink()
    assert read_vector(path, encoding=encoding).reaches[0].name == "嘉陵江"
    if encoding == "GB18030":
        with pytest.raises(NetworkError, match=r'encoding it claims.*encoding="GB18030"'):
            read_vector(path)
    else:
        assert read_vector(path).reaches[0].name == "嘉陵江"


def test_missing_files_layers_and_columns_are_named(tmp_path, data_dir):
    with pytest.raises(NetworkError, match="no file"):
        read_vector(tmp_path / "none.gpkg")
    (tmp_path / "bad.gpkg").write_bytes(b"not a database")
    with pytest.raises(NetworkError, match=r"bad\.gpkg"):
        read_vector(tmp_path / "bad.gpkg")
    shutil.copy(data_dir / "networks" / "nhdplus" / "walker.gpkg", tmp_path / "walker.gpkg")
    with pytest.raises(NetworkError, match=r"no layer 'rivers'.*NHDFlowline_Network"):
        read_vector(tmp_path / "walker.gpkg", layer="rivers")
    with pytest.raises(NetworkError, match=r"no column 'CODE' \(mapped to id\).*COMID"):
        read_vector(tmp_path / "walker.gpkg", mapping=AttributeMapping(id="CODE"))
    with pytest.raises(NetworkError, match="only one of `up` and `down`"):
        read_vector(tmp_path / "walker.gpkg", mapping=AttributeMapping(up="FromNode"))
