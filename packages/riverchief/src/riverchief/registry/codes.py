"""The code tables of who and where, and of the standard's classes and parameters."""

from typing import Any

from riverkit.quality import WaterClass, standard

from riverchief.accounts.models import Area, Organisation
from riverchief.accounts.roles import LABELS
from riverchief.registry.models import (
    Duty,
    Outfall,
    PermitLimit,
    PermitTerm,
    Reach,
    Section,
    SelfMonitoring,
    StandingWater,
    Station,
    WaterBody,
)

_ENGLISH = {
    "province": "Province",
    "city": "City",
    "county": "County",
    "town": "Town",
    "village": "Village",
    "office": "River-chief office",
    "department": "Department",
    "unit": "Responsible unit",
    "monitoring": "Monitoring body",
    "enterprise": "Enterprise",
    "free": "Free flow",
    "backwater": "Backwater",
    "gated": "Gated",
    "tidal": "Tidal",
}


def _labelled(choices: Any, english: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "zh": zh, "en": english[key]} for key, zh in choices]


TABLES: dict[str, list[dict[str, Any]]] = {
    "classes": [
        {
            "key": int(grade),
            "zh": grade.label_zh,
            "en": grade.label,
            "colour": grade.colour,
            "text_colour": grade.text_colour,
        }
        for grade in WaterClass
    ],
    "parameters": [
        {"key": item.key, "zh": item.name_zh, "en": item.name, "unit": item.unit, "assessed": item.assessed}
        for item in standard().parameters.values()
    ],
    "roles": [{"key": role.value, "zh": zh, "en": en} for role, (zh, en) in LABELS.items()],
    "area_levels": _labelled(Area.LEVELS, _ENGLISH),
    "organisation_kinds": _labelled(Organisation.KINDS, _ENGLISH),
    "regimes": _labelled(Reach._meta.get_field("regime").choices, _ENGLISH),
    "water_bodies": _labelled(WaterBody.choices, {"river": "River", "lake": "Lake or reservoir"}),
    "section_levels": _labelled(
        Section.Level.choices,
        {"national": "National", "provincial": "Provincial", "city": "City", "county": "County"},
    ),
    "station_kinds": _labelled(
        Station.Kind.choices,
        {"automatic": "Automatic", "manual": "Sampled by hand", "rain_gauge": "Rain gauge"},
    ),
    "permit_averagings": _labelled(
        PermitLimit.Averaging.choices,
        {"month": "Monthly mean", "day": "Daily mean", "hour": "Hourly mean"},
    ),
    "permit_term_kinds": _labelled(
        PermitTerm.Kind.choices,
        {"first": "First issue", "renewed": "Renewal", "changed": "Change", "reissued": "Issued anew"},
    ),
    "self_monitoring_manners": _labelled(
        SelfMonitoring.Manner.choices, {"automatic": "By an instrument", "manual": "By hand"}
    ),
    "self_monitoring_times": _labelled(
        SelfMonitoring.Per.choices,
        {
            "day": "day",
            "week": "week",
            "month": "month",
            "quarter": "quarter",
            "half_year": "half-year",
            "year": "year",
        },
    ),
    "station_owners": _labelled(
        Station.Owner.choices, {"office": "Public authority", "enterprise": "Enterprise"}
    ),
    "outfall_kinds": _labelled(
        Outfall.Kind.choices,
        {
            "industrial": "Industrial",
            "sewage_works": "Sewage works",
            "overflow": "Overflow",
            "storm": "Storm outlet",
            "agricultural": "Farming",
            "other": "Other",
        },
    ),
    "outfall_statuses": _labelled(
        Outfall.Status.choices, {"in_use": "In use", "closed": "Closed", "unverified": "To be verified"}
    ),
    "duty_kinds": _labelled(
        Duty.Kind.choices,
        {
            "chief": "River chief",
            "head": "Head river chief",
            "dual_head": "Dual head river chief",
            "deputy_head": "Deputy head river chief",
            "deputy": "Deputy river chief",
            "police_chief": "River police chief",
            "volunteer": "Volunteer river chief",
            "lake_chief": "Lake chief",
            "pond_chief": "Pond chief",
            "wetland_chief": "Wetland chief",
        },
    ),
    "standing_water_kinds": _labelled(
        StandingWater.Kind.choices, {"lake": "Lake or reservoir", "pond": "Pond", "wetland": "Wetland"}
    ),
}
