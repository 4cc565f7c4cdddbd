"""Who somebody is at a provider: linked by the person or at the first sign-in, unlinked by the person or an administrator."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.actions import CHAIN
from riverchief.accounts.configuration import Provider
from riverchief.accounts.models import Identity
from riverchief.accounts.own.actions import OnOwnAccount
from riverchief.accounts.people.actions import OnAccount
from riverchief.base import clock
from riverchief.base.errors import NotFound, StateRefused


@dataclass(kw_only=True)
class LinkIdentity(OnOwnAccount[Identity]):
    """From now on the provider's word on this subject signs the person in."""

    name: ClassVar[str] = "account.link_identity"
    provider: Provider
    subject: str = field(repr=False)

    def check_state(self) -> None:
        """One of a provider each, and each of one person."""
        held = Identity.objects.filter(issuer=self.provider.issuer)
        if held.filter(user=self.user).exists():
            raise StateRefused(
                f"该账号已绑定{self.provider.name_zh}的另一身份。"
                f"|The account is linked to another identity at {self.provider.name_en}.",
                cure="请先在“我的账号”中解除，或请管理员解除。"
                "|Take that link off first, under “My account”, or ask the administrator to.",
            )
        if held.filter(subject=self.subject).exists():
            raise StateRefused(
                f"{self.provider.name_zh}的这一身份已绑定另一账号。"
                f"|This identity at {self.provider.name_en} is linked to another account.",
                cure="请先在那个账号中解除。|Take the link off there first.",
            )

    def execute(self) -> Identity:
        """Write it; the subject stays out of the log."""
        row = Identity.objects.create(
            user=self.user, issuer=self.provider.issuer, subject=self.subject, linked_at=clock.now()
        )
        self.log(CHAIN, user=self.user.pk, issuer=self.provider.issuer)
        return row


@dataclass(kw_only=True)
class UnlinkIdentity(OnOwnAccount[None]):
    """Somebody is no more signed in by a provider."""

    name: ClassVar[str] = "account.unlink_identity"
    identity_id: int

    def check_state(self) -> None:
        """There must be another way in."""
        if not Identity.objects.filter(pk=self.identity_id, user=self.user).exists():
            raise NotFound("没有这项绑定。|There is no such link.")
        if not self.user.has_usable_password():
            raise StateRefused(
                "您的账号没有密码，解除后将无法登录。|Your account has no password: you could not sign in any more.",
                cure="请先请管理员生成密码。|Ask the administrator to make one first.",
            )

    def execute(self) -> None:
        """Take it off."""
        row = Identity.objects.get(pk=self.identity_id)
        row.delete()
        self.log(CHAIN, user=self.user.pk, issuer=row.issuer)


@dataclass(kw_only=True)
class UnlinkIdentities(OnAccount[None]):
    """An administrator takes off all links of an account, and whoever is signed in under it is signed out."""

    name: ClassVar[str] = "account.unlink_identities"

    def check_state(self) -> None:
        """There must be one."""
        if not self.user.identities.exists():
            raise StateRefused("该账号没有绑定外部身份。|The account is linked to no identity elsewhere.")

    def execute(self) -> None:
        """Take them off."""
        issuers = [row.issuer for row in self.user.identities.all()]
        self.user.identities.all().delete()
        self.user.end_sessions()
        self.log(CHAIN, user=self.user.pk, issuers=issuers)
