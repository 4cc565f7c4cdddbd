"""Changes of one's own account, by the person alone."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.actions import CHAIN
from riverchief.accounts.models import User
from riverchief.accounts.passwords import refuse_weak
from riverchief.accounts.policies import require_person
from riverchief.base.actions import Action, Result
from riverchief.base.errors import InvalidInput


@dataclass(kw_only=True)
class OnOwnAccount(Action[Result]):
    """What somebody does with their own account: it is the account of the actor."""

    user: User = field(init=False, repr=False)

    def load(self) -> None:
        """The account, locked."""
        self.user = User.objects.select_for_update().get(pk=require_person(self.actor).pk)

    def check_permission(self) -> None:
        """`load` takes nobody else's."""


@dataclass(kw_only=True)
class ChangePassword(OnOwnAccount[User]):
    """Somebody gives themselves a new password; the old one was asked before. All sessions end."""

    name: ClassVar[str] = "account.change_password"
    new: str = field(repr=False)

    def check_state(self) -> None:
        """It is hard to guess, and another one."""
        refuse_weak(self.new, self.user.username, "new_password")
        if self.user.check_password(self.new):
            raise InvalidInput(
                "新密码与原密码相同。|The new password is the old one.",
                cure="请换一个。|Choose another.",
                field="new_password",
            )

    def execute(self) -> User:
        """Write its hash."""
        self.user.set_password(self.new)
        self.user.save(update_fields=["password"])
        self.log(CHAIN, user=self.user.pk)
        return self.user
