/** What is measured of outfalls: rain and overflows, permits, power meters. */
import type { Iso, Named, Ref } from './base'
import type { ReadingPoint } from './monitor'
import type { OutfallRef, PlaceRef } from './registry'

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
  entered_by: Named | null
  entered_at: Iso
  dry_weather: boolean | null
  withdrawn_by: Named | null
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
  verdict: 'within' | 'exceeded' | 'ongoing' | 'undecided' | 'mixed'
  hours_beyond: [Iso, number][]
}

export interface Permit {
  limits: PermitLimit[]
  days: PermitDay[]
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

export interface StopToEnter {
  starts_at: Iso
  ends_at: Iso
  reason: string
}

/** While it lasts nothing is suspected. `afterwards`: that it was entered when it had long begun, by whom and when; "" where it was not: such a one excuses nothing from before. */
export interface PlannedStop extends StopToEnter {
  id: number
  afterwards_zh: string
  afterwards_en: string
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

/** A permitted load of a year beside what went out so far; null: not known. */
export interface YearLoad {
  whole_permit: boolean
  parameter: string
  year: number
  permitted_t: number
  so_far_t: number | null
  /** The share of the year until now that readings tell of. */
  covered: number
  shared_mouth: boolean
}

/** A permit outlet that ends in an outfall; number, holder and sources are empty for readers who may not know them. */
export interface OutfallPermit {
  outlet: string
  name_zh: string
  number: string
  holder: Ref | null
  valid: boolean
  terms: { kind: string; valid_from: string; valid_to: string; source: string }[]
  mouths: OutfallRef[]
  loads: YearLoad[]
  self_monitoring: { parameter: string; manner: string; times: number | null; per: string }[]
}
