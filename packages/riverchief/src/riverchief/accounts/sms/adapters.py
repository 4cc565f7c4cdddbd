"""Who carries a message: a service over HTTP, described as data, or a file of this machine for trials.

The file `sms.toml` of the installation says which; without it nobody signs in by a code, and no alarm is told so. Whoever may write into that folder
decides whom this product talks to; no page and no command does.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Protocol
from urllib.parse import quote, urlsplit

from django.conf import settings

from riverchief.base import clock, outward
from riverchief.base.errors import RiverchiefError

_LIMITS = outward.Limits(step_s=15.0, whole_s=60.0, answer=100_000)


class NotSent(RiverchiefError):
    """The service did not take the message, or the file that describes it cannot be used."""

    status, code = 409, "message_not_sent"


class Adapter(Protocol):
    """Somebody who carries messages."""

    @property
    def carries_alarms(self) -> bool:
        """Whether the installation wants alarms told in this way."""

    def send(self, phone: str, code: str) -> None:
        """Send a code to a number.

        Raises:
            NotSent: it was not taken.
        """

    def tell(self, phone: str, text: str) -> None:
        """Send a text to a number.

        Raises:
            NotSent: it was not taken.
        """


@dataclass(frozen=True)
class FileAdapter:
    """Writes messages into a file that only its owner can read: for trials and demonstrations."""

    path: Path
    carries_alarms: bool = False

    def send(self, phone: str, code: str) -> None:
        """Add a line: time, number, code."""
        self.tell(phone, code)

    def tell(self, phone: str, text: str) -> None:
        """Add a line: time, number, text."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{clock.now().isoformat(timespec='seconds')} {phone} {text}\n")


@dataclass(frozen=True)
class HttpAdapter:
    """A service over HTTPS. In `body`, $phone and $code stand for what is sent, in `alarm_body` $phone and $text; `success` is a
    text that its answer then holds."""

    url: str
    body: str
    content_type: str
    success: str
    headers: Mapping[str, str] = field(repr=False)
    alarm_body: str = ""

    @property
    def carries_alarms(self) -> bool:
        """Where the file says how."""
        return bool(self.alarm_body)

    def send(self, phone: str, code: str) -> None:
        """Post the code."""
        self._post(self.body, phone=phone, code=code)

    def tell(self, phone: str, text: str) -> None:
        """Post the text."""
        self._post(self.alarm_body, phone=phone, text=text)

    def _post(self, body: str, **values: str) -> None:
        """Post a message to the configured address, and to no other."""
        escape = json.dumps if "json" in self.content_type else quote
        escaped = {name: escape(text).strip('"') for name, text in values.items()}
        message = Template(body).substitute(escaped).encode()
        host = urlsplit(self.url).hostname
        try:
            said = outward.post(self.url, message, self.headers, self.content_type, _LIMITS)
        except outward.Unanswered as error:
            # Neither the address with its parameters nor the headers: both may hold a key.
            raise NotSent(f"{host} 没有受理短信。|{host} did not take the message.") from error
        if self.success not in said.decode("utf-8", "replace"):
            raise NotSent(f"{host} 的回答表示短信未受理。|The answer of {host} says that it was not taken.")


def is_set_up() -> bool:
    """Whether chiefs can sign in by a code here."""
    path: Path = settings.RIVERCHIEF_SMS
    return settings.RIVERCHIEF_DEMO or path.exists()


def adapter() -> Adapter | None:
    """The adapter that the installation has; None where it has none.

    Raises:
        NotSent: the file cannot be used.
    """
    path: Path = settings.RIVERCHIEF_SMS
    if not path.exists():
        return FileAdapter(path.with_suffix(".log")) if settings.RIVERCHIEF_DEMO else None
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        kind = given["adapter"]
        if kind == "file":
            return FileAdapter(path.parent / str(given.get("path", "sms.log")), given.get("alarms") is True)
        if kind == "http" and str(given["url"]).startswith("https://"):
            return HttpAdapter(
                url=str(given["url"]),
                body=str(given["body"]),
                content_type=str(given.get("content_type", "application/json")),
                success=str(given["success"]),
                alarm_body=str(given.get("alarm_body", "")),
                headers={name: _secret(str(text)) for name, text in given.get("headers", {}).items()},
            )
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise _unusable(path) from error
    raise _unusable(path)


def _secret(text: str) -> str:
    """A header's value; "env:NAME" is what the variable holds."""
    return os.environ[text.removeprefix("env:")] if text.startswith("env:") else text


def _unusable(path: Path) -> NotSent:
    return NotSent(
        f"{path.name} 不可用：需要 adapter（file 或 http），http 还需要 https 的 url、body、success。"
        f"|{path.name} cannot be used: it needs adapter (file or http); http needs an https url, body and success.",
        cure="请改正文件。|Correct the file.",
    )
