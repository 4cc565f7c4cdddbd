"""What was acknowledged against what the database holds: none lost, none doubled."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from riverchief.monitor.models import Kind, Packet
from riverchief.monitor.retrieval import retrieve
from riverchief.monitor.virtual.account import Played
from riverchief.registry.models import Station

_SHOWN = 5


@dataclass
class Comparison:
    """Of a whole run."""

    readings: int = 0
    """Acknowledged values of registered stations."""
    strangers: int = 0
    """Acknowledged packets of others, which have to be in quarantine."""
    lost: int = 0
    doubled: int = 0
    examples: tuple[str, ...] = ()

    def note(self, what: str) -> None:
        """Keep the first few cases, for people."""
        if len(self.examples) < _SHOWN:
            self.examples += (what,)


def compare(played: Iterable[Played], started: datetime) -> Comparison:
    """Look for everything acknowledged since `started`.

    Lost: an acknowledged value that is not there or is another, an acknowledged packet that is not kept. Doubled: a value
    that stands twice; a packet of which there are more rows than frames were sent.
    """
    of_station: dict[str, list[Played]] = defaultdict(list)
    for upload in played:
        of_station[upload.mn].append(upload)
    found = Comparison()
    for mn, uploads in of_station.items():
        _compare_station(found, mn, uploads, started)
    return found


def _compare_station(found: Comparison, mn: str, uploads: list[Played], started: datetime) -> None:
    times = [upload.data_time.astimezone(UTC) for upload in uploads]
    standing: dict[tuple[str, datetime], list[float | None]] = defaultdict(list)
    for parameter, at, value in retrieve(
        ("parameter", "period_start", "value"),
        stations=Station.objects.filter(mn=mn).values_list("pk", flat=True),
        start=min(times),
        end=max(times),
        kinds=[Kind.INSTANT],
    ):
        standing[parameter, at].append(value)
    packets = Packet.objects.filter(
        mn=mn,
        received_at__gte=started - timedelta(seconds=1),
        data_time__isnull=False,
        state__in=[Packet.State.STORED, Packet.State.QUARANTINED],
    )
    kept = Counter(packets.values_list("data_time", "cn"))
    for upload in uploads:
        at = upload.data_time.astimezone(UTC)
        rows = kept[at, upload.cn]
        if rows > upload.sent:
            found.doubled += rows - upload.sent
            found.note(f"{mn} {at:%Y-%m-%d %H:%M}: {rows} packets of {upload.sent} frames")
        if not upload.acknowledged:
            continue
        if not rows:
            found.lost += 1
            found.note(f"{mn} {at:%Y-%m-%d %H:%M}: its packet is not there")
        if not upload.known:
            found.strangers += 1
            continue
        for parameter, value in upload.values.items():
            found.readings += 1
            values = standing[parameter, at]
            if len(values) > 1:
                found.doubled += len(values) - 1
                found.note(f"{mn} {parameter} {at:%Y-%m-%d %H:%M}: stands {len(values)} times")
            if not any(_same(value, each) for each in values):
                found.lost += 1
                found.note(f"{mn} {parameter} {at:%Y-%m-%d %H:%M}: {value} is not there, but {values}")


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(1.0, abs(one))
