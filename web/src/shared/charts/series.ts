/** From readings to what a chart draws: dots, hollow dots for flagged values, a hairline that is broken where readings are missing. */
import type { Limits, ReadingPoint } from '../api/types'
import { chartTime } from '../time'

export type XY = [number, number]
export type XYGap = [number, number | null]

/** A pause longer than this many usual intervals is a gap and is left open. */
const GAP_FACTOR = 2.5

export interface ReadingSeries {
  normal: XY[]
  /** Values whose data flag is not "normal": shown hollow, never left out silently. */
  flagged: [number, number, string][]
  line: XYGap[]
  gaps: number
}

export function readingSeries(points: readonly ReadingPoint[]): ReadingSeries {
  const normal: XY[] = []
  const flagged: [number, number, string][] = []
  const line: XYGap[] = []
  let gaps = 0
  const interval = usualInterval(points.map(([at]) => chartTime(at)))
  let before: number | null = null
  let broken = false
  for (const [at, value, flag] of points) {
    const x = chartTime(at)
    if (value === null || flag !== 'N') {
      if (value !== null) flagged.push([x, value, flag])
      broken = true
      continue
    }
    const pause = before !== null && interval !== null && x - before > GAP_FACTOR * interval
    if (before !== null && (broken || pause)) {
      line.push([(before + x) / 2, null])
      gaps += 1
    }
    normal.push([x, value])
    line.push([x, value])
    before = x
    broken = false
  }
  return { normal, flagged, line, gaps }
}

/** The median step, in milliseconds; null for fewer than three readings, where nothing is usual yet. */
function usualInterval(times: readonly number[]): number | null {
  const steps = times.slice(1).map((at, index) => at - times[index]!).sort((a, b) => a - b)
  return steps.length < 2 ? null : steps[Math.floor(steps.length / 2)]!
}

export interface LimitLine {
  /** The classes that share the limit, best first. */
  grades: number[]
  value: number
}

const GRADE: Record<string, number> = { I: 1, II: 2, III: 3, IV: 4, V: 5 }

/** One line for each distinct limit: classes that share a limit (COD I and II) share the line. */
export function limitLines(limits: Limits): LimitLine[] {
  const lines: LimitLine[] = []
  for (const [label, value] of Object.entries(limits)) {
    const grade = GRADE[label]
    if (grade === undefined || value === null || value === undefined) continue
    const same = lines.find((line) => line.value === value)
    if (same) same.grades.push(grade)
    else lines.push({ grades: [grade], value })
  }
  lines.forEach((line) => line.grades.sort((a, b) => a - b))
  return lines.sort((a, b) => a.value - b.value)
}

/** Not concentrations or loads: their axis may start above zero without misleading. */
const FREE_AXIS = new Set(['ph', 'wt', 'ec', 'level'])

/**
 * The y range: from zero for concentrations; up to the data, and on to the next limit above it, so that a reader sees how
 * far the water is from the next class. What a permit allows (`held`) is always in it.
 */
export function yRange(parameter: string, values: readonly number[], lines: readonly LimitLine[], held: readonly number[] = []): [number, number] {
  const shown = [...values, ...held]
  const high = shown.length ? Math.max(...shown) : 1
  const low = shown.length ? Math.min(...shown) : 0
  const next = lines.find((line) => line.value > high)?.value
  if (FREE_AXIS.has(parameter)) {
    const rim = Math.max((high - low) * 0.15, Math.abs(high) * 0.02, 0.1)
    return [tidy(low - rim), tidy(high + rim)]
  }
  const reachable = next !== undefined && next <= high * 3 ? next * 1.08 : 0
  return [0, tidy(Math.max(high * 1.1, reachable)) || 1]
}

/** Two significant figures, away from zero: axis ends that can be read. */
function tidy(value: number): number {
  if (value === 0) return 0
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1)
  return Number((Math.sign(value) * Math.ceil(Math.abs(value) / step) * step).toPrecision(6))
}

export function csv(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null): string => {
    const text = value === null ? '' : String(value)
    return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text
  }
  // The mark at the start lets spreadsheet programs read Chinese column heads.
  return '\ufeff' + [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}

/** So many usual steps without a reading are a gap. */
const GAP_STEPS = 3

/** A line with a hole wherever points lie much further apart than they usually do. */
export function withGaps(points: readonly XYGap[]): XYGap[] {
  const steps = points.slice(1).map(([x], index) => x - points[index]![0]).sort((a, b) => a - b)
  const usual = steps[Math.floor(steps.length / 2)] ?? 0
  return points.flatMap((point, index) => {
    const before = points[index - 1]
    return before && point[0] - before[0] > GAP_STEPS * usual ? [[before[0] + usual, null] as XYGap, point] : [point]
  })
}
