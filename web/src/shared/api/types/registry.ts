/** What is in the register: basins, reaches, outfalls; and what an import of it answers. */
import type { Ref } from './base'

export type Grade = 1 | 2 | 3 | 4 | 5 | 6

export interface OutfallRef extends Ref {
  code: string
}

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

export interface Placed {
  area_code: string
  area_name_zh: string
  area_name_en: string
  reach_id: number | null
  river_zh: string
  river_en: string
  synthetic: boolean
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

export interface PlaceRef extends Ref {
  code: string
  lon: number
  lat: number
}

export interface ImportPreview {
  columns: string[]
  fields: { name: string; needed: boolean; column: string | null }[]
  rows: string[][]
  note: string
}
