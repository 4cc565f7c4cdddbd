"""Who calls under one device number in quarantine: its packets by the password that they came under, which is never told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac
from riverkit.errors import ProtocolError

from riverchief.monitor.models import Packet
from riverchief.monitor.telemetry.uploads import is_vouched, read_stored

MOST_SENDERS = 20
"""Of one device those that sent most: whoever tries many passwords does not fill the page."""
_MOST_PEERS = 5

# What stands for the password in the bytes of each standard. It only gathers packets: the password is read by decoding.
_GATHERED = r"""
WITH marked AS (
    SELECT mn, received_at, id, regexp_replace(peer, ':\d*$', '') AS host,
        CASE
            WHEN substring(raw from 1 for 2) = '\x7e7e'::bytea THEN 'b' || encode(substring(raw from 9 for 2), 'hex')
            WHEN substring(raw from 1 for 1) = '\x01'::bytea THEN 'a' || encode(substring(raw from 14 for 4), 'escape')
            WHEN substring(raw from 1 for 5) = 'JSON '::bytea THEN 'j' || concat(
                substring(encode(raw, 'escape') from '^JSON station=([\w.-]*)'), ' ',
                substring(encode(raw, 'escape') from '"password"\s*:\s*("([^"\\]|\\.)*")'))
            ELSE 'h' || array_to_string(
                ARRAY(SELECT m[1] FROM regexp_matches(encode(raw, 'escape'), 'PW=([^;,&]*)', 'g') AS m), ';')
        END AS mark
    FROM monitor_packet WHERE state = 'quarantined' AND mn = ANY(%s)
), gathered AS (
    SELECT mn, count(*) AS packets, min(received_at) AS first_at, max(received_at) AS last_at,
        (array_agg(id ORDER BY received_at DESC, id DESC))[1] AS last_id, (array_agg(DISTINCT host))[1:%s] AS peers,
        row_number() OVER (PARTITION BY mn ORDER BY count(*) DESC, min(received_at), mark) AS place
    FROM marked GROUP BY mn, mark
)
SELECT mn, packets, first_at, last_at, last_id, peers FROM gathered WHERE place <= %s ORDER BY mn, first_at, last_id
"""


@dataclass(frozen=True)
class Sender:
    """What came for a device under one password. `key` tells it from the others without telling the password."""

    key: str
    packets: int
    first_at: datetime
    last_at: datetime
    peers: Sequence[str]
    password: str | None = field(repr=False)
    """None where whoever handed the packets on vouches for them."""

    def shown(self) -> dict[str, Any]:
        """As pages, API and command line show it: without the password."""
        return {name: getattr(self, name) for name in ("key", "packets", "first_at", "last_at", "peers")}


def senders_of(mns: Iterable[str]) -> dict[str, list[Sender]]:
    """Of each device in quarantine those who call under its number, the first heard first."""
    with connection.cursor() as cursor:
        cursor.execute(_GATHERED, [list(mns), _MOST_PEERS, MOST_SENDERS])
        rows = cursor.fetchall()
    found: dict[str, dict[str, Sender]] = {}
    for mn, packets, first_at, last_at, last_id, peers in rows:
        try:
            upload = read_stored(bytes(Packet.objects.get(received_at=last_at, id=last_id).raw))
        except ProtocolError:
            # Even the newest is refused by now, as what is possible has been told more strictly since: nobody is adopted by it.
            continue
        password = None if is_vouched(upload) else upload.pw or ""
        key = salted_hmac("riverchief.monitor.senders", f"{mn} {password!r}").hexdigest()[:8]
        of_device = found.setdefault(mn, {})
        # One password may be written in two ways: of two standards, or escaped.
        there = of_device.get(key)
        of_device[key] = (
            Sender(key, packets, first_at, last_at, sorted(peers), password)
            if there is None
            else replace(
                there,
                packets=there.packets + packets,
                last_at=max(there.last_at, last_at),
                peers=sorted({*there.peers, *peers})[:_MOST_PEERS],
            )
        )
    return {mn: list(senders.values()) for mn, senders in found.items()}
