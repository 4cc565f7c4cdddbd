"""Files into the registry: good rows kept, bad rows told, nothing done twice."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from riverchief.accounts.roles import Role
from riverchief.base.actions import SYSTEM
from riverchief.base.audit import entries
from riverchief.base.errors import InvalidInput, PermissionRefused
from riverchief.registry.command import import_command
from riverchief.registry.importing import run_import
from riverchief.registry.importing.reaches import COMPARED
from riverchief.registry.importing.tables import decode_text
from riverchief.registry.models import Basin, Outfall, Permit, Reach, River, Section, Station
from riverchief.registry.networks import network_of

HEADER = "排污口编码,排污口名称,经度,纬度,排污口类型,是否审批,责任主体"
GOOD = "P1,甲一镇1号口,107.0051,30.0151,工业,是,甲一镇纸厂"


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "file.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def outfalls_from(path: Path, **options):
    return run_import(path, **{"kind": "outfalls", "basin_code": "small", "actor": SYSTEM, **options})


def line(code, up, down, *points, **properties):
    return {
        "type": "Feature",
        "properties": {"code": code, "up": up, "down": down, **properties},
        "geometry": {"type": "LineString", "coordinates": points},
    }


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_an_outfall_comes_from_a_table_with_chinese_headers_in_utf8_or_gbk(basin, write, encoding):
    result = outfalls_from(write(f"{HEADER}\n{GOOD}\n", encoding=encoding))
    assert (result.created, result.errors) == (1, [])
    outfall = Outfall.objects.get(code="P1")
    assert (outfall.name_zh, outfall.kind, outfall.permitted) == ("甲一镇1号口", "industrial", True)
    assert (outfall.reach.code, outfall.area_id) == ("R1", "990101001"), (
        "snapped, and in the area of its reach"
    )
    assert outfall.organisation.name_zh == "甲一镇纸厂"
    assert any("median distance" in note for note in result.as_json("en")["notes"])


def test_importing_the_same_file_again_changes_nothing(basin, write):
    path = write(f"{HEADER}\n{GOOD}\n")
    outfalls_from(path)
    again = outfalls_from(path)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    changed = outfalls_from(write(f"{HEADER}\n{GOOD.replace('1号口', '2号口')}\n"))
    assert (changed.created, changed.updated, changed.unchanged) == (0, 1, 0)
    assert Outfall.objects.get(code="P1").name_zh == "甲一镇2号口"


def test_a_column_that_the_file_lacks_says_nothing_about_what_is_known(basin, write):
    Outfall.objects.filter(code="O1").update(status="closed")
    path = write("code,name,lon,lat,kind,permitted\nO1,new name,107.005,30.015,工业,否\n")
    assert outfalls_from(path).updated == 1
    outfall = Outfall.objects.get(code="O1")
    assert (outfall.status, outfall.name_zh, outfall.permitted) == ("closed", "new name", False)
    assert outfall.organisation == basin.firm


def test_a_dry_run_tells_the_same_and_changes_nothing(basin, write):
    path = write(f"{HEADER}\n{GOOD}\nP2,坏,999,30,工业,是,\n")
    tried = outfalls_from(path, dry_run=True)
    assert not Outfall.objects.filter(code="P1").exists()
    assert not entries(f"basin:{basin.row.pk}")
    done = outfalls_from(path)
    assert {**tried.as_json(), "dry_run": False, "written": True} == done.as_json()
    assert len(entries(f"basin:{basin.row.pk}")) == 1


@pytest.mark.parametrize(
    ("row", "field", "told"),
    [
        ("P2,坏,abc,30.0151,工业,是,", "lon", "abc"),
        ("P2,坏,999,30.0151,工业,是,", "lon", "999"),
        ("P2,坏,,30.0151,工业,是,", "lon", "empty"),
        ("P2,坏,30.0151,107.0051,工业,是,", "lat", "107.0051"),
        ("P2,坏,107.9,30.9,工业,是,", "lon", "No reach is drawn within 500 m of 107.900000, 30.900000."),
        ("P2,坏,107.0051,30.0151,火山,是,", "kind", "火山"),
        ("P2,坏,107.0051,30.0151,火|山,是,", "kind", "“火|山” is not known."),
        ("P2,坏,107.0051,30.0151,工业,大概,", "permitted", "大概"),
        (",坏,107.0051,30.0151,工业,是,", "code", "empty"),
        ("P2,,107.0051,30.0151,工业,是,", "name_zh", "empty"),
        ("P1,重,107.0051,30.0151,工业,是,", "code", "came before"),
        ("P2,坏,107.0051,30.0151,工业,是,,,多", "", "more cells"),
        (f"{'P' * 61},坏,107.0051,30.0151,工业,是,", "code", "61 characters"),
    ],
)
def test_a_bad_row_is_told_with_its_line_field_and_cure_and_the_good_ones_are_kept(
    basin, write, row, field, told
):
    good_too = "P9,甲一镇9号口,107.0041,30.0161,雨洪排口,否,"
    result = outfalls_from(write(f"{HEADER}\n{GOOD}\n{row}\n\n{good_too}\n"))
    assert (result.rows, result.created) == (3, 2)
    (error,) = result.as_json("en")["errors"]
    assert (error["row"], error["field"]) == (3, field)
    assert told in error["message"]
    assert error["cure"]


def test_a_point_is_put_on_the_reach_that_is_named(basin, write):
    near_the_confluence = "code,name,lon,lat,kind,permitted,reach\nP1,口,107.0195,30.0005,工业,是,{}\n"
    for reach in ("R2", "R3"):
        outfalls_from(write(near_the_confluence.format(reach)))
        assert Outfall.objects.get(code="P1").reach.code == reach
    (error,) = outfalls_from(write(near_the_confluence.format("R99"))).errors
    assert error.field == "reach"


def test_stations_and_sections_come_with_their_targets_and_devices(basin, write):
    sections = write("断面编码,断面名称,经度,纬度,断面级别,水质目标\nD1,出境断面,107.035,30.0,国控,Ⅲ\n")
    assert run_import(sections, kind="sections", basin_code="small", actor=SYSTEM).created == 1
    header = "站点编码,站点名称,经度,纬度,MN,访问密码,所属断面,目标水质"
    stations = write(
        f"{header}\nA1,自动站,107.035,30.0,990000DEMO00000000000002,123456,D1,III\nA2,手工点,107.03,30.0,,,,\n"
    )
    result = run_import(stations, kind="stations", basin_code="small", actor=SYSTEM)
    assert (result.created, result.errors) == (2, [])
    automatic, manual = Station.objects.get(code="A1"), Station.objects.get(code="A2")
    assert (automatic.kind, automatic.target_class, automatic.section) == (
        "automatic",
        3,
        Section.objects.get(),
    )
    assert automatic.check_password("123456")
    assert (manual.kind, manual.mn, manual.target_class) == ("manual", None, None)
    again = run_import(stations, kind="stations", basin_code="small", actor=SYSTEM)
    assert again.unchanged == 2, "a fresh salt is no change of the password"


def test_a_station_of_sl_651_has_its_address_and_four_hex_digits(basin, write):
    path = write("code,name,lon,lat,mn,password,kind\nR1,雨量站,107.03,30.0,0012345678,A1B2,雨量站\n")
    assert run_import(path, kind="stations", basin_code="small", actor=SYSTEM).errors == []
    assert Station.objects.get(mn="0012345678").check_password("A1B2")


@pytest.mark.parametrize(
    ("mn", "field", "told"),
    [
        ("990000DEMO00000000000001", "mn", "“990000DEMO00000000000001” belongs to another record already."),
        ("M2", "mn", "“M2” belongs to another record already."),
        ("MN 1/2;X", "mn", "“MN 1/2;X” can be no MN of a device."),
        (
            "M3,12345678901234567890",
            "password",
            "The password has 20 characters, or one that cannot be sent.",
        ),
        ("M3,12345", "password", "The password has 5 characters, or one that cannot be sent."),
        ("M3,A1B2", "password", "The password has 4 characters, or one that cannot be sent."),
        ("0012345678,a1b2", "password", "The password has 4 characters, or one that cannot be sent."),
        ("M3,1234;6", "password", "The password has 6 characters, or one that cannot be sent."),
    ],
)
def test_a_device_that_could_never_speak_or_is_another_stations_is_told_with_the_cure(
    basin, write, mn, field, told
):
    path = write(
        f"code,name,lon,lat,mn,password\nA2,站,107.03,30.0,M2,123456\nA1,站,107.035,30.0,{mn}\nA3,站,107.03,30.0,M4\n"
    )
    result = run_import(path, kind="stations", basin_code="small", actor=SYSTEM)
    assert result.created == 2
    (error,) = result.as_json("en")["errors"]
    assert (error["row"], error["field"], error["message"]) == (3, field, told)
    assert error["cure"]


def test_a_device_that_moves_to_a_station_that_is_known_must_be_free(basin, write):
    stations = "code,name,lon,lat,mn\nA1,站,107.035,30.0,M1\nA2,站,107.03,30.0,{}\n"
    run_import(write(stations.format("M2")), kind="stations", basin_code="small", actor=SYSTEM)
    result = run_import(write(stations.format("M1")), kind="stations", basin_code="small", actor=SYSTEM)
    assert [(error.row, error.field) for error in result.errors] == [(3, "mn")]
    assert Station.objects.get(code="A2").mn == "M2"


def test_rivers_get_their_proper_names(basin, write):
    before = basin.row.version
    path = write("河流编码,河流名称,英文名\nW1,大河,Large River\nW2,新河,\n")
    result = run_import(path, kind="rivers", basin_code="small", actor=SYSTEM)
    assert (result.created, result.updated) == (1, 1)
    assert River.objects.get(code="W1").name_en == "Large River"
    assert Basin.objects.get(pk=basin.row.pk).version == before + 1


def test_points_come_from_geojson_too(basin, write):
    feature = {
        "type": "Feature",
        "properties": {"编号": "P1", "名称": "口", "类型": "工业", "是否许可": "否"},
        "geometry": {"type": "Point", "coordinates": [107.0051, 30.0151]},
    }
    assert outfalls_from(write(collection(feature), "points.geojson")).created == 1
    projected = {
        "type": "FeatureCollection",
        "features": [feature],
        "crs": {"properties": {"name": "EPSG:4547"}},
    }
    with pytest.raises(InvalidInput, match="EPSG:4547"):
        outfalls_from(write(json.dumps(projected), "points.geojson"))


def test_ones_own_mapping_goes_before_the_known_headers(basin, write):
    path = write("号,名,X坐标,Y坐标,类,证\nP1,口,107.0051,30.0151,工业,是\n")
    mapping = {"code": "号", "name_zh": "名", "lon": "X坐标", "lat": "Y坐标", "kind": "类", "permitted": "证"}
    assert outfalls_from(path, mapping=mapping).created == 1
    with pytest.raises(InvalidInput, match="lon") as refused:
        outfalls_from(path, mapping={"code": "号"})
    assert "经度" in refused.value.cure
    with pytest.raises(InvalidInput, match="没有的列"):
        outfalls_from(path, mapping={"code": "没有的列"})


def test_a_file_that_cannot_be_used_at_all_says_why(basin, write, tmp_path):
    neither = tmp_path / "neither.csv"
    neither.write_bytes("编码\n".encode("gbk") + b"\xff\xff\n")
    for path, told in [
        (neither, "neither UTF-8"),
        (write("", "empty.csv"), "is empty"),
        (write("code,code\n1,2\n"), "columns of one name"),
        (write('code,name\n"A\n1",a\n"B,b\nC,c\n', "quote.csv"), "quote.csv, line 4: a quote is opened"),
        (write("[", "a.geojson"), "no JSON"),
        (write("{}", "b.geojson"), "no GeoJSON"),
        (write("x", "c.xlsx"), "no readable XLSX"),
        (write("x", "d.xls"), "unknown format"),
        (tmp_path / "absent.csv", "no file"),
    ]:
        with pytest.raises(InvalidInput) as refused:
            outfalls_from(path)
        assert told in refused.value.as_json("en")["message"]
        assert refused.value.cure


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"type": "FeatureCollection", "features": [{"geometry": []}]}', "feature 1: “geometry” is no JSON"),
        ('{"features": [null, {"geometry": "POINT"}]}', "feature 2: “geometry” is no JSON object"),
        ('{"features": [{"properties": [1]}]}', "feature 1: “properties” is no JSON object"),
        ('{"features": ["x"]}', "feature 1: “feature” is no JSON object"),
        ('{"crs": "EPSG:4326", "features": []}', "“crs” is no JSON object"),
        ('{"crs": {"properties": []}, "features": []}', "crs: “properties” is no JSON object"),
        ('{"features": [{"properties": {"code": "A\\u0000"}}]}', "row 1, “code” holds a character"),
        ('{"features": [{"properties": {"code": "\\ud800"}}]}', "row 1, “code” holds a character"),
        ('{"features": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"features": [' + '{"properties":' * 100_000 + "1" + "}" * 100_000 + "]}", "nested too deeply"),
    ],
    ids=range(10),
)
def test_geojson_that_is_not_what_it_should_be_is_refused_with_the_place(basin, write, text, told):
    with pytest.raises(InvalidInput) as refused:
        outfalls_from(write(text, "points.geojson"))
    assert told in refused.value.as_json("en")["message"]
    assert refused.value.field == "file"


@pytest.mark.parametrize("text", [f"{HEADER}\n{GOOD}\0\n", f"{HEADER}\0\n{GOOD}\n"])
def test_a_table_with_a_character_that_cannot_be_kept_is_refused_with_the_place(basin, write, text):
    with pytest.raises(InvalidInput, match="NUL"):
        outfalls_from(write(text))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
features = st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("Feature") | anything,
        "properties": anything
        | st.fixed_dictionaries({"code": anything, "name": anything, "lon": anything, "lat": anything}),
        "geometry": anything
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["Point", "LineString", "MultiLineString"]), "coordinates": anything}
        ),
    },
)
documents = st.fixed_dictionaries(
    {"type": st.just("FeatureCollection"), "features": st.lists(features | anything, max_size=3) | anything},
    optional={"crs": anything | st.fixed_dictionaries({"type": st.just("name"), "properties": anything})},
)


# The reader warns of geometries that it does not know from inside a C function, where no error can come out.
@pytest.mark.filterwarnings("ignore:Unsupported geometry type:RuntimeWarning")
@settings(
    max_examples=80,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(document=documents, kind=st.sampled_from(["reaches", "outfalls", "rivers"]))
def test_whatever_a_document_holds_it_is_told_as_an_error_of_the_file_or_its_rows(
    basin, write, document, kind
):
    path = write(json.dumps(document), "any.geojson")
    mapping = {} if kind == "reaches" else {"code": "code"}
    with suppress(InvalidInput):
        result = run_import(path, kind=kind, basin_code="small", actor=SYSTEM, dry_run=True, mapping=mapping)
        assert len({error.row for error in result.errors}) <= result.rows


@pytest.mark.parametrize(
    "properties",
    [
        {"name": "\0"},
        {"name": "小\0河"},
        {"name": "\ud800"},
        {"area": "\0"},
        {"code": "A\0B"},
        {"up": "\ud800"},
    ],
    ids=range(6),
)
def test_reaches_with_a_character_that_cannot_be_kept_are_told_or_taken_without_it(areas, write, properties):
    path = write(
        collection(line("A", "a", "b", [107.0, 30.0], [107.01, 30.0]) | {"id": 1}), "reaches.geojson"
    )
    document = json.loads(path.read_text())
    document["features"][0]["properties"] |= properties
    path.write_text(json.dumps(document))
    with suppress(InvalidInput):
        result = run_import(path, kind="reaches", basin_code="new", actor=SYSTEM)
        assert result.created + len(result.errors) == 1


def test_an_unknown_kind_or_basin_is_refused(basin, write):
    for options in ({"kind": "wells"}, {"basin_code": "elsewhere"}, {"basin_code": ""}):
        with pytest.raises(InvalidInput):
            outfalls_from(write(f"{HEADER}\n{GOOD}\n"), **options)


@given(st.text(min_size=1, max_size=60))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_text_comes_back_as_it_was_from_utf8(text):
    assert decode_text(text.encode("utf-8-sig"), "f")[0] == text


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=40))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_chinese_text_of_some_length_is_never_taken_for_the_other_encoding(text):
    decoded, encoding = decode_text(f"编码,名称\n{text}".encode("gbk"), "f")
    assert (decoded, encoding) == (f"编码,名称\n{text}", "GBK")


def test_an_import_reaches_only_into_ones_own_areas(basin, areas, somebody, write):
    keeper = somebody(Role.ADMINISTRATOR, areas.a)
    rows = f"{HEADER}\n{GOOD}\nP4,乙口,107.045,29.9975,工业,是,\nO4,夺,107.0051,30.0151,工业,是,\n"
    result = outfalls_from(write(rows), actor=keeper)
    assert [row.code for row in Outfall.objects.all()] == ["O1", "O4", "P1"]
    assert [(error.row, error.field) for error in result.errors] == [(3, "area"), (4, "code")]
    assert Outfall.objects.get(code="O4").name_zh == "O4号口"
    with pytest.raises(InvalidInput, match="未指明行政区"):
        run_import(
            write(collection(line("A", "a", "b", [0, 0], [0, 1])), "new.geojson"),
            kind="reaches", basin_code="new", actor=keeper,
        )  # fmt: skip
    with pytest.raises(PermissionRefused):
        outfalls_from(write(rows), actor=somebody(Role.CHIEF, areas.a))


def test_two_rivers_of_long_names_that_begin_alike_stay_two(areas, write):
    names = [
        f"North Fork of the Little {'Very ' * repeats}Long River {arm}" for repeats in (2, 12) for arm in "AB"
    ]
    rows = [
        line(
            str(n),
            f"n{n}",
            f"n{n + 1}",
            [107.0 + 0.01 * n, 30.0],
            [107.01 + 0.01 * n, 30.0],
            drainage_km2=20 + n,
            name=name,
        )
        for n, name in enumerate(names)
    ]
    path = write(collection(*rows), "reaches.geojson")
    result = run_import(path, kind="reaches", basin_code="new", actor=SYSTEM)
    assert [reach.river.name_en for reach in Reach.objects.order_by("code")] == [name[:80] for name in names]
    assert River.objects.count() == 4
    assert sum("80" in note for note in result.notes) == 2
    again = run_import(path, kind="reaches", basin_code="new", actor=SYSTEM)
    assert (again.unchanged, River.objects.count()) == (4, 4)


def test_reaches_make_a_basin_and_their_hydraulics_are_marked_as_estimated(areas, write):
    path = write(
        collection(
            line("A", "a", "b", [107.0, 30.0], [107.01, 30.0], drainage_km2=20, name="甲河"),
            line("B", "b", "c", [107.01, 30.0], [107.02, 30.0], drainage_km2=30, name="甲河", area="990101"),
        ),
        "reaches.geojson",
    )
    result = run_import(path, kind="reaches", basin_code="new", actor=SYSTEM)
    assert (result.created, result.errors) == (2, [])
    basin = Basin.objects.get(code="new")
    assert not basin.synthetic
    assert "reaches.geojson" in basin.source
    reach = Reach.objects.get(code="B")
    assert (reach.river.name_zh, reach.area_id, reach.drainage_km2) == ("甲河", "990101", 30.0)
    assert reach.discharge_m3s == pytest.approx(0.45)
    assert {"discharge_m3s", "velocity_m_s", "dispersion_m2s"} <= set(reach.estimated)
    assert "drainage_km2" not in reach.estimated
    assert len(network_of(basin.pk)) == 2
    assert run_import(path, kind="reaches", basin_code="new", actor=SYSTEM).unchanged == 2
    assert Basin.objects.get(code="new").version == basin.version


def test_what_was_estimated_and_repaired_is_counted_by_kind_in_a_dry_run_as_in_the_import(areas, write):
    path = write(
        collection(
            line("A", "a", "b", [107.0, 30.0], [107.01, 30.0], drainage_km2=20, velocity_m_s=0.4),
            line("B", "b", "c", [107.02, 30.0], [107.01, 30.0], drainage_km2=30),
            line("C", "b", "d", [107.01, 30.0], [107.01, 30.01], drainage_km2=25),
            line("D", "p", "q", [107.1, 30.1], [107.2, 30.2]),
        ),
        "reaches.geojson",
    )
    tried = run_import(path, kind="reaches", basin_code="new", actor=SYSTEM, dry_run=True)
    counted = {each["what"].split(" (")[0]: each["count"] for each in tried.as_json("en")["assumed"]}
    assert counted == {
        "Divergences given flow shares": 1,
        "Lines drawn upstream, turned": 1,
        "Discharge estimated from the catchment area": 3,
        "Velocity estimated by formula": 2,
        "Width estimated by formula": 3,
        "Depth estimated by formula": 3,
        "Dispersion estimated by formula": 3,
        "Flow shares estimated by main and minor path, by discharge or as equal": 2,
        "Velocity still unknown, so no trace there: give it, or the catchment area": 1,
    }
    assert run_import(path, kind="reaches", basin_code="new", actor=SYSTEM).assumed == tried.assumed
    answer = CliRunner().invoke(import_command, [str(path), "--basin", "new"], env={"COLUMNS": "160"})
    assert answer.exit_code == 0
    assert "assumed, since the file does not say" in answer.stdout
    assert "Velocity estimated by formula" in answer.stdout


def test_reaches_that_run_in_a_circle_are_left_out_and_the_rest_is_kept(areas, write):
    path = write(
        collection(
            line("A", "a", "b", [107.0, 30.0], [107.01, 30.0]),
            line("X", "p", "q", [107.1, 30.1], [107.2, 30.2]),
            line("Y", "q", "p", [107.2, 30.2], [107.1, 30.1]),
        ),
        "circle.geojson",
    )
    tried = run_import(path, kind="reaches", basin_code="new", actor=SYSTEM)
    assert (tried.written, tried.left_out) == (False, 2)
    assert not Basin.objects.exists()
    result = run_import(path, kind="reaches", basin_code="new", actor=SYSTEM, accept_partial=True)
    assert result.written
    assert [reach.code for reach in Reach.objects.all()] == ["A"]
    assert sorted((error.row, error.field) for error in result.errors) == [(2, "cycle"), (3, "cycle")]


def test_a_file_of_which_no_reach_can_be_used_tells_every_row(areas, write):
    path = write(
        collection(
            line("A", "a", "b", [107.0, 30.0], [107.01, 30.0]),
            line("B", "b", "c", [107.01, 30.0], [107.01, 30.01]),
            line("C", "c", "a", [107.01, 30.01], [107.0, 30.0]),
        ),
        "circle.geojson",
    )
    for options in ({}, {"dry_run": True}, {"accept_partial": True}):
        result = run_import(path, kind="reaches", basin_code="new", actor=SYSTEM, **options)
        assert (result.written, result.left_out, result.created) == (False, 3, 0)
        told = result.as_json("en")
        assert [(error["row"], error["field"]) for error in told["errors"]] == [
            (row, "cycle") for row in (1, 2, 3)
        ]
        assert all("in a circle through A, B, C" in error["message"] for error in told["errors"])
        assert any("Not one reach can be used" in note for note in told["notes"])
        assert not Basin.objects.exists()


@pytest.mark.parametrize(
    ("impossible", "told"),
    [
        ({"depth_m": 0.0}, "Reach 'B': depth_m is 0.0."),
        ({"velocity_m_s": -0.5}, "Reach 'B': velocity_m_s is -0.5."),
        ({"length_m": -7.0, "flow_share": 1.5}, "Reach 'B': flow_share is 1.5."),
    ],
)
def test_a_reach_with_an_impossible_number_costs_only_itself(areas, write, impossible, told):
    path = write(
        collection(
            line("A", "a", "b", [107.0, 30.0], [107.01, 30.0], width_m="wide"),
            line("B", "b", "c", [107.01, 30.0], [107.02, 30.0], **impossible),
            line("C", "c", "d", [107.02, 30.0], [107.03, 30.0]),
        ),
        "file.geojson",
    )
    result = run_import(path, kind="reaches", basin_code="new", actor=SYSTEM, accept_partial=True)
    assert [reach.code for reach in Reach.objects.order_by("code")] == ["A", "C"]
    errors = result.as_json("en")["errors"]
    assert {error["row"] for error in errors} == {1, 2}
    assert told in [error["message"] for error in errors]


def test_a_mended_network_imported_again_completes_what_the_broken_one_left_as_if_it_had_come_whole(
    areas, write
):
    def network(start_of_d: str):
        return collection(
            line("A", "a", "b", [107.0, 30.0], [107.01, 30.0], drainage_km2=20),
            line("B", "b", "c", [107.01, 30.0], [107.02, 30.0], drainage_km2=22),
            line("C", "b", "e", [107.01, 30.0], [107.02, 30.01], drainage_km2=22),
            line("D", start_of_d, "e", [107.01, 30.0], [107.02, 30.01], drainage_km2=23),
            line("E", "e", "f", [107.02, 30.01], [107.03, 30.01], drainage_km2=60),
        )

    def rows(basin_code):
        kept = Reach.objects.filter(basin__code=basin_code).order_by("code")
        return list(kept.values("code", "river__code", *(name for name in COMPARED if name != "river_id")))

    def come_in(path, basin_code):
        return run_import(path, kind="reaches", basin_code=basin_code, actor=SYSTEM, accept_partial=True)

    broken = come_in(write(network(""), "reaches.geojson"), "new")
    assert ([error.row for error in broken.errors], broken.created) == ([4], 4)
    assert any("into the same basin again" in note for note in broken.as_json("en")["notes"])
    mended = write(network("b"), "reaches.geojson")
    again = come_in(mended, "new")
    assert (again.created, again.errors) == (1, [])
    assert not any("into the same basin again" in note for note in again.as_json("en")["notes"])
    come_in(mended, "whole")
    assert rows("new") == rows("whole")


def test_a_file_without_a_reference_system_is_refused_with_the_cure(areas, tmp_path):
    import pyogrio
    import shapely

    path = tmp_path / "bare.gpkg"
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.raw.write(
            path, geometry=shapely.to_wkb([shapely.LineString([(0, 0), (1, 1)])]), field_data=[], fields=[],
            geometry_type="LineString", driver="GPKG",
        )  # fmt: skip
    with pytest.raises(InvalidInput, match="reference system"):
        run_import(path, kind="reaches", basin_code="new", actor=SYSTEM)
    assert not Basin.objects.exists()


def test_reaches_in_metres_that_pass_for_degrees_are_refused_and_leave_no_basin(areas, write):
    path = write(collection(line("A", "a", "b", [500_000, 3_300_000], [501_000, 3_300_000])), "m.geojson")
    with pytest.raises(InvalidInput, match=r"m.geojson, feature 1: .*EPSG:4490"):
        run_import(path, kind="reaches", basin_code="new", actor=SYSTEM)
    assert not Basin.objects.exists()


def test_a_reach_is_not_cut_short_under_what_stands_on_it(basin, write):
    shorter = collection(line("R3", "c", "d", [107.02, 30.0], [107.04, 30.0], length_m=1000))
    result = run_import(write(shorter, "short.geojson"), kind="reaches", basin_code="small", actor=SYSTEM)
    (error,) = result.errors
    assert "S1" in error.message
    assert Reach.objects.get(code="R3").length_m == 2000.0


def test_the_real_network_of_new_hope_creek_comes_in_whole_and_is_drawn(areas, somebody, signed_in, data_dir):
    path = data_dir / "networks" / "nhdplus" / "new_hope.gpkg"
    result = run_import(path, kind="reaches", basin_code="new_hope", actor=SYSTEM)
    assert (result.rows, result.created, result.errors) == (746, 746, [])
    network = network_of(Basin.objects.get(code="new_hope").pk)
    assert len(network) == 746
    assert len(network.outlets()) == 1
    assert sum(reach.length_m for reach in network.reaches) == pytest.approx(577_000, rel=0.005)
    client = signed_in(somebody(Role.CITY_OFFICE, areas.city))
    (listed,) = client.get("/api/v1/basins").json()["items"]
    west, south, east, north = listed["bounds"]
    assert (west, south, east, north) == pytest.approx((-79.17, 35.79, -78.85, 36.03), abs=0.1)
    assert len(client.get("/api/v1/tiles/reaches/8/71/100.mvt").content) > 1_000
    assert run_import(path, kind="reaches", basin_code="new_hope", actor=SYSTEM).unchanged == 746


def test_the_command_imports_tells_and_fails_where_rows_are_bad(basin, write):
    runner = CliRunner()
    path = write(f"{HEADER}\n{GOOD}\nP2,坏,999,30,工业,是,\n")
    arguments = [str(path), "--kind", "outfalls", "--basin", "small"]
    answer = runner.invoke(import_command, [*arguments, "--json", "--dry-run"])
    assert answer.exit_code == 1
    outcome = json.loads(answer.stdout)
    assert (outcome["created"], outcome["errors"][0]["row"], outcome["dry_run"]) == (1, 3, True)
    answer = runner.invoke(import_command, arguments)
    assert "2 rows: 1 created, 0 updated, 0 unchanged, 1 problems" in answer.stdout
    assert "999" in answer.stderr
    unknown = runner.invoke(import_command, [str(path), "--kind", "outfalls", "--basin", "elsewhere"])
    assert unknown.exit_code == 1
    assert "Import its reaches first" in unknown.stderr
    assert runner.invoke(import_command, [*arguments, "--map", "code"]).exit_code == 2


def test_a_permit_comes_in_by_its_terms_outlets_limits_loads_and_self_monitoring_and_twice_is_once(
    basin, write
):
    outfalls_from(write(f"{HEADER}\n{GOOD}\nP2,甲一镇2号口,107.0051,30.0151,工业,是,甲一镇纸厂\n"))
    files = {
        "permits": "许可证编号,持证单位,有效期起,有效期止\n915X,甲一镇纸厂,2020-01-01,2024-12-31\n915X,甲一镇纸厂,2025-01-01,2029-12-31\n"
        "915X,甲一镇纸厂,2029-01-01,2033-12-31\n",
        "permit_outlets": "许可证编号,排放口,排污口编码\n915X,DW001,P1；P2\n915X,DW002,P9\n",
        "permit_limits": "排污口编码,排放口,指标,限值时段,上限,有效期起,许可证编号\nP1,DW001,COD,月均值,50,2025-01-01,915X\n",
        "permitted_loads": "许可证编号,排放口,指标,年份,许可年排放量\n915X,DW001,COD,2026,12.5\n915X,,COD,2026,20\n",
        "self_monitoring": "许可证编号,排放口,指标,监测方式,次数,监测周期\n915X,DW001,COD,自动监测,,\n915X,DW001,氨氮,手工监测,1,季\n"
        "915X,DW001,总磷,手工监测,,月\n",
    }
    for twice in (False, True):
        told = {
            kind: run_import(write(text, f"{kind}.csv"), kind=kind, basin_code="small", actor=SYSTEM)
            for kind, text in files.items()
        }
        good = {kind: row.unchanged if twice else row.created for kind, row in told.items()}
        assert good == {
            "permits": 2,
            "permit_outlets": 1,
            "permit_limits": 1,
            "permitted_loads": 2,
            "self_monitoring": 2,
        }
        assert [(kind, e.row, e.field) for kind, row in told.items() for e in row.errors] == [
            ("permits", 4, "valid_from"),
            ("permit_outlets", 3, "outfall"),
            ("self_monitoring", 4, "times"),
        ]
    permit = Permit.objects.get(number="915X")
    assert [term.kind for term in permit.terms.all()] == ["first", "renewed"]
    assert {row.code for row in permit.outlets.get().mouths.all()} == {"P1", "P2"}
    assert len(entries(permit.chain)) == 3
