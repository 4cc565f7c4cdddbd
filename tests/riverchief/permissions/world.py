"""The world in which permissions are tried: something in every state, and two people of every role."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from riverchief.accounts.models import Area, Membership, User
from riverchief.accounts.roles import Role
from riverchief.base.clock import use_clock
from riverchief.base.models import InboxMessage
from riverchief.base.notifications import notify
from riverchief.base.rules import get_rule
from riverchief.monitor.models import (
    Adoption,
    Alarm,
    Doubt,
    Event,
    HandOver,
    OverflowRecord,
    PlannedStop,
    PowerMeter,
    Shift,
    SourceState,
    StationRequest,
    Stoppage,
)
from riverchief.rectify import actions
from riverchief.rectify.campaigns.actions import OpenCampaign
from riverchief.rectify.campaigns.editions import FreezeFigures
from riverchief.rectify.clocks import actions as clocks
from riverchief.rectify.enforcement.actions import FileCase
from riverchief.rectify.models import (
    Campaign,
    Case,
    Clue,
    Document,
    FigureEdition,
    InspectionPack,
    LedgerImport,
    Problem,
)
from riverchief.rectify.packs.store import file_of
from riverchief.rectify.relapse.actions import SuspectRelapse
from riverchief.registry.models import Duty, Permit, Station
from riverchief.trace.models import Adjustment, SitingStudy, Trace

from tests.riverchief.permissions import documented, ledgers, monitored
from tests.riverchief.permissions.remediated import Remediated, remediated
from tests.riverchief.permissions.sampled import Sampling, sampling_round
from tests.riverchief.permissions.table import ROLES
from tests.riverchief.rectify.conftest import make_finished_trace
from tests.riverchief.rectify.office import NOON, PNG, Office, on_site
from tests.riverchief.trace.known import make_known_trace

STEPS = ("registered", "assigned", "signed_for", "rectified", "verified")


@dataclass
class World:
    """An office with something in every state, and for each role somebody here and in each other place."""

    office: Office
    clue: Clue
    other_clue: Clue
    problems: dict[str, Problem]
    trace: Trace
    known_trace: Trace
    adjustment: Adjustment
    siting: SitingStudy
    pack: InspectionPack
    control: StationRequest
    adoption: Adoption
    alarm: Alarm
    muted_alarm: Alarm
    seen_event: Event
    shift: Shift
    hand_over: HandOver
    evidence_id: int
    campaign: Campaign
    ledger: LedgerImport
    filled_sheet: bytes
    edition: FigureEdition
    case: Case
    overflow: OverflowRecord
    meter: PowerMeter
    permit: Permit
    stop: PlannedStop
    doubts: dict[str, Doubt]
    gauge: Station
    stoppage: Stoppage
    sampling: Sampling
    duty: Duty
    closed: User
    remediated: Remediated
    letters: dict[str, Document]
    here: dict[Role, User] = field(default_factory=dict)
    elsewhere: dict[str, dict[Role, User]] = field(default_factory=dict)

    @property
    def people(self) -> list[User]:
        """Everybody who is tried."""
        return [user for place in (self.here, *self.elsewhere.values()) for user in place.values()]

    @property
    def suspect_key(self) -> str:
        """How a trace names the suspect."""
        return f"outfall:{self.office.suspect.pk}"

    def message_of(self, role: Role) -> int:
        """The line in the inbox of the person of that role who is here."""
        return InboxMessage.objects.get(recipient_id=self.here[role].pk).pk


def make_world(office: Office) -> World:
    """Everything, made by people other than those who are tried."""
    call = _call(office, "桥下水发臭")
    other_call = _call(office, "水面有泡沫")
    upload = actions.UploadEvidence(actor=office["inspector"], content=PNG, file_name="bank.png").run()
    problems = {state: _problem(office, state, upload.evidence_id) for state in STEPS}
    problems["urged"] = _asked_and_paused(office, upload.evidence_id)
    for state in ("written_off", "suspected"):
        problems[state] = _problem(office, "verified", upload.evidence_id)
        actions.WriteOffProblem(
            actor=office["city_office_2"], problem_id=problems[state].pk, reason="同意"
        ).run()
    SuspectRelapse(
        actor=office["inspector"], problem_id=problems["suspected"].pk, observation="夜间有水"
    ).run()
    campaign, edition = _campaign(office, problems["verified"])
    gauge = monitored.gauge(office)
    control = monitored.control(office)
    world = World(
        office=office,
        clue=call,
        other_clue=other_call,
        problems=problems,
        trace=make_finished_trace(office, attempt=1, probability=0.6),
        known_trace=make_known_trace(office.event, office.suspect, attempt=2),
        adjustment=_adjustment(office),
        siting=_siting(office),
        pack=_pack(office),
        control=control,
        adoption=monitored.adoption(control.station),
        alarm=monitored.alarm_of(office.event),
        muted_alarm=monitored.muted_alarm(office),
        seen_event=monitored.seen_event(office),
        shift=monitored.shift(office),
        hand_over=monitored.hand_over(office),
        evidence_id=upload.evidence_id,
        campaign=campaign,
        ledger=ledgers.taken_over(office),
        filled_sheet=ledgers.sent_out(office),
        edition=edition,
        case=FileCase(
            actor=office["enforcement"],
            problem_id=problems["rectified"].pk,
            number="立1",
            party="某厂",
            reason="涉嫌偷排",
            filed_on=date(2026, 11, 20),
        ).run(),
        overflow=monitored.overflow(office),
        meter=monitored.meter(office),
        permit=monitored.permit(office),
        stop=monitored.planned_stop(office),
        doubts={state: monitored.doubt(office, state) for state in ("open", "kept")},
        gauge=gauge,
        stoppage=monitored.stoppage(office),
        sampling=sampling_round(office),
        duty=Duty.objects.create(
            user=office["chief"], kind="head", area=office.county, valid_from=date(2020, 1, 1)
        ),
        closed=_closed(office),
        remediated=remediated(office, gauge, upload.evidence_id),
        letters=documented.letters(office, problems["assigned"]),
    )
    monitored.send_from_unknown_device()
    SourceState.objects.create(name="platform")
    world.here = {role: _person(role, office, "here", office.county) for role in ROLES}
    for place, area in _elsewhere(office).items():
        world.elsewhere[place] = {role: _person(role, office, place, area) for role in ROLES}
    notify(
        [user.pk for user in world.here.values()],
        kind="note",
        title_zh="一",
        title_en="One",
        link="/",
        dedupe="one",
    )
    return world


def _closed(office: Office) -> User:
    """Somebody of the county who has left."""
    user = User.objects.create_user("closed", None, name_zh="某", name_en="Some", is_active=False)
    Membership.objects.create(
        user=user, role="unit", area=office.county, organisation=office.unit, valid_from=date(2020, 1, 1)
    )
    return user


def _adjustment(office: Office) -> Adjustment:
    """Of another candidate than the one that is tried."""
    return Adjustment.objects.create(
        event=office.event,
        kind="exclude",
        key="outfall:0",
        factor=0.0,
        reason="已封堵",
        made_by=office["city_office_2"],
        made_at=NOON,
    )


def _siting(office: Office) -> SitingStudy:
    """A study of the county that has failed, so that another can be asked for."""
    return SitingStudy.objects.create(
        basin=office.reach.basin,
        area=office.county,
        count=2,
        goal="telling",
        state="failed",
        requested_by=office["city_office_2"],
        requested_at=NOON,
        finished_at=NOON,
        settings=get_rule("trace.siting"),
        settings_version="1",
        error="没有河段。|No reach.",
    )


def _pack(office: Office) -> InspectionPack:
    """A pack that the county's office asked for, with its file."""
    pack = InspectionPack.objects.create(
        area=office.county,
        asked_in=office.county,
        audience="inspectors",
        language="zh",
        state="done",
        requested_by=office["county_office_2"],
        requested_at=NOON,
        finished_at=NOON,
        size=2,
        sha256="0" * 64,
    )
    file_of(pack).parent.mkdir(exist_ok=True)
    file_of(pack).write_bytes(b"PK")
    return pack


def _asked_and_paused(office: Office, evidence_id: int) -> Problem:
    """A problem whose unit was urged on and has asked for more time, and whose deadline stands still."""
    problem = _problem(office, "signed_for", evidence_id)
    about = {"problem_id": problem.pk}
    clocks.UrgeProblem(actor=office["county_office"], message="进展如何", **about).run()
    clocks.AskExtension(actor=office["unit"], due_date=date(2027, 3, 1), reason="管材未到", **about).run()
    clocks.SuspendProblem(
        actor=office["county_office"], until_date=date(2026, 12, 20), reason="汛期", **about
    ).run()
    return problem


def _campaign(office: Office, problem: Problem) -> tuple[Campaign, FigureEdition]:
    """A campaign of the county, and the figures of yesterday, of which one was undone since."""
    campaign = OpenCampaign(
        actor=office["county_office"],
        area_code=office.county.pk,
        number="令",
        title="行动",
        issuer="区总河长",
        kind="special",
        starts_on=date(2026, 11, 1),
    ).run()
    actions.SetCampaign(
        actor=office["county_office"], problem_id=problem.pk, campaign_id=campaign.pk, reason="归口"
    ).run()
    with use_clock(NOON - timedelta(days=1)):
        edition = FreezeFigures(actor=office["county_office"], campaign_id=campaign.pk).run()
    actions.SendBackProblem(actor=office["inspector"], problem_id=problem.pk, reason="有渗漏").run()
    actions.ReportRectified(
        actor=office["unit"], problem_id=problem.pk, summary="已封堵", without_evidence_reason="夜间"
    ).run()
    actions.VerifyProblem(
        actor=office["inspector"],
        problem_id=problem.pk,
        finding="属实",
        **on_site(office, "inspector", problem),
    ).run()
    return campaign, edition


def _call(office: Office, title: str) -> Clue:
    return actions.RegisterClue(
        actor=office["county_office"],
        source="call_12345",
        kind="water_smell",
        title=title,
        description="",
        lon=106.55,
        lat=29.5,
    ).run()


def _problem(office: Office, state: str, evidence_id: int) -> Problem:
    """A problem brought as far as `state` by the people of the office."""
    problem = actions.ConfirmClue(
        actor=office["inspector"],
        clue_id=_call(office, f"问题 {state}").pk,
        basis="photo",
        reason="现场所见",
        evidence_ids=[evidence_id],
    ).run()
    steps: dict[str, Callable[[], Any]] = {
        "assigned": lambda: actions.AssignProblem(
            actor=office["county_office"], problem_id=problem.pk, **assignment(office)
        ).run(),
        "signed_for": lambda: actions.SignForProblem(actor=office["unit"], problem_id=problem.pk).run(),
        "rectified": lambda: actions.ReportRectified(
            actor=office["unit"], problem_id=problem.pk, summary="已封堵", without_evidence_reason="夜间"
        ).run(),
        "verified": lambda: actions.VerifyProblem(
            actor=office["inspector"],
            problem_id=problem.pk,
            finding="属实",
            **on_site(office, "inspector", problem),
        ).run(),
    }
    for step in STEPS[1 : STEPS.index(state) + 1]:
        steps[step]()
    return problem


def assignment(office: Office) -> dict[str, Any]:
    """What the office asks of the unit."""
    return {
        "organisation_id": office.unit.pk,
        "requirement": "立即封堵",
        "rectification_class": "by_date",
    }


def _elsewhere(office: Office) -> dict[str, Area]:
    """Seen from there, what is tried lies in a sister area, in the area above, in an area that has nothing to do with it."""
    abroad = Area.objects.create(code="880000", name_zh="外市", name_en="Elsewhere", level="city")
    foreign = Area.objects.create(
        code="880101", name_zh="外区", name_en="Foreign County", level="county", parent=abroad
    )
    return {"sister": office.other_county, "parent": office.town, "foreign": foreign}


def _person(role: Role, office: Office, place: str, area: Area) -> User:
    user = User.objects.create_user(
        f"{role}-{place}", None, name_zh=f"{role}-{place}", name_en=f"{role}-{place}"
    )
    organisation = (office.unit if place == "here" else office.other_unit) if role is Role.UNIT else None
    Membership.objects.create(
        user=user, role=role.value, area=area, organisation=organisation, valid_from=date(2020, 1, 1)
    )
    return user
