import type { Iso, Ref } from './base'
import type { CampaignBrief } from './rectify'

/** How a person says that an old ledger is read; the server checks every part of it. */
export interface LedgerReading {
  campaign_id: number | null
  columns: Record<string, string>
  words: Record<string, Record<string, string>>
  fill: Record<string, string>
  corrections: Record<number, Record<string, string>>
  left_out: number[]
  day_order: '' | 'ymd' | 'mdy' | 'dmy'
}
export interface LedgerRow {
  row: number
  standing: 'ready' | 'refused' | 'known' | 'left_out'
  cells: Record<string, string>
  corrected: string[]
  state: string | null
  field: string | null
  message: string | null
  cure: string | null
}
export interface LedgerPreview {
  columns: string[]
  fields: { name: string; needed: boolean; column: string | null }[]
  words: { field: string; texts: { text: string; count: number; key: string }[] }[]
  note: string
  assumed: { what: string; count: number }[]
  rows: number
  ready: number
  refused: number
  known: number
  left_out: number
  figures: { found: number; outstanding: number; reported: number; written_off: number }
  fingerprint: string
  count: number
  items: LedgerRow[]
}
export interface LedgerImport {
  id: number
  name: string
  sha256: string
  area_code: string
  area_name_zh: string
  area_name_en: string
  campaign: CampaignBrief | null
  taken: number
  imported_by: Ref
  imported_at: Iso
}
export type ExchangeOutcome = 'ready' | 'done' | 'unchanged' | 'needs_photo' | 'conflict' | 'refused' | 'missing'
export interface ExchangeRow {
  /** The row of the file; 0 where it is not in it. */
  row: number
  outcome: ExchangeOutcome
  problem: { id: number; number: string } | null
  state: string | null
  state_then: string | null
  action: string | null
  text: string
  message: string | null
  cure: string | null
  changed_by: string | null
  changed_at: Iso | null
}
export interface Exchange {
  applied: boolean
  counts: { outcome: ExchangeOutcome; count: number }[]
  count: number
  items: ExchangeRow[]
}
