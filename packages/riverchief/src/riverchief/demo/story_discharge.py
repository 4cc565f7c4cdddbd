"""The first story: an analyser speaks, an alarm rises, a trace ranks what lies upstream, an inspector finds the pipe.

The people of the story act through the same actions as the pages do, with their own accounts and permissions.
"""

import asyncio
import time
from datetime import datetime

from django.conf import settings

from riverchief.accounts.models import Membership, Organisation, User
from riverchief.accounts.roles import Role
from riverchief.base import clock
from riverchief.base.audit import broken_links
from riverchief.base.errors import StateRefused
from riverchief.demo.photo import photo
from riverchief.demo.progress import progress
from riverchief.demo.stage import Stage, StoryFailed
from riverchief.demo.state import Accounts
from riverchief.demo.stream import stream_window
from riverchief.demo.truth import PARAMETER
from riverchief.demo.world import World
from riverchief.monitor.actions.alarms import AcknowledgeAlarm
from riverchief.monitor.models import Alarm, Event, Unexamined
from riverchief.rectify.actions import AssignProblem, ConfirmClue, SignForProblem, UploadEvidence
from riverchief.rectify.actions.from_trace import HandOverCandidate, first_place, opens_by_itself
from riverchief.rectify.codes import Basis, ClueSource, ClueState
from riverchief.rectify.models import Clue, Problem
from riverchief.registry.models import Outfall
from riverchief.trace.actions import StartTrace
from riverchief.trace.codes import TraceState
from riverchief.trace.models import Trace

FIRST_CANDIDATES = 3


def somebody(username: str) -> User:
    """A person of the demo, as they are now."""
    return User.objects.get(username=username)


def play_discharge(stage: Stage, world: World, accounts: Accounts) -> None:
    """Play it; what came out is in the facts of the stage's state."""
    stage.title("1 · An analyser speaks 从监测数据到台账")
    secret = world.secret
    start = world.window_start.timestamp() + secret.start_s
    stage.tell(
        "(nobody knows)",
        f"{_hour(start)}: outfall {secret.outfall.code} begins to discharge in secret, "
        f"{secret.mass_kg:.0f} kg of ammonia nitrogen in {secret.duration_s / 3600:.1f} h",
    )
    _stream(stage, world, accounts)
    stage.wait("the end of the examination", _examined)
    examined_at = clock.now()
    event = _acknowledge(stage, world)
    trace = _trace(stage, event, examined_at)
    _tell_candidates(stage, world, trace)
    _tell_next_sample(stage, trace)
    clue = _clue_from(stage, trace)
    problem = _confirm(stage, world, clue)
    _hand_over(stage, problem)
    _conclude(stage, world, event, trace, problem)


def _hour(timestamp: float) -> str:
    local = time.gmtime(timestamp + 8 * 3600)
    return time.strftime("%H:%M", local)


def _stream(stage: Stage, world: World, accounts: Accounts) -> None:
    started = time.monotonic()
    with progress(stage.console) as report:
        outcomes = asyncio.run(
            stream_window(
                world,
                accounts.device,
                settings.RIVERCHIEF_GATEWAY_HOST,
                settings.RIVERCHIEF_GATEWAY_PORT,
                lambda done, total: report("packets acknowledged:", done, total),
            )
        )
    acknowledged = sum(len(outcome.acknowledged) for outcome in outcomes)
    lost = sum(len(outcome.unacknowledged) for outcome in outcomes)
    if lost:
        raise StoryFailed(f"The gateway did not acknowledge {lost} of {acknowledged + lost} packets.")
    stage.tell(
        f"{len(world.analysed)} analysers, {len(world.basin.gauges)} rain gauges",
        f"{acknowledged} packets (HJ 212; of the gauges SL 651) of the last 12 hours sent over TCP, every one acknowledged after its commit, "
        f"in {time.monotonic() - started:.0f} s",
    )


def _examined() -> bool | None:
    return None if Unexamined.objects.exists() else True


def _acknowledge(stage: Stage, world: World) -> Event:
    codes = [station.code for station in world.analysed]

    def look() -> Alarm | None:
        return (
            Alarm.objects.select_related("event__station")
            .filter(event__station__code__in=codes)
            .order_by("id")
            .first()
        )

    alarm = stage.wait("alarm", look)
    event = alarm.event
    stage.tell(
        "riverchief",
        f"event {event.pk} at {event.station.name_zh}: {event.parameter} {event.peak_value:.2f} {event.unit}, usually "
        f"{event.baseline or 0:.2f}; one alarm for the {event.sightings.count()} stations that saw this water",
    )
    if alarm.state == Alarm.State.RAISED:
        duty = somebody("monitor1")
        AcknowledgeAlarm(actor=duty, alarm_id=alarm.pk, note="已通知河长办，持续关注。").run()
        stage.tell(duty, "acknowledges the alarm")
    return event


def _trace(stage: Stage, event: Event, examined_at: datetime) -> Trace:
    """The trace that knows every station that saw the water; where the system's own began before, the office asks again."""

    def finished() -> Trace | None:
        traces = Trace.objects.filter(event=event)
        if traces.filter(state__in=[TraceState.QUEUED, TraceState.RUNNING]).exists():
            return None
        return traces.order_by("-attempt").first()

    trace = stage.wait("trace", finished)
    if trace.started_at is None or trace.started_at < examined_at:
        office = somebody("office")
        try:
            StartTrace(actor=office, event_id=event.pk, reason="读数已齐，重新溯源。").run()
            stage.tell(office, "asks for another trace, now that all readings are in")
        except StateRefused:
            pass  # one is waiting already, and will take in all readings
        trace = stage.wait("trace with all readings", finished)
    if trace.state != TraceState.DONE:
        raise StoryFailed(f"Trace {trace.pk} could not be done: {trace.error}")
    return trace


def _tell_candidates(stage: Stage, world: World, trace: Trace) -> None:
    lines = []
    for candidate in trace.candidates.select_related("outfall").order_by("rank")[:FIRST_CANDIDATES]:
        name = candidate.outfall.name_zh if candidate.outfall else f"{candidate.kind} place on the river"
        code = candidate.outfall.code if candidate.outfall else ""
        told = f"{candidate.rank}. {name} {code} {candidate.probability:.0%}"
        if candidate.started_median is not None and candidate.released_kg_median is not None:
            told += (
                f", from {_hour(candidate.started_median.timestamp())}, "
                f"{candidate.released_kg_median:.0f} kg "
                f"({candidate.released_kg_low or 0:.0f}–{candidate.released_kg_high or 0:.0f})"
            )
        if code == world.secret.outfall.code:
            told += "  ← the true one"
        lines.append(told)
    hypotheses = (trace.result or {}).get("hypotheses", 0)
    stage.tell(
        "riverchief",
        f"trace {trace.pk} weighs {hypotheses:,} hypotheses; suspected, for the office only:\n"
        + "\n".join(lines),
    )


def _tell_next_sample(stage: Stage, trace: Trace) -> None:
    """Where a bottle would tell most, or that none would tell enough."""
    sampling = (trace.result or {}).get("sampling")
    if not sampling or not trace.inputs:
        return
    if not sampling["suggestions"]:
        stage.tell("riverchief", "no bottle that a crew can still fill would tell enough: look on site")
        return
    first = sampling["suggestions"][0]
    place = first["place"]
    origin = datetime.fromisoformat(trace.inputs["origin"]).timestamp()
    begin, end = (_hour(origin + at) for at in first["window_s"])
    where = f"{place['river_zh']} {place['reach_code']} ({place['lon']:.4f}, {place['lat']:.4f})"
    stage.tell(
        "riverchief",
        f"where to sample next: {where}, {begin}–{end}, worth {first['bits']:.2g} of {sampling['open_bits']:.2g} bits",
    )


def _clue_from(stage: Stage, trace: Trace) -> Clue:
    rows = Clue.objects.filter(event=trace.event, source=ClueSource.TRACE).select_related("area")
    first = first_place(trace)
    if rows.exists() or (first is not None and opens_by_itself(first)):
        return stage.wait("clue from the trace", rows.first)
    if first is None:
        raise StoryFailed(f"Trace {trace.pk} opens no clue: its first candidate is no place to look at.")
    office = somebody("office")
    clue = HandOverCandidate(
        actor=office, trace_id=trace.pk, rank=first.rank, reason="概率不高，先到现场核查前几位。"
    ).run()
    stage.tell(
        office,
        f"hands the first candidate over as clue {clue.number}: {first.probability:.0%} is too little for a clue by itself",
    )
    return clue


def _confirm(stage: Stage, world: World, clue: Clue) -> Problem:
    """The inspector goes down the list on site and confirms what is found there."""
    if clue.state == ClueState.CONFIRMED:
        return clue.problem
    inspector = somebody("inspector1")
    secret = world.secret
    upload = UploadEvidence(
        actor=inspector,
        content=photo(world.basin.seed, plume=True),
        file_name="demo-outfall.png",
        taken_at=clock.now(),
        lon=secret.outfall.lon,
        lat=secret.outfall.lat,
    ).run()
    problem = ConfirmClue(
        actor=inspector,
        clue_id=clue.pk,
        basis=Basis.QUICK_TEST,
        reason="现场按溯源名单逐一查看，排口出水浑浊，氨氮快速检测超标。",
        evidence_ids=[upload.evidence_id],
        kind="secret",
        outfall_id=Outfall.objects.get(code=secret.outfall.code).pk,
    ).run()
    stage.tell(
        inspector,
        f"goes down the list on site, finds {secret.outfall.code} running, photo and quick test; "
        f"confirms clue {clue.number}",
    )
    stage.tell("riverchief", f"problem {problem.number} stands in the ledger: {problem.title}")
    return problem


def unit_in_charge(area_path: str) -> tuple[Organisation, User, User]:
    """The unit of the county of an area, somebody who signs for it, and the county's office."""
    county = area_path.strip("/").split("/")[1]
    signer = Membership.objects.select_related("organisation", "user").get(
        role=Role.UNIT.value, area_id=county
    )
    office = Membership.objects.select_related("user").get(role=Role.COUNTY_OFFICE.value, area_id=county)
    assert signer.organisation is not None
    return signer.organisation, signer.user, office.user


def _hand_over(stage: Stage, problem: Problem) -> None:
    problem.refresh_from_db()
    unit, signer, office = unit_in_charge(problem.area.path)
    if problem.state == "registered":
        AssignProblem(
            actor=office,
            problem_id=problem.pk,
            organisation_id=unit.pk,
            requirement="立即封堵排口，查明来源，七日内报整改方案。",
            rectification_class="by_date",
        ).run()
        problem.refresh_from_db()
        order = problem.orders.get()
        stage.tell(office, f"assigns it to {unit.name_zh} {unit.name_en} by order {order.number}")
    if problem.state == "assigned":
        SignForProblem(actor=signer, problem_id=problem.pk).run()
        stage.tell(signer, "signs for the order")


def _conclude(stage: Stage, world: World, event: Event, trace: Trace, problem: Problem) -> None:
    codes = [station.code for station in world.analysed]
    true = trace.candidates.filter(outfall__code=world.secret.outfall.code).first()
    problem.refresh_from_db()
    stage.state.facts |= {
        "alarms": Alarm.objects.filter(event__station__code__in=codes).count(),
        "event_id": event.pk,
        "trace_id": trace.pk,
        "parameter": PARAMETER,
        "true_outfall": world.secret.outfall.code,
        "rank_of_true_outfall": true.rank if true else None,
        "probability_of_true_outfall": true.probability if true else None,
        "confirmed_by": problem.opened_by.username,
        "problem": problem.number,
        "problem_in_ledger": Problem.objects.filter(pk=problem.pk).exclude(state="written_off").exists(),
    }


def still_stands(stage: Stage) -> bool:
    """Whether the database still says what the story came to: a later start must not repeat it from memory."""
    facts = stage.state.facts
    problem = Problem.objects.filter(number=facts.get("problem")).select_related("clue__decided_by").first()
    call = Problem.objects.filter(number=facts.get("written_off"), state="written_off").first()
    if problem is None or call is None or problem.clue is None or problem.clue.decided_by is None:
        return False
    chains = (problem.chain, f"clue:{problem.clue_id}", call.chain)
    return problem.clue.decided_by.username == facts.get("confirmed_by") and not any(
        True for chain in chains for _ in broken_links(chain)
    )


def passed(stage: Stage) -> bool:
    """What the stories must come to: one alarm, the true outfall among the first three, confirmed, in the ledger; the call and
    the outfall of the third written off; no forged case."""
    facts = stage.state.facts
    rank = facts.get("rank_of_true_outfall")
    return (
        facts.get("alarms") == 1
        and rank is not None
        and rank <= FIRST_CANDIDATES
        and facts.get("confirmed_by") == "inspector1"
        and bool(facts.get("problem_in_ledger"))
        and facts.get("written_off") is not None
        and facts.get("forged_case_refused") is not False  # none is made where no Chinese font is installed
        and facts.get("pack_proved") is not False
        and facts.get("remediated") is not None
    )
