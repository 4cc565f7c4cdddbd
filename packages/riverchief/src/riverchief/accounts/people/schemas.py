"""What the API of accounts says and takes."""

from datetime import date, datetime

from ninja import Field, Schema

from riverchief.accounts.roles import Role
from riverchief.base.http import Day

Key = Field(ge=1, le=2**63 - 1)


class RoleHeldOut(Schema):
    """A role that a person holds, held or will hold; `now`: today."""

    id: int
    role: str
    area_code: str
    area_zh: str
    area_en: str
    organisation_zh: str
    organisation_en: str
    valid_from: date
    valid_to: date | None
    now: bool


class AccountOut(Schema):
    """An account, with the roles in the areas of the reader."""

    id: int
    username: str
    name_zh: str
    name_en: str
    phone: str
    active: bool
    last_login: datetime | None
    roles: list[RoleHeldOut]


class AccountFileOut(AccountOut):
    """An account; `may_change`: all roles of the person lie in the reader's areas.

    `second_factor`, `linked`: whether the person has one, and is signed in by a provider too.
    """

    may_change: bool
    second_factor: bool
    linked: bool


class PasswordOut(Schema):
    """A new password, told this once."""

    password: str


class AccountFilter(Schema):
    """Which accounts: with a text in name, user name or number; who hold a role, in or below an area (code)."""

    q: str = ""
    role: Role | None = None
    area: str = ""
    active: bool | None = None


class RoleIn(Schema):
    """A role in an area, for a time or until it is ended."""

    role: Role
    area: str
    organisation_id: int | None = Field(None, ge=1, le=2**63 - 1)
    valid_from: Day | None = None
    valid_to: Day | None = None


class NewAccountIn(Schema):
    """A person with one role. They cannot sign in by password before one is made for them."""

    username: str
    name_zh: str = Field(min_length=1, max_length=60)
    name_en: str = Field("", max_length=80)
    phone: str = ""
    role: Role
    area: str
    organisation_id: int | None = Field(None, ge=1, le=2**63 - 1)
    valid_from: Day | None = None


class AccountIn(Schema):
    """Names and mobile number, as they shall be."""

    name_zh: str = Field(max_length=60)
    name_en: str = Field("", max_length=80)
    phone: str = ""


class CloseIn(Schema):
    """Why the account is closed."""

    reason: str = Field(max_length=200)


class EndRoleIn(Schema):
    """The last day."""

    last_day: Day


class HandOverRolesIn(Schema):
    """Who takes the roles over, from which day on."""

    to_user_id: int = Key
    since: Day
