"""Changes to areas, organisations and accounts. All stand in one chain of the log, `accounts`."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from django.db.models import Q

from riverchief.accounts.models import Area, Membership, Organisation, User
from riverchief.accounts.passwords import light_hash, refuse_weak
from riverchief.accounts.policies import require
from riverchief.accounts.roles import LABELS, Capability, Role
from riverchief.base import clock
from riverchief.base.actions import SYSTEM, Action, Actor
from riverchief.base.errors import InvalidInput, PermissionRefused

CHAIN = "accounts"


@dataclass(kw_only=True)
class SaveArea(Action[Area]):
    """Add an area below another, or at the top; or correct the names of one, as if they had always been so.

    What changes from a day on is for `areas.actions`.
    """

    name: ClassVar[str] = "area.save"
    code: str
    name_zh: str
    name_en: str
    level: str
    parent: Area | None = None
    valid_from: date | None = None
    area: Area | None = field(init=False, repr=False)

    def load(self) -> None:
        """The area, where it is there already."""
        self.area = Area.objects.select_for_update().filter(pk=self.code).first()

    def check_permission(self) -> None:
        """Whoever keeps the accounts above it; a new top is set up at the command line."""
        above = self.area or self.parent
        if above is not None:
            require(self.actor, Capability.MANAGE_ACCOUNTS, above.path)
        elif self.actor is not SYSTEM:
            raise PermissionRefused(
                "最上级行政区只能在服务器上导入。|An area at the top is imported on the server only.",
                cure="请用 riverchief import --kind areas。|Use `riverchief import --kind areas`.",
            )

    def check_state(self) -> None:
        """What is below an area, and who may see it, hangs on its place."""
        if self.area is not None and self.area.parent_id != (self.parent.pk if self.parent else None):
            raise InvalidInput(
                f"行政区 {self.code} 已属于“{self.area.parent_id or ''}”，不能移动。"
                f"|Area {self.code} lies in “{self.area.parent_id or ''}” and cannot be moved.",
                cure="请改正上级代码；自某日起划归他处请用 riverchief area change。"
                "|Correct the code of its parent; one that moved on a day is changed with `riverchief area change`.",
                field="parent",
            )

    def execute(self) -> Area:
        """Write it."""
        area = self.area or Area(code=self.code, parent=self.parent, valid_from=self.valid_from)
        area.name_zh, area.name_en, area.level = self.name_zh, self.name_en, self.level
        area.save()
        self.log(CHAIN, code=self.code, name_zh=self.name_zh, name_en=self.name_en, level=self.level)
        return area


@dataclass(kw_only=True)
class SaveOrganisation(Action[Organisation]):
    """Add an organisation to an area, or correct the one of that name there."""

    name: ClassVar[str] = "organisation.save"
    name_zh: str
    name_en: str
    kind: str
    area: Area
    department: str = ""

    def check_permission(self) -> None:
        """Whoever keeps the accounts of the area."""
        require(self.actor, Capability.MANAGE_ACCOUNTS, self.area.path)

    def execute(self) -> Organisation:
        """Write it."""
        row, _ = Organisation.objects.update_or_create(
            name_zh=self.name_zh,
            area=self.area,
            defaults={"name_en": self.name_en, "kind": self.kind, "department": self.department},
        )
        self.log(CHAIN, organisation=row.pk, name_zh=self.name_zh, kind=self.kind, area=self.area.code)
        return row


_LEVELS_OF = {
    Role.CITY_OFFICE: ("province", "city"),
    Role.COUNTY_OFFICE: ("county",),
    Role.TOWN_OFFICE: ("town", "village"),
}
"""An office's role belongs to the tier of the office: what a city decides, no county gives itself."""


def refuse_role(actor: Actor, role: Role, area: Area) -> None:
    """Refuse a role that the actor may not give there.

    Whoever keeps the accounts of an area gives roles in it and below; an administrator is made from above, except at the top.

    Raises:
        PermissionRefused: the area is not the actor's.
        InvalidInput: the role does not belong to the tier of the area, or the area is no more.
    """
    above = area.parent if role is Role.ADMINISTRATOR and area.parent else area
    require(actor, Capability.MANAGE_ACCOUNTS, above.path)
    if area.valid_to is not None:
        raise InvalidInput(
            f"“{area.name_zh}”已于 {area.valid_to} 撤销。|“{area.name_en}” ended on {area.valid_to}.",
            cure="请选择接替它的行政区。|Choose the area that took its place.",
            field="area",
        )
    levels = _LEVELS_OF.get(role)
    at_the_top = role is Role.CITY_OFFICE and area.parent_id is None
    if levels is not None and area.level not in levels and not at_the_top:
        raise InvalidInput(
            f"“{LABELS[role][0]}”不设在“{area.name_zh}”这一级。"
            f"|“{LABELS[role][1]}” is no role of the level of “{area.name_en}”.",
            cure="请选择相应级别的行政区或角色。|Choose an area, or a role, of the level that fits.",
            field="role",
        )


def check_phone(phone: str, user: User | None = None) -> None:
    """Refuse a number that cannot receive a message, or that is another active person's."""
    if not phone:
        return
    if not re.fullmatch(r"1[3-9]\d{9}", phone):
        raise InvalidInput(
            f"“{phone}”不是手机号码。|“{phone}” is no mobile number.",
            cure="请填写 11 位手机号码。|Give the 11 digits of a mobile number.",
            field="phone",
        )
    others = User.objects.filter(phone=phone, is_active=True)
    if (others.exclude(pk=user.pk) if user else others).exists():
        raise InvalidInput(
            "该手机号码已属于另一个在用账号。|The number is that of another active account.",
            cure="请核对；换号请先改那个账号。|Check it; a number that changed hands is taken from the other account first.",
            field="phone",
        )


@dataclass(kw_only=True)
class CreateUser(Action[User]):
    """Add a person with one role in one area; further roles are granted.

    A `generated` password is a random one (`new_password`); any other is refused where it is weak. None lets nobody in.
    """

    name: ClassVar[str] = "account.create"
    username: str
    password: str | None = field(repr=False)
    name_zh: str
    name_en: str
    role: Role
    area: Area
    organisation: Organisation | None = None
    valid_from: date | None = None
    phone: str = ""
    generated: bool = False

    def check_permission(self) -> None:
        """Whoever may give the role there."""
        refuse_role(self.actor, self.role, self.area)

    def check_state(self) -> None:
        """The name must be free, the password hard to guess, the number that of nobody else."""
        check_phone(self.phone)
        if not 0 < len(self.username) <= 60 or any(letter.isspace() for letter in self.username):
            raise InvalidInput(
                "用户名须为 1–60 个字符，不含空格。|A user name has 1 to 60 characters and no blanks.",
                field="username",
            )
        if User.objects.filter(username=self.username).exists():
            raise InvalidInput(
                f"用户名“{self.username}”已被使用。|The user name “{self.username}” is taken.",
                cure="请换一个用户名。|Choose another.",
                field="username",
            )
        if self.password is not None and not self.generated:
            refuse_weak(self.password, self.username)

    def execute(self) -> User:
        """Create the user and the membership."""
        user = User(username=self.username, name_zh=self.name_zh, name_en=self.name_en, phone=self.phone)
        if self.password is not None and self.generated:
            user.password = light_hash(self.password)
        else:
            user.set_password(self.password)
        user.save()
        Membership.objects.create(
            user=user,
            role=self.role.value,
            area=self.area,
            organisation=self.organisation,
            valid_from=self.valid_from or clock.today(),
        )
        self.log(CHAIN, user=user.pk, username=self.username, role=self.role.value, area=self.area.code)
        return user


@dataclass(kw_only=True)
class RenameUser(Action[User]):
    """Correct the names of a person."""

    name: ClassVar[str] = "account.rename"
    user: User
    name_zh: str
    name_en: str

    def check_permission(self) -> None:
        """Whoever keeps the accounts of every area in which the person has a role."""
        for held in self.user.memberships.select_related("area"):
            require(self.actor, Capability.MANAGE_ACCOUNTS, held.area.path)

    def execute(self) -> User:
        """Write the names."""
        self.user.name_zh, self.user.name_en = self.name_zh, self.name_en
        self.user.save(update_fields=["name_zh", "name_en"])
        self.log(CHAIN, user=self.user.pk, name_zh=self.name_zh, name_en=self.name_en)
        return self.user


@dataclass(kw_only=True)
class GrantRole(Action[Membership]):
    """Give a person a further role in an area, for a time or until it is ended."""

    name: ClassVar[str] = "account.grant"
    user: User
    role: Role
    area: Area
    organisation: Organisation | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def check_permission(self) -> None:
        """Whoever may give the role there, and to nobody themselves."""
        refuse_role(self.actor, self.role, self.area)
        if self.actor.pk == self.user.pk:
            raise PermissionRefused(
                "不能给自己授予角色。|Nobody gives a role to themselves.",
                cure="请由另一位管理员授予。|Ask another administrator.",
            )

    def check_state(self) -> None:
        """It must not end before it starts, and not be held already."""
        since = self.valid_from or clock.today()
        if self.valid_to is not None and self.valid_to < since:
            raise InvalidInput(
                "结束日期早于开始日期。|The last day is before the first.",
                cure="请核对日期。|Check the days.",
                field="valid_to",
            )
        if self.role is Role.UNIT and self.organisation is None:
            raise InvalidInput(
                "责任单位人员须写明单位。|A person of a responsible unit needs the unit.",
                cure="请选择单位。|Choose the organisation.",
                field="organisation_id",
            )
        held = self.user.memberships.filter(
            Q(valid_to=None) | Q(valid_to__gte=since),
            role=self.role.value,
            area=self.area,
            organisation=self.organisation,
        )
        if (self.valid_to is None and held.exists()) or held.filter(
            valid_from__lte=self.valid_to or since
        ).exists():
            raise InvalidInput(
                "此人这一时期已有该角色。|The person has the role at that time already.",
                cure="请核对日期。|Check the days.",
                field="valid_from",
            )

    def execute(self) -> Membership:
        """Write the membership."""
        row = Membership.objects.create(
            user=self.user,
            role=self.role.value,
            area=self.area,
            organisation=self.organisation,
            valid_from=self.valid_from or clock.today(),
            valid_to=self.valid_to,
        )
        self.log(CHAIN, user=self.user.pk, membership=row.pk, role=self.role.value, area=self.area.code)
        return row
