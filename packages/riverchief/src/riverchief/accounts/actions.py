"""Changes to accounts."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from riverchief.accounts.models import Area, Membership, Organisation, User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability, Role
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput


@dataclass(kw_only=True)
class CreateUser(Action[User]):
    """Add a person with one role in one area; further roles are further memberships."""

    name: ClassVar[str] = "account.create"
    username: str
    password: str | None
    name_zh: str
    name_en: str
    role: Role
    area: Area
    organisation: Organisation | None = None
    valid_from: date | None = None

    def check_permission(self) -> None:
        """Whoever may see the accounts of the area."""
        require(self.actor, Capability.MANAGE_REGISTRY, self.area.path)

    def check_state(self) -> None:
        """The name must be free."""
        if User.objects.filter(username=self.username).exists():
            raise InvalidInput(
                f"用户名“{self.username}”已被使用。|The user name “{self.username}” is taken.",
                cure="请换一个用户名。|Choose another.",
                field="username",
            )

    def execute(self) -> User:
        """Create the user and the membership."""
        user = User.objects.create_user(
            self.username, self.password, name_zh=self.name_zh, name_en=self.name_en
        )
        Membership.objects.create(
            user=user,
            role=self.role.value,
            area=self.area,
            organisation=self.organisation,
            valid_from=self.valid_from or clock.today(),
        )
        self.log(f"user:{user.pk}", username=self.username, role=self.role.value, area=self.area.code)
        return user
