"""Checks find what is wrong; repairs mend what has one answer."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import NetworkError
from riverkit.network import FindingKind, Network, Reach, Severity, check, repair

from .examples import divided, line

few = settings(max_examples=50, derandomize=True, deadline=None)


def kinds(report, severity=None):
    return sorted(f.kind for f in report.findings if severity is None or f.severity is severity)


def fork():
    return [
        Reach("a", "1", "3", 1_000.0, line((0, 0), (1, 1))),
        Reach("b", "2", "3", 1_000.0, line((2, 0), (1, 1))),
        Reach("c", "3", "4", 1_000.0, line((1, 1), (1, 2))),
    ]


def test_a_sound_network_has_no_finding():
    report = check(fork())
    assert report.ok
    assert report.findings == ()
    assert (report.reaches, report.length_m, report.outlets, report.headwaters, report.parts) == (
        3,
        3e3,
        1,
        2,
        1,
    )


def test_a_line_drawn_upstream_is_found_and_turned():
    reaches = fork()
    reaches[2] = replace(reaches[2], line=reaches[2].line.reverse())
    assert [(f.kind, f.reach_ids) for f in check(reaches).findings] == [(FindingKind.REVERSED, ("c",))]
    repaired, report = repair(reaches)
    assert repaired == fork()
    assert [f.reach_ids for f in report.repaired] == [("c",)]
    assert report.findings == ()


def test_an_end_that_misses_its_node_by_metres_is_found_and_joined():
    reaches = fork()
    reaches[1] = replace(reaches[1], down="3b", line=line((2, 0), (1.003, 1.003)))
    found = [f for f in check(reaches).findings if f.kind is FindingKind.DANGLING]
    assert found
    assert all("b" in f.reach_ids for f in found)
    repaired, report = repair(reaches)
    assert {r.id: (r.up, r.down) for r in repaired} == {r.id: (r.up, r.down) for r in fork()}
    assert kinds(report) == []


def test_an_end_beyond_the_tolerance_is_left_alone():
    reaches = fork()
    reaches[1] = replace(reaches[1], down="3b", line=line((2, 0), (1.05, 1.05)))
    repaired, report = repair(reaches)
    assert repaired == reaches
    assert kinds(report) == [FindingKind.DISCONNECTED]


def test_a_tributary_that_ends_on_the_middle_of_a_reach_is_reported_with_the_cure():
    reaches = [
        Reach("main", "1", "2", 2_000.0, line((0, 0), (2, 0))),
        Reach("side", "3", "4", 1_000.0, line((1, 1), (1, 0.001))),
    ]
    found = [f for f in check(reaches).findings if f.kind is FindingKind.DANGLING]
    assert [f.reach_ids for f in found] == [("side", "main")]
    assert "Split reach 'main'" in found[0].cure
    assert repair(reaches)[0] == reaches


def test_a_circle_is_opened_where_only_one_turn_makes_sense():
    reaches = [
        Reach("in", "0", "1", 1.0),
        Reach("a", "1", "2", 1.0),
        Reach("b", "2", "3", 1.0),
        Reach("wrong", "3", "1", 1.0),
        Reach("out", "3", "4", 1.0),
    ]
    found = next(f for f in check(reaches).findings if f.kind is FindingKind.CYCLE)
    assert (found.severity, "Turned reach 'wrong'" in found.cure) == (Severity.WARNING, True)
    repaired, report = repair(reaches)
    turned = {r.id: (r.up, r.down) for r in repaired}
    assert turned["wrong"] == ("1", "3")
    assert report.ok
    assert Network.build(repaired).outlets() == ["out"]


def test_a_circle_with_several_ways_out_is_left_and_reported():
    reaches = [Reach("a", "1", "2", 1.0), Reach("b", "2", "3", 1.0), Reach("c", "3", "1", 1.0)]
    repaired, report = repair(reaches)
    assert repaired == reaches
    assert not report.ok
    assert [f.reach_ids for f in report.of(Severity.ERROR)] == [("a", "b", "c")]


def test_shares_are_estimated_by_discharge_else_equally_and_marked():
    reaches = [
        Reach("top", "0", "1", 1.0),
        Reach("a", "1", "2", 1.0, discharge_m3s=3.0),
        Reach("b", "1", "2", 1.0, discharge_m3s=1.0),
        Reach("c", "2", "3", 1.0),
        Reach("d", "2", "3", 1.0, flow_share=0.2),
    ]
    before = check(reaches)
    assert before.ok
    divergences = [f for f in before.findings if f.kind is FindingKind.DIVERGENCE]
    assert {f.severity for f in divergences} == {Severity.WARNING}
    by_discharge, equally = (f.cure for f in divergences)
    assert "in proportion to discharge: a 0.75, b 0.25" in by_discharge
    assert "taken as equal: c 0.8, d 0.2" in equally
    assert "`flow_share`" in equally
    assert before.repairs() == {FindingKind.DIVERGENCE: 2}
    repaired, report = repair(reaches)
    by_id = {r.id: r for r in repaired}
    assert [by_id[i].flow_share for i in "abcd"] == [0.75, 0.25, 0.8, 0.2]
    assert [("flow_share" in by_id[i].estimated) for i in "abcd"] == [True, True, True, False]
    assert report.ok


def test_rounded_shares_are_scaled_and_wrong_ones_are_left_as_errors():
    def shares(*values):
        return [Reach(f"r{i}", "0", f"{i + 1}", 1.0, flow_share=v) for i, v in enumerate(values)]

    repaired, report = repair(shares(0.33, 0.33, 0.33))
    assert sum(r.flow_share for r in repaired) == pytest.approx(1)
    assert report.ok
    repaired, report = repair(shares(0.5, 0.4))
    assert repaired == shares(0.5, 0.4)
    assert kinds(report, Severity.ERROR) == [FindingKind.DIVERGENCE]


@pytest.mark.parametrize(
    "numbers", [{"depth_m": 0.0}, {"velocity_m_s": -1.0}, {"width_m": math.inf}, {"kept_share": 1.2}]
)
def test_a_number_that_no_network_takes_is_an_error_of_the_check(numbers):
    reaches = [Reach("a", "1", "2", 10.0, line((1, 2), (1, 3)), **numbers)]
    (error,) = check(reaches).of(Severity.ERROR)
    assert (error.kind, error.reach_ids) == (FindingKind.IMPOSSIBLE_NUMBER, ("a",))
    with pytest.raises(NetworkError) as refused:
        Network.build(reaches)
    assert str(refused.value) == f"{error.message} {error.cure}"


def test_copies_missing_lengths_and_missing_lines_are_told():
    reaches = [
        *fork(),
        fork()[0],
        Reach("d", "4", "5", 0.0, line((1, 2), (1, 3))),
        Reach("e", "5", "6", 10.0),
    ]
    assert kinds(check(reaches)) == sorted(
        [FindingKind.DUPLICATE, FindingKind.DIVERGENCE, FindingKind.ZERO_LENGTH, FindingKind.NO_GEOMETRY]
    )
    repaired, report = repair(reaches)
    assert [r.id for r in repaired] == ["a", "b", "c", "d", "e"]
    assert repaired[3].length_m == pytest.approx(1_108.5, abs=1)
    assert repaired[3].estimated == {"length_m"}
    assert kinds(report) == [FindingKind.NO_GEOMETRY]


def test_flows_that_collide_are_a_warning():
    reaches = [
        Reach("a", "1", "2", 1.0),
        Reach("b", "3", "2", 1.0),
        Reach("c", "3", "4", 1.0, flow_share=0.5),
    ]
    reaches[1] = replace(reaches[1], flow_share=0.5)
    found = [f for f in check(reaches).findings if f.kind is FindingKind.REVERSED]
    assert [f.reach_ids for f in found] == [("a", "b")]


@st.composite
def spoilt(draw):
    """A random network with lines on a grid, some of it spoilt."""
    reaches = []
    for reach in draw(divided(12)):
        points = [(int(n[1:]) % 5, int(n[1:]) // 5) for n in (reach.up, reach.down)]
        reach = replace(reach, line=line(*points))
        what = draw(
            st.sampled_from(
                ["sound", "sound", "sound", "turned", "loose", "no share", "no length", "wrong way"]
            )
        )
        if what == "turned":
            reach = replace(reach, line=reach.line.reverse())
        elif what == "loose":
            reach = replace(
                reach, down=reach.down + "x", line=line(points[0], (points[1][0] + 0.002, points[1][1]))
            )
        elif what == "no share":
            reach = replace(reach, flow_share=None)
        elif what == "no length":
            reach = replace(reach, length_m=0.0)
        elif what == "wrong way":
            reach = replace(reach, up=reach.down, down=reach.up, line=reach.line.reverse())
        reaches.append(reach)
    return reaches


@few
@given(spoilt())
def test_repairing_twice_changes_nothing_more(reaches):
    once, first = repair(reaches)
    twice, second = repair(once)
    assert twice == once
    assert second.repaired == ()
    assert second.findings == first.findings


@few
@given(spoilt())
def test_what_is_free_of_errors_builds_and_what_is_not_does_not(reaches):
    repaired, report = repair(reaches)
    if report.ok:
        assert len(Network.build(repaired)) == len(repaired)
    else:
        with pytest.raises(NetworkError):
            Network.build(repaired)


@few
@given(spoilt())
def test_a_check_calls_an_error_only_what_a_repair_leaves(reaches):
    report, repaired = check(reaches), repair(reaches)[1]
    assert report.of(Severity.ERROR) == repaired.of(Severity.ERROR)
    assert report.repaired == repaired.repaired
