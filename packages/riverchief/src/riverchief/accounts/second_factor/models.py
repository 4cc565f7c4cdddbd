"""Second factors that people have set up."""

from typing import ClassVar

from django.db import models


class SecondFactor(models.Model):
    """The second factor of a person.

    `secret`: what the authenticator shares with us, encrypted; `last_step`: the step of time whose code was accepted last, as
    none is accepted twice; `recovery`: hashes of the recovery codes that are left; `failures`: wrong codes since the last right one.
    """

    user = models.OneToOneField("accounts.User", on_delete=models.CASCADE, related_name="second_factor")
    secret = models.BinaryField()
    last_step = models.BigIntegerField()
    recovery = models.JSONField(default=list)
    failures = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    set_up_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ("user",)

    def __str__(self) -> str:
        return f"{self.user_id} {self.set_up_at}"
