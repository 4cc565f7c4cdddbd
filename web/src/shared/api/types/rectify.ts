/** Clues, problems and the ledger. */
import type { AllowedAction, Evidence, HistoryEntry, Iso, Named, Ref } from './base'
import type { OutfallRef, Placed } from './registry'

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

export interface SimilarClue extends ClueSummary {
  same_kind: boolean
  distance_m: number
  problem: { id: number; number: string } | null
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
  paused_until: Iso | null
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

export interface Clocks {
  /** Since it was found, whatever is paused. */
  open_days: number
  paused_days: number
  paused_until: Iso | null
  pauses: { since: Iso; until: Iso; reason: string | null; paused_by: Ref; ended_at: Iso | null }[]
  extensions: { due_before: Iso; asked_until: Iso; reason: string | null; asked_by: Ref; asked_at: Iso; granted: boolean | null; due_after: Iso | null; decision: string | null; decided_by: Ref | null; decided_at: Iso | null }[]
  urgings: { message: string | null; urged_by: Ref; urged_at: Iso; answer: string | null; answered_by: Ref | null; answered_at: Iso | null }[]
}
/** What readings downstream say where they raised the suspicion. */
export interface RiverFacts {
  parameter: string
  level: number
  most: number
  start: Iso
  end: Iso
  station: { name_zh: string; name_en: string }
  rain_mm: number | null
  rain_hours: number
  inflow: { name_zh: string; name_en: string; most: number } | null
  heard_hours: number
  of_hours: number
  event_id: number | null
}
export interface RelapseSuspicion {
  observation: string | null
  /** Empty where a person raised it, or for who does not see everything. */
  facts: RiverFacts | Record<string, never>
  /** Null: readings raised it. */
  raised_by: Ref | null
  raised_at: Iso
  judgement: '' | 'dismissed' | 'reopened'
  reason: string | null
  judged_by: Ref | null
  judged_at: Iso | null
}
export interface AfterWriteOff {
  reopenings: number
  call_backs: { holds: boolean; finding: string | null; by: Ref; at: Iso }[]
  suspicions: RelapseSuspicion[]
}
/** The river's watch since the verification; `of_hours` were judged, `heard_hours` of them had readings. */
export interface RiverWatch {
  state: 'watching' | 'quiet' | 'risen' | 'no_data' | 'no_station' | 'cannot_tell' | 'ended'
  started_at: Iso
  until: Iso
  judged_until: Iso
  ended_at: Iso | null
  heard_hours: number
  of_hours: number
  station: Ref | null
  distance_m: number | null
  levels: { parameter: string; level: number }[]
  explained: { parameter: string; most: number; start: Iso; end: Iso; cause: 'rain' | 'inflow'; rain_mm: number | null }[]
}
export interface Problem extends ProblemSummary {
  clue_id: number | null
  /** Whom the source names for this kind; null: it names nobody, so the office decides. */
  department: { key: string; name_zh: string; name_en: string; where: '' | 'urban' } | null
  outfall: OutfallRef | null
  remediation: { outfall_id: number; state: string; measure: string | null; open_steps: string[] } | null
  order: RectificationOrder | null
  history: HistoryEntry[]
  evidence: Evidence[]
  allowed_actions: AllowedAction[]
  chain: { ok: boolean; entries: number }
  split_from: { id: number; number: string } | null
  merged_into: { id: number; number: string } | null
  clocks: Clocks
  after: AfterWriteOff
  /** Null: never verified, or of a kind of which the water cannot speak. */
  river: RiverWatch | null
  /** Where it came from the ledger kept before; words of that only for who sees the whole problem. */
  taken_over: { as_state: string; old_number: string; old_state: string | null; requirement: string | null; row: number; placed_by: string; imported_at: Iso } | null
}

export interface CaseRow {
  id: number
  number: string
  party: string
  filed_on: string
  closed_on: string | null
  problem: { id: number; number: string }
}
export interface Case extends CaseRow {
  reason: string
  filed_by: Ref
  may_record: boolean
  steps: { kind: string; on: string; note: string; amount_yuan: string | null; recorded_by: Ref; recorded_at: Iso; evidence: Evidence[] }[]
}
export interface EnforcementFigures {
  as_of: Iso
  found: number
  filed: number
  punished: number
  police: number
  rectified: number
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
  /** Of the reported those of which only an old ledger says so; null in signed editions. */
  taken_over: number | null
  shares: { figure: string; count: number; of_figure: string; of: number; share: number | null }[]
}

export interface BreakdownRow extends Omit<LedgerFigures, 'as_of' | 'taken_over'> {
  key: string
  filter: string
  name_zh: string
  name_en: string
}
export interface Durations {
  reported: number
  days_to_report: number | null
  written_off: number
  days_to_write_off: number | null
  reopened: number
}

export type PackAudience = 'inspectors' | 'district'
/** An inspection pack; `gaps` by kind, the most frequent first: the rows are in its file. */
export interface InspectionPack {
  id: number
  area_code: string
  area_name_zh: string
  area_name_en: string
  river_zh: string
  river_en: string
  campaign: CampaignBrief | null
  since: string | null
  until: string | null
  audience: PackAudience
  state: 'queued' | 'done' | 'failed' | 'removed'
  progress: number
  error: string | null
  requested_by: string
  requested_at: Iso
  finished_at: Iso | null
  problems: number | null
  files: number | null
  size: number | null
  sha256: string | null
  gaps: { kind: string; count: number }[]
}
export type PackAsked = Pick<InspectionPack, 'audience' | 'area_code' | 'since' | 'until'> & { river_id: number | null; campaign_id: number | null }
