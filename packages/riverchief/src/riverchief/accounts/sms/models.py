"""The codes that were asked for."""

from typing import ClassVar

from django.db import models


class SignInCode(models.Model):
    """Somebody asked for a code for a number, known or not. The code itself is made where it is sent, and kept as a hash.

    No `digest`: it was not sent (yet). Rows are kept for a day: the limits count them.
    """

    phone = models.CharField(max_length=20)
    address = models.CharField(max_length=45)
    asked_at = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-asked_at",)
        indexes: ClassVar = [
            # the limits of a number, and of an address
            models.Index(fields=("phone", "asked_at"), name="code_by_phone"),
            models.Index(fields=("address", "asked_at"), name="code_by_address"),
        ]

    def __str__(self) -> str:
        return f"…{self.phone[-4:]} {self.asked_at}"
