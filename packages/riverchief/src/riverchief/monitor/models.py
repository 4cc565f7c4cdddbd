"""What is measured: packets as received, readings, what they say now, events and alarms, samples taken by hand.

`Packet` and `Reading` are partitioned by time; their tables are made by migration 0002 and filled by `store`.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from riverchief.accounts.models import Area, User
from riverchief.base.constraints import finite
from riverchief.monitor.adoption.models import Adoption
from riverchief.monitor.archive.models import ArchivedMonth
from riverchief.monitor.dialogue.models import StationLink, StationRequest
from riverchief.monitor.duty.models import AlarmStep, AlarmText, HandOver, HandOverSignature, Mute, Shift
from riverchief.monitor.fleet.models import DailyCount, Stoppage
from riverchief.monitor.lab import LabResult
from riverchief.monitor.overflows.models import OverflowRecord
from riverchief.monitor.power.models import IdleTreatment, PlannedStop, PowerMeter
from riverchief.monitor.review.models import Doubt, Unchecked
from riverchief.monitor.sampling.models import Bottle, CustodyLink, SamplingPlan, SamplingRound, Visit
from riverchief.monitor.sampling.result_models import BottleResult, ResultSheet
from riverchief.monitor.sources.models import PushBatch, SourceState
from riverchief.registry.models import Reach, Station

__all__ = [
    "Adoption",
    "Alarm",
    "AlarmStep",
    "AlarmText",
    "ArchivedMonth",
    "Bottle",
    "BottleResult",
    "CustodyLink",
    "DailyCount",
    "DailyValue",
    "Doubt",
    "Event",
    "EventStation",
    "HandOver",
    "HandOverSignature",
    "IdleTreatment",
    "Kind",
    "LabResult",
    "Latest",
    "Mute",
    "OverflowRecord",
    "Packet",
    "PlannedStop",
    "PowerMeter",
    "PushBatch",
    "Reading",
    "ResultSheet",
    "Sample",
    "SamplingPlan",
    "SamplingRound",
    "Shift",
    "SourceState",
    "StationLink",
    "StationRequest",
    "Stoppage",
    "Unchecked",
    "Unexamined",
    "Visit",
]


class Packet(models.Model):
    """A frame as it came over the wire, one row per receipt (a resend is a second receipt). Day partitions."""

    class State(models.TextChoices):
        """What became of it."""

        STORED = "stored", "已入库"
        QUARANTINED = "quarantined", "隔离"
        REJECTED = "rejected", "拒收"

    pk = models.CompositePrimaryKey("received_at", "id")
    received_at = models.DateTimeField()
    id = models.BigIntegerField()
    station = models.ForeignKey(Station, null=True, on_delete=models.PROTECT, related_name="packets")
    mn = models.CharField(max_length=64)
    peer = models.CharField(max_length=60)
    raw = models.BinaryField()
    st = models.CharField(max_length=8)
    cn = models.CharField(max_length=8)
    qn = models.CharField(max_length=20)
    data_time = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=State.choices)
    error = models.CharField(max_length=40)
    refused = models.JSONField(default=list)
    """Of what could be read of a packet: [factor, reason] of each value that was not taken as it is."""

    class Meta:
        indexes: ClassVar = [
            # the quarantine page, and taking a station's packets out of it
            models.Index(
                fields=("mn", "received_at"), name="packet_quarantine", condition=Q(state="quarantined")
            ),
            # the page of what could not be read or be true: few among very many
            models.Index(
                fields=("received_at", "id"),
                name="packet_refused",
                condition=~Q(error="") & ~Q(state="quarantined"),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="stored", station__isnull=False) | Q(state__in=["quarantined", "rejected"]),
                name="packet_stored_for_a_station",
            )
        ]

    def __str__(self) -> str:
        return f"{self.mn} {self.qn}"


class Kind(models.TextChoices):
    """What `period_start` of a reading means: an instant, or the start of a period."""

    INSTANT = "instant", "实时"
    MINUTE = "minute", "分钟"
    HOUR = "hour", "小时"
    DAY = "day", "日"


class Reading(models.Model):
    """One value of one parameter at one station. Month partitions; closed months lie in files (`archive`), so ask `retrieval`.

    `parameter` is riverkit's key, or the raw factor code where it has none. `value` is in the unit of the quality
    standards; `raw_value` and `raw_flag` keep what was first received where a later packet said something else. `flag` is
    the device's data flag; U: none was sent; X: our own check refused the value, for `reason`. Only N is a measurement.
    """

    pk = models.CompositePrimaryKey("station", "parameter", "kind", "period_start")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="readings")
    parameter = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    period_start = models.DateTimeField()
    sampled_at = models.DateTimeField()
    value = models.FloatField(null=True)
    raw_value = models.FloatField(null=True)
    minimum = models.FloatField(null=True)
    maximum = models.FloatField(null=True)
    load = models.FloatField(null=True)
    unit = models.CharField(max_length=16)
    flag = models.CharField(max_length=1)
    reason = models.CharField(max_length=20)
    packet_id = models.BigIntegerField(null=True)
    received_at = models.DateTimeField()
    raw_flag = models.CharField(max_length=1, null=True)

    class Meta:
        indexes: ClassVar = [
            # what was flagged anew since: few among very many
            models.Index(
                fields=("station", "received_at"),
                name="reading_flagged_anew",
                condition=Q(raw_flag__isnull=False),
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=finite("value", "raw_value", "minimum", "maximum", "load"), name="reading_is_finite"
            ),
            models.CheckConstraint(
                condition=Q(flag="X") & ~Q(reason="") | ~Q(flag="X") & Q(reason=""),
                name="reading_refused_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(flag__in=[*"NFMSDCTBUX"]),
                name="reading_flag_known",
            ),
            models.CheckConstraint(
                condition=Q(raw_flag__isnull=True) | Q(raw_flag__in=[*"NFMSDCTB"]),
                name="reading_first_flag_sent_by_a_device",
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="reading_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.parameter} {self.period_start:%F %R}"


class Latest(models.Model):
    """The last reading of a parameter at a station that our own checks let through, whatever its flag."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="latest")
    parameter = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    period_start = models.DateTimeField()
    sampled_at = models.DateTimeField()
    value = models.FloatField(null=True)
    unit = models.CharField(max_length=16)
    flag = models.CharField(max_length=1)
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=finite("value"), name="latest_is_finite"),
            models.UniqueConstraint(fields=("station", "parameter", "kind"), name="latest_once"),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.parameter}"


class DailyValue(models.Model):
    """Measured values (flag N) of one kind over a day of Asia/Shanghai: count, mean, extremes."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="daily_values")
    parameter = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    day = models.DateField()
    n = models.PositiveIntegerField()
    mean = models.FloatField()
    minimum = models.FloatField()
    maximum = models.FloatField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("station", "parameter", "kind", "day"), name="daily_value_once"),
            models.CheckConstraint(
                condition=finite("mean", "minimum", "maximum"), name="daily_value_is_finite"
            ),
            models.CheckConstraint(
                condition=Q(n__gte=1, minimum__lte=F("maximum")), name="daily_value_of_readings"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.parameter} {self.day}"


class Unexamined(models.Model):
    """That a station has readings which detection and roll-ups have not seen, from `since` on.

    Written in the commit of the readings themselves, so that no crash can part the two. `marks` grows with every
    batch: who has examined a station removes its row only if it stands where it was read, so that a long look never
    makes the gateway wait.
    """

    station = models.OneToOneField(Station, primary_key=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    marks = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.station_id} since {self.since}"


class Event(models.Model):
    """An event 事件: water that is worse than its target and than its own habit, at one station or down a river; of the
    kind unusual, not as it always is at one station; of the kind bloom, showing signs of algae down a river; of the kind
    permit, what an outfall discharges beyond a limit of its permit, by the mean that the permit names.

    `station` is where it was first seen; all stations that the same water reached are in `sightings`.
    """

    class Kind(models.TextChoices):
        """How it was noticed."""

        THRESHOLD = "threshold", "超标升高"
        CLASS_DROP = "class_drop", "类别下降"
        UNUSUAL = "unusual", "异于平时"
        BLOOM = "bloom", "疑似水华"
        PERMIT = "permit", "超许可限值"

    OF_LIMITS: ClassVar = (Kind.THRESHOLD, Kind.CLASS_DROP)
    """Kinds that say that a river's limit was passed: these go down a river with their water, and are traced unasked."""

    class State(models.TextChoices):
        """Whether it goes on."""

        OPEN = "open", "进行中"
        CLOSED = "closed", "已结束"

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="events")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="events")
    stations: "models.ManyToManyField[Station, EventStation]" = models.ManyToManyField(
        Station, through="EventStation", related_name="joined_events"
    )
    # Where somebody must act on it although it neither began nor was seen there: the river carries water over borders.
    shared_with = models.ManyToManyField(Area, related_name="+")
    alarm = models.ForeignKey(
        "monitor.Alarm", null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )
    parameter = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    detected_at = models.DateTimeField()
    peak_value = models.FloatField()
    unit = models.CharField(max_length=16)
    baseline = models.FloatField(null=True)
    limit_value = models.FloatField(null=True)
    class_before = models.PositiveSmallIntegerField(null=True)
    class_now = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ("-opened_at", "-id")
        indexes: ClassVar = [
            # the duty desk: what goes on in an area
            models.Index(fields=("state", "area", "-opened_at"), name="event_of_an_area")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("station", "parameter"),
                condition=Q(state="open") & ~Q(kind__in=["unusual", "bloom", "permit"]),
                name="one_open_event",
            ),
            models.UniqueConstraint(
                fields=("station", "parameter"),
                condition=Q(state="open", kind="permit"),
                name="one_open_permit_event",
            ),
            models.UniqueConstraint(
                fields=("station",), condition=Q(state="open", kind="unusual"), name="one_open_unusual_event"
            ),
            models.UniqueConstraint(
                fields=("station",), condition=Q(state="open", kind="bloom"), name="one_open_bloom"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | Q(state="closed", closed_at__isnull=False),
                name="event_closed_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(last_at__gte=F("opened_at")), name="event_ends_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station} {self.parameter} {self.opened_at:%F %R}"


class EventStation(models.Model):
    """An event as one station saw it; times are those of readings.

    `threshold` is what a reading must pass to belong to it, `checked_to` the last reading that was looked at,
    `normal_readings` how many in a row have come back well below.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="sightings")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="sightings")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    peak_value = models.FloatField()
    peak_at = models.DateTimeField()
    baseline = models.FloatField(null=True)
    threshold = models.FloatField()
    checked_to = models.DateTimeField()
    normal_readings = models.PositiveIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("first_at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("event", "station"), name="station_once_per_event"),
            models.CheckConstraint(
                condition=Q(last_at__gte=F("first_at"), peak_at__gte=F("first_at")),
                name="sighting_times_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} · {self.station_id}"


class Alarm(models.Model):
    """An alarm 报警: the one message about one water, until it is dealt with.

    `event` is the one that raised it; `events` are all that it tells of: the same water is seen by several stations in
    one event, and by several parameters in one alarm. `resolved_by` empty in a resolved one: it resolved itself when its
    events had ended and stayed quiet; whether anybody has seen it, `acknowledged_at` says.
    """

    class State(models.TextChoices):
        """How far it is dealt with."""

        RAISED = "raised", "待确认"
        ACKNOWLEDGED = "acknowledged", "已确认"
        RESOLVED = "resolved", "已解除"

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="raised_alarm")
    state = models.CharField(max_length=12, choices=State.choices, default=State.RAISED)
    raised_at = models.DateTimeField()
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="acknowledged_alarms"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)
    message_zh = models.TextField()
    message_en = models.TextField()

    class Meta:
        ordering = ("-raised_at", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="raised", acknowledged_by__isnull=True, acknowledged_at__isnull=True)
                | Q(state="acknowledged", acknowledged_by__isnull=False, acknowledged_at__isnull=False)
                | Q(state="resolved"),
                name="alarm_acknowledged_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="resolved", resolved_at__isnull=False)
                | Q(resolved_at__isnull=True, resolved_by__isnull=True) & ~Q(state="resolved"),
                name="alarm_resolved_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.state}"

    @property
    def unseen(self) -> bool:
        """Whether no person has dealt with it in any way yet."""
        return self.acknowledged_at is None and self.resolved_by_id is None


class Sample(models.Model):
    """The result of a bottle that somebody filled for an event. Never altered: the database takes new rows only.

    It was taken anywhere along a river, not at a station, and is no reading of one. `value` is in `unit` as the
    laboratory wrote it; `below_limit`: it is the detection limit, and less than that was found. A mistake is put right by
    a further sample that names the one it `corrects`, and why.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="samples")
    parameter = models.CharField(max_length=40)
    reach = models.ForeignKey(Reach, on_delete=models.PROTECT, related_name="samples")
    chainage_m = models.FloatField()
    lon = models.FloatField()
    lat = models.FloatField()
    taken_at = models.DateTimeField()
    taken_by = models.CharField(max_length=60)
    value = models.FloatField()
    unit = models.CharField(max_length=16)
    below_limit = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)
    corrects = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="corrected_by")
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ("event", "taken_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=finite("value"), name="sample_is_finite"),
            models.CheckConstraint(
                condition=Q(value__gte=0) & (Q(below_limit=False) | Q(value__gt=0)),
                name="sample_value_or_limit",
            ),
            models.CheckConstraint(
                condition=Q(taken_at__lte=F("entered_at")), name="sample_taken_before_it_is_entered"
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True) | ~Q(note=""), name="sample_corrected_for_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} · {self.parameter} {self.taken_at:%F %R}"

    @property
    def chain(self) -> str:
        """The chain of the log that holds what was entered for the event: apart from the event's own, which more see."""
        return f"event_samples:{self.event_id}"
