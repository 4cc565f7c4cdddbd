"""Changes of second factors: set up, recovery codes made anew, taken off, and reset by an administrator."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.actions import CHAIN
from riverchief.accounts.models import SecondFactor
from riverchief.accounts.own.actions import OnOwnAccount
from riverchief.accounts.people.actions import OnAccount
from riverchief.accounts.second_factor.codes import matching_step, new_recovery_codes, recovery_hash, seal
from riverchief.accounts.second_factor.door import must_have
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, PermissionRefused, StateRefused


@dataclass(kw_only=True)
class SetUpSecondFactor(OnOwnAccount[list[str]]):
    """Somebody has put a secret into their authenticator, shown by a code of it; what they had before holds no more.

    Sessions that began without it end. Gives the recovery codes, told this once.
    """

    name: ClassVar[str] = "account.set_up_second_factor"
    secret: str = field(repr=False)
    code: str = field(repr=False)
    replacing: bool
    step: int = field(init=False, repr=False)

    def check_state(self) -> None:
        """The code must be one of now; one that is there is replaced only where a code of it was asked before."""
        if not self.replacing and SecondFactor.objects.filter(user=self.user).exists():
            raise StateRefused(
                "该账号已设置双因素认证。|The account has a second factor by now.",
                cure="请重新登录；若不是您设置的，请联系管理员。|Sign in again; if it was not you, ask the administrator.",
            )
        step = matching_step(self.secret, self.code, clock.now(), after=0)
        if step is None:
            raise InvalidInput(
                "验证码不对。|The code is wrong.",
                cure="请核对手机时间，输入当前显示的六位数字。"
                "|Check the clock of the phone, and type the six digits that are shown now.",
                field="code",
            )
        self.step = step

    def execute(self) -> list[str]:
        """Write it, encrypted."""
        codes = new_recovery_codes()
        SecondFactor.objects.update_or_create(
            user=self.user,
            defaults={
                "secret": seal(self.secret, self.user.pk),
                "last_step": self.step,
                "recovery": [recovery_hash(code, self.user.pk) for code in codes],
                "failures": 0,
                "locked_until": None,
                "set_up_at": clock.now(),
            },
        )
        self.user.end_sessions()
        self.log(CHAIN, user=self.user.pk)
        return codes


@dataclass(kw_only=True)
class _OnOwnSecondFactor(OnOwnAccount[list[str]]):
    """What is done with a second factor that is there; a code of it was asked before."""

    row: SecondFactor = field(init=False, repr=False)

    def check_state(self) -> None:
        """There must be one."""
        row = SecondFactor.objects.select_for_update().filter(user=self.user).first()
        if row is None:
            raise StateRefused("您没有设置双因素认证。|You have not set up a second factor.")
        self.row = row


@dataclass(kw_only=True)
class RenewRecoveryCodes(_OnOwnSecondFactor):
    """Ten new recovery codes, told this once; the old ones hold no more."""

    name: ClassVar[str] = "account.renew_recovery_codes"

    def execute(self) -> list[str]:
        """Write their hashes."""
        codes = new_recovery_codes()
        self.row.recovery = [recovery_hash(code, self.user.pk) for code in codes]
        self.row.save(update_fields=["recovery"])
        self.log(CHAIN, user=self.user.pk)
        return codes


@dataclass(kw_only=True)
class RemoveSecondFactor(_OnOwnSecondFactor):
    """Somebody does without."""

    name: ClassVar[str] = "account.remove_second_factor"

    def check_state(self) -> None:
        """No role of theirs may ask for one."""
        super().check_state()
        if must_have(self.user):
            raise StateRefused(
                "您的角色要求使用双因素认证。|Your role asks for a second factor.",
                cure="换手机请选择“更换”。|For another phone choose “Change”.",
            )

    def execute(self) -> list[str]:
        """Take it off."""
        self.row.delete()
        self.log(CHAIN, user=self.user.pk)
        return []


@dataclass(kw_only=True)
class ResetSecondFactor(OnAccount[None]):
    """An administrator takes off the second factor of somebody who has lost it; whoever is signed in under the account is signed out.

    Where a role asks for one, the next sign-in sets it up anew.
    """

    name: ClassVar[str] = "account.reset_second_factor"

    def check_permission(self) -> None:
        """Whoever may reset the password, and not one's own: that takes a code of it."""
        super().check_permission()
        if self.actor.pk == self.user.pk:
            raise PermissionRefused(
                "不能在此重置自己的双因素认证。|Nobody resets their own second factor here.",
                cure="请在“我的账号”中更换，或请另一位管理员办理。"
                "|Change it under “My account”, or ask another administrator.",
            )

    def check_state(self) -> None:
        """There must be one."""
        if not SecondFactor.objects.filter(user=self.user).exists():
            raise StateRefused("此人没有设置双因素认证。|The person has set up no second factor.")

    def execute(self) -> None:
        """Take it off."""
        SecondFactor.objects.filter(user=self.user).delete()
        self.user.end_sessions()
        self.log(CHAIN, user=self.user.pk)
