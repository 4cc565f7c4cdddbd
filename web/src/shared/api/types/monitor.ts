/** Stations and their readings, events and alarms, the review of readings, and how the fleet is. */
import type { Iso, List, Named, Ref } from './base'
import type { Grade } from './registry'

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
  /** It measures what an outfall discharges: that has permit limits, and no class. */
  discharge: boolean
  outfall: Ref | null
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

export interface PermitBound {
  averaging: string
  least: number | null
  most: number | null
  unit: string
}

export interface Readings {
  station_id: number
  parameter: string
  unit: string
  kind: string
  /** Of the classes; none for a discharge. */
  limits: Limits
  /** What the permit allows of a discharge, none where no limit is known; null for water of a river. */
  permit: PermitBound[] | null
  points: ReadingPoint[]
  /** Time and value first sent, of the points of which another value came since. */
  raw_values: [Iso, number][]
  /** Time and flag first sent, of the points that were flagged otherwise since. */
  raw_flags: [Iso, string][]
  /** Time and why (a key of `reading_reasons`), of the points that were not accepted (flag X). */
  reasons: [Iso, string][]
  truncated: boolean
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

export interface WaterEvent {
  id: number
  station: Ref
  stations: Ref[]
  area_code: string
  parameter: string
  kind: 'threshold' | 'class_drop' | 'unusual' | 'bloom' | 'permit'
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
  decided_by: Named | null
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
  /** `afterwards`: that it was entered when it had long begun, by whom and when; "" where it was not. */
  stoppage: { id: number; since: Iso; until: Iso | null; reason: string; afterwards_zh: string; afterwards_en: string } | null
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
  /** Of the intervals without a reading those of stoppages that were announced, and of such as were entered afterwards: neither changes a rate. */
  announced: number
  afterwards: number
  transmission: number | null
  validity: number | null
}
