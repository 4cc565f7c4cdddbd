"""Talking to other systems over HTTP: to the configured address alone, within limits, and with faults that name no secret."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from riverchief.base.errors import RiverchiefError

_PORTION = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """What an exchange may take: seconds for each of its steps, seconds for all of it, and bytes of the answer."""

    step_s: float = 30.0
    whole_s: float = 120.0
    answer: int = 20_000_000


PLATFORM = Limits()
"""Of a platform that hands over a day of readings at once."""


class Unanswered(RiverchiefError):
    """A system did not answer as it should. `answered`: the status of its answer, 0 where there was none."""

    code = "platform_unanswered"

    def __init__(self, message: str, answered: int = 0) -> None:
        super().__init__(message)
        self.answered = answered


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Whoever answers does not choose whom we talk to next."""

    def redirect_request(self, *_: Any) -> None:
        """None: the answer is taken as the fault that it is."""
        return


_OPENER = urllib.request.build_opener(_NoRedirects)


def get(
    url: str, parameters: Mapping[str, str], headers: Mapping[str, str], limits: Limits = PLATFORM
) -> Any:
    """The JSON that a system answers.

    Raises:
        Unanswered: it does not.
    """
    query = urlencode(parameters)
    whole = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
    return read_json(url, _exchange("GET", whole, None, {"Accept": "application/json", **headers}, limits))


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    content_type: str = "application/json; charset=utf-8",
    limits: Limits = PLATFORM,
) -> bytes:
    """Hand something to a system; what it answers.

    Raises:
        Unanswered: it does not say that it took it.
    """
    return _exchange("POST", url, body, {"Content-Type": content_type, **headers}, limits)


def read_json(url: str, answer: bytes) -> Any:
    """What an answer says.

    Raises:
        Unanswered: it is no JSON.
    """
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        host = urlsplit(url).hostname
        raise Unanswered(f"{host} 的回答不是 JSON。|The answer of {host} is no JSON.") from None


def _exchange(
    method: Literal["GET", "POST"],
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    limits: Limits,
) -> bytes:
    host = urlsplit(url).hostname
    # The scheme was checked when the file was read: http or https.
    request = urllib.request.Request(url, body, {"User-Agent": "riverchief", **headers}, method=method)  # noqa: S310
    until = time.monotonic() + limits.whole_s
    try:
        with _OPENER.open(request, timeout=limits.step_s) as answer:
            portions, size = [], 0
            while portion := answer.read1(_PORTION):
                size += len(portion)
                if size > limits.answer or time.monotonic() > until:
                    raise Unanswered(
                        f"{host} 的回答过大或过慢。|The answer of {host} is too large, or too slow.",
                        answer.status,
                    )
                portions.append(portion)
            return b"".join(portions)
    except urllib.error.HTTPError as error:
        with error:
            raise Unanswered(
                f"{host} 回答 {error.code}（{error.reason}）。|{host} answers {error.code} ({error.reason}).",
                error.code,
            ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise Unanswered(f"{host} 没有回答：{reason}。|{host} does not answer: {reason}.") from None
