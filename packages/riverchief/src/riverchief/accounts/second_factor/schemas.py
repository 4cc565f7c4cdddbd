"""What the API of second factors says and takes."""

from ninja import Field, Schema

from riverchief.accounts.api import SessionOut

Code = Field(min_length=1, max_length=40, description="Six digits of the authenticator, or a recovery code.")


class CodeGivenIn(Schema):
    """A code of the authenticator, or a recovery code."""

    code: str = Code


class SetUpIn(Schema):
    """What is asked of somebody who is signed in: the password, and, where they have a second factor, a code of it."""

    password: str = Field("", max_length=200)
    code: str = Field("", max_length=40)


class SetUpOut(Schema):
    """What an authenticator needs: the secret (base 32), the same as an address, and as a picture (QR, data URI)."""

    secret: str
    address: str
    picture: str


class RemoveIn(Schema):
    """The password, and a code."""

    password: str = Field("", max_length=200)
    code: str = Code


class RecoveryCodesOut(Schema):
    """Recovery codes, told this once, and who is signed in now."""

    recovery_codes: list[str]
    session: SessionOut
