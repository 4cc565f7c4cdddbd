import { describe, expect, it } from 'vitest'
import type { TraceStation } from '../api/types'
import { chartTime } from '../time'
import { downstream, escapeHtml, rainHeight, rainOption, readingsOption, traceHeight, traceOption, type RanBar } from './options'

const words = { locale: 'zh', readings: '读数', flagged: '有标记', corrected: '更正', firstSent: (figure: string) => `first ${figure}`, flag: (flag: string) => flag, state: null }
const traceWords = { observed: '实测', alone: '孤立', predicted: '推算', interval: '区间', readingInterval: '读数区间', release: '排放', flag: (flag: string) => flag, station: (s: TraceStation) => s.name_zh }

const station = (id: number, distance: number | null): TraceStation => ({
  station_id: id,
  name_zh: `站${id}`,
  name_en: `S${id}`,
  affected: true,
  distance_m: distance,
  unit: 'mg/L',
  observed: [['2020-01-07T00:00:00Z', 1, 'N'], ['2020-01-07T01:00:00Z', 2, 'M']],
  predicted: { '1': [['2020-01-07T00:00:00Z', 1, 0.5, 1.5, 0.25, 2], ['2020-01-07T01:00:00Z', 2, 1, 3, null, null]], '2': [['2020-01-07T00:00:00Z', 9, 9, 9, 9, 9]] },
})

type Chart = { xAxis: { min: number; max: number }; series: { data: unknown[]; markLine?: { data: { yAxis?: number; label: { show?: boolean; formatter: string } }[] } }[] }

describe('the chart of readings', () => {
  const given: Parameters<typeof readingsOption>[0] = {
    parameter: 'nh3n',
    unit: 'mg/L',
    points: [['2020-01-07T00:00:00Z', 0.6, 'N'], ['2020-01-07T01:00:00Z', 0.4, 'M']],
    firstSent: [],
    limits: { I: 0.15, II: 0.5, III: 1, IV: 1.5, V: 2 },
    permit: [],
    start: '2020-01-06T16:00:00Z',
    end: '2020-01-07T16:00:00Z',
    marks: [{ at: '2020-01-07T01:00:00Z', label: '报警' }],
    height: 300,
    words,
  }
  const option = readingsOption(given) as Chart

  it('spans the period that was asked for, not only the readings', () => {
    expect(new Date(option.xAxis.min).toISOString()).toBe('2020-01-07T00:00:00.000Z')
    expect(new Date(option.xAxis.max).toISOString()).toBe('2020-01-08T00:00:00.000Z')
  })
  it('labels each limit in view with its class and value', () => {
    const labels = option.series[0]?.markLine?.data.filter((line) => line.yAxis !== undefined).map((line) => line.label.formatter)
    expect(labels).toEqual(['Ⅰ  0.15', 'Ⅱ  0.5', 'Ⅲ  1'])
  })
  it('draws what a permit allows once, however many means it holds for', () => {
    const bound = { least: null, most: 0.9, unit: 'mg/L' }
    const held = readingsOption({ ...given, limits: {}, permit: [{ ...bound, averaging: 'day' }, { ...bound, averaging: 'hour' }] }) as Chart
    expect(held.series[0]?.markLine?.data.filter((line) => line.yAxis !== undefined).map((line) => line.label.formatter)).toEqual(['0.9'])
  })
  it('labels only one of two limits that lie too close, but draws both', () => {
    const low = readingsOption({ ...given, height: 75 }) as Chart
    const lines = low.series[0]?.markLine?.data.filter((line) => line.yAxis !== undefined) ?? []
    expect(lines.map((line) => line.yAxis)).toEqual([0.15, 0.5, 1])
    expect(lines.map((line) => line.label.show)).toEqual([false, true, true])
  })
  it('marks a run of one reading so that it can be seen', () => {
    const at = '2020-01-07T01:00:00Z'
    const chart = readingsOption({ ...given, run: { start: at, end: at } }) as { series: { markArea?: { data: { xAxis: number }[][] } }[] }
    const [start, end] = chart.series[0]!.markArea!.data[0]!
    expect(end!.xAxis - start!.xAxis).toBe(0.02 * 24 * 3600_000)
    expect((option as typeof chart).series[0]!.markArea).toBeUndefined()
  })
  it('rings a reading that was corrected or flagged later, and says what was first sent', () => {
    const chart = readingsOption({ ...given, firstSent: [['2020-01-07T00:00:00Z', '0.9 · N']] }) as Chart & { tooltip: { formatter: (item: unknown) => string } }
    const rings = chart.series[3]!.data
    expect(rings).toHaveLength(1)
    expect(chart.tooltip.formatter({ value: rings[0] })).toContain('first 0.9 · N')
  })
  it('is scaled by valid readings: an absurd flagged one stands at the edge and keeps its value for the tooltip', () => {
    const chart = readingsOption({ ...given, points: [...given.points, ['2020-01-07T02:00:00Z', 99999, 'X']] }) as Chart & { yAxis: { max: number } }
    expect(chart.yAxis.max).toBe((option as Chart & { yAxis: { max: number } }).yAxis.max)
    const [, edge] = chart.series[2]?.data as { value: unknown[]; symbol: string }[]
    expect(edge).toMatchObject({ value: [expect.any(Number), chart.yAxis.max, 'X', 99999], symbol: 'triangle' })
  })
  it('keeps normal and flagged readings apart', () => {
    expect(option.series[1]?.data).toHaveLength(1)
    expect(option.series[2]?.data).toHaveLength(1)
  })
})

describe('the chart of a trace', () => {
  it('stacks the stations downstream on one time axis', () => {
    const option = traceOption({ stations: [station(1, 9000), station(2, 3000)], alone: [], rank: 1, release: null, words: traceWords }) as {
      title: { text: string }[]
      xAxis: { min: number; max: number }[]
      grid: unknown[]
    }
    expect(option.title.map((title) => title.text)).toEqual(['站2', '站1'])
    expect(option.grid).toHaveLength(2)
    expect(option.xAxis[0]?.min).toBe(option.xAxis[1]?.min)
    expect(traceHeight(2)).toBeGreaterThan(traceHeight(1))
  })
  it('draws each band as low and difference, for the chosen candidate only', () => {
    const option = traceOption({ stations: [station(1, null)], alone: [], rank: 1, release: null, words: traceWords }) as { series: { data: [number, number][] }[] }
    const drawn = option.series.slice(0, 5).map((series) => series.data.map(([, y]) => y))
    expect(drawn).toEqual([[0.25, null], [1.75, null], [0.5, 1], [1, 2], [1, 2]])
  })
  it('marks a reading that stands alone, at the edge and without setting the scale where it is more likely wrong than right', () => {
    const wild = station(1, null)
    wild.observed.push(['2020-01-07T02:00:00Z', 90, 'N'])
    const row = { station_id: 1, station_zh: '', station_en: '', parameter: 'nh3n', unit: 'mg/L', at: '2020-01-07T02:00:00+00:00', value: 90 }
    const drawn = (probability: number) => {
      const option = traceOption({ stations: [wild], alone: [{ ...row, probability }], rank: 1, release: null, words: traceWords }) as { yAxis: { max: number }[]; series: { name: string; data: unknown[][] }[] }
      return { top: option.yAxis[0]!.max, marks: option.series.find((series) => series.name === '孤立')!.data, dots: option.series.find((series) => series.name === '实测')!.data }
    }
    const wrong = drawn(0.9)
    expect(wrong.top).toBeLessThan(5)
    expect(wrong.dots).toHaveLength(1)
    expect(wrong.marks).toEqual([[chartTime(row.at), wrong.top, '', 90]])
    expect(drawn(0.4).top).toBeGreaterThan(90)
  })
  it('puts stations that are not below the source last, in the given order', () => {
    expect(downstream([station(1, null), station(3, null), station(2, 10)]).map((s) => s.station_id)).toEqual([2, 1, 3])
  })
})

describe('the chart of rain and overflows', () => {
  const bar = (name: string, stop: string | null): RanBar => ({ name, start: '2020-01-07T12:40:00Z', stop })
  const chart = (ran: RanBar[]) =>
    rainOption({ hours: [['2020-01-07T12:00:00Z', 20.2, 23]], start: '2020-01-06T00:00:00Z', end: '2020-01-08T00:00:00Z', ran, words: { rain: '平均', most: '最大', running: '正在溢流', stopped: '停止' } }) as {
      grid: unknown[]
      yAxis: { inverse?: boolean; max?: number; data?: string[] }[]
      series: { type: string; data: [number, unknown][]; lineStyle?: { color: string } }[]
    }
  it('hangs the rain from the top, and has a row for each outfall, on one time axis', () => {
    const option = chart([bar('C-07', null), bar('C-09', '2020-01-07T16:10:00Z'), bar('C-09', '2020-01-07T20:10:00Z')])
    expect(option.yAxis[0]).toMatchObject({ inverse: true, max: 25 })
    expect(option.yAxis[1]?.data).toEqual(['C-07', 'C-09'])
    expect(option.grid).toHaveLength(2)
    expect(rainHeight(2)).toBeGreaterThan(rainHeight(0))
  })
  it('draws one that still runs to the end of the time shown, and darker', () => {
    const [, runs, ended] = chart([bar('C-07', null), bar('C-09', '2020-01-07T16:10:00Z')]).series
    expect(runs?.data[1]?.[0]).toBe(chartTime('2020-01-08T00:00:00Z'))
    expect(ended?.data[1]?.[0]).toBe(chartTime('2020-01-07T16:10:00Z'))
    expect(runs?.lineStyle?.color).not.toBe(ended?.lineStyle?.color)
  })
  it('is rain alone where nothing ran over', () => {
    expect(chart([]).grid).toHaveLength(1)
    expect(chart([]).series.map((series) => series.type)).toEqual(['bar'])
  })
})

it('names from the server cannot become markup', () => {
  expect(escapeHtml('<img src=x onerror=alert(1)>')).not.toContain('<')
})
