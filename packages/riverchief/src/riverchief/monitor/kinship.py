"""Which stations the same water passes, and how long it takes from one to the other."""

from datetime import timedelta

from riverkit.errors import NetworkError

from riverchief.base.errors import RiverchiefError
from riverchief.monitor.detection import DetectionRules, same_water
from riverchief.monitor.models import Alarm, Event, EventStation
from riverchief.monitor.series import moment
from riverchief.registry.models import MEASURES_WATER, Station
from riverchief.registry.queries import location_of, network_of

_HORIZON = timedelta(days=10)
"""Beyond this no travel time of a city's rivers connects two sightings; keeps the search small."""


def travel_s(upstream: Station, downstream: Station, unknown_velocity_m_s: float) -> float | None:
    """Seconds from one station down to the other at the mean velocities of the reaches; None if no water goes there."""
    if upstream.reach.basin_id != downstream.reach.basin_id:
        return None
    here, there = location_of(upstream), location_of(downstream)
    try:
        network = network_of(upstream.reach.basin_id)
        distance_m = network.distance_m(here, there)
    except (NetworkError, RiverchiefError):
        # A network that is broken just now tells no kinship; an alarm more is better than none.
        return None
    if distance_m is None:
        return None
    passed = set(network.downstream(here.reach_id)) & set(network.upstream(there.reach_id))
    length_m = time_s = 0.0
    for reach in (network.reach(name) for name in passed):
        length_m += reach.length_m
        time_s += reach.length_m / (reach.velocity_m_s or unknown_velocity_m_s)
    return distance_m * time_s / length_m


def next_upstream(station: Station, farthest_m: float) -> tuple[Station, float] | None:
    """The nearest station of the river up the flow and how far it is; None without one, or where the network cannot tell.

    A monitor of an outfall is none: it measures what is discharged; nor is a rain gauge.
    """
    try:
        network, here = network_of(station.reach.basin_id), location_of(station)
        above = network.upstream(here.reach_id, farthest_m)
        rows = Station.objects.filter(
            MEASURES_WATER, reach_id__in=[int(name) for name in above], active=True, outfall__isnull=True
        )
        near = [
            (distance, row.pk, row)
            for row in rows.exclude(pk=station.pk).select_related("reach", "section")
            if (distance := network.distance_m(location_of(row), here)) is not None and distance <= farthest_m
        ]
    except (NetworkError, RiverchiefError):
        return None
    if not near:
        return None
    distance_m, _, row = min(near, key=lambda item: item[:2])
    return row, distance_m


def kin_event(
    station: Station, parameter: str, first_s: float, last_s: float, rules: DetectionRules
) -> Event | None:
    """The event whose water a run at a station can be; of several the one that goes on, then the nearest by time."""
    sightings = (
        EventStation.objects.select_related("event", "station__reach")
        .filter(
            event__parameter=parameter,
            event__kind__in=Event.OF_LIMITS,
            last_at__gte=moment(first_s) - _HORIZON,
            first_at__lte=moment(last_s) + _HORIZON,
        )
        .order_by("id")
    )
    found: list[tuple[bool, float, int, Event]] = []
    for seen in sightings:
        travel = _travel_of_same_water(seen, station, first_s, last_s, rules)
        if travel is not None:
            found.append((seen.event.state != Event.State.OPEN, travel, seen.event.pk, seen.event))
    return min(found, key=lambda item: item[:3])[3] if found else None


def kin_alarm(
    station: Station, parameter: str, first_s: float, rules: DetectionRules, *, resolved: bool = False
) -> Alarm | None:
    """The alarm that tells of the same water by another parameter, or as unusual; of several the nearest by travel, then by time.

    Here the *beginnings* must fit, not only the times: what begins while an old event drags on is new, and must not
    hide under an alarm that somebody has acknowledged for something else. With `resolved` also among those that are.
    """
    sightings = (
        EventStation.objects.select_related("event__alarm", "station__reach")
        .filter(
            event__kind__in=[Event.Kind.THRESHOLD, Event.Kind.UNUSUAL],
            first_at__gte=moment(first_s) - _HORIZON,
            first_at__lte=moment(first_s) + _HORIZON,
        )
        .exclude(event__parameter=parameter, event__kind=Event.Kind.THRESHOLD)
        .exclude(event__alarm=None)
        .order_by("id")
    )
    if not resolved:
        sightings = sightings.exclude(event__alarm__state=Alarm.State.RESOLVED)
    found: list[tuple[float, float, int, Alarm]] = []
    for seen in sightings:
        alarm = seen.event.alarm
        began_s = seen.first_at.timestamp()
        travel = _travel_between(seen.station, (began_s, began_s), station, (first_s, first_s), rules)
        if travel is not None and alarm is not None:
            found.append((travel, abs(began_s - first_s), alarm.pk, alarm))
    return min(found, key=lambda item: item[:3])[3] if found else None


def _travel_of_same_water(
    seen: EventStation, station: Station, first_s: float, last_s: float, rules: DetectionRules
) -> float | None:
    span = (seen.first_at.timestamp(), seen.last_at.timestamp())
    return _travel_between(seen.station, span, station, (first_s, last_s), rules)


def _travel_between(
    one: Station,
    one_span: tuple[float, float],
    other: Station,
    other_span: tuple[float, float],
    rules: DetectionRules,
) -> float | None:
    """The travel time from one to the other, either way, where what they saw (first, last) can be the same water."""
    down_s = travel_s(one, other, rules.unknown_velocity_m_s)
    if down_s is not None and same_water(*one_span, other_span[0], down_s, rules):
        return down_s
    up_s = travel_s(other, one, rules.unknown_velocity_m_s)
    if up_s is not None and same_water(*other_span, one_span[0], up_s, rules):
        return up_s
    return None
