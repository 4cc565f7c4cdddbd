/** Letters of an office, from the draft to the reply. */
import type { AllowedAction, Evidence, HistoryEntry, Iso, Named, Ref } from './base'

/** A letter of an office; a draft has no number. */
export interface DocumentSummary {
  id: number
  kind: string
  state: 'draft' | 'reviewing' | 'countersigning' | 'signing' | 'issued' | 'withdrawn'
  number: string
  title: string
  urgency: 'normal' | 'urgent' | 'extra_urgent'
  issuer: Ref
  area_code: string
  drafted_by: Ref
  drafted_at: Iso
  issued_at: Iso | null
  sign_due_at: Iso | null
  reply_due_at: Iso | null
  reply_provisional: boolean
  receivers_count: number
  signed_count: number
  replies_wanted: number
  replied_count: number
  receipt_late: boolean
  reply_late: boolean
}
export interface DocumentReceiver {
  organisation: Ref
  is_copy: boolean
  signed_for_at: Iso | null
  signed_for_by: Named | null
  sign_late: boolean
  replied_at: Iso | null
  replied_by: Named | null
  reply_late: boolean
  reply_note: string
  reply_files: Evidence[]
}
export interface DocumentVersion {
  step: string
  by: Named
  at: Iso
  note: string
  title: string
  body: string
  digest: string
}
export interface OfficialDocument extends DocumentSummary {
  body: string
  digest: string
  /** What is still to be filled in. */
  open: string[]
  reply_working_days: number | null
  meeting_at: Iso | null
  meeting_place: string
  issued_by: Named | null
  receivers: DocumentReceiver[]
  problems: { id: number; number: string; title: string }[]
  attachments: Evidence[]
  synthetic: boolean
  replaces: { id: number; number: string } | null
  replaced_by: { id: number; number: string } | null
  interview: { held_at: Iso; place: string; present: string; outcome: string; recorded_by: Named; recorded_at: Iso; files: Evidence[] } | null
  /** For the issuing office; empty for others. */
  versions: DocumentVersion[]
  may_edit: boolean
  history: HistoryEntry[]
  allowed_actions: AllowedAction[]
  chain: { ok: boolean; entries: number }
}
export interface DocumentGiven {
  receiver_ids: number[]
  copy_ids: number[]
  urgency: string
  meeting_at: Iso | null
  meeting_place: string
}
export interface NewDocument extends DocumentGiven {
  kind: string
  problem_ids: number[]
  replaces_id: number | null
}
export interface EditedDocument extends DocumentGiven {
  title: string
  body: string
  reply_working_days: number | null
  evidence_ids: number[]
  /** Digest of the last version when the draft was opened. */
  based_on: string
}
