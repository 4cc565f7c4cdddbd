/**
 * What the server sends, written by hand in this one place.
 * Once `openapi.json` is exported, `npm run api-types` generates the same shapes and these names become aliases of them.
 * Times are ISO 8601 in UTC; longitude and latitude in degrees; every quantity carries its unit in its name or beside it.
 */

export type Grade = 1 | 2 | 3 | 4 | 5 | 6
export type Iso = string

export interface Named {
  name_zh: string
  name_en: string
}
export interface Ref extends Named {
  id: number
}
export interface OutfallRef extends Ref {
  code: string
}

export interface List<Item> {
  items: Item[]
  count: number
}

export interface RoleInArea {
  role: string
  area_code: string
  area_name_zh: string
  area_name_en: string
}
export interface User extends Ref {
  username: string
  roles: RoleInArea[]
  capabilities: string[]
}
export interface Session {
  user: User | null
  demo: boolean
  demo_accounts?: { username: string; role: string }[]
}

export interface CodeEntry {
  key: string | number
  zh: string
  en: string
  colour?: string
  unit?: string
}
export type Codes = Record<string, CodeEntry[]>

export interface Basin extends Ref {
  code: string
  synthetic: boolean
  source: string
  /** West, south, east, north; null while the basin has no reaches. */
  bounds: [number, number, number, number] | null
  reaches: number
  stations: number
  outfalls: number
}

export interface ParameterValue {
  value: number | null
  unit: string
  at: Iso
  flag: string
}
export interface Station extends Ref {
  code: string
  kind: string
  owner: string
  lon: number
  lat: number
  area_code: string
  basin_id: number
  reach_id: number
  river_zh: string
  river_en: string
  water_body: string
  target_class: Grade | null
  class_now: Grade | null
  deciding: string[]
  assessed: number
  of: number
  last_at: Iso | null
  state: 'ok' | 'stale' | 'offline' | 'never'
  values: Record<string, ParameterValue>
  active_event_id: number | null
  synthetic: boolean
  mn?: string | null
}

/** [time, value or null where the reading is missing, data flag] */
export type ReadingPoint = [Iso, number | null, string]
export type Limits = Partial<Record<'I' | 'II' | 'III' | 'IV' | 'V', number>>
export interface Readings {
  station_id: number
  parameter: string
  unit: string
  kind: string
  limits: Limits
  points: ReadingPoint[]
  /** Time and value first sent, of the points of which another value came since. */
  raw_values: [Iso, number][]
  truncated: boolean
}

export interface Reach {
  id: number
  code: string
  river_zh: string
  river_en: string
  length_m: number
  discharge_m3s: number | null
  velocity_m_s: number | null
  width_m: number | null
  /** The fields that a formula filled. */
  estimated: string[]
  synthetic: boolean
}

export interface Outfall extends OutfallRef {
  kind: string
  status: string
  lon: number
  lat: number
  area_code: string
  basin_id: number
  reach_id: number
  permitted: boolean
  /** Null also for a reader who may not know it. */
  organisation: Ref | null
  synthetic: boolean
}

export interface Alarm {
  id: number
  state: 'raised' | 'acknowledged' | 'resolved'
  raised_at: Iso
  /** Null once somebody has acknowledged it. */
  answer_by: Iso | null
  acknowledged_at: Iso | null
  acknowledged_by: Named | null
  message_zh: string
  message_en: string
  note: string
}

export interface Area extends Named {
  code: string
}
export interface AreaInList extends Area {
  level: 'province' | 'city' | 'county' | 'town'
}
export type AlarmPlace = 'person' | 'deputy' | 'leader' | 'office'
export interface Shift {
  id: number
  /** That of the desk: where an area has no shift of its own, one above it. */
  area: Area
  starts_at: Iso
  ends_at: Iso
  person: Ref
  deputy: Ref | null
  leader: Ref | null
}
export interface Line {
  zh: string
  en: string
}
/** Without people: nobody stands there; at the office: everybody. */
export interface AlarmStep {
  to: AlarmPlace
  at: Iso
  people: Ref[]
}
export interface DeskAlarm {
  id: number
  event_id: number
  area_code: string
  subject_zh: string
  subject_en: string
  state: Alarm['state']
  /** No person has dealt with it yet. */
  unseen: boolean
  raised_at: Iso
  /** Null while an event of it goes on. */
  ended_at: Iso | null
  resolved_at: Iso | null
  /** Null in a resolved one: by itself. */
  resolved_by: Ref | null
  acknowledged_at: Iso | null
  acknowledged_by: Ref | null
  note: string
  message_zh: string
  message_en: string
  events: { id: number; station: Ref; parameter: string; state: 'open' | 'closed'; opened_at: Iso; last_at: Iso; peak_value: number; unit: string; limit_value: number | null; baseline: number | null }[]
  stations: number
  why: Line[]
  context: Line[]
  first_step: Line
  steps: AlarmStep[]
  next_step: AlarmStep | null
  mute: { by: Ref; at: Iso; until: Iso; reason: string } | null
  may_act: boolean
  synthetic: boolean
}
export interface OpenItem {
  alarm_id: number
  subject_zh: string
  subject_en: string
  state: Alarm['state']
  raised_at: Iso
  acknowledged_by: string | null
  muted_until: Iso | null
}
export interface HandOver {
  id: number
  area_code: string
  shift: Shift | null
  written_by: Ref
  written_at: Iso
  note: string
  open_items: OpenItem[]
  signed_by: Ref | null
  signed_at: Iso | null
  remark: string
}
export interface Desk {
  area: Area
  /** The server's time. */
  at: Iso
  shifts: Shift[]
  next_shift: Shift | null
  chain: { to: AlarmPlace; minutes: number }[]
  mute_most_hours: number
  alarms: DeskAlarm[]
  unsigned: HandOver[]
}
export interface TimeSpan {
  start: Iso
  end: Iso
}
export interface Roster {
  area: Area
  shifts: Shift[]
  gaps: TimeSpan[]
  overlaps: TimeSpan[]
  may_change: boolean
}
export interface ShiftGiven {
  starts_at: Iso
  ends_at: Iso
  person_id: number
  deputy_id: number | null
  leader_id: number | null
}
export interface RosterImported {
  rows: number
  created: number
  updated: number
  unchanged: number
  errors: { row: number; field: string; message: string; cure: string }[]
  dry_run: boolean
}

export interface WaterEvent {
  id: number
  station: Ref
  stations: Ref[]
  area_code: string
  parameter: string
  kind: 'threshold' | 'class_drop' | 'unusual' | 'bloom'
  state: 'open' | 'closed'
  opened_at: Iso
  last_at: Iso
  closed_at: Iso | null
  peak_value: number
  unit: string
  baseline: number | null
  limit_value: number | null
  class_before: Grade | null
  class_now: Grade | null
  alarm: Alarm | null
  synthetic: boolean
}

export interface Interval<Value> {
  low: Value
  median: Value
  high: Value
}
/** What a candidate would have released of one of several parameters, kg, and its ratio to the mass of `reference`: needed, and usual of its kind. */
export interface ParameterMass {
  parameter: string
  released_kg: Interval<number>
  reference: string
  ratio_needed: Interval<number> | null
  ratio_expected: Interval<number> | null
}
export interface TraceCandidate {
  rank: number
  key: string
  kind: 'outfall' | 'unlisted' | 'place' | 'boundary' | 'diffuse' | 'nothing'
  outfall: OutfallRef | null
  /** What the person who added it calls a place. */
  label: string
  reach_id: number | null
  /** For what is no outfall: its river, and how far above the next station below it; of a catchment the station above which it lies. */
  /** The readings that tell it from the other leading ones best. */
  contrasts: { rival_rank: number; station_zh: string; station_en: string; sample: boolean; at: Iso; expected: number; rival_expected: number; observed: number; errors_apart: number; parameter: string }[]
  where: { river_zh: string; river_en: string; reach_code: string; station_zh: string; station_en: string; above_m: number | null; section_zh: string; section_en: string } | null
  lon: number | null
  lat: number | null
  probability: number
  /** Before the readings; by the rules without what people changed; by the readings alone. Null in early attempts. */
  prior: number | null
  probability_by_rule: number | null
  probability_by_evidence: number | null
  started: Interval<Iso> | null
  duration_s: Interval<number> | null
  released_kg: Interval<number> | null
  /** Empty where one parameter was traced alone. */
  parameters: ParameterMass[]
  /** From when to when it is on record as running over (null: it still ran); it was weighed for that. */
  ran: [Iso, Iso | null][]
  /** Practically ruled out, and no suspect; told of because people changed, confirmed or combined it. */
  ruled_out: boolean
  /** What people have confirmed of this outfall: problems that are not written off, or are of this very event. */
  confirmed: { problem_id: number; number: string; state: string; opened_at: Iso; of_this_event: boolean }[]
  note: string
}
/** [time, mean, low, high of the curve, low, high of a single reading] */
export type PredictedPoint = [Iso, number, number, number, number | null, number | null]
export interface TraceStation {
  station_id: number
  name_zh: string
  name_en: string
  /** Whether the event is seen here; the others say by their silence where it did not come from. */
  affected: boolean
  /** Down the river from the first candidate; null where the station is not below it. */
  distance_m: number | null
  unit: string
  observed: ReadingPoint[]
  predicted: Record<string, PredictedPoint[]>
}
/** A reading of which its neighbours know nothing: `probability` is that it is wrong, of all of a trace together; the answer allows for both. */
export interface SetAside {
  station_id: number
  station_zh: string
  station_en: string
  parameter: string
  unit: string
  at: Iso
  value: number
  probability: number
}
export interface TraceSummary {
  id: number
  event_id: number
  attempt: number
  /** Made in bulk long afterwards, to see how the rules of today would have done. */
  retrospective: boolean
  state: 'queued' | 'running' | 'done' | 'failed'
  reason: string
  requested_by: string | null
  progress: number
  requested_at: Iso
  finished_at: Iso | null
}
export interface Suspicion {
  attempts: { trace_id: number; attempt: number; finished_at: Iso; reason: string; requested_by: string | null; note: string }[]
  /** Places that led in some attempt, the likeliest by the last one first; null where an attempt did not weigh them. */
  places: (Pick<TraceCandidate, 'kind' | 'outfall' | 'label' | 'reach_id'> & { probabilities: (number | null)[] })[]
}
export interface TraceAdjustment {
  id: number
  kind: 'exclude' | 'weight' | 'place' | 'rain'
  key: string
  factor: number
  label: string
  lon: number | null
  lat: number | null
  /** Of rain: from when to when, and how much where that is known. */
  begins_at: Iso | null
  ends_at: Iso | null
  amount_mm: number | null
  reason: string
  made_by: string
  made_at: Iso
  withdrawn_by: string | null
  withdrawn_at: Iso | null
  withdrawn_reason: string
  /** Whether this attempt used it. */
  used: boolean
}
export interface NewAdjustment {
  kind: TraceAdjustment['kind']
  reason: string
  key?: string
  factor?: number
  label?: string
  lon?: number
  lat?: number
  begins_at?: Iso
  ends_at?: Iso
  amount_mm?: number | null
  /** The person knows what speaks against it. */
  acknowledged?: boolean
}
export interface SourceAtOnce {
  rank: number
  started: Interval<Iso>
  duration_s: Interval<number>
  released_kg: Interval<number>
}
/** More than one source at a time: entry n of `probability` and `combinations` is for n + 1 of them. */
export interface AtOnce {
  state: 'queued' | 'done' | 'failed'
  progress: number
  error: string | null
  requested_by: string
  finished_at: Iso | null
  probability: number[]
  combinations: { probability: number; sources: SourceAtOnce[] }[][]
  /** Of the candidates whose combinations were weighed. */
  ranks: number[]
  step_s: number | null
}
/** A place for a station: `after` is what is reached with it and those before it, `gain` what it adds. */
export interface SitedPlace extends SampledWhere {
  reach_id: number
  chainage_m: number
  lon: number | null
  lat: number | null
  after: number
  gain: number
}
/** Where further stations would do most: hours until a release is seen, or the share of sources that look like the true one. */
export interface Siting {
  id: number
  basin_id: number
  area_name_zh: string
  area_name_en: string
  count: number
  goal: 'soonest' | 'telling'
  state: 'queued' | 'done' | 'failed'
  progress: number
  error: string | null
  requested_by: string
  requested_at: Iso
  finished_at: Iso | null
  assumed: { mass_kg: number; duration_h: number; threshold_mg_l: number; horizon_h: number }
  result: { before: number; bound: number; unseen: number; places: SitedPlace[]; compared: number; sources: number; stations: number; reaches_left_out: number } | null
}
/** A place on a river by its nearest station: `above_m` is below 0 for a place below it, null without one. */
export interface SampledWhere {
  river_zh: string
  river_en: string
  reach_code: string
  station_zh: string
  station_en: string
  above_m: number | null
}
export interface Period {
  begin: Iso
  end: Iso
}
/** What a result between two values (mg/L; null: open) would mean, and how probable it is. */
export interface Outcome {
  low: number | null
  high: number | null
  probability: number
  rises: { rank: number; before: number; after: number }[]
  falls: { rank: number; before: number; after: number }[]
}
export interface Suggestion {
  where: SampledWhere
  lon: number
  lat: number
  at: Iso
  window: Period
  /** When the plume passes; null where it hardly will. */
  passage: Period | null
  bits: number
  passed: boolean
  outcomes: Outcome[]
}
/** Where to sample next: of the places compared, what would tell most of the bits that are open. */
export interface Sampling {
  asked_at: Iso
  open_bits: number
  places: number
  crew: { preparation_minutes: number; speed_km_h: number; handling_minutes: number; work_from_hour: number; work_to_hour: number; horizon_hours: number; relative_error: number }
  suggestions: Suggestion[]
}
export interface NewSample {
  lon: number
  lat: number
  taken_at: Iso
  taken_by: string
  /** The detection limit, with `below_limit`. */
  value: number
  unit: string
  below_limit: boolean
  note: string
  corrects: number | null
}
export interface Sample extends NewSample {
  id: number
  where: SampledWhere
  entered_by: string
  entered_at: Iso
  corrected: boolean
  /** Whether this attempt rests on it. */
  used: boolean
  /** What candidates led to expect of it, with the 90 % interval of a single result. */
  expected: { rank: number; mean: number; low: number; high: number; fits: boolean }[]
  /** It lies outside of what every leading candidate led to expect. */
  unexplained: boolean
}
export interface Trace extends TraceSummary {
  hypotheses: number | null
  seconds: number | null
  versions: Record<string, string>
  error: string | null
  /** Empty, or a key of `trace_notes`: the readings speak for no candidate, and nobody is suspected by this attempt. */
  note: string
  parameter: string | null
  /** Parameters that rose with the event's and were weighed jointly with it. */
  companions: string[]
  excluded: { what: string; reason_zh: string; reason_en: string }[]
  /** The list is cut after the first ones; this counts all. */
  candidates_total: number
  /** So many are practically ruled out, each of their probabilities below `ruled_out_below`: counted and not named. */
  ruled_out: number
  ruled_out_below: number | null
  /** Whether all candidates lie in the reader's areas; those outside are a share of the probability only. */
  whole: boolean
  outside_probability: number
  candidates: TraceCandidate[]
  stations: TraceStation[]
  set_aside: SetAside[]
  /** For who sees the whole trace; null for attempts that chose none. */
  sampling: Sampling | null
  samples: Sample[]
  adjustments: TraceAdjustment[]
  /** Spells of rain as gauges (by code) measured them, mm. */
  rain: { begins_at: Iso; ends_at: Iso; amount_mm: number; gauges: string[] }[]
  /** How many times as likely an outfall on record as running over was taken to be. */
  on_record_factor: number | null
  /** Null where nobody has asked, or the reader does not see the whole trace. */
  at_once: AtOnce | null
  history: Suspicion
}

export interface Evidence {
  id: number
  name: string
  media_type: string
  size: number
  sha256?: string
  step?: string
  taken_at?: Iso | null
  lon?: number | null
  lat?: number | null
}
export interface HistoryEntry {
  action: string
  actor: string
  at: Iso
  data: Record<string, unknown>
  sentence_zh: string
  sentence_en: string
}
export type FieldKind = 'text' | 'choice' | 'date' | 'evidence' | 'organisation' | 'person' | 'position' | 'found' | 'campaign'
export interface ActionField {
  name: string
  kind: FieldKind
  required: boolean
  label_zh: string
  label_en: string
  /** The code table a choice is made from. */
  options: string | null
}
export interface AllowedAction {
  action: string
  label_zh: string
  label_en: string
  consequence_zh: string
  consequence_en: string
  /** It takes the matter a step further. */
  moves_on: boolean
  fields: ActionField[]
}

interface Placed {
  area_code: string
  area_name_zh: string
  area_name_en: string
  reach_id: number | null
  river_zh: string
  river_en: string
  synthetic: boolean
}
export interface ClueSummary extends Placed {
  id: number
  lon: number
  lat: number
  number: string
  source: string
  state: 'open' | 'confirmed' | 'dismissed' | 'merged'
  kind: string
  title: string
  /** Empty where a person wrote the title. */
  title_en: string
  registered_at: Iso
  occurred_at: Iso | null
}
export interface Clue extends ClueSummary {
  description: string
  description_en: string
  registered_by: Named | null
  reporter: { name: string; phone: string } | null
  event_id: number | null
  trace_id: number | null
  suspect: { outfall: OutfallRef | null; organisation: Ref | null; probability: number | null } | null
  basis: string | null
  decision_reason: string | null
  decided_by: Named | null
  decided_at: Iso | null
  merged_into_id: number | null
  problem_id: number | null
  evidence: Evidence[]
  history: HistoryEntry[]
  allowed_actions: AllowedAction[]
}
/** A candidate of a clue's trace, by its rank there: suspected, to be looked at. */
export interface SuspectedPlace {
  rank: number
  kind: string
  outfall: OutfallRef | null
  /** What the person who added the place calls it. */
  label: string
  river_zh: string
  river_en: string
  lon: number
  lat: number
}
export interface OutfallNear extends OutfallRef {
  lon: number
  lat: number
  distance_m: number
}
export interface CluePlaces {
  candidates: SuspectedPlace[]
  /** No candidate lies outside the reader's areas. */
  whole: boolean
  outfalls: OutfallNear[]
}
/** What was found discharging: an outfall of the register, or the position of a place on no list. */
export type Found = { outfall_id: number } | { lon: number; lat: number }
export interface NewClue {
  source: string
  kind: string
  title: string
  description: string
  lon: number
  lat: number
  reporter_name?: string
  reporter_phone?: string
  occurred_at?: Iso
  evidence_ids?: number[]
}

export interface CampaignBrief {
  id: number
  number: string
  title: string
}
export interface CampaignRow extends CampaignBrief {
  issuer: string
  kind: string
  area_code: string
  area_name_zh: string
  area_name_en: string
  starts_on: string
  ends_on: string | null
  stock_closed_on: string | null
}
export interface CampaignPart extends LedgerFigures {
  part: 'stock' | 'new'
}
export interface Campaign extends CampaignRow {
  /** The figures are of all its problems, not only of those in the reader's areas. */
  whole: boolean
  may_manage: boolean
  parts: CampaignPart[]
}
export type CampaignGiven = Omit<CampaignRow, 'id' | 'area_code' | 'area_name_zh' | 'area_name_en'>
export interface EditionRow {
  id: number
  campaign_id: number
  day: string
  number: number
  as_of: Iso
  reason: string
  signed_by: Ref
  signed_at: Iso
}
export interface Edition extends EditionRow {
  intact: boolean
  whole: boolean
  parts: CampaignPart[]
  may_correct: boolean
  undone: number
}
export interface FigureRow {
  counted_as: string
  overdue_then: boolean
  corrected: boolean
  problem: ProblemSummary
}
export interface ProblemSummary extends Placed {
  id: number
  /** The very place; null for those who only watch over the area. */
  lon: number | null
  lat: number | null
  number: string
  title: string
  /** Empty where a person wrote the title. */
  title_en: string
  kind: string
  state: string
  unit: Ref | null
  chief: Ref | null
  rectification_class: string | null
  due_at: Iso | null
  due_provisional: boolean
  overdue: boolean
  campaign: CampaignBrief | null
  new_find: boolean
  opened_at: Iso
  rectified_at: Iso | null
  verified_at: Iso | null
  written_off_at: Iso | null
}
export interface RectificationOrder {
  number: string
  unit: Ref
  /** For those who work on the problem; null for others. */
  requirement: string | null
  due_at: Iso
  issued_at: Iso
  issued_by: Named
  signed_for_at: Iso | null
  signed_for_by: Named | null
}
export interface Problem extends ProblemSummary {
  clue_id: number | null
  outfall: OutfallRef | null
  order: RectificationOrder | null
  history: HistoryEntry[]
  evidence: Evidence[]
  allowed_actions: AllowedAction[]
  chain: { ok: boolean; entries: number }
}

export interface LedgerFigures {
  as_of: Iso
  found: number
  rectified: number
  verified: number
  written_off: number
  outstanding: number
  reported: number
  verified_in_all: number
  overdue: number
  mixed: boolean
  shares: { figure: string; count: number; of_figure: string; of: number; share: number | null }[]
}

export interface InboxMessage {
  id: number
  kind: string
  title_zh: string
  title_en: string
  link: string
  created_at: Iso
  read_at: Iso | null
}

export interface ImportReport {
  kind: string
  rows: number
  created: number
  updated: number
  unchanged: number
  errors: { row: number; field: string; message: string; cure: string }[]
  assumed: { what: string; count: number }[]
  notes: string[]
  /** This may be the wrong basin. */
  warnings: string[]
  dry_run: boolean
  written: boolean
  /** Reaches of the file that are missing in the network. */
  left_out: number
}

export interface Organisation extends Ref {
  kind: string
  area_code: string
}
/** A frame that could not be read or believed; `error` is a key of `packet_errors` and `packet_cures`. */
/** Frames of one peer and device that are refused alike; `id` and `raw` are those of the last. */
export interface RejectedFrame {
  id: number
  mn: string
  peer: string
  error: string
  refused: { parameter: string; error: string }[]
  count: number
  first_at: Iso
  last_at: Iso
  raw: string
}
export interface UnknownDevice {
  mn: string
  packets: number
  first_at: Iso
  last_at: Iso
  error: string
  /** Where the device uses this station's number with a wrong password. */
  station: Ref | null
  /** By the password that its packets came under; several: some may be somebody else's. */
  senders: { key: string; packets: number; first_at: Iso; last_at: Iso; peers: string[] }[]
}

/** A command that a station may be asked for; `fields` are named as the standard names them. */
export interface StationCommand {
  cn: string
  control: boolean
  period: boolean
  fields: { name: string; allowed: string }[]
}
/** Whether a station can be asked now, and what; `statutory`: it is an enterprise's own monitor. */
export interface Dialogue {
  connected: boolean
  gateway: string
  peer: string
  since: Iso | null
  statutory: boolean
  control_enabled: boolean
  commands: StationCommand[]
}
/** Something a station was asked; `asked_by` is null where the system asked by itself. */
export interface StationRequest {
  id: number
  cn: string
  control: boolean
  statutory: boolean
  parameters: Record<string, string>
  begin: Iso | null
  end: Iso | null
  state: string
  asked_by: Ref | null
  asked_at: Iso
  reason: string
  decided_by: Ref | null
  decided_at: Iso | null
  decision: string
  authorisation: string
  qn: string
  gateway: string
  sends: number
  sent_at: Iso | null
  accepted_at: Iso | null
  finished_at: Iso | null
  request_result: number | null
  execution_result: number | null
  uploads: number
  result: Record<string, string | number>
  may_approve: boolean
  may_decline: boolean
}
export interface NewQuery {
  cn: string
  begin: Iso | null
  end: Iso | null
  reason: string
}
export interface NewControl {
  cn: string
  parameters: Record<string, string>
  reason: string
}
export interface RequestMade {
  id: number
  state: string
}

// -- rain and overflows

export interface PlaceRef extends Ref {
  code: string
  lon: number
  lat: number
}

export interface Gauge extends PlaceRef {
  /** Null: it was not heard. */
  total_mm: number | null
  /** Share of the time it was heard. */
  coverage: number
}

export interface Rain {
  start: Iso
  end: Iso
  mean_mm: number | null
  most_mm: number | null
  /** Start of an hour, mean and most of the gauges, mm. */
  hours: [Iso, number, number][]
  gauges: Gauge[]
  /** Null: no gauge was heard for long enough to tell. */
  dry: boolean | null
  dry_hours: number
  dry_mm: number
}

export interface Overflow {
  id: number
  outfall: PlaceRef
  source: string
  known_by: string
  started_at: Iso
  stopped_at: Iso | null
  running: boolean
  rainfall_mm: number | null
  measured_mm: number | null
  volume_m3: number | null
  not_metered: boolean
  receiving_reach: { id: number; code: string; river_zh: string; river_en: string }
  area_code: string
  note: string
  entered_by: string | null
  entered_at: Iso
  dry_weather: boolean | null
  withdrawn_by: string | null
  withdrawn_at: Iso | null
  withdrawn_reason: string
  may_change: boolean
  synthetic: boolean
}

export interface OverflowStop {
  stopped_at: Iso
  volume_m3: number | null
  not_metered: boolean
  rainfall_mm: number | null
}

export interface NewOverflow extends Omit<OverflowStop, 'stopped_at'> {
  outfall_id: number
  source: string
  started_at: Iso
  stopped_at: Iso | null
  note: string
}

export interface PermitLimit {
  id: number
  parameter: string
  averaging: string
  least: number | null
  most: number | null
  unit: string
  valid_from: string
  valid_to: string | null
  source: string
}

export interface PermitDay {
  day: string
  parameter: string
  averaging: string
  limit: PermitLimit
  mean: number | null
  valid_hours: number
  left_out: number
  verdict: 'within' | 'exceeded' | 'ongoing' | 'undecided'
  hours_beyond: [Iso, number][]
}

export interface Permit {
  limits: PermitLimit[]
  days: PermitDay[]
}

/** A way in or out and how it stands; `last_at`: when something came, or went. */
export interface Source {
  name: string
  kind: 'gateway' | 'mqtt' | 'pull_http' | 'pull_database' | 'push'
  state: 'ok' | 'waiting' | 'late' | 'failing' | 'stopped'
  host: string
  last_at: Iso | null
  succeeded_at: Iso | null
  seen_to: Iso | null
  messages: number
  refused: number
  waiting: number
  stations: string[]
  fault_zh: string
  fault_en: string
}
export interface Sources extends List<Source> {
  /** Of the file that names them. */
  fault_zh: string
  fault_en: string
}

export interface PowerMeter extends Ref {
  station_id: number
  parameter: string
  line: 'production' | 'treatment'
  runs_from: number
  unit: string
  kind: string
  points: ReadingPoint[]
}
/** A span worth a look: suspected, and no finding. */
export interface IdleTreatment {
  id: number
  kind: 'off' | 'low'
  started_at: Iso
  known_to: Iso
  ended: boolean
  why_zh: string
  why_en: string
}
/** While it lasts nothing is suspected. */
export interface PlannedStop {
  id: number
  starts_at: Iso
  ends_at: Iso
  reason: string
}
export interface Power {
  start: Iso
  end: Iso
  meters: PowerMeter[]
  stops: PlannedStop[]
  spans: IdleTreatment[]
  is_not_zh: string
  is_not_en: string
}

export interface ImportPreview {
  columns: string[]
  fields: { name: string; needed: boolean; column: string | null }[]
  rows: string[][]
  note: string
}

export interface ReviewedStation extends Ref {
  code: string
  area_code: string
  /** An enterprise's own monitor: to invalidate what it sent takes an authority and a document. */
  statutory: boolean
}

export interface Doubt {
  id: number
  station: ReviewedStation
  /** Empty where it is about the whole station. */
  parameter: string
  kind: string
  rule: string
  state: 'open' | 'kept' | 'invalidated' | 'passed'
  first_at: Iso
  /** None: it lasts. */
  last_at: Iso | null
  readings: number
  value: number | null
  compared: number | null
  unit: string
  sentence_zh: string
  sentence_en: string
  rules_version: string
  raised_at: Iso
  decided_by: string | null
  decided_at: Iso | null
  reason: string
  authorisation: string
  may_keep: boolean
  may_invalidate: boolean
  may_reopen: boolean
  synthetic: boolean
}

/** A station and how its device is; null is what the reader may not know. */
export interface FleetStation extends Ref {
  code: string
  kind: string
  owner: string
  area_code: string
  river_zh: string
  river_en: string
  organisation: Ref | null
  state: string
  connected: boolean
  last_at: Iso | null
  age_s: number | null
  interval_s: number | null
  stoppage: { id: number; since: Iso; until: Iso | null; reason: string } | null
  transmission: number | null
  validity: number | null
  doubts: number | null
  edition: string
  last_packet_at: Iso | null
  clock_ahead_s: number | null
  clock_by: string
  refused: number | null
  quarantined: number | null
  last_request: { cn: string; state: string; asked_at: Iso } | null
  may_stop: boolean
  /** Of each of the last 30 days: measured, flagged, stopped, missing. */
  strip: [number, number, number, number][]
  synthetic: boolean
}
export interface Fleet extends List<FleetStation> {
  states: Record<string, number>
}
export interface StationRates {
  station: ReviewedStation
  month: string
  expected: number
  sent: number
  came: number
  stopped: number
  valid: number
  transmission: number | null
  validity: number | null
}

export interface SamplingPlan extends Ref {
  area_code: string
  area_zh: string
  area_en: string
  team_zh: string
  team_en: string
  parameters: string[]
  every_months: number
  active: boolean
  points: number
  last_month: string | null
}

export interface NewSamplingPlan {
  name_zh: string
  name_en: string
  area_code: string
  parameters: string[]
  station_codes: string[]
  every_months: number
}

export interface SamplingRound extends Ref {
  plan_id: number
  area_zh: string
  area_en: string
  team_zh: string
  team_en: string
  /** Such as 2026-12. */
  month: string
  parameters: string[]
  visits: Record<'open' | 'sampled' | 'missed', number>
  bottles: Record<'empty' | 'taken' | 'handed_over' | 'received' | 'analysed' | 'lost', number>
  missed: Record<string, number>
  due_soon: number
  overdue: number
  sheets: Record<SheetState, number>
  synthetic: boolean
}

export interface PreservationGroup {
  key: string
  zh: string
  en: string
  container_zh: string
  container_en: string
  preservative_zh: string
  preservative_en: string
}

export interface SamplingRoundDetail extends SamplingRound {
  groups: PreservationGroup[]
  /** What drew the blanks and duplicates; for who plans only. */
  seed: string | null
  far_m: number
  waiting_results: number
  may_take: boolean
  may_receive: boolean
  sees_points: boolean
  sees_results: boolean
}

export interface SampledStation extends Ref {
  code: string
  lon: number
  lat: number
}

export interface Visit {
  id: number
  station: SampledStation
  state: 'open' | 'sampled' | 'missed'
  taken_at: Iso | null
  lon: number | null
  lat: number | null
  away_m: number | null
  missed_reason: string
  note: string
  told_by: Named | null
  told_at: Iso | null
  has_photo: boolean
  bottles: { label: string; group: string; role: string; step: string }[]
}

export interface CustodyLink {
  step: string
  at: Iso
  by: Named
  place: string
  note: string
  lon: number | null
  lat: number | null
}

export interface Bottle {
  label: string
  group: string
  parameters: string[]
  analysed: string[]
  /** Empty: not filled yet. */
  step: string
  due_at: Iso | null
  /** Point and role are kept from the laboratory. */
  role: string | null
  station: SampledStation | null
  links: CustodyLink[]
}

export type BottleMove = 'handed_over' | 'received' | 'lost'
export type SheetState = 'submitted' | 'checked' | 'reviewed' | 'issued' | 'returned'

export interface ResultSheet {
  id: number
  number: number
  state: SheetState
  submitted_by: Named
  submitted_at: Iso
  checked_by: Named | null
  reviewed_by: Named | null
  issued_by: Named | null
  issued_at: Iso | null
  returned_by: Named | null
  returned_reason: string
  results: number
  /** The step that the reader may take. */
  next: SheetState | null
  may_send_back: boolean
}

export interface ResultSheetDetail extends ResultSheet {
  round_id: number
  checks: Record<'ok' | 'flagged' | 'missing', number>
  history: { state: SheetState; by: Named; at: Iso; reason: string }[]
}

export interface SheetLine {
  label: string
  parameter: string
  version: number
  value: number
  unit: string
  below_limit: boolean
  written: string
  method: string
  analysed_at: Iso
  reason: string
  entered_by: Named
  remarks: string[]
}

export interface SheetCheck {
  parameter: string
  role: string
  labels: string[]
  written: (string | null)[]
  /** Relative deviation and its limit, as shares. */
  deviation: number | null
  limit: number | null
  /** None: a result is still missing. */
  ok: boolean | null
}

export interface NewBottleResult {
  label: string
  parameter: string
  written: string
  analysed_at: Iso
  unit: string
  method: string
  reason: string
}
