"""Sewers from SWMM input files."""

import math
from pathlib import Path

import pytest
from click.testing import CliRunner
from riverkit.errors import NetworkError, TransportError
from riverkit.network import Location, Network, Regime, read_swmm, repair
from riverkit.network._command import network as command
from riverkit.transport import LaplaceGrid, responses

DATA = Path(__file__).parent / "data"
STREET, TANK = DATA / "street.inp", DATA / "tank_and_pump.inp"


def by_id(result):
    return {reach.id: reach for reach in result.reaches}


def test_a_full_pipe_flows_by_manning():
    pipe = by_id(read_swmm(STREET))["C1"]
    slope, radius, area = 2.0 / 200.0, 0.15, math.pi * 0.09
    velocity = radius ** (2 / 3) * math.sqrt(slope) / 0.013
    assert pipe.velocity_m_s == pytest.approx(velocity)
    assert pipe.discharge_m3s == pytest.approx(velocity * area)
    assert pipe.depth_m == pytest.approx(0.6)
    assert pipe.dispersion_m2s == pytest.approx(10.1 * 0.3 * math.sqrt(9.80665 * radius * slope))
    assert "velocity_m_s" in pipe.estimated
    assert "length_m" not in pipe.estimated


def test_offsets_and_shapes_enter():
    pipes = by_id(read_swmm(STREET))
    box = pipes["C2"]
    radius = 0.4 / 2.6
    assert box.velocity_m_s == pytest.approx(radius ** (2 / 3) * math.sqrt(1.7 / 150) / 0.013)
    ditch = pipes["C3"]
    area, perimeter = 3.0, 1.0 + 2 * math.sqrt(5)
    assert ditch.velocity_m_s == pytest.approx((area / perimeter) ** (2 / 3) * math.sqrt(0.5 / 100) / 0.013)
    assert ditch.width_m == pytest.approx(3.0)


def test_half_full_a_round_pipe_is_as_fast_and_carries_half():
    full, half = by_id(read_swmm(STREET))["C1"], by_id(read_swmm(STREET, filling=0.5))["C1"]
    assert half.velocity_m_s == pytest.approx(full.velocity_m_s)
    assert half.discharge_m3s == pytest.approx(full.discharge_m3s / 2)
    assert half.depth_m == pytest.approx(0.3)
    with pytest.raises(NetworkError, match="above 0, at most 1"):
        read_swmm(STREET, filling=1.2)


def test_a_pipe_that_does_not_fall_is_marked_and_has_no_velocity():
    pipe = by_id(read_swmm(STREET))["C4"]
    assert pipe.regime is Regime.BACKWATER
    assert pipe.velocity_m_s is None


def test_lines_follow_the_vertices_and_lengths_are_those_of_the_pipes():
    result = read_swmm(STREET)
    pipe = by_id(result)["C1"]
    assert [tuple(point) for point in pipe.line.coords] == [
        (106.5, 29.51),
        (106.501, 29.5095),
        (106.5015, 29.5092),
        (106.502, 29.509),
    ]
    assert pipe.length_m == 200.0
    assert not result.problems


def test_kernels_pass_through_free_pipes_and_refuse_the_marked_one():
    sewer = Network.build(read_swmm(STREET).reaches)
    grid = LaplaceGrid.over(2_000.0, 0.5, 18.0)
    found = grid.invert(
        responses(sewer, Location("C3", 90.0), [Location("C1", 0.0)], grid)[0] * grid.cell_average
    )
    assert found.sum() * grid.dt_s == pytest.approx(1, abs=1e-6)
    with pytest.raises(TransportError, match=r"Not applicable: reaches C4 \(backwater\)"):
        responses(sewer, Location("C4", 10.0), [Location("C1", 0.0)], grid)


def test_feet_tanks_pumps_and_tides_are_understood():
    result = read_swmm(TANK)
    links = by_id(result)
    assert links["IN"].length_m == pytest.approx(300 * 0.3048)
    tank = links["TANK"]
    # 4 feet deep, the area growing from 100 to 180 square feet.
    assert tank.volume_m3 == pytest.approx(4 * 140 * 0.3048**3)
    assert (tank.up, tank.down, links["P1"].up) == ("TANK", "TANK#out", "TANK#out")
    assert links["P1"].regime is Regime.GATED
    assert links["END"].regime is Regime.TIDAL
    assert links["OUT"].velocity_m_s is None
    fields = [problem.field for problem in result.problems]
    assert fields == ["[COORDINATES] coordinates", "[XSECTIONS] shape"]
    assert len(Network.build(result.reaches)) == 5


def test_projected_coordinates_become_degrees_with_a_reference_system():
    links = by_id(read_swmm(TANK, crs="EPSG:32648"))
    lon, _ = links["IN"].line.coords[0]
    assert 100 < lon < 101
    with pytest.raises(NetworkError, match="not usable"):
        read_swmm(TANK, crs="EPSG:nonsense")


def test_divergences_are_shared_by_what_the_pipes_carry(tmp_path):
    text = STREET.read_text().replace(
        "[XSECTIONS]", 'C5 J3 "J 4" 120 0.013 0 0.5\n[XSECTIONS]\nC5 CIRCULAR 0.4'
    )
    path = tmp_path / "loop.inp"
    path.write_text(text)
    mended, report = repair(read_swmm(path).reaches)
    pipes = {reach.id: reach for reach in mended}
    flow = pipes["C3"].discharge_m3s + pipes["C5"].discharge_m3s
    assert pipes["C5"].flow_share == pytest.approx(pipes["C5"].discharge_m3s / flow)
    assert report.ok


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("200     0.013", "long     0.013", r"\[CONDUITS\], line 22: the length is 'long'. Give a number"),
        ("200     0.013", "-2     0.013", r"\[CONDUITS\], line 22: length -2 m"),
        (
            "C1      J1    J3",
            "C1      J9    J3",
            r"\[CONDUITS\], line 22: the inlet node 'J9' is defined nowhere",
        ),
        (
            "C2      J2    J3     150",
            "C1      J2    J3     150",
            r"\[CONDUITS\], line 23: 'C1' is given twice",
        ),
        (
            "C2      RECT_CLOSED   0.5",
            "C2      RECT_CLOSED   0",
            r"\[XSECTIONS\], line 30: RECT_CLOSED with full",
        ),
        (
            "C3      TRAPEZOIDAL   1.0",
            "C9      TRAPEZOIDAL   1.0",
            r"line 24: conduit 'C3' has no cross-section",
        ),
        (
            'C4      "J 4" O1     80      0.013      0         1.2',
            "C4      J3",
            r"line 25: the line ends before",
        ),
        ("CMS", "LITRES", r"\[OPTIONS\]: FLOW_UNITS is 'LITRES'"),
        ("[JUNCTIONS]", "[JUNCTIONS", r"line 10: '\[JUNCTIONS' opens a section"),
        ("[TITLE]", "TITLE", "text before the first"),
        ("[CONDUITS]", "[SOMETHING]", r"no line in \[CONDUITS\]"),
    ],
)
def test_what_cannot_be_read_is_told_with_section_and_line(tmp_path, old, new, message):
    text = STREET.read_text()
    assert old in text
    path = tmp_path / "bad.inp"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(NetworkError, match=message):
        read_swmm(path)


def test_chinese_text_in_gb18030_is_read(tmp_path):
    path = tmp_path / "sewer.inp"
    path.write_bytes(STREET.read_text().replace("J1", "检查井1").encode("gb18030"))
    assert by_id(read_swmm(path))["C1"].up == "检查井1"


def run(*arguments):
    return CliRunner().invoke(command, ["check", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_command_checks_a_sewer():
    result = run(STREET)
    assert result.exit_code == 0, result.output
    assert "4 reaches" in result.output
    assert "0.5 km, outlets 1" in result.output


def test_the_command_names_the_line_of_a_bad_sewer(tmp_path):
    path = tmp_path / "bad.inp"
    path.write_text(STREET.read_text().replace("0.013", "rough"))
    result = run(path)
    assert result.exit_code == 1
    assert "[CONDUITS], line 22: the roughness is 'rough'" in result.output
    assert "Traceback" not in result.output
