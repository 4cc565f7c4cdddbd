"""How clues come about from traces: by themselves where the first candidate is likely enough, else by a person's decision."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import SYSTEM, Action, SystemAction
from riverchief.base.errors import NotFound, StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.actions import ShareEvent
from riverchief.monitor.models import Event
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import text
from riverchief.rectify.codes import ClueSource, ClueState
from riverchief.rectify.models import Clue
from riverchief.rectify.numbering import next_number
from riverchief.rectify.wording import TRACE_CLUE, trace_clue_titles
from riverchief.trace.codes import PLACES, TraceState
from riverchief.trace.listing import cut_off, ruled_out
from riverchief.trace.models import Trace, TraceCandidate
from riverchief.trace.overflows import overflow_known
from riverchief.trace.visibility import PLACED, View, visible_traces

LONGEST_REASON = 300


def first_place(trace: Trace) -> TraceCandidate | None:
    """The first candidate of a finished trace, where it is a place at which somebody can go and look; else None.

    None also where the trace says itself that its order is no finding.
    """
    first = trace.candidates.select_related("outfall__area", "reach__area").order_by("rank").first()
    if trace.state != TraceState.DONE or trace.note or first is None or first.kind not in PLACES:
        return None
    return first


def leads_by_rule(first: TraceCandidate) -> bool:
    """Whether the first candidate leads without what people changed, too: a person's weight points no clue of the system's."""
    given = [_by_rule(row) for row in first.trace.candidates.all()]
    return _by_rule(first) >= max(given)


def opens_by_itself(first: TraceCandidate) -> bool:
    """Whether the rules alone hold the first candidate likely enough for a clue that no person has asked for."""
    threshold: float = get_rule("rectify.clue_from_trace")["min_probability"]
    return leads_by_rule(first) and _by_rule(first) >= threshold


@dataclass(kw_only=True)
class OpenClueFromTrace(SystemAction[Clue]):
    """Let a finished trace open a clue, one per event: a later trace of the event renews the clue while it is open.

    What people have confirmed, dismissed, merged or handed over stays what they decided on; the later trace stays with the
    event. An open clue follows the newest answer also where that is less sure: an older one is no better. What leads only
    by what people changed opens and renews none: whoever wants a clue of it hands it over in their own name.

    The suspect stands in a field of its own and in no text: titles travel further than clues do.
    """

    name: ClassVar[str] = "clue.open_from_trace"
    trace_id: int
    trace: Trace = field(init=False, repr=False)
    clue: Clue | None = field(init=False, repr=False)
    suspect: TraceCandidate = field(init=False, repr=False)

    def load(self) -> None:
        """The event's row is locked, so that two traces of it take turns."""
        self.trace = Trace.objects.select_related("event__station", "event__area").get(pk=self.trace_id)
        self.clue = _clue_of(self.trace)

    def check_state(self) -> None:
        """The trace must name somebody with some weight, or tell an open clue something later."""
        if self.clue is not None and (self.clue.state != ClueState.OPEN or self.clue.registered_by_id):
            raise StateRefused(
                f"线索 {self.clue.number} 已由人员决定。|People have decided on clue {self.clue.number}.",
                cure="后来的溯源见事件。|See later traces with the event.",
            )
        if self.clue is not None and self.clue.trace and self.trace.attempt < self.clue.trace.attempt:
            raise StateRefused(
                f"线索 {self.clue.number} 已据更晚的溯源更新。|A later trace has renewed clue {self.clue.number}."
            )
        suspect = first_place(self.trace)
        if suspect is not None and overflow_known(self.trace, suspect.key):
            raise StateRefused(
                "首位候选已有溢流记录，不是偷排线索。"
                "|An overflow is on record for the first candidate: this is no clue of a secret discharge.",
                cure="见降雨与溢流；旱天仍出流时另行形成线索。"
                "|See rain and overflows; if it runs in dry weather, that makes a clue of its own.",
            )
        if suspect is not None and not leads_by_rule(suspect):
            raise StateRefused(
                "首位候选只因人工调整而居首，不自动形成或更新线索。"
                "|The first candidate leads only by what people changed: no clue follows from that by itself.",
                cure="可由人员具名将候选移交为线索。|A person may hand the candidate over in their own name.",
            )
        if suspect is None or (self.clue is None and not opens_by_itself(suspect)):
            raise StateRefused(
                "溯源结果不足以自动形成线索。|The trace does not say enough for a clue by itself.",
                cure="可等待更多数据后重新溯源，或由人员将候选移交为线索。"
                "|Trace again when there are more readings, or let a person hand a candidate over.",
            )
        self.suspect = suspect

    def execute(self) -> Clue:
        """Open the clue, or renew the one there is."""
        opened = self.clue is None
        clue = _point_at(self.clue or _new_clue(self.trace), self.trace, self.suspect)
        name = "rectify.clue_opened" if opened else "rectify.clue_changed"
        self.announce(name, area=clue.area.path, restricted=True, clue_id=clue.pk)
        self.log(f"clue:{clue.pk}", number=clue.number, trace_id=self.trace.pk, attempt=self.trace.attempt)
        return clue


@dataclass(kw_only=True)
class HandOverCandidate(Action[Clue]):
    """Let a person open the clue of an event for a candidate of a trace that they choose, with a reason.

    A model says little where many outfalls lie close together, and people may still want somebody to go and look.
    """

    name: ClassVar[str] = "clue.hand_over"
    trace_id: int
    rank: int
    reason: str
    trace: Trace = field(init=False, repr=False)
    candidate: TraceCandidate = field(init=False, repr=False)
    clue: Clue | None = field(init=False, repr=False)

    def load(self) -> None:
        """The trace and its candidate, as far as the person sees them; the event's row is locked."""
        user = person(self.actor)
        rows = visible_traces(user).select_related("event__station", "event__area")
        trace = rows.filter(pk=self.trace_id).first()
        if trace is None:
            raise NotFound(f"没有编号为 {self.trace_id} 的溯源。|There is no trace {self.trace_id}.")
        candidate = trace.candidates.select_related(*PLACED).filter(rank=self.rank).first()
        if candidate is None or not View.of(user, trace.event).sees(candidate):
            raise NotFound(
                f"该溯源没有第 {self.rank} 位候选。|The trace has no candidate of rank {self.rank}."
            )
        self.trace, self.candidate = trace, candidate
        self.clue = _clue_of(trace)

    def check_permission(self) -> None:
        """Whoever registers clues; that they see the trace, `load` has made sure of."""
        require(self.actor, Capability.REGISTER_CLUE)

    def check_state(self) -> None:
        """A place somebody can look at, of an answer that is a finding, and no clue of the event yet."""
        self.reason = text(self.reason, "reason", longest=LONGEST_REASON)
        if self.clue is not None:
            raise StateRefused(
                f"该事件已有溯源线索 {self.clue.number}。|The event has a clue from a trace: {self.clue.number}.",
                cure="请在该线索中核查各候选。|Look at the candidates by that clue.",
            )
        if self.candidate.kind not in PLACES or self.trace.note or self.trace.state != TraceState.DONE:
            raise StateRefused(
                "该候选不是可现场核查的位置，或溯源没有结论。"
                "|This candidate is no place to look at, or the trace is no finding.",
                cure="请选择排污口或具体位置。|Choose an outfall or a place.",
            )
        if ruled_out(self.candidate, cut_off()):
            raise StateRefused(
                "该溯源已基本排除此候选。|The trace practically rules this candidate out.",
                cure="若另有依据，请另行登记线索。|Where you know more, register a clue of your own.",
            )

    def execute(self) -> Clue:
        """Open it in the person's name."""
        clue = _new_clue(self.trace)
        clue.registered_by = person(self.actor)
        _point_at(clue, self.trace, self.candidate)
        self.announce("rectify.clue_opened", area=clue.area.path, restricted=True, clue_id=clue.pk)
        self.log(
            f"clue:{clue.pk}", number=clue.number, trace_id=self.trace.pk, rank=self.rank, reason=self.reason
        )
        return clue


def _by_rule(row: TraceCandidate) -> float:
    """What the rules alone come to; attempts from before that was kept knew no changes by people."""
    return row.probability if row.probability_by_rule is None else row.probability_by_rule


def _clue_of(trace: Trace) -> Clue | None:
    """The clue from a trace of the same event, if there is one; locks the event and it."""
    Event.objects.select_for_update().get(pk=trace.event_id)
    return Clue.objects.select_for_update().filter(event=trace.event, source=ClueSource.TRACE).first()


def _new_clue(trace: Trace) -> Clue:
    event = trace.event
    return Clue(
        number=next_number("clue"),
        source=ClueSource.TRACE,
        kind="secret",
        title=trace_clue_titles(event.station)[0],
        description=TRACE_CLUE[0],
        occurred_at=event.opened_at,
        event=event,
        registered_at=clock.now(),
    )


def _point_at(clue: Clue, trace: Trace, suspect: TraceCandidate) -> Clue:
    event = trace.event
    clue.trace = trace
    clue.outfall = suspect.outfall
    clue.reach = suspect.reach
    # Where the suspect lies, for that is where somebody will go and look; not where the water was measured.
    clue.area = (
        (suspect.outfall and suspect.outfall.area) or (suspect.reach and suspect.reach.area) or event.area
    )
    clue.lon = suspect.lon if suspect.lon is not None else event.station.lon
    clue.lat = suspect.lat if suspect.lat is not None else event.station.lat
    clue.save()
    if clue.area != event.area:
        ShareEvent(actor=SYSTEM, event=event, area=clue.area).run()
    return clue
