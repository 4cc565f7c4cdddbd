"""The third story: an outfall is found, monitored, traced to who is responsible and put right (查、测、溯、治)."""

from datetime import timedelta

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.demo.stage import Stage
from riverchief.demo.story_call import take_photo
from riverchief.demo.story_discharge import somebody, unit_in_charge
from riverchief.demo.world import World
from riverchief.monitor import rain
from riverchief.rectify.models import Remediation, RemediationStep
from riverchief.rectify.remediation import actions
from riverchief.registry.models import Outfall


def play_remediation(stage: Stage, world: World) -> None:
    """Play it from wherever it stands; each step is that of the person whose work it is."""
    stage.title("3 · An outfall is put right 查、测、溯、治")
    outfall = _outfall(world)
    if outfall is None:
        stage.tell(
            "riverchief", "no outfall near a rain gauge: dry weather cannot be proven, so nothing is played"
        )
        return
    _trace(stage, world, outfall)
    _put_right(stage, world, outfall)
    _close(stage, world, outfall)
    stage.state.facts["remediated"] = outfall.code if _row(outfall).state == "written_off" else None


def _outfall(world: World) -> Outfall | None:
    """The first by code with a known enterprise and a rain gauge near; the one that discharges in secret is passed over."""
    rows = (
        Outfall.objects.filter(reach__basin__code=world.basin.code, organisation__isnull=False)
        .exclude(code=world.secret.outfall.code)
        .select_related("area", "organisation")
        .order_by("code")
    )
    rule = get_rule("monitor.rain")
    return next((row for row in rows if rain.near(row.lon, row.lat, rule)), None)


def _row(outfall: Outfall) -> Remediation:
    return Remediation.objects.filter(outfall=outfall).first() or Remediation(outfall=outfall)


def _trace(stage: Stage, world: World, outfall: Outfall) -> None:
    _, _, county = unit_in_charge(outfall.area.path)
    if _row(outfall).monitored_on is None:
        actions.RecordMonitoring(
            actor=county,
            outfall_id=outfall.pk,
            manner="quick_test",
            monitored_on=clock.today(),
            result="氨氮 4.1 mg/L，水色微浑。",
        ).run()
        stage.tell(county, f"records a quick test at {outfall.code} {outfall.name_zh} 测")
    if _row(outfall).state == "found":
        enforcement = somebody("enforcement1")
        proof = take_photo(enforcement.username, world.basin.seed + 11, outfall.lon, outfall.lat, plume=True)
        actions.DecideEntity(
            actor=enforcement,
            outfall_id=outfall.pk,
            entity="organisation",
            organisation_id=outfall.organisation_id,
            ground="染色示踪：厂内雨水井投放后由该排口流出，与管线图一致。",
            evidence_ids=[proof],
        ).run()
        stage.tell(enforcement, "decides who is responsible, by evidence; towns do not see whom 溯")


def _put_right(stage: Stage, world: World, outfall: Outfall) -> None:
    unit, signer, county = unit_in_charge(outfall.area.path)
    if _row(outfall).state == "traced":
        actions.AdoptPolicy(
            actor=county, outfall_id=outfall.pk, measure="merge", policy="截断混接支管，截流后接入污水管网。"
        ).run()
        stage.tell(county, "adopts the policy of the outfall 一口一策: merge")
    if not RemediationStep.objects.filter(remediation__outfall=outfall).exists():
        actions.AddStep(
            actor=county,
            outfall_id=outfall.pk,
            kind="intercept",
            organisation_id=unit.pk,
            due_date=clock.today() + timedelta(days=30),
            description="新建截流井一座",
        ).run()
    step = RemediationStep.objects.get(remediation__outfall=outfall)
    if step.state == "open":
        works = take_photo(signer.username, world.basin.seed + 12, outfall.lon, outfall.lat)
        actions.FinishStep(
            actor=signer, step_id=step.pk, summary="截流井建成，支管已封堵。", evidence_ids=[works]
        ).run()
        stage.tell(signer, "reports interception 截污 as done, with a photo")
        step.refresh_from_db()
    if step.state == "done":
        second = somebody("inspector2")
        seen = take_photo(second.username, world.basin.seed + 13, outfall.lon, outfall.lat)
        actions.RecheckStep(
            actor=second,
            step_id=step.pk,
            seen="nothing",
            finding="旱天无出流，管口干燥。",
            evidence_ids=[seen],
        ).run()
        step.refresh_from_db()
        stage.tell(
            second,
            f"checks it in dry weather: {step.rain_mm:g} mm in {step.dry_hours:g} h by the gauges, nothing runs",
        )


def _close(stage: Stage, world: World, outfall: Outfall) -> None:
    if _row(outfall).state == "planned":
        third = somebody("inspector1")
        seen = take_photo(third.username, world.basin.seed + 14, outfall.lon, outfall.lat)
        actions.AcceptRemediation(
            actor=third, outfall_id=outfall.pk, finding="截流井、封堵与标识符合方案。", evidence_ids=[seen]
        ).run()
        stage.tell(third, "accepts the remediation 验收: nobody who did or checked a step may")
    if _row(outfall).state == "accepted":
        office = somebody("office2")
        actions.WriteOffRemediation(actor=office, outfall_id=outfall.pk, reason="验收资料齐全。").run()
        stage.tell(office, f"writes {outfall.code} off 销号")
