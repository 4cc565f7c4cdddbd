"""Figures for Prometheus."""

from collections.abc import Iterator

from django.db import connection
from prometheus_client import Histogram
from prometheus_client.core import REGISTRY, CollectorRegistry, GaugeMetricFamily
from prometheus_client.exposition import generate_latest

from riverchief.monitor.gateway.counters import GatewayFigures

REQUEST_SECONDS = Histogram(
    "riverchief_request_seconds", "Time to answer, by route.", ["method", "route", "status"]
)
JOB_STATES = ("todo", "doing", "failed")


class DatabaseFigures:
    """What only the database knows, read when Prometheus asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Jobs by state, and how long ago each process gave a sign of life."""
        jobs = GaugeMetricFamily("riverchief_jobs", "Background jobs by state.", labels=["state"])
        beats = GaugeMetricFamily(
            "riverchief_heartbeat_age_seconds", "Age of the last sign of life.", labels=["process"]
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")
            counted = dict(cursor.fetchall())
            cursor.execute("SELECT process, extract(epoch FROM now() - at) FROM base_heartbeat")
            ages = cursor.fetchall()
        for state in JOB_STATES:
            jobs.add_metric([state], counted.get(state, 0))
        for process, age in ages:
            beats.add_metric([process], float(age))
        yield jobs
        yield beats


def exposition() -> bytes:
    """Everything, in Prometheus' text format."""
    from_database = CollectorRegistry()
    from_database.register(DatabaseFigures())
    from_database.register(GatewayFigures())
    return generate_latest(REGISTRY) + generate_latest(from_database)
