"""Changes of one account: names and number, closed and opened, a new password, roles ended and handed over."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar

from django.db.models import Q

from riverchief.accounts.actions import CHAIN, check_phone, refuse_role
from riverchief.accounts.models import Membership, User
from riverchief.accounts.passwords import light_hash, new_password
from riverchief.accounts.policies import allows, require
from riverchief.accounts.roles import Capability, Role
from riverchief.base import clock
from riverchief.base.actions import SYSTEM, Action, Actor, Result
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused


def keeps(actor: Actor, user: User) -> bool:
    """Whether the actor keeps the accounts of every area in which the person holds a role now or later.

    Who keeps one county must not close, or take over, the account of somebody who also works for the city.
    """
    if actor is SYSTEM:
        return True
    today = clock.today()
    held = user.memberships.filter(Q(valid_to=None) | Q(valid_to__gte=today)).select_related("area__parent")
    rows = list(held) or list(user.memberships.select_related("area__parent"))
    return bool(rows) and all(allows(actor, Capability.MANAGE_ACCOUNTS, _above(row)) for row in rows)


def _above(held: Membership) -> str:
    """Of an administrator the accounts are kept from above, except at the top."""
    if held.role == Role.ADMINISTRATOR and held.area.parent:
        return held.area.parent.path
    return held.area.path


@dataclass(kw_only=True)
class OnAccount(Action[Result]):
    """What is done with somebody's account."""

    user_id: int
    user: User = field(init=False, repr=False)

    def load(self) -> None:
        """The account, locked."""
        user = User.objects.select_for_update().filter(pk=self.user_id).first()
        if user is None:
            raise NotFound("没有这个账号。|There is no such account.")
        self.user = user

    def check_permission(self) -> None:
        """Whoever keeps the accounts of all areas in which the person holds a role."""
        require(self.actor, Capability.MANAGE_ACCOUNTS)
        if not keeps(self.actor, self.user):
            raise PermissionRefused(
                "此人还在您管辖范围以外任职。|The person also holds a role outside your area.",
                cure="请由上一级管理员办理。|Ask the administrator of the level above.",
            )


@dataclass(kw_only=True)
class ChangeUser(OnAccount[User]):
    """Correct the names and the mobile number of a person."""

    name: ClassVar[str] = "account.change"
    name_zh: str
    name_en: str
    phone: str

    def check_state(self) -> None:
        """There must be a name; the number must be nobody else's."""
        if not self.name_zh.strip():
            raise InvalidInput("请填写姓名。|Give the name.", field="name_zh")
        check_phone(self.phone, self.user)

    def execute(self) -> User:
        """Write them; the number itself stays out of the log."""
        moved = self.phone != self.user.phone
        self.user.name_zh = self.name_zh.strip()
        self.user.name_en = self.name_en.strip() or self.user.name_zh
        self.user.phone = self.phone
        self.user.save(update_fields=["name_zh", "name_en", "phone"])
        self.log(CHAIN, user=self.user.pk, name_zh=self.user.name_zh, phone_changed=moved)
        return self.user


@dataclass(kw_only=True)
class CloseAccount(OnAccount[User]):
    """Nobody signs in under the account any more; what the person did and held stays."""

    name: ClassVar[str] = "account.close"
    reason: str

    def check_state(self) -> None:
        """With a reason, and not one's own."""
        if self.actor.pk == self.user.pk:
            raise PermissionRefused(
                "不能停用自己的账号。|Nobody closes their own account.",
                cure="请由另一位管理员办理。|Ask another administrator.",
            )
        if not self.reason.strip():
            raise InvalidInput(
                "请写明原因。|Say why.", cure="例如：调离。|Such as: has left.", field="reason"
            )
        if not self.user.is_active:
            raise StateRefused("该账号已停用。|The account is closed already.")

    def execute(self) -> User:
        """Close it, from this moment on: every request looks at it."""
        self.user.is_active = False
        self.user.save(update_fields=["is_active"])
        self.log(CHAIN, user=self.user.pk, reason=self.reason.strip())
        return self.user


@dataclass(kw_only=True)
class OpenAccount(OnAccount[User]):
    """A closed account is opened again."""

    name: ClassVar[str] = "account.open"

    def check_state(self) -> None:
        """It must be closed, and its number still be its own."""
        if self.user.is_active:
            raise StateRefused("该账号并未停用。|The account is not closed.")
        check_phone(self.user.phone, self.user)

    def execute(self) -> User:
        """Open it."""
        self.user.is_active = True
        self.user.save(update_fields=["is_active"])
        self.log(CHAIN, user=self.user.pk)
        return self.user


@dataclass(kw_only=True)
class ResetPassword(OnAccount[str]):
    """Give a person a new random password, told once: for a first sign-in, or one that was forgotten."""

    name: ClassVar[str] = "account.reset_password"

    def check_state(self) -> None:
        """Of a closed account nothing is reset."""
        if not self.user.is_active:
            raise StateRefused(
                "该账号已停用。|The account is closed.", cure="请先恢复账号。|Open it again first."
            )

    def execute(self) -> str:
        """Write its hash; whoever is signed in under the account is signed out."""
        password = new_password()
        self.user.password = light_hash(password)
        self.user.save(update_fields=["password"])
        self.log(CHAIN, user=self.user_id)
        return password


@dataclass(kw_only=True)
class EndRole(Action[Membership]):
    """A role ends with a day."""

    name: ClassVar[str] = "account.end_role"
    membership_id: int
    last_day: date
    held: Membership = field(init=False, repr=False)

    def load(self) -> None:
        """The membership."""
        held = (
            Membership.objects.select_for_update(of=("self",))
            .select_related("area__parent", "user")
            .filter(pk=self.membership_id)
            .first()
        )
        if held is None or not allows(self.actor, Capability.MANAGE_ACCOUNTS, held.area.path):
            raise NotFound("没有这项角色。|There is no such role.")
        self.held = held

    def check_permission(self) -> None:
        """Whoever may give it."""
        require(self.actor, Capability.MANAGE_ACCOUNTS, _above(self.held))

    def check_state(self) -> None:
        """It must still be held then."""
        if self.held.valid_to is not None and self.held.valid_to <= self.last_day:
            raise StateRefused(
                f"该角色已于 {self.held.valid_to} 结束。|The role ended on {self.held.valid_to}."
            )
        if self.last_day < self.held.valid_from:
            raise InvalidInput(
                f"该角色自 {self.held.valid_from} 开始。|The role began on {self.held.valid_from}.",
                cure="请填写其后的日期。|Give a later day.",
                field="last_day",
            )

    def execute(self) -> Membership:
        """Write the day."""
        self.held.valid_to = self.last_day
        self.held.save(update_fields=["valid_to"])
        self.log(CHAIN, membership=self.held.pk, valid_to=self.last_day.isoformat())
        return self.held


@dataclass(kw_only=True)
class HandOverRoles(OnAccount[User]):
    """A person hands all roles in the actor's areas over to another, from a day on."""

    name: ClassVar[str] = "account.hand_over"
    to: User
    since: date
    held: list[Membership] = field(init=False, repr=False)

    def check_permission(self) -> None:
        """Keeping accounts at all; which roles, is decided role by role, and none for oneself."""
        require(self.actor, Capability.MANAGE_ACCOUNTS)
        if self.actor.pk == self.to.pk:
            raise PermissionRefused(
                "不能把角色移交给自己。|Nobody hands roles over to themselves.",
                cure="请由另一位管理员办理。|Ask another administrator.",
            )
        held = self.user.memberships.filter(
            Q(valid_to=None) | Q(valid_to__gte=self.since), valid_from__lt=self.since
        ).select_related("area__parent")
        self.held = [row for row in held if allows(self.actor, Capability.MANAGE_ACCOUNTS, _above(row))]
        if not self.held:
            raise PermissionRefused(
                "此人那时在您的管辖范围内没有角色。|The person has no role in your area at that time.",
                cure="请核对人员和日期。|Check the person and the day.",
            )

    def check_state(self) -> None:
        """To somebody else, who is active."""
        if self.to.pk == self.user.pk or not self.to.is_active:
            raise InvalidInput("请选择另一位在用的人员。|Choose another active person.", field="to_user_id")
        for row in self.held:
            refuse_role(self.actor, Role(row.role), row.area)

    def execute(self) -> User:
        """End the roles the day before; begin them with the other, where they are not held already."""
        there = {
            (row.role, row.area_id, row.organisation_id)
            for row in self.to.memberships.filter(Q(valid_to=None) | Q(valid_to__gte=self.since))
        }
        new = [
            Membership(
                user=self.to,
                role=row.role,
                area_id=row.area_id,
                organisation_id=row.organisation_id,
                valid_from=self.since,
                valid_to=row.valid_to,
            )
            for row in self.held
            if (row.role, row.area_id, row.organisation_id) not in there
        ]
        Membership.objects.filter(pk__in=[row.pk for row in self.held]).update(
            valid_to=self.since - timedelta(days=1)
        )
        Membership.objects.bulk_create(new)
        self.log(
            CHAIN,
            user=self.user.pk,
            to=self.to.pk,
            since=self.since.isoformat(),
            memberships=[row.pk for row in self.held],
        )
        return self.user
