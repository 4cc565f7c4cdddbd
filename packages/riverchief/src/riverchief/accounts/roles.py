"""Roles, and what each may do. One table; the policy reads it and nothing else does."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is in an area."""

    ADMINISTRATOR = "administrator"
    CITY_OFFICE = "city_office"
    COUNTY_OFFICE = "county_office"
    TOWN_OFFICE = "town_office"
    ENFORCEMENT = "enforcement"
    MONITORING = "monitoring"
    INSPECTOR = "inspector"
    CHIEF = "chief"
    UNIT = "unit"
    SAMPLER = "sampler"
    LABORATORY = "laboratory"


class Capability(StrEnum):
    """Something that a person may do."""

    VIEW_MAP = "view_map"
    VIEW_READINGS = "view_readings"
    ACKNOWLEDGE_ALARM = "acknowledge_alarm"
    MANAGE_ROSTER = "manage_roster"
    VIEW_TRACE = "view_trace"
    RUN_TRACE = "run_trace"
    RECORD_SAMPLE = "record_sample"
    VIEW_SAMPLING = "view_sampling"
    PLAN_SAMPLING = "plan_sampling"
    TAKE_SAMPLES = "take_samples"
    ANALYSE_SAMPLES = "analyse_samples"
    REVIEW_LAB_RESULTS = "review_lab_results"
    RECORD_OVERFLOW = "record_overflow"
    RECORD_STOP = "record_stop"
    IMPORT_READINGS = "import_readings"
    REVIEW_READINGS = "review_readings"
    AUTHORISE_STATUTORY_REVIEW = "authorise_statutory_review"
    VIEW_CLUE = "view_clue"
    REGISTER_CLUE = "register_clue"
    CONFIRM_CLUE = "confirm_clue"
    VIEW_PROBLEM = "view_problem"
    ASSIGN_PROBLEM = "assign_problem"
    SIGN_PROBLEM = "sign_problem"
    REPORT_RECTIFIED = "report_rectified"
    VERIFY_PROBLEM = "verify_problem"
    WRITE_OFF_PROBLEM = "write_off_problem"
    MANAGE_CAMPAIGNS = "manage_campaigns"
    DECIDE_ENTITY = "decide_entity"
    MANAGE_REMEDIATION = "manage_remediation"
    VIEW_ENFORCEMENT = "view_enforcement"
    ENFORCE = "enforce"
    DRAFT_DOCUMENT = "draft_document"
    REVIEW_DOCUMENT = "review_document"
    COUNTERSIGN_DOCUMENT = "countersign_document"
    ISSUE_DOCUMENT = "issue_document"
    SIGN_DOCUMENT = "sign_document"
    EXPORT_PACK = "export_pack"
    MANAGE_REGISTRY = "manage_registry"
    IMPORT_REGISTRY = "import_registry"
    MANAGE_STATIONS = "manage_stations"
    ASK_STATION = "ask_station"
    CONTROL_STATION = "control_station"
    AUTHORISE_STATUTORY_CONTROL = "authorise_statutory_control"
    VIEW_ACCOUNTS = "view_accounts"
    MANAGE_ACCOUNTS = "manage_accounts"


C = Capability
_EVERYONE = frozenset({C.VIEW_MAP, C.VIEW_READINGS, C.VIEW_PROBLEM})

# Suspects (traces, clues) are for the office and enforcement; an inspector sees the clues they are sent to check.
# Nobody verifies their own report: that rule needs the people of a problem and stands in the actions.
CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.ADMINISTRATOR: _EVERYONE
    | {C.MANAGE_REGISTRY, C.IMPORT_REGISTRY, C.MANAGE_STATIONS, C.VIEW_ACCOUNTS, C.MANAGE_ACCOUNTS},
    # Who gives roles takes no part in what they are for.
    # Who knows which bottles are blanks and duplicates (the office, the sampler) analyses none.
    Role.CITY_OFFICE: frozenset(C)
    - {C.ENFORCE, C.SIGN_PROBLEM, C.REPORT_RECTIFIED, C.MANAGE_ACCOUNTS, C.TAKE_SAMPLES, C.ANALYSE_SAMPLES},
    Role.COUNTY_OFFICE: _EVERYONE
    | {
        C.ACKNOWLEDGE_ALARM,
        C.MANAGE_ROSTER,
        C.VIEW_TRACE,
        C.RECORD_SAMPLE,
        C.VIEW_SAMPLING,
        C.PLAN_SAMPLING,
        C.RECORD_OVERFLOW,
        C.RECORD_STOP,
        C.IMPORT_READINGS,
        C.REVIEW_READINGS,
        C.VIEW_CLUE,
        C.REGISTER_CLUE,
        C.CONFIRM_CLUE,
        C.ASSIGN_PROBLEM,
        C.SIGN_PROBLEM,
        C.REPORT_RECTIFIED,
        C.VERIFY_PROBLEM,
        C.MANAGE_CAMPAIGNS,
        C.DECIDE_ENTITY,
        C.MANAGE_REMEDIATION,
        C.VIEW_ENFORCEMENT,
        C.VIEW_ACCOUNTS,
        C.DRAFT_DOCUMENT,
        C.REVIEW_DOCUMENT,
        C.COUNTERSIGN_DOCUMENT,
        C.ISSUE_DOCUMENT,
        C.SIGN_DOCUMENT,
        C.EXPORT_PACK,
    },
    Role.TOWN_OFFICE: _EVERYONE | {C.REGISTER_CLUE, C.SIGN_DOCUMENT},
    # Who is not of the office countersigns 会签 and signs for what is sent to their own organisation.
    Role.ENFORCEMENT: _EVERYONE
    | {
        C.VIEW_TRACE,
        C.RUN_TRACE,
        C.RECORD_SAMPLE,
        C.VIEW_CLUE,
        C.REGISTER_CLUE,
        C.CONFIRM_CLUE,
        C.DECIDE_ENTITY,
        C.VIEW_ENFORCEMENT,
        C.ENFORCE,
        C.COUNTERSIGN_DOCUMENT,
        C.SIGN_DOCUMENT,
    },
    Role.MONITORING: _EVERYONE
    | {
        C.ACKNOWLEDGE_ALARM,
        C.MANAGE_STATIONS,
        C.ASK_STATION,
        C.CONTROL_STATION,
        C.VIEW_SAMPLING,
        C.PLAN_SAMPLING,
        C.TAKE_SAMPLES,
        C.RECORD_OVERFLOW,
        C.IMPORT_READINGS,
        C.REVIEW_READINGS,
    },
    Role.INSPECTOR: _EVERYONE | {C.VIEW_CLUE, C.REGISTER_CLUE, C.CONFIRM_CLUE, C.VERIFY_PROBLEM},
    Role.CHIEF: _EVERYONE | {C.REGISTER_CLUE},
    Role.UNIT: _EVERYONE | {C.SIGN_PROBLEM, C.REPORT_RECTIFIED, C.SIGN_DOCUMENT},
    Role.SAMPLER: frozenset({C.VIEW_MAP, C.VIEW_SAMPLING, C.TAKE_SAMPLES}),
    Role.LABORATORY: frozenset({C.VIEW_MAP, C.VIEW_SAMPLING, C.ANALYSE_SAMPLES, C.REVIEW_LAB_RESULTS}),
}

LABELS: dict[Role, tuple[str, str]] = {
    Role.ADMINISTRATOR: ("系统管理员", "Administrator"),
    Role.CITY_OFFICE: ("市河长办", "City river-chief office"),
    Role.COUNTY_OFFICE: ("区县河长办", "County river-chief office"),
    Role.TOWN_OFFICE: ("乡镇河长办", "Town river-chief office"),
    Role.ENFORCEMENT: ("生态环境执法", "Ecology enforcement"),
    Role.MONITORING: ("监测值班", "Monitoring duty desk"),
    Role.INSPECTOR: ("现场核查员", "Inspector"),
    Role.CHIEF: ("河长", "River chief"),
    Role.UNIT: ("责任单位", "Responsible unit"),
    Role.SAMPLER: ("采样员", "Sampler"),
    Role.LABORATORY: ("检测实验室", "Laboratory"),
}
