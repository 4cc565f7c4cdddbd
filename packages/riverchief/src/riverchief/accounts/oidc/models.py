"""Who people are at the providers that sign them in."""

from typing import ClassVar

from django.db import models


class Identity(models.Model):
    """A person as a provider (its issuer) knows them: by a subject, which never goes to anybody else; one of a provider each."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ("user", "issuer")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("issuer", "subject"), name="identity_of_one_person"),
            models.UniqueConstraint(fields=("user", "issuer"), name="one_identity_of_a_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.issuer}"
