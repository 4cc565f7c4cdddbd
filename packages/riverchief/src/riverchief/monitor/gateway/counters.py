"""What the gateway counts. The figures travel with its sign of life, so that one /metrics shows every process."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from riverchief.base.models import Heartbeat


@dataclass
class Counters:
    """Totals since the process started, and two levels (connections, waiting)."""

    connections: int = 0
    connections_refused: int = 0
    packets: int = 0
    frames_rejected: int = 0
    packets_quarantined: int = 0
    packets_over_quota: int = 0
    readings: int = 0
    readings_refused: int = 0
    commits: int = 0
    answers: int = 0
    database_failures: int = 0
    waiting: int = 0

    def as_dict(self) -> dict[str, int]:
        """By name."""
        return asdict(self)


_LEVELS = frozenset({"connections", "waiting"})


class GatewayFigures:
    """A collector for Prometheus: the counters in the gateway's last sign of life."""

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """One family per counter."""
        beat = Heartbeat.objects.filter(process="gateway").first()
        for name, value in (beat.detail.get("counters", {}) if beat else {}).items():
            family = GaugeMetricFamily if name in _LEVELS else CounterMetricFamily
            yield family(f"riverchief_gateway_{name}", f"Gateway: {name.replace('_', ' ')}.", value=value)
