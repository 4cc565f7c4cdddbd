"""The tables every slice stands on.

People are kept as plain numbers and names here: this slice lies below accounts, and a log outlives an account.
"""

import json
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q


class OutboxEvent(models.Model):
    """Something that happened, written in the transaction in which it happened."""

    name = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    area = models.CharField(max_length=120, blank=True)
    restricted = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class Delivery(models.Model):
    """That a subscriber has dealt with an event: what makes a second delivery harmless."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=120)
    delivered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("event", "subscriber"), name="delivered_once")
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.subscriber}"


class AuditEntry(models.Model):
    """One line of the log. Each holds the hash of the line before it in its chain; the database refuses changes."""

    # By bytes: the order of the Merkle tree, whatever the database's language.
    chain = models.CharField(max_length=60, db_collation="C")
    sequence = models.PositiveIntegerField()
    action = models.CharField(max_length=60)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=80)
    at = models.DateTimeField()
    # Text, not jsonb: the hash is over these very characters, and jsonb would rewrite large numbers.
    body = models.TextField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("chain", "sequence")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("chain", "sequence"), name="one_entry_per_link"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="chain_starts_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.chain}[{self.sequence}] {self.action}"

    @property
    def data(self) -> dict[str, Any]:
        """What the action wrote."""
        content: dict[str, Any] = json.loads(self.body)
        return content


class ChainHead(models.Model):
    """How long a chain is and how it ends: what the next entry follows, and what a checkpoint seals.

    `sealed_length` is how much of it a checkpoint holds already.
    """

    chain = models.CharField(max_length=60, primary_key=True, db_collation="C")
    length = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)
    sealed_length = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.chain}: {self.length}"


class Checkpoint(models.Model):
    """A signed statement about all chains at one moment. Like the log, the table takes new rows only."""

    number = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    # Text, as the body of an entry is: the signature is over these very characters.
    text = models.TextField()
    signature = models.CharField(max_length=128)

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"checkpoint {self.number}"


class CheckpointLeaf(models.Model):
    """A chain that grew before a checkpoint. Its newest leaf up to a checkpoint is its leaf in that one's tree."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="leaves")
    chain = models.CharField(max_length=60, db_collation="C")
    length = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("chain", "checkpoint")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("chain", "checkpoint"), name="one_leaf_per_checkpoint")
        ]

    def __str__(self) -> str:
        return f"{self.chain}: {self.length}"


class Evidence(models.Model):
    """A photo, a video or a document, kept by the hash of its content and never changed."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    taken_at = models.DateTimeField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    device = models.CharField(max_length=80, blank=True)
    uploaded_by_id = models.BigIntegerField(null=True)
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True)
                | Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90),
                name="evidence_position_on_earth",
            )
        ]

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """A rule as data: a version, its source and when it holds."""

    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.TextField()
    body = models.JSONField()

    class Meta:
        ordering = ("name", "valid_from")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("name", "version"), name="rule_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class InboxMessage(models.Model):
    """A line in somebody's inbox."""

    recipient_id = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    title_zh = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300)
    link = models.CharField(max_length=200)
    dedupe = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            # the inbox page: one person's messages, newest first
            models.Index(fields=("recipient_id", "-id"), name="inbox_of_a_person")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("recipient_id", "dedupe"), name="one_message_per_matter")
        ]

    def __str__(self) -> str:
        return self.title_zh


class IdempotencyKey(models.Model):
    """The answer already given to a request that may be sent again."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=80)
    path = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=("user_id", "key"), name="answered_once")]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """The last sign of life of a process (gateway, worker), for /health."""

    process = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.process
