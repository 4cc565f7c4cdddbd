"""What the gateway does with a request: sent, answered, ended. Each step is in the station's log."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from riverchief.base import clock
from riverchief.base.actions import SystemAction
from riverchief.base.errors import StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.actions.requests import announce_request, control_allowed, is_statutory
from riverchief.monitor.dialogue.models import UNDER_WAY, State, StationRequest

_DONE = 1


@dataclass(kw_only=True)
class _Step(SystemAction[StationRequest]):
    """A step of an exchange; only the system takes it."""

    request_id: int
    request: StationRequest = field(init=False)
    states: ClassVar[tuple[State, ...]] = UNDER_WAY

    def load(self) -> None:
        """Lock the request."""
        self.request = (
            StationRequest.objects.select_for_update(of=("self",))
            .select_related("station__area")
            .get(pk=self.request_id)
        )

    def check_state(self) -> None:
        """What comes too late, or twice, changes nothing."""
        if self.request.state not in self.states:
            raise StateRefused("该请求已结束或尚未发送。|The request has ended, or was not sent yet.")

    def _move(self, state: State, *, why: str = "", **columns: Any) -> StationRequest:
        row = self.request
        before, row.state = row.state, state
        for name, value in columns.items():
            setattr(row, name, value)
        row.save(update_fields=["state", *columns])
        told = {name: value for name, value in columns.items() if not isinstance(value, datetime)}
        if why:
            told["why"] = why
        self.log(row.chain, request=row.pk, cn=row.cn, before=before, state=state, **told)
        announce_request(self, row, row.station)
        return row


def _in(rule: str) -> datetime:
    seconds: float = get_rule("monitor.station_requests")[rule]
    return clock.now() + timedelta(seconds=seconds)


@dataclass(kw_only=True)
class SendRequest(_Step):
    """A gateway sends a request for the first time, or once more."""

    name: ClassVar[str] = "station_request.send"
    states: ClassVar[tuple[State, ...]] = (State.WAITING, State.SENT)
    gateway: str
    qn: str
    """Given to what was not sent yet; a resend keeps its own."""

    def check_state(self) -> None:
        """A control command by everything that lets it go out, once more: the station may have changed hands since."""
        super().check_state()
        row = self.request
        if row.control and row.state == State.WAITING:
            control_allowed()
            decided = row.asked_by_id and row.decided_by_id and row.asked_by_id != row.decided_by_id
            if not decided or (is_statutory(row.station) and not row.authorisation):
                raise StateRefused("反控命令未获授权。|The control command is not authorised.")

    def execute(self) -> StationRequest:
        """Write it before it goes out: it is never sent by two."""
        return self._move(
            State.SENT,
            qn=self.request.qn or self.qn,
            gateway=self.gateway,
            sends=self.request.sends + 1,
            sent_at=clock.now(),
            due_at=_in("answer_s"),
        )


@dataclass(kw_only=True)
class RecordAnswer(_Step):
    """The station has answered with a 9011 (`cn`) that it will, or will not; or with a 9012 how it went."""

    name: ClassVar[str] = "station_request.answer"
    cn: str
    code: int
    """QnRtn or ExeRtn."""

    def execute(self) -> StationRequest:
        """Go on, or end."""
        now = clock.now()
        if self.cn == "9012":
            state = State.DONE if self.code == _DONE else State.FAILED
            return self._move(state, execution_result=self.code, finished_at=now, due_at=None)
        if self.code != _DONE:
            return self._move(State.REFUSED, request_result=self.code, finished_at=now, due_at=None)
        state = State.ACCEPTED if self.request.state == State.SENT else State(self.request.state)
        return self._move(state, request_result=self.code, accepted_at=now, due_at=_in("execution_s"))


@dataclass(kw_only=True)
class RecordUploads(_Step):
    """The station has sent some of what it was asked for."""

    name: ClassVar[str] = "station_request.upload"
    count: int
    result: dict[str, Any]

    def execute(self) -> StationRequest:
        """Count it, and wait on."""
        row = self.request
        return self._move(
            State.DATA,
            uploads=row.uploads + self.count,
            result={**row.result, **self.result},
            due_at=_in("execution_s"),
        )


@dataclass(kw_only=True)
class GiveUp(_Step):
    """Nothing has come of a request: nobody decided, the station did not call, did not answer, or did not finish."""

    name: ClassVar[str] = "station_request.give_up"
    states: ClassVar[tuple[State, ...]] = (State.PROPOSED, State.WAITING, *UNDER_WAY)

    def execute(self) -> StationRequest:
        """End it, under the name of what it waited for."""
        ended = {State.PROPOSED: State.DECLINED, State.WAITING: State.NOT_CONNECTED}
        state = ended.get(State(self.request.state), State.TIMED_OUT)
        return self._move(state, finished_at=clock.now(), due_at=None)


@dataclass(kw_only=True)
class FailToSend(_Step):
    """A request cannot be put into a frame: it ends, and the others go on."""

    name: ClassVar[str] = "station_request.fail_to_send"
    why: str

    def execute(self) -> StationRequest:
        """End it; its result and the log say why."""
        return self._move(
            State.FAILED, result={"error": self.why[:200]}, finished_at=clock.now(), due_at=None
        )


@dataclass(kw_only=True)
class HoldBack(_Step):
    """A control command that was approved is not sent after all."""

    name: ClassVar[str] = "station_control.hold_back"
    states: ClassVar[tuple[State, ...]] = (State.WAITING,)
    why: str

    def execute(self) -> StationRequest:
        """End it; the log says why."""
        return self._move(State.DECLINED, why=self.why, finished_at=clock.now(), due_at=None)
