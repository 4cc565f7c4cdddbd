import numpy as np
import pytest
from riverkit.errors import TracingError
from riverkit.network import Network, Reach
from riverkit.tracing.candidate_table import read_candidates
from riverkit.tracing.reading_tables import read_stations
from riverkit.tracing.tables import read_rows
from shapely import LineString


@pytest.fixture
def river():
    line = LineString([(106.5, 29.5), (106.6, 29.5)])
    return Network.build([Reach("r", "a", "b", 9_000.0, line=line, discharge_m3s=3.0)])


def write(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_stations_and_readings_are_joined_with_flags_gaps_and_defaults(tmp_path, river):
    stations = write(
        tmp_path, "stations.csv", "station,reach,chainage_m,background_mg_l\n嘉陵1,r,500,0.4\nS2,r,800,\n"
    )
    readings = write(
        tmp_path,
        "readings.csv",
        "station,time,value_mg_l,flag\n"
        "嘉陵1,2020-11-01T08:00:00+08:00,0.5,N\n"
        "嘉陵1,2020-11-01T12:00:00+08:00,,\n"
        "S2,2020-11-01T04:00:00+00:00,0.9,D\n"
        "S2,2020-11-01T08:00:00+00:00,0.8,\n",
    )
    series, clock = read_stations(river, stations, readings, tell=print)
    first, second = series
    assert (first.name, first.background, first.discharge_m3s) == ("嘉陵1", 0.4, 3.0)
    assert second.background is None
    assert first.time_s.tolist() == [0.0, 4 * 3600.0]
    assert np.isnan(first.value[1])
    assert np.isnan(second.value[0])
    assert second.time_s.tolist() == [4 * 3600.0, 8 * 3600.0]
    assert clock.show(3600.0) == "2020-11-01 09:00"


def test_plain_seconds_and_a_place_by_coordinates_do_too(tmp_path, river):
    stations = write(tmp_path, "stations.csv", "station,lon,lat,discharge_m3s\nS,106.55,29.5,7\n")
    readings = write(tmp_path, "readings.csv", "station,time,value_mg_l,sigma_mg_l\nS,0,1,0.1\nS,600,2,0.2\n")
    (station,), clock = read_stations(river, stations, readings, tell=print)
    assert station.location.chainage_m == pytest.approx(4_500.0, abs=5.0)
    assert station.discharge_m3s == 7.0
    assert station.sigma.tolist() == [0.1, 0.2]
    assert clock.show(5400.0) == "1.50 h"


def test_a_table_in_gb18030_is_read_like_one_in_utf8(tmp_path, river):
    text = "key,reach,chainage_m\n磁器口排污口,r,100\n"
    found = [
        read_candidates(river, write(tmp_path, f"{code}.csv", text, code))
        for code in ("utf-8-sig", "gb18030")
    ]
    assert found[0] == found[1]
    assert found[0][0].key == "磁器口排污口"


def test_candidates_have_kinds_and_priors(tmp_path, river):
    text = "key,reach,chainage_m,kind,prior\nA,r,100,,2\nB,r,0,unlisted,\nC,,,nothing,0.5\n"
    found = read_candidates(river, write(tmp_path, "c.csv", text))
    assert [(c.kind, c.prior) for c in found] == [("outfall", 2.0), ("unlisted", 1.0), ("nothing", 0.5)]
    assert found[2].location is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("key,reach,chainage_m\nA,zz,1\n", "row 2, column 'reach'.*'zz'"),
        ("key,reach,chainage_m\nA,r,one\n", "row 2, column 'chainage_m': 'one' is not a number"),
        ("key,reach,chainage_m\nA,r,nan\n", "row 2, column 'chainage_m'"),
        ("key,reach,chainage_m,kind\nA,r,1,pipe\n", "row 2, column 'kind': 'pipe' is none of"),
        ("key,lon,lat\nA,107.5,29.5\n", "row 2, column 'lon': No reach within"),
        ("name,reach,chainage_m\nA,r,1\n", "no column 'key'; it has name"),
        ("key,reach,chainage_m\nA,r\n", "row 2: not as many values"),
        ("key,reach,chainage_m\n", "no rows"),
    ],
)
def test_a_bad_row_is_named_with_file_row_and_column(tmp_path, river, text, words):
    with pytest.raises(TracingError, match=f"bad.csv.*{words}"):
        read_candidates(river, write(tmp_path, "bad.csv", text))


def test_bytes_in_no_known_encoding_and_a_missing_file_are_named(tmp_path):
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"key\n\xff\xff\xff\n")
    with pytest.raises(TracingError, match=r"bytes.csv: byte 4 is neither UTF-8 nor GB 18030"):
        read_rows(path)
    with pytest.raises(TracingError, match="cannot be read"):
        read_rows(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("readings", "words"),
    [
        ("station,time,value_mg_l\nX,0,1\n", "'X' is not in stations.csv"),
        ("station,time,value_mg_l\nS,yesterday,1\n", "neither seconds nor ISO 8601"),
        ("station,time,value_mg_l\nS,0,1\nS,2020-01-01,1\n", "row 3, column 'time'"),
        ("station,time,value_mg_l,sigma_mg_l\nS,0,1,0.1\nS,1,1,\n", "Give all or none"),
    ],
)
def test_bad_readings_are_named(tmp_path, river, readings, words):
    stations = write(tmp_path, "stations.csv", "station,reach,chainage_m\nS,r,500\n")
    with pytest.raises(TracingError, match=words):
        read_stations(river, stations, write(tmp_path, "readings.csv", readings), tell=print)


def test_an_open_quote_is_told_with_file_row_and_cure(tmp_path):
    path = write(tmp_path, "readings.csv", 'station,time\n"a\nb",1\n"c,2\nd,3\n')
    with pytest.raises(TracingError, match=r"readings.csv, row 4: a quote is opened .* Close it"):
        read_rows(path)
