"""What the gateway counts. The figures travel with its sign of life, so that one /metrics shows every process."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from riverchief.base.models import Heartbeat
from riverchief.monitor.dialogue.exchange import living_gateways, process_name


@dataclass
class Counters:
    """Totals since the process started, two levels (connections, waiting), and when something came last (seconds since 1970)."""

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
    requests: int = 0
    waiting: int = 0
    last_packet_s: int = 0

    def as_dict(self) -> dict[str, int]:
        """By name."""
        return asdict(self)


_LEVELS = frozenset({"connections", "waiting", "last_packet_s"})


class GatewayFigures:
    """A collector for Prometheus: the counters in the last sign of life of every gateway that lives."""

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """One family per counter, one figure per gateway."""
        living = living_gateways()
        figures = {
            beat.process.removeprefix(process_name("")): beat.detail.get("counters", {})
            for beat in Heartbeat.objects.filter(process__in=map(process_name, living)).order_by("process")
        }
        for counter in (each.name for each in fields(Counters)):
            family = (GaugeMetricFamily if counter in _LEVELS else CounterMetricFamily)(
                f"riverchief_gateway_{counter}", f"Gateway: {counter.replace('_', ' ')}.", labels=["gateway"]
            )
            for name, counters in figures.items():
                if counter in counters:
                    family.add_metric([name], counters[counter])
            yield family
