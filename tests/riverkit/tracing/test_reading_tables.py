"""Tables of readings: what laboratories write, and what is refused with row and cure."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from riverkit.errors import TracingError
from riverkit.network import Network, Reach
from riverkit.tracing.candidate_table import read_candidates
from riverkit.tracing.reading_tables import at_half_limit, read_instruments, read_stations
from riverkit.tracing.tables import Clock, read_flow

RIVER = Network.build([Reach("r", "a", "b", 9_000.0, discharge_m3s=3.0)])
STATIONS = "station,reach,chainage_m,background_mg_l\nS,r,500,\n"


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(folder, readings, stations=STATIONS, parameter=None, tell=print):
    paths = write(folder, "stations.csv", stations), write(folder, "readings.csv", readings)
    return read_stations(RIVER, *paths, parameter, tell=tell)[0]


def test_a_reading_below_its_detection_limit_is_written_as_laboratories_do(tmp_path):
    readings = (
        "station,time,value_mg_l,flag\nS,0,<0.05,\nS,600,0.025L,\nS,1200,＜ 0.1,\nS,1800,0.4,\nS,2400,<9,D\n"
    )
    (station,) = read(tmp_path, readings)
    assert station.value[:4].tolist() == [0.05, 0.025, 0.1, 0.4]
    assert math.isnan(station.value[4])
    assert station.below.tolist() == [True, True, True, False, False]
    halves = at_half_limit(station.value, station.below)
    assert halves[:4].tolist() == [0.025, 0.0125, 0.05, 0.4]
    (plain,) = read(tmp_path, "station,time,value_mg_l\nS,0,0.4\n")
    assert plain.below is None


def test_a_survey_may_have_readings_below_the_limit_too(tmp_path):
    boat = write(
        tmp_path, "boat.csv", "time,value_mg_l,reach,chainage_m\n0,<0.05,r,100\n600,1,r,900\n1200,2,r,1900\n"
    )
    instruments, _ = read_instruments(RIVER, None, None, [boat], tell=print)
    assert instruments[""][0].below.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        ("-0.2", "'value_mg_l': -0.2 mg/L is no concentration.*detection limit"),
        ("<0", "<0 mg/L is no concentration"),
        ("<-1", "<-1 mg/L is no concentration"),
        ("<little", "'<little' is not a number"),
        ("未检出", "'未检出' is not a number"),
        ("nan", "'nan' is not a number"),
        ("inf", "'inf' is not a number"),
    ],
)
def test_what_is_no_concentration_is_refused(tmp_path, reading, words):
    with pytest.raises(TracingError, match=rf"readings.csv, row 3.*{words}"):
        read(tmp_path, f"station,time,value_mg_l\nS,0,1\nS,600,{reading}\n")


@pytest.mark.parametrize(
    ("stations", "words"),
    [
        (
            "station,reach,chainage_m,background_mg_l\nS,r,500,-1\n",
            "'background_mg_l': -1 mg/L, and the highest reading is 1",
        ),
        ("station,reach,chainage_m,background_mg_l\nS,r,500,400\n", "'background_mg_l': 400 mg/L.*same unit"),
        (
            "station,reach,chainage_m\nS,r,9500\n",
            "'chainage_m': 9500 m, and reach 'r' is 9000 m long. Give 0 … 9000",
        ),
        ("station,reach,chainage_m\nS,r,-1\n", "'chainage_m': -1 m"),
        (
            "station,reach,chainage_m,discharge_m3s\nS,r,1,-2\n",
            "'discharge_m3s': -2 m³/s. Give a flow above 0",
        ),
    ],
)
def test_a_station_that_cannot_be_meant_is_named_by_its_row(tmp_path, stations, words):
    with pytest.raises(TracingError, match=rf"stations.csv, row 2, column {words}"):
        read(tmp_path, "station,time,value_mg_l\nS,0,1\n", stations)


def test_a_flow_that_is_nowhere_known_names_the_option_that_estimates_it(tmp_path):
    dry = Network.build([Reach("r", "a", "b", 9_000.0)])
    stations, readings = (
        write(tmp_path, "s.csv", STATIONS),
        write(tmp_path, "r.csv", "station,time,value_mg_l\nS,0,1\n"),
    )
    with pytest.raises(TracingError, match=r"row 2, column 'discharge_m3s'.*--specific-discharge"):
        read_stations(dry, stations, readings, tell=print)


def test_one_of_several_parameters_is_chosen_and_never_mixed(tmp_path):
    readings = "station,time,parameter,value_mg_l\nS,0,NH3-N,1\nS,0,COD,30\nS,600,COD,31\n"
    with pytest.raises(TracingError, match=r"readings of NH3-N, COD. Choose one of them with --parameter"):
        read(tmp_path, readings)
    with pytest.raises(TracingError, match="no readings of 'TP'; the parameters are NH3-N, COD"):
        read(tmp_path, readings, parameter="TP")
    (station,) = read(tmp_path, readings, parameter="COD")
    assert station.value.tolist() == [30.0, 31.0]
    with pytest.raises(TracingError, match="'COD'; the parameters are none: it has no column 'parameter'"):
        read(tmp_path, "station,time,value_mg_l\nS,0,1\n", parameter="COD")


def test_times_with_and_without_a_zone_are_never_mixed(tmp_path):
    readings = "station,time,value_mg_l\nS,2024-05-06T08:00+08:00,1\nS,2024-05-06T08:10,1\n"
    with pytest.raises(
        TracingError,
        match=r"row 3, column 'time': '2024-05-06T08:10' is not in ISO 8601 with a zone.*or none",
    ):
        read(tmp_path, readings)
    stations, plain = (
        write(tmp_path, "s.csv", STATIONS),
        write(tmp_path, "p.csv", "station,time,value_mg_l\nS,2024-05-06T00:00,1\n"),
    )
    boat = write(tmp_path, "boat.csv", "time,value_mg_l,reach,chainage_m\n2024-05-06T08:00Z,1,r,100\n")
    with pytest.raises(TracingError, match=r"boat.csv, row 2, column 'time'.*without a zone"):
        read_instruments(RIVER, stations, plain, [boat], tell=print)


def test_rows_that_repeat_another_are_told_and_those_that_contradict_it_refused(tmp_path):
    told = []
    readings = "station,time,value_mg_l\nS,0,1\nS,600,2\nS,600,2.0\nS,600,\n"
    (station,) = read(tmp_path, readings, tell=told.append)
    assert np.nansum(station.value) == 3.0
    assert told == ["readings.csv: 1 rows repeat another (same station, time and value): each counts once."]
    with pytest.raises(TracingError, match=r"row 6, column 'value_mg_l': 5 at 'S', 600, where row 3 has 2"):
        read(tmp_path, readings + "S,600,5\n")


def test_concentrations_may_be_given_in_micrograms(tmp_path):
    stations = "station,reach,chainage_m,background_ug_l\nS,r,500,300\n"
    (station,) = read(tmp_path, "station,time,value_ug_l,sigma_ug_l\nS,0,400,10\nS,600,<50,10\n", stations)
    assert station.value == pytest.approx([0.4, 0.05])
    assert (station.background, *station.sigma) == pytest.approx((0.3, 0.01, 0.01))
    with pytest.raises(TracingError, match="value_mg_l is there too"):
        read(tmp_path, "station,time,value_ug_l,value_mg_l\nS,0,400,0.4\n")


def test_times_are_read_as_spreadsheets_write_them(tmp_path):
    times = ["2024/05/06 08:00", "2024-05-06 8:10", "2024/5/6 8:20:30", "2024-05-06T08:40"]
    (station,) = read(tmp_path, "station,time,value_mg_l\n" + "".join(f"S,{time},1\n" for time in times))
    assert station.time_s.tolist() == [0.0, 600.0, 1230.0, 2400.0]


@pytest.mark.parametrize("times", ["45991.50,45991.51,45991.52", "0,0.5,1", "0,24,72"])
def test_hours_and_a_spreadsheets_days_are_not_taken_for_seconds(tmp_path, times):
    rows = "".join(f"S,{time},1\n" for time in times.split(","))
    with pytest.raises(TracingError, match=r"row 2, column 'time': all readings lie within .* ISO 8601"):
        read(tmp_path, "station,time,value_mg_l\n" + rows)


def test_a_table_of_the_flow_is_refused_in_words(tmp_path):
    def told(rows, clock=None):
        with pytest.raises(TracingError) as error:
            read_flow(write(tmp_path, "flow.csv", "time,factor\n" + rows), clock or Clock(None))
        return str(error.value)

    assert "row 2, column 'time': 'noon' is not in seconds, as the other times are." in told("noon,1\n")
    assert "row 2, column 'time': 'nan' is not in seconds" in told("nan,1\n")
    dated = Clock(datetime(2020, 1, 1, tzinfo=UTC), zoned=False)
    assert "row 3, column 'time': '600' is not in ISO 8601" in told("2020-01-01,1\n600,1\n", dated)
    assert "row 2, column 'factor': 1e+09 times the network's discharge" in told("0,1e9\n")
    assert "row 2, column 'factor': 1e-09 times" in told("0,1e-9\n")


def test_a_candidate_of_negative_prior_is_named_by_its_row(tmp_path):
    path = write(tmp_path, "c.csv", "key,reach,chainage_m,prior\nA,r,1,-1\n")
    with pytest.raises(TracingError, match=r"c.csv, row 2, column 'prior': -1"):
        read_candidates(RIVER, path)


def test_a_standard_error_of_nothing_is_named_by_its_row(tmp_path):
    with pytest.raises(TracingError, match="row 2, column 'sigma_mg_l': 0 mg/L"):
        read(tmp_path, "station,time,value_mg_l,sigma_mg_l\nS,0,1,0\n")
    (station,) = read(tmp_path, "station,time,value_mg_l,sigma_mg_l\nS,0,<1,0.1\nS,1,,\n")
    assert np.array_equal(station.sigma, [0.1, 1.0])
