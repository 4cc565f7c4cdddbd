"""Signing in by a code, over HTTP."""

from typing import Any

from axes.helpers import get_client_ip_address
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.utils import check_csrf

from riverchief.accounts.api import SessionOut, session_of
from riverchief.accounts.second_factor.door import admit
from riverchief.accounts.sms import codes
from riverchief.accounts.sms.adapters import adapter
from riverchief.accounts.sms.tasks import send_sign_in_code
from riverchief.base.errors import PermissionRefused, StateRefused

router = Router(tags=["accounts"])
PHONE = Field(pattern=r"^1[3-9]\d{9}$", description="A mobile number of 11 digits.")


class CodeIn(Schema):
    """Whom a code is sent to."""

    phone: str = PHONE


class ByCodeIn(Schema):
    """A number and the code that came there."""

    phone: str = PHONE
    code: str = Field(pattern=r"^\d{6}$")


def stranger(request: HttpRequest) -> bool:
    """Anybody who holds the token, before what they send is looked at: else another site could ask in a reader's name."""
    if check_csrf(request):
        raise PermissionRefused(
            "请求没有有效的 CSRF 令牌。|The request has no valid CSRF token.",
            cure="请刷新页面后再试。|Reload the page and try again.",
        )
    return True


@router.post("/session/code", response={204: None}, auth=stranger)
def ask_for_code(request: HttpRequest, body: CodeIn) -> Status[None]:
    """Send a code to a number, if somebody signs in with it; the answer is the same if nobody does."""
    if adapter() is None:
        raise StateRefused(
            "本系统没有开通短信登录。|Signing in by a code is not set up here.",
            cure="请用用户名和密码登录。|Sign in with user name and password.",
        )
    address = str(get_client_ip_address(request) or "")
    send_sign_in_code.defer(code_id=codes.ask(body.phone, address).pk)
    return Status(204, None)


@router.post("/session/by_code", response=SessionOut, auth=stranger)
def sign_in_by_code(request: HttpRequest, body: ByCodeIn) -> dict[str, Any]:
    """Sign in with a code."""
    admit(request, codes.sign_in(body.phone, body.code))
    return session_of(request)
