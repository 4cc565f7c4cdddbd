import { describe, expect, it } from 'vitest'
import type { ReadingPoint } from '../api/types'
import { csv, limitLines, readingSeries, yRange, withGaps } from './series'

const at = (hour: number): string => new Date(Date.UTC(2020, 0, 7, hour)).toISOString()
const hourly = (values: (number | null)[], flags: string[] = []): ReadingPoint[] =>
  values.map((value, hour) => [at(hour), value, flags[hour] ?? 'N'])

describe('readings as a series', () => {
  it('joins neighbours', () => {
    const series = readingSeries(hourly([1, 2, 3]))
    expect(series.line.map(([, y]) => y)).toEqual([1, 2, 3])
    expect(series.gaps).toBe(0)
  })
  it('leaves a missing reading open', () => {
    const series = readingSeries(hourly([1, null, 3, 4]))
    expect(series.line.map(([, y]) => y)).toEqual([1, null, 3, 4])
    expect(series.gaps).toBe(1)
  })
  it('leaves a pause open although no row says that something is missing', () => {
    const points: ReadingPoint[] = [0, 1, 2, 3, 9, 10].map((hour) => [at(hour), hour, 'N'])
    expect(readingSeries(points).gaps).toBe(1)
  })
  it('shows flagged values hollow, and joins nothing through them', () => {
    const series = readingSeries(hourly([1, 9, 3, 4], ['N', 'M', 'N', 'N']))
    expect(series.flagged).toHaveLength(1)
    expect(series.flagged[0]?.slice(1)).toEqual([9, 'M'])
    expect(series.normal.map(([, y]) => y)).toEqual([1, 3, 4])
    expect(series.gaps).toBe(1)
  })
  it('does not call an unknown flag normal', () => {
    expect(readingSeries(hourly([1], [''])).flagged).toHaveLength(1)
  })
  it('has nothing for nothing', () => {
    expect(readingSeries([])).toEqual({ normal: [], flagged: [], line: [], gaps: 0 })
  })
})

describe('limits', () => {
  it('are shared by classes with the same limit', () => {
    expect(limitLines({ I: 15, II: 15, III: 20, IV: 30, V: 40 })).toEqual([
      { grades: [1, 2], value: 15 },
      { grades: [3], value: 20 },
      { grades: [4], value: 30 },
      { grades: [5], value: 40 },
    ])
  })
  it('rise for oxygen from the worst class to the best', () => {
    expect(limitLines({ I: 7.5, II: 6, V: 2 }).map((line) => line.value)).toEqual([2, 6, 7.5])
  })
})

describe('the y range', () => {
  const lines = limitLines({ I: 0.15, II: 0.5, III: 1, IV: 1.5, V: 2 })
  it('starts at zero for a concentration and reaches the next limit', () => {
    const [low, high] = yRange('nh3n', [0.4, 0.6], lines)
    expect(low).toBe(0)
    expect(high).toBeGreaterThan(1)
  })
  it('does not flatten the readings under a limit far away', () => {
    expect(yRange('nh3n', [0.02], limitLines({ V: 2 }))[1]).toBeLessThan(0.1)
  })
  it('holds what a permit allows, however far', () => {
    expect(yRange('nh3n', [0.02], [], [8])[1]).toBeGreaterThan(8)
    expect(yRange('ph', [7.2, 7.4], [], [6, 9])).toEqual([expect.closeTo(5.5, 0), expect.closeTo(9.5, 0)])
  })
  it('holds the highest reading', () => {
    expect(yRange('nh3n', [7.3], lines)[1]).toBeGreaterThanOrEqual(7.3)
  })
  it('may start above zero for temperature', () => {
    const [low, high] = yRange('wt', [14.2, 15.1], [])
    expect(low).toBeGreaterThan(10)
    expect(low).toBeLessThanOrEqual(14.2)
    expect(high).toBeGreaterThanOrEqual(15.1)
  })
  it('exists without readings', () => {
    expect(yRange('nh3n', [], [])[1]).toBeGreaterThan(0)
  })
})

describe('downloads', () => {
  it('quote what would break a row and leave missing values empty', () => {
    expect(csv(['time', 'value'], [['a,"b"', null], ['c', 1]])).toBe('\ufefftime,value\r\n"a,""b""",\r\nc,1\r\n')
  })
})

describe('a line over readings', () => {
  it('is broken where readings are missing, and nowhere else', () => {
    expect(withGaps([[0, 1], [10, 2], [20, 3], [90, 4], [100, 5]])).toEqual([[0, 1], [10, 2], [20, 3], [30, null], [90, 4], [100, 5]])
  })
  it('of evenly spread or few points is whole', () => {
    for (const points of [[], [[0, 1]], [[0, 1], [90, 2]]] as [number, number][][]) expect(withGaps(points)).toEqual(points)
  })
})
