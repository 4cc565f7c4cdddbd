"""Areas, organisations, people and the roles they hold."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from riverchief.accounts.areas.models import LEVELS, AreaPast, AreaSuccession
from riverchief.accounts.oidc.models import Identity
from riverchief.accounts.roles import LABELS, Role
from riverchief.accounts.second_factor.models import SecondFactor
from riverchief.accounts.sms.models import SignInCode

__all__ = [
    "Area",
    "AreaPast",
    "AreaSuccession",
    "Identity",
    "Membership",
    "Organisation",
    "SecondFactor",
    "SignInCode",
    "User",
    "UserManager",
]


class Area(models.Model):
    """An administrative area 行政区 as it is today, by its GB/T 2260 code; what it was before stands in `AreaPast`.

    `path` holds the codes from the top down ("/500000/500101/"), so that "everything in this area" is a prefix; a trigger
    keeps it true to the parent (migration 0003). An area that has ended (`valid_to`) stands below the one that took its
    place. No `valid_from`: as long as anything here is known.
    """

    LEVELS: ClassVar = LEVELS

    code = models.CharField(max_length=12, primary_key=True)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    level = models.CharField(max_length=10, choices=LEVELS)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=120, unique=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("path",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_to__gte=F("valid_from")),
                name="area_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(path__startswith="/") & Q(path__endswith="/"), name="area_path_is_delimited"
            ),
        ]

    def __str__(self) -> str:
        return self.name_zh

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the path true to the parent."""
        self.path = f"{self.parent.path if self.parent else '/'}{self.code}/"
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Organisation(models.Model):
    """An office, department, responsible unit, monitoring body or enterprise."""

    KINDS: ClassVar = [
        ("office", "河长办"),
        ("department", "部门"),
        ("unit", "责任单位"),
        ("monitoring", "监测机构"),
        ("enterprise", "企业"),
    ]

    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, choices=KINDS)
    department = models.CharField(max_length=40, blank=True)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="organisations")

    class Meta:
        ordering = ("name_zh", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("name_zh", "area"), name="organisation_once_per_area")
        ]

    def __str__(self) -> str:
        return self.name_zh


class UserManager(BaseUserManager["User"]):
    """Makes users."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        """A user who can sign in, or, without a password, one who cannot."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in. What they may do comes from their memberships alone."""

    username = models.CharField(max_length=60, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    phone = models.CharField(max_length=20, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    session_generation = models.PositiveIntegerField(default=0)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = ["name_zh", "name_en"]
    objects = UserManager()

    class Meta:
        ordering = ("username",)
        constraints: ClassVar = [
            # Whom a code is sent to must be one person.
            models.UniqueConstraint(
                fields=("phone",),
                condition=~Q(phone="") & Q(is_active=True),
                name="phone_of_one_active_person",
            )
        ]

    def __str__(self) -> str:
        return self.name_zh

    @property
    def label(self) -> str:
        """How the log names this person."""
        return self.name_zh

    def get_session_auth_hash(self) -> str:
        """What a session must hold to go on: it ends with a new password, and with `end_sessions`."""
        return f"{super().get_session_auth_hash()}{self.session_generation}"

    def end_sessions(self) -> None:
        """Whoever is signed in under this account is so no more."""
        self.session_generation += 1
        self.save(update_fields=["session_generation"])


class Membership(models.Model):
    """A role held by a person in an area, for a time, on behalf of an organisation."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, LABELS[role][0]) for role in Role])
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("user", "role", "area")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("user", "role", "area", "organisation", "valid_from"),
                name="membership_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="membership_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role} · {self.area}"
