"""Who may do what over HTTP: every operation of the API, and which role it is for.

The rows are written out by hand, not read from the roles' capabilities: that the two agree is what the test shows.
"""

from riverchief.accounts.roles import Role

ROLES = (
    Role.ADMINISTRATOR,
    Role.CITY_OFFICE,
    Role.COUNTY_OFFICE,
    Role.TOWN_OFFICE,
    Role.ENFORCEMENT,
    Role.MONITORING,
    Role.INSPECTOR,
    Role.CHIEF,
    Role.UNIT,
    Role.SAMPLER,
    Role.LABORATORY,
)

# adm  administrator     cit  city office   cou  county office   tow  town office   enf  enforcement
# mon  monitoring        ins  inspector     chi  river chief     uni  the responsible unit
# sam  sampler           lab  laboratory: where a row leaves them out, both are refused
#
# Each cell speaks of four people: one whose role is held in the area of what is tried, and one each for whom it lies in a
# sister area, in the area above their own, and in a foreign one.
#
# area  allowed (or shown) in the area of the role only: in the three others it is refused, or the list is empty
# down  as area, and for whom it lies in the area above too: what an office above orders is for all below
# any   allowed wherever the role is held: it touches nothing of an area, or is decided row by row
# none  answered with a list that does not hold it, here as elsewhere
# -     refused, here as elsewhere
TABLE = """
                                              adm   cit   cou   tow   enf   mon   ins   chi   uni   sam   lab
GET /inbox                                    area  area  area  area  area  area  area  area  area  area  area
POST /inbox/{message_id}/read                 area  area  area  area  area  area  area  area  area  area  area
GET /session                                  any   any   any   any   any   any   any   any   any   any   any
DELETE /session                               any   any   any   any   any   any   any   any   any   any   any
GET /codes                                    any   any   any   any   any   any   any   any   any   any   any
GET /account                                  any   any   any   any   any   any   any   any   any   any   any
POST /account/password                        any   any   any   any   any   any   any   any   any   any   any
POST /account/second_factor                   any   any   any   any   any   any   any   any   any   any   any
POST /account/second_factor/confirm           any   any   any   any   any   any   any   any   any   any   any
POST /account/second_factor/remove            any   any   any   any   any   any   any   any   any   any   any
POST /account/recovery_codes                  any   any   any   any   any   any   any   any   any   any   any
POST /account/identities                      any   any   any   any   any   any   any   any   any   any   any
POST /account/identities/{identity_id}/remove any   any   any   any   any   any   any   any   any   any   any
GET /areas                                    area  area  area  area  area  area  area  area  area  area  area
GET /areas/{code}                             area  area  area  area  area  area  area  area  area  area  area
GET /organisations                            area  area  area  none  none  none  none  none  none  none  none
GET /people                                   area  area  area  none  none  none  none  none  none  none  none
GET /accounts                                 area  -     -     -     -     -     -     -     -     -     -
GET /accounts/{user_id}                       area  -     -     -     -     -     -     -     -     -     -
POST /accounts                                area  -     -     -     -     -     -     -     -     -     -
POST /accounts/{user_id}                      area  -     -     -     -     -     -     -     -     -     -
POST /accounts/{user_id}/close                area  -     -     -     -     -     -     -     -     -     -
POST /accounts/{user_id}/open                 area  -     -     -     -     -     -     -     -     -     -
POST /accounts/{user_id}/password             area  -     -     -     -     -     -     -     -     -     -
POST /accounts/{user_id}/second_factor/reset  area  -     -     -     -     -     -     -     -     -     -
POST /accounts/{user_id}/unlink               area  -     -     -     -     -     -     -     -     -     -
POST /accounts/{user_id}/roles                area  -     -     -     -     -     -     -     -     -     -
POST /accounts/{user_id}/hand_over            area  -     -     -     -     -     -     -     -     -     -
POST /roles/{membership_id}/end               area  -     -     -     -     -     -     -     -     -     -
GET /duties                                   area  area  area  area  area  area  area  area  area  area  area
GET /duties/{duty_id}                         area  area  area  area  area  area  area  area  area  area  area
GET /duties/{duty_id}/subordinates            area  area  area  area  area  area  area  area  area  area  area
GET /chiefs/{user_id}                         area  area  area  area  area  area  area  area  area  area  area
POST /duties                                  area  -     -     -     -     -     -     -     -     -     -
POST /duties/{duty_id}/hand_over              area  -     -     -     -     -     -     -     -     -     -
POST /duties/{duty_id}/end                    area  -     -     -     -     -     -     -     -     -     -
POST /duties/{duty_id}/stand_ins              area  -     -     -     -     -     -     -     -     -     -
GET /rivers/{river_id}/areas                  area  area  area  area  area  area  area  area  area  area  area
POST /rivers/{river_id}/areas                 area  area  -     -     -     -     -     -     -     -     -
GET /basins                                   area  area  area  area  area  area  area  area  area  area  area
GET /rivers                                   area  area  area  area  area  area  area  area  area  area  area
GET /reaches/{reach_id}                       area  area  area  area  area  area  area  area  area  area  area
GET /tiles/reaches/{z}/{x}/{y}.mvt            area  area  area  area  area  area  area  area  area  area  area
GET /outfalls                                 area  area  area  area  area  area  area  area  area  area  area
GET /outfalls/{outfall_id}                    area  area  area  area  area  area  area  area  area  area  area
POST /imports                                 any   any   -     -     -     -     -     -     -
POST /imports/preview                         any   any   -     -     -     -     -     -     -
GET /stations                                 area  area  area  area  area  area  area  area  area  area  area
GET /stations/{station_id}                    area  area  area  area  area  area  area  area  area  area  area
GET /stations/{station_id}/readings           area  area  area  area  area  area  area  area  area
GET /stations/{station_id}/dialogue           -     area  -     -     -     area  -     -     -
GET /stations/{station_id}/requests           -     area  -     -     -     area  -     -     -
POST /stations/{station_id}/requests          -     area  -     -     -     area  -     -     -
POST /stations/{station_id}/control_requests  -     area  -     -     -     area  -     -     -
POST /control_requests/{request_id}/approve   -     area  -     -     -     area  -     -     -
POST /control_requests/{request_id}/decline   -     area  -     -     -     area  -     -     -
GET /events                                   area  area  area  area  area  area  area  area  area  none  none
GET /events/{event_id}                        area  area  area  area  area  area  area  area  area
POST /events/{event_id}/close                 -     area  area  -     -     area  -     -     -
POST /events/{event_id}/samples               -     area  area  -     area  -     -     -     -
POST /alarms/{alarm_id}/acknowledge           -     area  area  -     -     area  -     -     -
POST /alarms/{alarm_id}/mute                  -     area  area  -     -     area  -     -     -
POST /alarms/{alarm_id}/unmute                -     area  area  -     -     area  -     -     -
GET /duty/desk                                -     area  area  -     -     area  -     -     -
GET /duty/alarms/{alarm_id}                   -     area  area  -     -     area  -     -     -
GET /duty/roster                              -     area  area  -     -     area  -     -     -
GET /duty/people                              -     area  area  -     -     area  -     -     -
POST /duty/shifts                             -     area  area  -     -     -     -     -     -
POST /duty/shifts/{shift_id}                  -     area  area  -     -     -     -     -     -
POST /duty/shifts/{shift_id}/remove           -     area  area  -     -     -     -     -     -
POST /duty/roster/import                      -     area  area  -     -     -     -     -     -
GET /duty/hand_overs                          -     area  area  -     -     area  -     -     -
POST /duty/hand_overs                         -     area  area  -     -     area  -     -     -
POST /duty/hand_overs/{hand_over_id}/sign     -     area  area  -     -     area  -     -     -
GET /sources                                  any   any   -     -     -     any   -     -     -
GET /sources/{name}/batches                   any   any   -     -     -     any   -     -     -
GET /outfalls/{outfall_id}/power              -     area  area  -     area  -     -     -     -
POST /outfalls/{outfall_id}/power_meters      area  area  -     -     -     area  -     -     -
POST /power_meters/{meter_id}/retire          area  area  -     -     -     area  -     -     -
POST /outfalls/{outfall_id}/planned_stops     -     area  area  -     -     -     -     -     -
POST /planned_stops/{stop_id}/withdraw        -     area  area  -     -     -     -     -     -
GET /overflows                                area  area  area  area  area  area  area  area  area  none  none
POST /overflows                               -     area  area  -     -     area  -     -     -
POST /overflows/{overflow_id}/stop            -     area  area  -     -     area  -     -     -
POST /overflows/{overflow_id}/withdraw        -     area  area  -     -     area  -     -     -
GET /doubts                                   -     area  area  -     -     area  -     -     -
GET /doubts/{doubt_id}                        -     area  area  -     -     area  -     -     -
POST /doubts/{doubt_id}/keep                  -     area  area  -     -     area  -     -     -
POST /doubts/{doubt_id}/invalidate            -     area  area  -     -     area  -     -     -
POST /doubts/{doubt_id}/reopen                -     area  area  -     -     area  -     -     -
GET /rates                                    -     area  area  -     -     area  -     -     -
GET /fleet                                    area  area  area  area  area  area  area  area  area  none  none
GET /fleet.csv                                area  area  area  area  area  area  area  area  area  none  none
POST /stations/{station_id}/stoppages         area  area  -     -     -     area  -     -     -
POST /stoppages/{stoppage_id}/end             area  area  -     -     -     area  -     -     -
GET /sampling/plans                           -     area  area  -     -     area  -     -     -
POST /sampling/plans                          -     area  area  -     -     area  -     -     -
POST /sampling/plans/{plan_id}                -     area  area  -     -     area  -     -     -
POST /sampling/plans/{plan_id}/rounds         -     area  area  -     -     area  -     -     -
GET /sampling/rounds                          -     area  area  -     -     area  -     -     -     area  area
GET /sampling/rounds/{round_id}               -     area  area  -     -     area  -     -     -     area  area
GET /sampling/rounds/{round_id}/labels.pdf    -     area  area  -     -     area  -     -     -     area  -
GET /sampling/rounds/{round_id}/visits        -     area  area  -     -     area  -     -     -     area  -
POST /sampling/visits/{visit_id}/take         -     -     -     -     -     area  -     -     -     area  -
POST /sampling/visits/{visit_id}/miss         -     -     -     -     -     area  -     -     -     area  -
POST /sampling/visits/{visit_id}/photo        -     -     -     -     -     area  -     -     -     area  -
GET /sampling/visits/{visit_id}/photo         -     area  area  -     -     area  -     -     -     area  -
GET /sampling/rounds/{round_id}/bottles       -     area  area  -     -     area  -     -     -     area  area
POST /sampling/rounds/{round_id}/custody      -     -     -     -     -     area  -     -     -     area  area
POST /sampling/rounds/{round_id}/results      -     -     -     -     -     -     -     -     -     -     area
GET /sampling/rounds/{round_id}/sheets        -     area  area  -     -     area  -     -     -     -     area
POST /sampling/rounds/{round_id}/sheets       -     -     -     -     -     -     -     -     -     -     area
GET /sampling/sheets/{sheet_id}               -     area  area  -     -     area  -     -     -     -     area
GET /sampling/sheets/{sheet_id}/lines         -     area  area  -     -     area  -     -     -     -     area
GET /sampling/sheets/{sheet_id}/checks        -     area  area  -     -     area  -     -     -     -     area
POST /sampling/sheets/{sheet_id}/advance      -     area  -     -     -     -     -     -     -     -     area
POST /sampling/sheets/{sheet_id}/send_back    -     area  -     -     -     -     -     -     -     -     area
GET /rain                                     area  area  area  area  area  area  area  area  area
GET /outfalls/{outfall_id}/permit             area  area  area  area  area  area  area  area  area
GET /outfalls/{outfall_id}/permits            area  area  area  area  area  area  area  area  area
GET /permits                                  area  area  area  none  area  none  none  none  none  none  none
POST /permits                                 area  area  -     -     -     -     -     -     -
POST /permits/{permit_id}/outlets             area  area  -     -     -     -     -     -     -
GET /quarantine                               any   any   -     -     -     any   -     -     -
GET /rejected_frames                          any   any   -     -     -     any   -     -     -
GET /adoptions                                area  area  -     -     -     area  -     -     -
POST /adoptions/{adoption_id}/take_back       area  area  -     -     -     area  -     -     -
POST /quarantine/{mn}/adopt                   area  area  -     -     -     area  -     -     -
POST /events/{event_id}/traces                -     area  -     -     area  -     -     -     -
POST /events/{event_id}/trace_adjustments     -     area  -     -     area  -     -     -     -
POST /trace_adjustments/{adjustment_id}/withdraw -  area  -     -     area  -     -     -     -
POST /traces/{trace_id}/at_once               -     area  -     -     area  -     -     -     -
POST /traces/{trace_id}/hand_over             -     area  area  -     area  -     -     -     -
GET /traces                                   -     area  area  -     area  -     -     -     -
GET /traces/{trace_id}                        -     area  area  -     area  -     -     -     -
GET /traces/{trace_id}/report.pdf             -     area  area  -     area  -     -     -     -
GET /traces/{trace_id}/data.json              -     area  area  -     area  -     -     -     -
GET /traces/{trace_id}/candidates.csv         -     area  area  -     area  -     -     -     -
GET /traces/{trace_id}/curves.csv             -     area  area  -     area  -     -     -     -
POST /sitings                                 area  area  -     -     -     area  -     -     -
GET /sitings                                  area  area  -     -     -     area  -     -     -
GET /sitings/{study_id}                       area  area  -     -     -     area  -     -     -
GET /sitings/{study_id}/places.csv            area  area  -     -     -     area  -     -     -
GET /clues                                    none  area  area  none  area  none  area  none  none  none  none
POST /clues                                   -     area  area  area  area  -     area  area  -
GET /clues/{clue_id}                          -     area  area  -     area  -     area  -     -
GET /clues/{clue_id}/places                   -     area  area  -     area  -     area  -     -
GET /clues/{clue_id}/similar                  -     area  area  -     area  -     area  -     -
POST /clues/{clue_id}/confirm                 -     area  area  -     area  -     area  -     -
POST /clues/{clue_id}/dismiss                 -     area  area  -     area  -     area  -     -
POST /clues/{clue_id}/merge                   -     area  area  -     area  -     area  -     -
GET /problems                                 area  area  area  area  area  area  area  area  area  none  none
GET /problems/{problem_id}                    area  area  area  area  area  area  area  area  area
GET /problems/{problem_id}/case_file.zip      -     area  area  -     area  -     area  -     area
POST /packs                                   -     area  area  -     -     -     -     -     -
GET /packs                                    -     area  area  -     -     -     -     -     -
GET /packs/{pack_id}/pack.zip                 -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/assign            -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/change_chief      -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/sign_for          -     -     -     -     -     -     -     -     area
POST /problems/{problem_id}/refuse            -     -     -     -     -     -     -     -     area
POST /problems/{problem_id}/plan              -     -     -     -     -     -     -     -     area
POST /problems/{problem_id}/report_rectified  -     -     -     -     -     -     -     -     area
POST /problems/{problem_id}/send_back         -     area  area  -     -     -     area  -     -
POST /problems/{problem_id}/verify            -     area  area  -     -     -     area  -     -
POST /problems/{problem_id}/write_off         -     area  -     -     -     -     -     -     -
POST /problems/{problem_id}/urge              -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/answer_urging     -     -     -     -     -     -     -     -     area
POST /problems/{problem_id}/ask_extension     -     -     -     -     -     -     -     -     area
POST /problems/{problem_id}/extend            -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/decline_extension -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/suspend           -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/resume            -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/transfer          -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/transfer_area     -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/merge             -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/split             -     area  area  -     -     -     -     -     -
POST /problems/{problem_id}/call_back         -     area  area  -     -     -     area  -     -
POST /problems/{problem_id}/suspect_relapse   -     area  area  -     -     -     area  -     -
POST /problems/{problem_id}/dismiss_relapse   -     area  area  -     -     -     area  -     -
POST /problems/{problem_id}/reopen            -     area  -     -     -     -     -     -     -
POST /problems/{problem_id}/archive           -     area  -     -     -     -     -     -     -
POST /problems/{problem_id}/set_campaign      -     area  area  -     -     -     -     -     -
GET /campaigns                                down  down  down  down  down  down  down  down  down  none  none
POST /campaigns                               -     area  area  -     -     -     -     -     -
GET /campaigns/{campaign_id}                  down  down  down  down  down  down  down  down  down
POST /campaigns/{campaign_id}                 -     area  area  -     -     -     -     -     -
GET /campaigns/{campaign_id}/editions         down  down  down  down  down  down  down  down  down
POST /campaigns/{campaign_id}/editions        -     area  area  -     -     -     -     -     -
GET /figure_editions/{edition_id}             down  down  down  down  down  down  down  down  down
GET /figure_editions/{edition_id}/rows        down  down  down  down  down  down  down  down  down
POST /figure_editions/{edition_id}/correct    -     area  area  -     -     -     -     -     -
GET /remediation                              area  area  area  area  area  area  area  area  area  none  none
GET /remediation/figures                      area  area  area  area  area  area  area  area  area  none  none
GET /outfalls/{outfall_id}/remediation        area  area  area  area  area  area  area  area  area
GET /outfalls/{outfall_id}/remediation/entities -   area  area  -     area  -     -     -     -
POST /outfalls/{outfall_id}/remediation/record_monitoring - area area -  -  -     -     -     -
POST /outfalls/{outfall_id}/remediation/decide_entity     - area area - area -    -     -     -
POST /outfalls/{outfall_id}/remediation/adopt_policy      - area area -  -  -     -     -     -
POST /outfalls/{outfall_id}/remediation/add_step          - area area -  -  -     -     -     -
POST /outfalls/{outfall_id}/remediation/accept            - area area -  -  -     area  -     -
POST /outfalls/{outfall_id}/remediation/write_off         - area -    -  -  -     -     -     -
POST /remediation/steps/{step_id}/finish      -     -     -     -     -     -     -     -     area
POST /remediation/steps/{step_id}/recheck     -     area  area  -     -     -     area  -     -
POST /remediation/steps/{step_id}/reopen      -     area  area  -     -     -     area  -     -
POST /ledger/imports/preview                  -     any   any   -     -     -     -     -     -
POST /ledger/imports                          -     area  area  -     -     -     -     -     -
GET /ledger/imports                           -     area  area  -     -     -     -     -     -
GET /ledger/imports/{import_id}/file          -     area  area  -     -     -     -     -     -
GET /ledger/exchange.xlsx                     -     area  area  -     -     -     -     -     area
POST /ledger/exchange/preview                 -     any   any   -     -     -     -     -     any
POST /ledger/exchange                         -     any   any   -     -     -     -     -     any
GET /enforcement/cases                        -     area  area  -     area  -     -     -     -
GET /enforcement/figures                      -     area  area  -     area  -     -     -     -
GET /enforcement/cases/{case_id}              -     area  area  -     area  -     -     -     -
POST /problems/{problem_id}/cases             -     -     -     -     area  -     -     -     -
POST /enforcement/cases/{case_id}/steps       -     -     -     -     area  -     -     -     -
GET /ledger/breakdown                         area  area  area  area  area  area  area  area  area  none  none
GET /ledger/durations                         area  area  area  area  area  area  area  area  area  none  none
GET /documents                                none  area  area  none  none  none  none  none  area  none  none
POST /documents                               -     area  area  -     -     -     -     -     -
GET /documents/receivers                      -     area  area  -     -     -     -     -     -
GET /documents/{document_id}                  -     area  area  -     -     -     -     -     area
GET /documents/{document_id}/document.pdf     -     area  area  -     -     -     -     -     area
GET /problems/{problem_id}/order.pdf          -     area  area  -     area  -     area  -     area
POST /documents/{document_id}/edit            -     area  area  -     -     -     -     -     -
POST /documents/{document_id}/submit          -     area  area  -     -     -     -     -     -
POST /documents/{document_id}/review          -     area  area  -     -     -     -     -     -
POST /documents/{document_id}/countersign     -     area  area  -     area  -     -     -     -
POST /documents/{document_id}/issue           -     area  area  -     -     -     -     -     -
POST /documents/{document_id}/send_back       -     area  area  -     area  -     -     -     -
POST /documents/{document_id}/withdraw        -     area  area  -     -     -     -     -     -
POST /documents/{document_id}/sign_for        -     -     -     -     -     -     -     -     area
POST /documents/{document_id}/reply           -     -     -     -     -     -     -     -     area
POST /documents/{document_id}/record_interview -    area  area  -     -     -     -     -     -
GET /ledger/figures                           area  area  area  area  area  area  area  area  area  none  none
POST /evidence                                any   any   any   any   any   any   any   any   any
GET /evidence/{evidence_id}/content           -     area  area  -     area  -     area  -     area
"""

# How a person signs in is tried by itself: these are the only changes that a stranger may ask for.
OPEN_TO_STRANGERS = {
    "GET /session",
    "POST /session",
    "POST /session/code",
    "POST /session/by_code",
    "POST /session/second_factor",
    "POST /session/oidc/{key}",
    "POST /session/oidc",
}


def expectations() -> dict[str, dict[Role, str]]:
    """The table, read: operation to role to what is expected."""
    read_rows: dict[str, dict[Role, str]] = {}
    for line in TABLE.strip().splitlines()[1:]:
        method, path, *cells = line.split()
        cells += ["-"] * (2 if len(cells) == len(ROLES) - 2 else 0)
        read_rows[f"{method} {path}"] = dict(zip(ROLES, cells, strict=True))
    return read_rows
