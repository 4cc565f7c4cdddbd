"""The HTTP API at /api/v1: the routers of the slices under one roof, and one shape for everything that goes wrong."""

import math
from importlib.metadata import version
from typing import Any, TypeVar

import structlog
from axes.helpers import get_client_ip_address
from axes.models import AccessAttempt
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser

from riverchief.accounts import api as accounts
from riverchief.accounts.oidc import api as oidc
from riverchief.accounts.own import api as own
from riverchief.accounts.people import api as people
from riverchief.accounts.second_factor import api as second_factor
from riverchief.accounts.sms import api as sms
from riverchief.base import api as base
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, RiverchiefError, TooOften
from riverchief.base.http import ErrorBody, language_of
from riverchief.base.shapes import wrong_shape
from riverchief.monitor import api as monitor
from riverchief.monitor.adoption import api as adoption
from riverchief.monitor.fleet import api as fleet
from riverchief.monitor.overflows import api as overflows
from riverchief.monitor.permitting import api as permitting
from riverchief.monitor.power import api as power
from riverchief.monitor.review import api as review
from riverchief.monitor.sampling import api as sampling
from riverchief.monitor.sources import api as sources
from riverchief.rectify import api as rectify
from riverchief.rectify.campaigns import api as campaigns
from riverchief.rectify.clocks import api as clocks
from riverchief.rectify.documents import api as documents
from riverchief.rectify.enforcement import api as enforcement
from riverchief.rectify.exchange import api as exchange
from riverchief.rectify.importing import api as ledger_imports
from riverchief.rectify.packs import api as packs
from riverchief.rectify.relapse import api as relapse
from riverchief.rectify.remediation import api as remediation
from riverchief.registry import api as registry
from riverchief.registry.duties import api as duties
from riverchief.registry.permits import api as permits
from riverchief.site import codes
from riverchief.trace import api as trace

logger = structlog.get_logger("riverchief.api")
T = TypeVar("T")


class SignInNeeded(RiverchiefError):
    """Nobody is signed in, or the session has ended."""

    status, code = 401, "sign_in_needed"


class InternalError(RiverchiefError):
    """A defect of ours; the log has it under the id of the request."""

    status, code = 500, "internal_error"


class StorableParser(Parser):
    """Reads bodies, forms and queries, and refuses the characters that no text in the database can hold."""

    def parse_body(self, request: HttpRequest) -> Any:
        """A body of JSON."""
        return _storable(super().parse_body(request))

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """A query or a form."""
        return _storable(super().parse_querydict(data, list_fields, request))


def _storable(part: T) -> T:
    """The value as it came; NUL and halves of characters in it, however deep, are `InvalidInput`."""
    if isinstance(part, str):
        if "\x00" in part or any("\ud800" <= character <= "\udfff" for character in part):
            raise InvalidInput(
                "文字中含有无法保存的字符（NUL 或不完整的字符）。|A text holds a character that cannot be kept "
                "(NUL, or half of a character).",
                cure="请删去不可见字符后再试。|Remove invisible characters and try again.",
            )
    elif isinstance(part, dict):
        for key, value in part.items():
            _storable(key)
            _storable(value)
    elif isinstance(part, list):
        for value in part:
            _storable(value)
    return part


class DocumentedAPI(NinjaAPI):
    """The API, whose document also says what a refusal looks like: the same for every operation."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The document."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document["components"]["schemas"]["ErrorBody"] = ErrorBody.json_schema()
        refusal = {
            "description": "Refused: why, and what to do about it",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
        }
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"]["4XX"] = refusal
        return document


api = DocumentedAPI(
    title="riverchief 智慧河长",
    version=version("riverchief"),
    description="Times are ISO 8601 in UTC; messages follow Accept-Language (zh, en).",
    urls_namespace="api",
    docs_url=None,
    parser=StorableParser(),
)


def _answer(request: HttpRequest, error: RiverchiefError) -> HttpResponse:
    return api.create_response(request, error.as_json(language_of(request)), status=error.status)


@api.exception_handler(RiverchiefError)
def refuse(request: HttpRequest, error: RiverchiefError) -> HttpResponse:
    """An error of the platform says itself what it is."""
    return _answer(request, error)


@api.exception_handler(ValidationError)
def refuse_shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A request of the wrong shape: the first field that is wrong, by its name."""
    return _answer(request, wrong_shape(error.errors[0]))


@api.exception_handler(AuthenticationError)
def ask_to_sign_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Nobody is signed in."""
    return _answer(
        request, SignInNeeded("请先登录。|Sign in first.", cure="登录后再试。|Sign in, then try again.")
    )


def say_locked(request: HttpRequest, response: HttpResponse, credentials: dict[str, str]) -> HttpResponse:
    """The sign-in of a name from an address is locked; axes asks for this whatever the view has answered.

    An attempt while it is locked does not lengthen the lock (`settings`), so that what is told here holds.
    """
    last = AccessAttempt.objects.filter(
        username=credentials.get("username"), ip_address=get_client_ip_address(request)
    ).aggregate(last=Max("attempt_time"))["last"]
    left = settings.AXES_COOLOFF_TIME - (timezone.now() - last) if last else settings.AXES_COOLOFF_TIME
    minutes = max(1, math.ceil(left.total_seconds() / 60))
    return _answer(
        request,
        TooOften(
            f"登录失败次数过多，已暂时锁定，还剩 {minutes} 分钟。"
            f"|Too many failed sign-ins: locked for {minutes} more minutes.",
            cure=f"请 {minutes} 分钟后再试；忘记密码请联系管理员。"
            f"|Try again in {minutes} minutes; if the password is forgotten, ask the administrator.",
            field="password",
        ),
    )


@api.exception_handler(PermissionDenied)
def refuse_permission(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    """Django refused."""
    return _answer(request, PermissionRefused("您没有此项权限。|You do not have permission for this."))


@api.exception_handler(Http404)
def say_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    """There is no such thing."""
    return _answer(request, NotFound("没有找到。|There is no such thing."))


@api.exception_handler(HttpError)
def say_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses, such as a body that is no JSON, or a missing CSRF token."""
    if isinstance(error.__cause__, RiverchiefError):
        return _answer(request, error.__cause__)
    refusal = (
        PermissionRefused(
            "请求没有有效的 CSRF 令牌。|The request has no valid CSRF token.",
            cure="请刷新页面后再试。|Reload the page and try again.",
        )
        if error.status_code == 403
        else InvalidInput(f"请求无法读取：{error.message}|The request cannot be read: {error.message}")
    )
    return _answer(request, refusal)


@api.exception_handler(Exception)
def own_up(request: HttpRequest, error: Exception) -> HttpResponse:
    """A defect: logged with its traceback, told without it."""
    logger.error("request failed", path=request.path, exc_info=error)
    return _answer(
        request,
        InternalError(
            "系统内部出错。|Something went wrong on our side.",
            cure="请重试；若再次出现，请把响应头 X-Request-ID 告诉管理员。"
            "|Try again; if it happens again, tell the administrator the X-Request-ID of the answer.",
        ),
    )


def say_no_such_address(request: HttpRequest) -> HttpResponse:
    """An address below /api/ that is none of ours."""
    error = NotFound(
        "没有这个接口地址。|The API has no such address.",
        cure="请核对地址，全部地址见 openapi.json。|Check the address; openapi.json lists them all.",
    )
    return _answer(request, error)


for _slice in (
    base,
    accounts,
    people,
    sms,
    second_factor,
    own,
    oidc,
    registry,
    duties,
    permits,
    monitor,
    adoption,
    overflows,
    permitting,
    power,
    review,
    sampling,
    sources,
    fleet,
    trace,
    rectify,
    campaigns,
    ledger_imports,
    exchange,
    remediation,
    clocks,
    packs,
    relapse,
    enforcement,
    documents,
    codes,
):
    api.add_router("", _slice.router)
