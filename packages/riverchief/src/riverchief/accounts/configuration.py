"""What the installation says of signing in: the file `sign_in.toml` in its home, read anew each time.

Whoever may write into that folder decides who must have a second factor and whose word on people is believed; no page and
no command does. A file that cannot be used lets nobody in by a password or a provider: it may be what asks for the second factor.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from riverchief.accounts.roles import Role
from riverchief.base.errors import RiverchiefError


class Misconfigured(RiverchiefError):
    """The file says something that cannot be, and where."""

    status, code = 409, "sign_in_misconfigured"
    usual_cure = "请系统管理员改正该文件。|Let whoever keeps the installation correct the file."


@dataclass(frozen=True)
class Provider:
    """A provider of identities (OpenID Connect).

    `claim`: what of a person's claims is the user name here, for the first sign-in; without one, people link their accounts
    themselves. `asks_second_factor`: it asks for one itself, so that none is asked for here.
    """

    key: str
    name_zh: str
    name_en: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    claim: str = ""
    asks_second_factor: bool = False


@dataclass(frozen=True)
class SignIn:
    """Everything in the file."""

    second_factor: frozenset[Role] = frozenset()
    providers: tuple[Provider, ...] = ()

    def provider(self, key: str) -> Provider | None:
        """The provider of a key."""
        return next((each for each in self.providers if each.key == key), None)


_TEXTS = ("key", "name_zh", "name_en", "issuer", "client_id")


def configured() -> SignIn:
    """What the file says now; nothing where there is none.

    Raises:
        Misconfigured: it cannot be used; or it is not where `RIVERCHIEF_SIGN_IN` says.
    """
    path: Path = settings.RIVERCHIEF_SIGN_IN
    if not path.exists():
        if settings.RIVERCHIEF_SIGN_IN_NAMED:
            raise _wrong(
                "RIVERCHIEF_SIGN_IN 指定的文件不存在|the file that RIVERCHIEF_SIGN_IN names is not there"
            )
        return SignIn()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(f"{error}|{error}") from error
    _known(given, {"second_factor", "provider"}, "文件", "the file")
    tables = given.get("provider", [])
    if not (isinstance(tables, list) and all(isinstance(each, dict) for each in tables)):
        raise _wrong("provider 应写作 [[provider]]|provider is to be written [[provider]]")
    providers = tuple(_provider(each) for each in tables)
    if len({each.key for each in providers}) < len(providers):
        raise _wrong("两个 provider 的 key 相同|two providers have the same key")
    return SignIn(_roles(given.get("second_factor", [])), providers)


def _roles(given: Any) -> frozenset[Role]:
    known = [role.value for role in Role]
    if not isinstance(given, list) or not all(each in known for each in given):
        raise _wrong(
            f"second_factor 应为角色列表（{'、'.join(known)}）|second_factor is a list of roles ({', '.join(known)})"
        )
    return frozenset(map(Role, given))


def _provider(table: Mapping[str, Any]) -> Provider:
    where = f"provider {table.get('key', '?')}"
    _known(table, {*_TEXTS, "client_secret", "claim", "asks_second_factor"}, where, where)
    for name in _TEXTS:
        if not (isinstance(table.get(name), str) and table[name].strip()):
            raise _wrong(f"{where} 缺少 {name}|{where} lacks {name}")
    if not is_safe(table["issuer"]):
        raise _wrong(f"{where} 的 issuer 须为 https 地址|the issuer of {where} is to be an https address")
    asks = table.get("asks_second_factor", False)
    if not isinstance(asks, bool):
        raise _wrong(
            f"{where} 的 asks_second_factor 须为 true 或 false|asks_second_factor of {where} is true or false"
        )
    secret = str(table.get("client_secret", ""))
    if secret.startswith("env:"):
        variable = secret.removeprefix("env:")
        if variable not in os.environ:
            raise _wrong(
                f"{where}：没有环境变量 {variable}|{where}: there is no variable {variable} in the environment"
            )
        secret = os.environ[variable]
    return Provider(
        **{name: table[name].strip() for name in _TEXTS},
        client_secret=secret,
        claim=str(table.get("claim", "")).strip(),
        asks_second_factor=asks,
    )


def is_safe(url: Any) -> bool:
    """Whether what is sent to an address stays unread on the way: https, or this very machine."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https"
        or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"})
    )


def _known(table: Mapping[str, Any], names: set[str], zh: str, en: str) -> None:
    """A misspelt name must not mean that nothing is asked for."""
    if unknown := sorted(set(table) - names):
        raise _wrong(f"{zh}中有不认识的 {unknown[0]}|{en} holds an unknown {unknown[0]}")


def _wrong(what: str) -> Misconfigured:
    half = what.split("|")
    middle = len(half) // 2
    zh, en = "|".join(half[:middle]), "|".join(half[middle:])
    name = Path(settings.RIVERCHIEF_SIGN_IN).name
    return Misconfigured(f"登录配置 {name} 不可用：{zh}。|{name} cannot be used: {en}.")
