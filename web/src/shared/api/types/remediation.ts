/** The remediation of outfalls: found, monitored, traced, put right. */
import type { AllowedAction, Evidence, HistoryEntry, Iso, Ref } from './base'
import type { OutfallRef, Placed } from './registry'

/** How the remediation of an outfall stands: what everybody may know who watches over the area. */
export interface RemediationState extends Placed {
  outfall: OutfallRef
  kind: string
  state: string
  measure: string | null
  monitored_on: string | null
  traced: boolean
  accepted_at: Iso | null
  written_off_at: Iso | null
}

export interface RemediationRow extends RemediationState {
  /** Null for who does not work on it. */
  steps: { all: number; open: number; overdue: number } | null
}

export interface RemediationStep {
  id: number
  kind: string
  description: string
  unit: Ref | null
  due_date: string
  overdue: boolean
  state: string
  done_by: Ref | null
  done_at: Iso | null
  checked_by: Ref | null
  checked_at: Iso | null
  dry_hours: number | null
  rain_mm: number | null
  allowed_actions: AllowedAction[]
}

export interface Remediation extends RemediationState {
  id: number
  /** The reader sees state and measure only. */
  restricted: boolean
  entity: { government: boolean; organisation: Ref | null; area_name_zh: string; area_name_en: string; ground: string; decided_by: Ref | null; decided_at: Iso } | null
  policy: string | null
  steps: RemediationStep[]
  evidence: (Evidence & { step_id: number | null })[]
  history: HistoryEntry[]
  problems: { id: number; number: string; kind: string; state: string; keeps_open: boolean }[]
  allowed_actions: AllowedAction[]
  chain: { ok: boolean; entries: number } | null
}

export interface RemediationCounts {
  found: number
  monitored: number
  traced: number
  remediated: number
  written_off: number
}
export interface RemediationFigures extends RemediationCounts {
  as_of: Iso
  areas: (RemediationCounts & { area_code: string; area_name_zh: string; area_name_en: string })[]
}
