"""How sources stand, and what is to be told to other platforms or has been."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class SourceState(models.Model):
    """How a platform that is asked or told stands.

    `cursor` is the last change that was seen there, `seen` the digests (8 bytes each) of the records of the last run:
    what is asked for once more, because changes may show late, is then not kept twice. The fault is that of the last try.
    """

    name = models.CharField(max_length=40, primary_key=True)
    cursor = models.DateTimeField(null=True)
    seen = models.BinaryField(default=b"")
    tried_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    message_at = models.DateTimeField(null=True)
    messages = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    fault = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class PushBatch(models.Model):
    """Readings that a platform is told, as they are sent: the same bytes under the same key until it has taken them."""

    target = models.CharField(max_length=40)
    key = models.CharField(max_length=80, unique=True)
    body = models.BinaryField()
    readings = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    fault = models.TextField(blank=True)

    class Meta:
        ordering = ("target", "id")
        indexes: ClassVar = [
            models.Index(
                fields=("target", "id"),
                name="push_waiting",
                condition=Q(sent_at__isnull=True, refused_at__isnull=True),
            ),
            models.Index(fields=("sent_at",), name="push_sent"),
        ]

    def __str__(self) -> str:
        return self.key
