/** Where it came from: traces, suspicion, samples that were suggested or taken, siting. */
import type { Interval, Iso } from './base'
import type { ReadingPoint } from './monitor'
import type { OutfallRef } from './registry'

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
  /** The readings that tell it from the other leading ones best. */
  contrasts: { rival_rank: number; station_zh: string; station_en: string; sample: boolean; at: Iso; expected: number; rival_expected: number; observed: number; errors_apart: number; parameter: string }[]
  /** For what is no outfall: its river, and how far above the next station below it; of a catchment the station above which it lies. */
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
