"""How every way in and out stands, for those who manage stations."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q

from riverchief.accounts.models import User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import NotFound, in_language
from riverchief.base.models import Heartbeat
from riverchief.monitor.dialogue.exchange import SILENCE, process_name
from riverchief.monitor.models import PushBatch, SourceState
from riverchief.monitor.sources.configuration import Broker, Misconfigured, Pull, Push, Sources, sources
from riverchief.monitor.sources.mqtt import PROCESS

if TYPE_CHECKING:
    from django.db.models import QuerySet

Reader = User | AnonymousUser
Shown = dict[str, Any]

_NEARLY = 0.8
"""The share of the quota of strangers from which the office is told."""
_REMEMBERED = timedelta(days=7)
"""What was not kept on a Friday night is told on Monday still."""
_LATE_AFTER = 3
"""A platform that has not answered for so many turns is late."""


def state_of_sources() -> tuple[list[Shown], str]:
    """Every source as it stands, gateways first, and what is wrong with the file that names the others ("" where nothing is)."""
    fault = ""
    try:
        known = sources()
    except Misconfigured as error:
        known = Sources()
        told = (error.as_json(language) for language in ("zh", "en"))
        fault = "|".join(f"{part['message']} {part['cure']}" for part in told)
    rows = list(_gateways())
    if known.broker is not None:
        rows.append(_broker(known.broker))
    names = [each.name for each in known.pulls] + [each.name for each in known.pushes]
    states = {name: SourceState(name=name) for name in names} | SourceState.objects.in_bulk(names)
    rows += [_pull(each, states[each.name]) for each in known.pulls]
    rows += [_push(each, states[each.name]) for each in known.pushes]
    return rows, fault


def shown_sources(user: Reader) -> tuple[list[Shown], str]:
    """The same, for those who manage stations anywhere: a source belongs to no area."""
    require(user, Capability.MANAGE_STATIONS)
    return state_of_sources()


def batches(user: Reader, name: str) -> "QuerySet[PushBatch]":
    """The batches of a platform that is told, the newest first, for those who manage stations anywhere."""
    require(user, Capability.MANAGE_STATIONS)
    return batches_of(name)


def batches_of(name: str) -> "QuerySet[PushBatch]":
    """The batches of a platform that is told, or was before it was taken out of the file, the newest first."""
    rows = PushBatch.objects.filter(target=name).order_by("-id")
    if rows.exists():
        return rows
    known, before = sources(), SourceState.objects.values_list("name", flat=True)
    told = {*(each.name for each in known.pushes), *before} - {each.name for each in known.pulls}
    if name in told:
        return rows
    names = ", ".join(sorted(told))
    raise NotFound(
        f"没有推送目标“{name}”。|There is no platform “{name}” that is told.",
        cure=f"可用：{names}。|Use one of: {names}."
        if names
        else "请在 sources.toml 中写明 [[push]]。|Name one in sources.toml, under [[push]].",
    )


def shown_batch(row: PushBatch) -> Shown:
    """A batch as the API shows it, without its body."""
    names = ("key", "readings", "made_at", "attempts", "sent_at", "refused_at")
    waits = row.sent_at is None and row.refused_at is None
    return {
        **{name: getattr(row, name) for name in names},
        "next_at": row.next_at if waits else None,
        **_fault(row.fault),
    }


def _row(name: str, kind: str, state: str, fault: str, **more: Any) -> Shown:
    nothing = {"host": "", "last_at": None, "succeeded_at": None, "seen_to": None}
    numbers = {"messages": 0, "refused": 0, "waiting": 0, "stations": []}
    return {"name": name, "kind": kind, "state": state, **nothing, **numbers, **_fault(fault), **more}


def _fault(text: str) -> Shown:
    return {"fault_zh": in_language(text, "zh"), "fault_en": in_language(text, "en")}


def _gateways() -> Iterator[Shown]:
    prefix = process_name("")
    for beat in Heartbeat.objects.filter(process__startswith=prefix).order_by("process"):
        state = "ok" if beat.at > clock.now() - SILENCE else "stopped"
        fault, used_up = _quota(beat.detail.get("quota", {}))
        if state == "ok" and used_up:
            state = "failing"
        yield _row(beat.process.removeprefix(prefix), "gateway", state, fault, **_counted(beat))


def _quota(quota: Mapping[str, Any]) -> tuple[str, bool]:
    """What is to be told of the quota of strangers ("" where nothing is), and whether it is used up today."""
    now = clock.now()
    today = quota.get("day") == clock.day_of(now).isoformat()
    if today and quota["refused"]:
        refused, addresses = quota["refused"], quota["full"]
        return (
            f"额度已满：今天有 {refused} 个未登记或无法读取的报文未保存、未应答，来自 {'、'.join(addresses)}。请接入设备，或在防火墙上拦住该地址。|"
            "The quota is used up: of unknown devices and of what cannot be read, today neither kept nor answered: "
            f"{refused}, from {', '.join(addresses)}. Take up the devices, or stop the address at the firewall.",
            True,
        )
    if quota.get("refused_at") and (last := datetime.fromisoformat(quota["refused_at"])) > now - _REMEMBERED:
        at = f"{last.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
        return (
            f"{at} 前额度曾满：有未登记或无法读取的报文未保存、未应答。|"
            f"The quota was used up until {at}: some packets of unknown devices, or that cannot be read, were neither kept nor answered.",
            False,
        )
    if today and quota["kept"] >= _NEARLY * quota["per_day"]:
        kept, most = quota["kept"], quota["per_day"]
        return (
            f"额度将满：未登记或无法读取的报文今天已保存 {kept} 行，满 {most} 行后不再保存和应答。|"
            f"The quota is nearly used up: of unknown devices and of what cannot be read {kept} rows are kept today; beyond {most} none is kept or answered.",
            False,
        )
    return "", False


def _broker(broker: Broker) -> Shown:
    beat = Heartbeat.objects.filter(process=PROCESS).first()
    if beat is None or beat.at <= clock.now() - SILENCE:
        state = "stopped"
        fault = "没有运行：请用 riverchief serve 启动。|It does not run: start it with `riverchief serve`."
    else:
        fault = beat.detail.get("fault", "")
        state = "failing" if fault else "ok"
    counted = _counted(beat) if beat is not None else {}
    return _row("mqtt", "mqtt", state, fault, host=broker.host, **counted)


def _counted(beat: Heartbeat) -> Shown:
    counters = beat.detail.get("counters", {})
    last_s = counters.get("last_packet_s", 0)
    refused = counters.get("frames_rejected", 0) + counters.get("packets_quarantined", 0)
    return {
        "last_at": datetime.fromtimestamp(last_s, UTC) if last_s else None,
        "messages": counters.get("packets", 0) + refused,
        "refused": refused,
        "waiting": counters.get("waiting", 0),
    }


def _pull(pull: Pull, state: SourceState) -> Shown:
    late = state.succeeded_at is None or state.succeeded_at < clock.now() - _LATE_AFTER * pull.every
    word = "failing" if state.fault else "late" if late else "ok"
    return _row(
        pull.name,
        "pull_database" if pull.kind == "postgresql" else "pull_http",
        "waiting" if state.tried_at is None else word,
        state.fault,
        host=urlsplit(pull.url).hostname or "",
        last_at=state.message_at,
        succeeded_at=state.succeeded_at,
        seen_to=state.cursor,
        messages=state.messages,
        refused=state.refused,
    )


def _push(push: Push, state: SourceState) -> Shown:
    counts = PushBatch.objects.filter(target=push.name).aggregate(
        messages=Count("sent_at"),
        refused=Count("refused_at"),
        waiting=Count("pk", filter=Q(sent_at=None, refused_at=None)),
    )
    return _row(
        push.name,
        "push",
        "failing" if state.fault else "ok" if state.succeeded_at else "waiting",
        state.fault,
        host=urlsplit(push.url).hostname or "",
        last_at=state.message_at,
        succeeded_at=state.succeeded_at,
        stations=list(push.stations),
        **counts,
    )
