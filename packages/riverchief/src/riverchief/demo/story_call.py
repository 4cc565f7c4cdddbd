"""The second story: a citizen's call, registered by hand, comes to be a problem and goes off the ledger."""

from datetime import timedelta

from riverchief.base import clock
from riverchief.demo.case_file import play_case_file
from riverchief.demo.inspection_pack import play_pack
from riverchief.demo.photo import photo
from riverchief.demo.stage import Stage
from riverchief.demo.story_discharge import somebody, unit_in_charge
from riverchief.demo.world import World
from riverchief.rectify.actions import (
    AssignProblem,
    ConfirmClue,
    PlanRectification,
    RegisterClue,
    ReportRectified,
    SignForProblem,
    UploadEvidence,
    VerifyProblem,
    WriteOffProblem,
)
from riverchief.rectify.codes import Basis, ClueSource
from riverchief.rectify.models import Clue, Problem
from riverchief.rectify.watch.codes import STATES, WatchState
from riverchief.rectify.watch.queries import river_of
from riverchief.registry.models import Reach

TITLE = "市民来电：桥下雨洪口晴天流出白色污水"


def play_call(stage: Stage, world: World) -> None:
    """Play it from wherever it stands; each step is that of the person whose work it is."""
    stage.title("2 · A citizen calls 12345 群众来电")
    clue = Clue.objects.filter(title=TITLE).first() or _register(stage, world)
    problem = Problem.objects.filter(clue=clue).first() or _confirm(stage, clue)
    unit, signer, county_office = unit_in_charge(problem.area.path)
    if problem.state == "registered":
        AssignProblem(
            actor=county_office,
            problem_id=problem.pk,
            organisation_id=unit.pk,
            requirement="查清雨污混接点并改正，清理河岸。",
            rectification_class="at_once",
        ).run()
        stage.tell(
            county_office,
            f"assigns {problem.number} to {unit.name_zh} {unit.name_en}, to be put right at once",
        )
    problem.refresh_from_db()
    if problem.state == "assigned":
        SignForProblem(actor=signer, problem_id=problem.pk).run()
        stage.tell(signer, "signs for it")
        PlanRectification(actor=signer, problem_id=problem.pk, measures="封堵混接支管，接入污水管网。").run()
    problem.refresh_from_db()
    if problem.state in ("signed_for", "planned"):
        after = take_photo(signer.username, world.basin.seed + 2, problem.lon, problem.lat)
        ReportRectified(
            actor=signer, problem_id=problem.pk, summary="混接支管已封堵，晴天无出流。", evidence_ids=[after]
        ).run()
        stage.tell(signer, "reports it as rectified, with a photo taken after")
    problem.refresh_from_db()
    if problem.state == "rectified":
        second = somebody("inspector2")
        seen = take_photo(second.username, world.basin.seed + 3, problem.lon, problem.lat)
        VerifyProblem(
            actor=second,
            problem_id=problem.pk,
            finding="现场复核，无出流，水体清澈。",
            evidence_ids=[seen],
            lon=problem.lon,
            lat=problem.lat,
        ).run()
        stage.tell(
            second,
            "verifies on site, with a photo of after the report and the position: a second person, as nobody verifies "
            "their own report",
        )
        _tell_river(stage, problem)
    problem.refresh_from_db()
    if problem.state == "verified":
        office = somebody("office2")
        WriteOffProblem(
            actor=office,
            problem_id=problem.pk,
            reason="核查通过，资料齐全。",
            early_reason="演示：不等观察期满。",
        ).run()
        stage.tell(office, f"writes {problem.number} off the ledger 销号")
    problem.refresh_from_db()
    stage.state.facts["written_off"] = problem.number if problem.state == "written_off" else None
    if problem.state == "written_off":
        play_case_file(stage, problem)
        play_pack(stage, problem)


def _tell_river(stage: Stage, problem: Problem) -> None:
    """The second witness: what is watched from now on, or why the river cannot speak."""
    river = river_of(problem, whole=True)
    if river is None:
        return
    state = STATES[WatchState(river["state"])][1]
    where = f" at {river['station']['name_en']}" if river["station"] else ""
    until = f", until {river['until']:%Y-%m-%d}" if river["state"] == WatchState.WATCHING else ""
    stage.tell("riverchief", f"asks the river as second witness{where}: {state.lower()}{until}")


def _register(stage: Stage, world: World) -> Clue:
    """The call is about a brook of another county than the first story's."""
    secret_county = world.secret.outfall.area_code[:6]
    reach = (
        Reach.objects.filter(basin__code=world.basin.code)
        .exclude(area__path__contains=f"/{secret_county}/")
        .select_related("river")
        .order_by("discharge_m3s", "code")
        .first()
    )
    assert reach is not None
    assert reach.geometry is not None
    points = reach.geometry["coordinates"]
    lon, lat = points[len(points) // 2]
    office = somebody("office")
    clue = RegisterClue(
        actor=office,
        source=ClueSource.CALL_12345,
        kind="dry_weather_flow",
        title=TITLE,
        description="来电人称桥下雨洪口连续三天晴天有白色污水流出，有异味。",
        lon=lon,
        lat=lat,
        reach_id=reach.pk,
        reporter_name="（合成）来电市民",
        reporter_phone="12345",
        occurred_at=clock.now() - timedelta(hours=20),
    ).run()
    river = reach.river.name_zh if reach.river else ""
    stage.tell(
        office, f"registers a call to 12345 by hand as clue {clue.number}: white water at a bridge on {river}"
    )
    return clue


def _confirm(stage: Stage, clue: Clue) -> Problem:
    inspector = somebody("inspector1")
    before = take_photo(inspector.username, clue.pk + 1, clue.lon, clue.lat, plume=True)
    problem = ConfirmClue(
        actor=inspector,
        clue_id=clue.pk,
        basis=Basis.PHOTO,
        reason="现场查看属实，雨洪口晴天出流。",
        evidence_ids=[before],
        title="雨洪排口晴天出流",
    ).run()
    stage.tell(inspector, f"looks on site, takes a photo, confirms the clue: problem {problem.number}")
    return problem


def take_photo(username: str, seed: int, lon: float, lat: float, *, plume: bool = False) -> int:
    """A stand-in for a photo, handed in by somebody; the number of its file."""
    upload = UploadEvidence(
        actor=somebody(username),
        content=photo(seed, plume=plume),
        file_name="demo-site.png",
        taken_at=clock.now(),
        lon=lon,
        lat=lat,
    ).run()
    evidence_id: int = upload.evidence_id
    return evidence_id
