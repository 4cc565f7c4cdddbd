"""Which gateway a station speaks to, and what it was asked."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import User
from riverchief.monitor.dialogue.commands import CONTROLS, FURTHEST_HISTORY, OLDEST_HISTORY, QUERIES
from riverchief.registry.models import Station


class StationLink(models.Model):
    """That a station speaks over a connection of a gateway; the newest connection is the one it is answered on.

    Kept by the gateways, several side by side: each takes only what is asked of stations whose link names it.
    """

    station = models.OneToOneField(Station, primary_key=True, on_delete=models.CASCADE, related_name="link")
    gateway = models.CharField(max_length=60)
    peer = models.CharField(max_length=60)
    since = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            # what a gateway asks once a second: is anything wanted of a station of mine?
            models.Index(fields=("gateway",), name="link_of_a_gateway")
        ]

    def __str__(self) -> str:
        return f"{self.station_id} @ {self.gateway}"


class StationRequest(models.Model):
    """A request 请求 to a station: a query, or a control command 反控; its states are those of HJ 212-2017.

    `parameters` are those of the wire, by the standard's names; `begin` and `end` the first and the last period of
    history asked for. A control command has two people: who asked, and who decided. `statutory`: the station was an
    enterprise's own when it was asked; `authorisation` is then the document that allows it. `due_at`: when something is
    done about it if nothing has come.
    """

    class State(models.TextChoices):
        """How far it is."""

        PROPOSED = "proposed", "待批准"
        WAITING = "waiting", "待发送"
        SENT = "sent", "已发送"
        ACCEPTED = "accepted", "已应答"
        DATA = "data", "上传中"
        DONE = "done", "已完成"
        REFUSED = "refused", "站点拒绝"
        FAILED = "failed", "执行失败"
        TIMED_OUT = "timed_out", "超时"
        NOT_CONNECTED = "not_connected", "站点未连接"
        DECLINED = "declined", "未获批准"

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="requests")
    cn = models.CharField(max_length=8)
    control = models.BooleanField(default=False)
    statutory = models.BooleanField(default=False)
    parameters = models.JSONField(default=dict)
    begin = models.DateTimeField(null=True)
    end = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=300, blank=True)
    authorisation = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(null=True)
    qn = models.CharField(max_length=17, blank=True)
    gateway = models.CharField(max_length=60, blank=True)
    sends = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    request_result = models.PositiveSmallIntegerField(null=True)
    """QnRtn of the 9011."""
    execution_result = models.PositiveSmallIntegerField(null=True)
    """ExeRtn of the 9012."""
    uploads = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ("-asked_at", "-id")
        indexes: ClassVar = [
            # the dialogue on a station's page
            models.Index(fields=("station", "-asked_at", "-id"), name="requests_of_a_station"),
            # what the gateways look for: few among very many
            models.Index(
                fields=("state", "due_at"),
                name="requests_under_way",
                condition=Q(state__in=["proposed", "waiting", "sent", "accepted", "data"]),
            ),
        ]
        constraints: ClassVar = [
            # A station is asked one thing at a time, by however many gateways.
            models.UniqueConstraint(
                fields=("station",),
                condition=Q(state__in=["sent", "accepted", "data"]),
                name="one_exchange_at_a_time",
            ),
            models.UniqueConstraint(
                fields=("station", "qn"), condition=~Q(qn=""), name="qn_once_per_station"
            ),
            models.CheckConstraint(
                condition=Q(control=False, cn__in=QUERIES) | Q(control=True, cn__in=CONTROLS),
                name="control_is_no_query",
            ),
            models.CheckConstraint(
                condition=Q(control=True) | ~Q(state__in=["proposed", "declined"]),
                name="only_control_is_decided",
            ),
            models.CheckConstraint(
                condition=Q(control=False)
                | Q(state__in=["proposed", "declined"])
                | (
                    Q(asked_by__isnull=False, decided_by__isnull=False)
                    & ~Q(decided_by=F("asked_by"))
                    & ~Q(reason="")
                ),
                name="control_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(control=False)
                | Q(statutory=False)
                | Q(state__in=["proposed", "declined"])
                | ~Q(authorisation=""),
                name="statutory_control_authorised",
            ),
            # A time that no program can read would close every list that holds it. `end` is never before `begin`.
            models.CheckConstraint(
                condition=Q(begin__isnull=True, end__isnull=True)
                | Q(begin__gte=OLDEST_HISTORY, end__gte=F("begin"), end__lt=FURTHEST_HISTORY),
                name="requested_period_can_be_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.cn} {self.state}"

    @property
    def chain(self) -> str:
        """The chain of the log that tells of it: the station's, so that a request cannot be missing without a trace."""
        return f"station:{self.station_id}"


State = StationRequest.State
UNDER_WAY = (State.SENT, State.ACCEPTED, State.DATA)
"""Something is expected of the station."""
