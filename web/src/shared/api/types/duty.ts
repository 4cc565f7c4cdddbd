/** The duty desk: alarms on it, shifts, hand-overs. */
import type { Area } from './accounts'
import type { Iso, Line, Ref, TimeSpan } from './base'
import type { Alarm } from './monitor'

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

/** Without people: nobody stands there; at the office: everybody. `text`: how far the text message came, "" where none is sent. */
export interface AlarmStep {
  to: AlarmPlace
  at: Iso
  people: (Ref & { text: string })[]
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
