"""Everything that changes doubts: raised, told anew and let pass by the system; decided and reopened by people."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce, NullIf, Substr

from riverchief.accounts.models import User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action, SystemAction
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.monitor.actions.requests import (
    LONGEST_AUTHORISATION,
    LONGEST_REASON,
    check_text,
    is_statutory,
)
from riverchief.monitor.codes import english
from riverchief.monitor.lab_readings import of_laboratory
from riverchief.monitor.models import Reading
from riverchief.monitor.power.queries import hidden_meters
from riverchief.monitor.readings import MEASURED_FLAG, REFUSED_FLAG, REVIEWED
from riverchief.monitor.retrieval import archived_months
from riverchief.monitor.review.control import Suspicion
from riverchief.monitor.review.models import ABOUT_VALUES, CONDITIONS, Doubt
from riverchief.monitor.review.readings import readings_changed, readings_of
from riverchief.monitor.review.sentences import Sentences
from riverchief.registry.models import Station


@dataclass(kw_only=True)
class _OnDoubt(Action[Doubt]):
    def changed(self, doubt: Doubt, **data: Any) -> Doubt:
        """Log what became of it, and tell those who review."""
        self.log(
            doubt.chain,
            station=doubt.station.code,
            parameter=doubt.parameter,
            rule=doubt.rule,
            state=doubt.state,
            first_at=doubt.first_at.isoformat(),
            last_at=doubt.last_at.isoformat() if doubt.last_at else None,
            **data,
        )
        self.announce(
            "monitor.doubt_changed",
            area=doubt.station.area.path,
            restricted=True,
            doubt_id=doubt.pk,
            station_id=doubt.station_id,
        )
        return doubt


@dataclass(kw_only=True)
class _BySystem(SystemAction[Doubt], _OnDoubt):
    """Rules raise doubts, nobody else does."""


@dataclass(kw_only=True)
class RaiseDoubt(_BySystem):
    """A rule finds readings hard to believe. No reading changes."""

    name: ClassVar[str] = "doubt.raise"
    station: Station
    suspicion: Suspicion
    rules_version: str

    def execute(self) -> Doubt:
        """Put it into the queue."""
        doubt = Doubt(station=self.station, rules_version=self.rules_version, raised_at=clock.now())
        _tell(doubt, self.suspicion)
        doubt.save(force_insert=True)
        return self.changed(doubt, sentence=doubt.sentence_zh, rules_version=doubt.rules_version)


@dataclass(kw_only=True)
class ReviseDoubt(_BySystem):
    """The run of an open doubt has grown or changed."""

    name: ClassVar[str] = "doubt.revise"
    doubt: Doubt
    suspicion: Suspicion
    rules_version: str

    def execute(self) -> Doubt:
        """Say what is so by now."""
        doubt = self.doubt
        _tell(doubt, self.suspicion)
        doubt.rules_version = self.rules_version
        doubt.save()
        return self.changed(doubt, sentence=doubt.sentence_zh, rules_version=doubt.rules_version)


def _tell(doubt: Doubt, suspicion: Suspicion) -> None:
    for name in ("rule", "parameter", "kind", "first_at", "last_at", "readings", "value", "compared", "unit"):
        setattr(doubt, name, getattr(suspicion, name))
    doubt.sentence_zh, doubt.sentence_en = suspicion.sentences


@dataclass(kw_only=True)
class PassDoubt(_BySystem):
    """What a doubt was about is over by itself: the readings were put right, or the station speaks again.

    One that somebody has decided meanwhile keeps that decision, and only gets its end.
    """

    name: ClassVar[str] = "doubt.pass"
    doubt: Doubt
    ended_at: datetime | None = None
    because: Sentences | None = None
    """What explains it, where somebody has said so."""

    def execute(self) -> Doubt:
        """End it."""
        doubt = self.doubt
        if self.because is not None:
            doubt.sentence_zh += self.because.zh
            doubt.sentence_en += f" {self.because.en}"
        if doubt.last_at is None:
            doubt.last_at = self.ended_at or clock.now()
        if doubt.state == Doubt.State.OPEN:
            doubt.state, doubt.decided_at = Doubt.State.PASSED, clock.now()
        doubt.save()
        return self.changed(doubt, **({"because": self.because.zh} if self.because else {}))


@dataclass(kw_only=True)
class _Reviewing(_OnDoubt):
    """What a person does with a doubt, in the area of its station."""

    doubt_id: int
    reason: str
    doubt: Doubt = field(init=False, repr=False)

    def load(self) -> None:
        """The doubt, locked."""
        rows = Doubt.objects.select_for_update(of=("self",)).select_related("station__area")
        found = rows.filter(pk=self.doubt_id).first()
        if found is None:
            raise self._missing()
        self.doubt = found

    def _missing(self) -> NotFound:
        return NotFound(
            f"没有编号为 {self.doubt_id} 的疑问。|There is no doubt {self.doubt_id}.",
            cure="请在数据审核列表中核对编号。|Look up its number in the review queue.",
        )

    def check_permission(self) -> None:
        """A person who reviews readings there; what the queue does not show them, of a power meter, is not there for them."""
        if not isinstance(self.actor, User):
            raise PermissionRefused("数据须由人员审核。|People review readings.")
        require(self.actor, Capability.REVIEW_READINGS, self.doubt.station.area.path)
        if (
            hidden_meters(self.actor)
            .filter(station=self.doubt.station, parameter=self.doubt.parameter)
            .exists()
        ):
            raise self._missing()

    def check_state(self) -> None:
        """With a reason."""
        self.reason = check_text(self.reason, "reason", LONGEST_REASON, needed=True)

    def require_open(self) -> None:
        """Nobody decides twice."""
        if self.doubt.state != Doubt.State.OPEN:
            raise StateRefused(
                f"该疑问已结束：{self.doubt.get_state_display()}。|This doubt is closed: {english('doubt_states', self.doubt.state)}.",
                cure="如需更改，请先重新打开（自行消除的除外）。"
                "|To change a decision, reopen the doubt first; one that has passed by itself stays so.",
            )

    def decide(self, state: Doubt.State, authorisation: str = "") -> None:
        """Write the decision down."""
        assert isinstance(self.actor, User)  # checked
        doubt = self.doubt
        doubt.state, doubt.decided_by, doubt.decided_at = state, self.actor, clock.now()
        doubt.reason, doubt.authorisation = self.reason, authorisation
        doubt.statutory = is_statutory(doubt.station)
        doubt.save()


@dataclass(kw_only=True)
class KeepReadings(_Reviewing):
    """The readings are right after all, or the silence is explained: nothing changes."""

    name: ClassVar[str] = "doubt.keep"

    def check_state(self) -> None:
        """Once."""
        super().check_state()
        self.require_open()

    def execute(self) -> Doubt:
        """Close it."""
        self.decide(Doubt.State.KEPT)
        return self.changed(self.doubt, reason=self.reason)


@dataclass(kw_only=True)
class InvalidateReadings(_Reviewing):
    """The readings are no measurement: they count for nothing from now on. Their values stay as they were sent.

    What a laboratory found in the same time stands: only a new version of its sheet corrects it.
    What a statutory monitor sent takes the authority for that, and the document that allows it.
    """

    name: ClassVar[str] = "doubt.invalidate"
    authorisation: str = ""
    rows: "QuerySet[Reading]" = field(init=False, repr=False)

    def check_permission(self) -> None:
        """For an enterprise's monitor, one with the authority for that."""
        super().check_permission()
        if is_statutory(self.doubt.station):
            require(self.actor, Capability.AUTHORISE_STATUTORY_REVIEW, self.doubt.station.area.path)

    def check_state(self) -> None:
        """A doubt about values, of which some still count."""
        super().check_state()
        self.require_open()
        doubt = self.doubt
        if doubt.rule not in ABOUT_VALUES:
            raise StateRefused(
                "该疑问没有可判为无效的读数。|This doubt is about no value that could be invalid.",
                cure="请说明情况后保留。|Keep it, and say what was found.",
            )
        statutory = is_statutory(doubt.station)
        if statutory and not self.authorisation.strip():
            raise InvalidInput(
                "企业自动监测数据须凭文件判为无效。|What an enterprise's monitor sent is invalidated on the ground of a document only.",
                cure="请填写授权文件（命令行：--authorisation）。|Name the authorising document (at the command line: --authorisation).",
                field="authorisation",
            )
        self.authorisation = check_text(
            self.authorisation, "authorisation", LONGEST_AUTHORISATION, needed=False
        )
        counting = readings_of(doubt).filter(flag=MEASURED_FLAG, value__isnull=False)
        self.rows = counting.exclude(of_laboratory())
        if not self.rows.exists() and counting.exists():
            raise StateRefused(
                "这些读数是实验室结果，不能在数据审核中判为无效。|These readings are a laboratory's results: no review of readings invalidates them.",
                cure="如有错误，请由实验室录入更正（新版本），再次审核签发。"
                "|If one is wrong, let the laboratory correct it by a new version, which is reviewed and issued again.",
            )
        if not self.rows.exists():
            raise StateRefused(
                "这些读数已不计入评价。|These readings count for nothing already.",
                cure="系统会自行结束该疑问。|The doubt will pass by itself.",
            )

    def execute(self) -> Doubt:
        """Take them out of every figure; what was computed from them is computed again."""
        changed = self.rows.update(flag=REFUSED_FLAG, reason=REVIEWED)
        self.decide(Doubt.State.INVALIDATED, self.authorisation)
        readings_changed(self.doubt)
        return self.changed(
            self.doubt, reason=self.reason, authorisation=self.authorisation, readings=changed
        )


@dataclass(kw_only=True)
class ReopenDoubt(_Reviewing):
    """A decision was wrong: the doubt is open again, and readings that it made invalid count again.

    One that its station has marked itself meanwhile gets that mark, which no review takes away.
    """

    name: ClassVar[str] = "doubt.reopen"

    def check_permission(self) -> None:
        """What took an authority to decide takes it to undo."""
        super().check_permission()
        if self.doubt.state == Doubt.State.INVALIDATED and is_statutory(self.doubt.station):
            require(self.actor, Capability.AUTHORISE_STATUTORY_REVIEW, self.doubt.station.area.path)

    def check_state(self) -> None:
        """Decided by a person, and about something that can still be decided."""
        super().check_state()
        if self.doubt.state not in (Doubt.State.KEPT, Doubt.State.INVALIDATED):
            raise StateRefused(
                "该疑问没有人员作出的决定。|Nobody has decided this doubt.",
                cure="请查看该疑问的当前状态。|See how the doubt stands now.",
            )
        if self.doubt.last_at is not None and archived_months(self.doubt.first_at, self.doubt.last_at):
            raise StateRefused(
                "相关月份已归档，审核结论不再更改。|The month of these readings is closed: what was decided stands.",
                cure="如确有错误，请由监测站更正并重新上报数据。|If it is wrong, let the monitor send corrected data.",
            )
        if self.doubt.rule in CONDITIONS and self.doubt.last_at is not None:
            raise StateRefused(
                "该情况已经结束，无需再审。|This is over: there is nothing left to decide.",
                cure="如再次出现，系统会再提出。|If it comes back, it is raised anew.",
            )

    def execute(self) -> Doubt:
        """Undo the decision; readings that another review has made invalid stay so."""
        doubt, was = self.doubt, self.doubt.state
        doubt.state, doubt.decided_by, doubt.decided_at = Doubt.State.OPEN, None, None
        doubt.reason = doubt.authorisation = ""
        doubt.statutory = False
        try:
            with transaction.atomic():
                doubt.save()
        except IntegrityError as error:
            raise StateRefused(
                "同一时段已有另一条待审核的疑问。|Another open doubt is about the same readings.",
                cure="请先审核那一条。|Decide that one first.",
            ) from error
        restored = 0
        if was == Doubt.State.INVALIDATED:
            restored = self._restored()
            readings_changed(doubt)
        return self.changed(doubt, reason=self.reason, undone=was, readings=restored)

    def _restored(self) -> int:
        rows = readings_of(self.doubt).filter(flag=REFUSED_FLAG, reason__startswith=REVIEWED)
        others = Doubt.objects.filter(
            station_id=self.doubt.station_id,
            parameter=self.doubt.parameter,
            kind=self.doubt.kind,
            state=Doubt.State.INVALIDATED,
        )
        for first_at, last_at in others.values_list("first_at", "last_at"):
            rows = rows.exclude(period_start__gte=first_at, period_start__lte=last_at)
        own_mark = NullIf(Substr("reason", len(f"{REVIEWED}:") + 1), Value(""))
        return rows.update(flag=Coalesce(own_mark, Value(MEASURED_FLAG)), reason="")
