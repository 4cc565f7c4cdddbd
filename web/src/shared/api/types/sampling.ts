/** Sampling by hand: plans, rounds, bottles, sheets of results. */
import type { Iso, Named, Ref } from './base'

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
  /** The reader entered results of the round, and is told of no blank or duplicate until all of it is issued. */
  blind: boolean
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
