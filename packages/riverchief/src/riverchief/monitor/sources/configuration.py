"""The file `sources.toml`: which broker is listened to, which platforms are asked, which are told.

Whoever may write into the folder of the installation decides whom this product talks to; no page and no command does.
Passwords stand in files or variables of their own, which the file names.
"""

import os
import tomllib
from collections import abc
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from riverchief.base.errors import RiverchiefError
from riverchief.monitor.sources.mapping import Mapping, mapping_of
from riverchief.monitor.sources.topics import Topic, topic_of


class Misconfigured(RiverchiefError):
    """The file of the sources cannot be used as it is."""

    status, code = 409, "sources_misconfigured"


@dataclass(frozen=True)
class Broker:
    """An MQTT broker and what is listened to there. With TLS the broker proves itself, by `ca_file` or the system's list."""

    host: str
    topics: tuple[Topic, ...]
    port: int
    client_id: str
    username: str
    password: str = field(repr=False)
    tls: bool
    ca_file: str | None


@dataclass(frozen=True)
class Pull:
    """A platform that is asked: of kind `http` at `url`, of kind `postgresql` by `query`; see `mapping` for what a record says where."""

    name: str
    kind: str
    every: timedelta
    overlap: timedelta
    start: datetime
    url: str
    records: str
    next_page: str
    headers: abc.Mapping[str, str] = field(repr=False)
    parameters: abc.Mapping[str, str]
    database: str = field(repr=False)
    view: str
    updated_at: str
    rows: int
    mapping: Mapping


@dataclass(frozen=True)
class Push:
    """A platform that is told what the stations (codes) of a list say."""

    name: str
    url: str
    headers: abc.Mapping[str, str] = field(repr=False)
    stations: tuple[str, ...]


@dataclass(frozen=True)
class Sources:
    """Everything in the file."""

    broker: Broker | None = None
    pulls: tuple[Pull, ...] = ()
    pushes: tuple[Push, ...] = ()

    def pull(self, name: str) -> Pull | None:
        """The platform of that name that is asked."""
        return next((each for each in self.pulls if each.name == name), None)

    def push(self, name: str) -> Push | None:
        """The platform of that name that is told."""
        return next((each for each in self.pushes if each.name == name), None)


def sources() -> Sources:
    """What the file says now; nothing where there is none.

    Raises:
        Misconfigured: it says something that cannot be, and where; or it is not where `RIVERCHIEF_SOURCES` says.
    """
    path: Path = settings.RIVERCHIEF_SOURCES
    if not path.exists():
        if settings.RIVERCHIEF_SOURCES_NAMED:
            raise Misconfigured(
                f"没有文件 {path}（由 RIVERCHIEF_SOURCES 指定）。|There is no file {path}, which RIVERCHIEF_SOURCES names.",
                cure="请放回该文件，或改正、取消 RIVERCHIEF_SOURCES 后重新启动。"
                "|Put the file there; or correct RIVERCHIEF_SOURCES, or unset it, and start again.",
            )
        return Sources()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(
            f"{path} 无法读取：{error}|{path} cannot be read: {error}", cure="请改正文件。|Correct the file."
        ) from error
    whole = _Table("", content, path)
    broker = whole.table("mqtt")
    pulls, pushes = whole.tables("pull"), whole.tables("push")
    found = Sources(
        _broker(broker) if broker is not None else None,
        tuple(_pull(table) for table in pulls),
        tuple(_push(table) for table in pushes),
    )
    whole.end()
    names = [*(each.name for each in found.pulls), *(each.name for each in found.pushes)]
    if len(names) != len(set(names)) or "mqtt" in names:
        raise whole.wrong("name", "名称须各不相同，且不为 mqtt", "the names must differ, and none be mqtt")
    return found


def _broker(table: "_Table") -> Broker:
    topics = []
    for text in table.texts("topics"):
        try:
            topics.append(topic_of(text))
        except ValueError as error:
            raise table.wrong("topics", f"“{text}”：{error}", f"“{text}”: {error}") from error
    if not topics:
        raise table.wrong("topics", "至少一个主题", "name one topic at least")
    tls = table.flag("tls", default=True)
    found = Broker(
        host=table.text("host"),
        topics=tuple(topics),
        port=table.number("port", 8883 if tls else 1883, 65_535),
        client_id=table.text("client_id", "riverchief"),
        username=table.text("username", ""),
        password=table.secret("password", ""),
        tls=tls,
        ca_file=table.file("ca_file"),
    )
    table.end()
    return found


def _pull(table: "_Table") -> Pull:
    kind = table.text("kind", "http")
    if kind not in ("http", "postgresql"):
        raise table.wrong("kind", "可用 http、postgresql", "use http or postgresql")
    http = kind == "http"
    found = Pull(
        name=table.name(),
        kind=kind,
        every=timedelta(minutes=table.number("every_minutes", 10, 1440)),
        overlap=timedelta(minutes=table.number("overlap_minutes", 60, 100_000)),
        start=table.moment("start"),
        url=table.url() if http else "",
        records=table.text("records", "") if http else "",
        next_page=table.text("next_page", "") if http else "",
        headers=table.headers() if http else {},
        parameters=table.strings("parameters") if http else {},
        database="" if http else table.secret("database"),
        view="" if http else table.text("view"),
        updated_at="" if http else table.text("updated_at", "updated_at"),
        rows=table.number("rows", 1000, 10_000),
        mapping=table.fields(),
    )
    table.end()
    return found


def _push(table: "_Table") -> Push:
    found = Push(table.name(), table.url(), table.headers(), tuple(table.texts("stations")))
    table.end()
    return found


class _Table:
    """A table of the file, read key by key; what nobody has asked for is a mistake."""

    def __init__(self, place: str, content: abc.Mapping[str, Any], path: Path) -> None:
        self.place = place
        self._left = dict(content)
        self._path = path

    def wrong(self, key: str, zh: str, en: str) -> Misconfigured:
        """The error about a key."""
        place = f"{self._path.name}: {self.place}{key}"
        return Misconfigured(f"{place}：{zh}。|{place}: {en}.", cure="请改正文件。|Correct the file.")

    def end(self) -> None:
        """Refuse what is left."""
        for key in self._left:
            raise self.wrong(key, "不认识的设置", "there is no such setting")

    def _take(self, key: str, default: Any, kind: type, zh: str, en: str) -> Any:
        value = self._left.pop(key, default)
        if value is None:
            raise self.wrong(key, "缺少此项", "it is missing")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(key, zh, en)
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default it must be there."""
        return str(self._take(key, default, str, "须为文本", "a text is needed"))

    def moment(self, key: str) -> datetime:
        """A time with its zone, as TOML writes it."""
        found: datetime = self._take(
            key, None, datetime, "须写作 2026-11-01T00:00:00+08:00", "write it as 2026-11-01T00:00:00+08:00"
        )
        if found.tzinfo is None:
            raise self.wrong(key, "缺少时区，如 +08:00", "its zone is missing, such as +08:00")
        return found.astimezone(UTC)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        return bool(self._take(key, default, bool, "须为 true 或 false", "true or false is needed"))

    def number(self, key: str, default: int, most: int) -> int:
        """A whole number from 1."""
        value = int(self._take(key, default, int, "须为整数", "a whole number is needed"))
        if not 1 <= value <= most:
            raise self.wrong(key, f"须在 1 与 {most} 之间", f"it must lie between 1 and {most}")
        return value

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        found = self._take(key, None, list, "须为文本的列表", "a list of texts is needed")
        if not all(isinstance(text, str) for text in found):
            raise self.wrong(key, "须为文本的列表", "a list of texts is needed")
        return list(found)

    def mapping(self, key: str) -> dict[str, Any]:
        """A table as it is."""
        return dict(self._take(key, None, dict, "须为表", "a table is needed"))

    def strings(self, key: str) -> dict[str, str]:
        """A table of texts; empty where there is none."""
        found = self._take(key, {}, dict, "须为文本的表", "a table of texts is needed")
        if not all(isinstance(text, str) for text in found.values()):
            raise self.wrong(key, "须为文本的表", "a table of texts is needed")
        return dict(found)

    def fields(self) -> Mapping:
        """The table `fields`: where a record says what."""
        try:
            return mapping_of(self.mapping("fields"))
        except ValueError as error:
            raise self.wrong("fields", str(error), str(error)) from error

    def name(self) -> str:
        """The name of a source: 1 to 40 letters, digits, dashes."""
        found = self.text("name")
        if not (0 < len(found) <= 40 and found.replace("-", "").isalnum()):
            raise self.wrong(
                "name", "须为 1 至 40 个字母、数字或横线", "1 to 40 letters, digits or dashes are needed"
            )
        self.place = self.place.rstrip(".") + f"({found})."
        return found

    def url(self) -> str:
        """An address; in the clear only of this machine, for the secrets that go there."""
        found = self.text("url")
        parts = urlsplit(found)
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        plain = self.flag("in_the_clear", default=False) or local
        if (
            not parts.hostname
            or parts.username
            or parts.scheme not in (("https", "http") if plain else ("https",))
        ):
            raise self.wrong(
                "url",
                "须为 https 地址，且不含口令；确需 http 时写 in_the_clear = true",
                "an https address without a password is needed; where http it must be, say in_the_clear = true",
            )
        return found

    def secret(self, key: str, default: str | None = None) -> str:
        """A secret by `key_env` (a variable) or `key_file` (a file, relative to this one); never in the file itself."""
        if key in self._left:
            raise self.wrong(
                key,
                f"请勿写在此文件中，用 {key}_file 或 {key}_env",
                f"not in this file: use {key}_file or {key}_env",
            )
        variable, file = self.text(f"{key}_env", ""), self.text(f"{key}_file", "")
        if not variable and not file:
            if default is None:
                raise self.wrong(f"{key}_file", "缺少此项", "it is missing")
            return default
        if variable:
            found = os.environ.get(variable, "")
        else:
            try:
                found = (self._path.parent / file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise self.wrong(
                    f"{key}_file", f"无法读取：{error}", f"it cannot be read: {error}"
                ) from error
        if not found:
            raise self.wrong(f"{key}_env" if variable else f"{key}_file", "是空的", "it is empty")
        return found

    def file(self, key: str) -> str | None:
        """The path of a file that is there, relative to this one; None where none is named."""
        name = self.text(key, "")
        if name and not (self._path.parent / name).is_file():
            raise self.wrong(key, f"没有文件“{name}”", f"there is no file “{name}”")
        return str(self._path.parent / name) if name else None

    def headers(self) -> dict[str, str]:
        """Headers of every request; one may be secret: `secret_header` names it, `secret_file` or `secret_env` holds it."""
        found = self.strings("headers")
        if name := self.text("secret_header", ""):
            found[name] = self.secret("secret")
        if not all(text.isascii() and text.isprintable() for item in found.items() for text in item):
            raise self.wrong(
                "headers", "只能含 ASCII 可见字符", "printable ASCII characters alone are allowed"
            )
        return found

    def table(self, key: str) -> "_Table | None":
        """A table within this one."""
        if key not in self._left:
            return None
        return _Table(f"{key}.", self.mapping(key), self._path)

    def tables(self, key: str) -> "list[_Table]":
        """A list of tables."""
        found = self._take(key, [], list, f"请写作 [[{key}]]", f"write it as [[{key}]]")
        if not all(isinstance(item, dict) for item in found):
            raise self.wrong(key, f"请写作 [[{key}]]", f"write it as [[{key}]]")
        return [_Table(f"{key}.", item, self._path) for item in found]
