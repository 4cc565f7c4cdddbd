"""An office, and the steps by which its problems come to be."""

from datetime import timedelta

import pytest
from riverchief.base.clock import use_clock
from riverchief.rectify import actions
from riverchief.rectify.models import Clue, Problem
from riverchief.trace.models import Trace, TraceCandidate

from tests.riverchief.rectify.office import NOON, Office, make_office


@pytest.fixture
def clock():
    """A clock that the test moves."""

    class Hand:
        now = NOON

        def forward(self, **interval: float) -> None:
            self.now += timedelta(**interval)

    hand = Hand()
    with use_clock(lambda: hand.now):
        yield hand


@pytest.fixture
def office(db, clock) -> Office:
    return make_office()


@pytest.fixture
def clue(office: Office) -> Clue:
    """A citizen's call, taken down at the county."""
    return actions.RegisterClue(
        actor=office["county_office"],
        source="call_12345",
        kind="water_smell",
        title="桥下水发臭",
        description="下午开始",
        lon=106.55,
        lat=29.5,
        reporter_name="张三",
        reporter_phone="13800000000",
    ).run()


@pytest.fixture
def problem(office: Office, clue: Clue) -> Problem:
    """A problem just confirmed by the inspector."""
    return actions.ConfirmClue(
        actor=office["inspector"], clue_id=clue.pk, basis="decision", reason="现场可闻到臭味"
    ).run()


@pytest.fixture
def finished_trace(office: Office) -> Trace:
    """A trace that is done and points at the suspect."""
    return make_finished_trace(office, attempt=1, probability=0.6)


def make_finished_trace(office: Office, *, attempt: int, probability: float, kind: str = "outfall") -> Trace:
    trace = Trace.objects.create(
        event=office.event,
        attempt=attempt,
        state="done",
        requested_at=NOON,
        started_at=NOON,
        finished_at=NOON,
        progress=1.0,
        inputs={},
        result={},
    )
    TraceCandidate.objects.create(
        trace=trace,
        rank=1,
        kind=kind,
        outfall=office.suspect if kind == "outfall" else None,
        reach=None if kind == "nothing" else office.reach,
        lon=106.52,
        lat=29.5,
        probability=probability,
    )
    return trace
