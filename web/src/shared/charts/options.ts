/** Chart options: pure functions of data and words, so that they can be read and tested without a browser. */
import type { EChartsCoreOption } from 'echarts/core'
import type { Grade, Limits, PermitBound, PredictedPoint, ReadingPoint, SetAside, TraceStation } from '../api/types'
import { reading, significant } from '../figures'
import { chartTime, dateTime, fromChartTime } from '../time'
import { classToken, numeral } from '../tokens'
import { limitLines, readingSeries, withGaps, yRange, type ReadingSeries, type XYGap } from './series'

export const INK = '#1f1d1a'
export const INK_2 = '#5f5a51'
const LINE = '#ded9d0'
export const HAIR = '#b9b2a6'
const ACCENT = '#0f6b6b'
const RED = '#b3261e'
const BAND = 'rgba(15,107,107,0.24)'
const READING_BAND = 'rgba(15,107,107,0.1)'
export const FONT = 12
/** Two labels need this much height. */
const LABEL_PX = 14

type Option = Record<string, unknown>
export interface TipItem {
  seriesName?: string
  value: [number, number | null, ...unknown[]]
}

const axisText = { color: INK_2, fontSize: FONT }

const TIME_LABELS = { year: '{yyyy}', month: '{MM}-{dd}', day: '{MM}-{dd}', hour: '{HH}:{mm}', minute: '{HH}:{mm}' }

export function timeAxis(start: number, end: number, extra: Option = {}): Option {
  return {
    type: 'time',
    min: start,
    max: end,
    axisLine: { lineStyle: { color: HAIR } },
    axisTick: { lineStyle: { color: HAIR } },
    axisLabel: {
      ...axisText,
      hideOverlap: true,
      formatter: TIME_LABELS,
    },
    splitLine: { show: false },
    ...extra,
  }
}

export function valueAxis(min: number, max: number, extra: Option = {}): Option {
  return {
    type: 'value',
    min,
    max,
    splitNumber: 4,
    axisLabel: { ...axisText, showMaxLabel: false, formatter: (value: number) => String(Number(value.toPrecision(6))) },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: LINE } },
    ...extra,
  }
}

/** Numbers and fixed words only go into the tooltip's HTML; names from the server are escaped. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

export interface ReadingsWords {
  locale: string
  readings: string
  flagged: string
  corrected: string
  /** What to say of value or flag first sent. */
  firstSent: (said: string) => string
  /** The word for a flag, and for the time (of the chart) why a value was not accepted. */
  flag: (flag: string, at: number) => string
  /** The word for a state of equipment; of other readings the figure is shown. */
  state: ((code: number) => string) | null
}

interface ReadingsChart {
  parameter: string
  unit: string
  points: ReadingPoint[]
  /** Time of points that were sent otherwise before, and what was first sent: value, flag or both. */
  firstSent: [string, string][]
  limits: Limits
  /** What a permit allows. */
  permit: PermitBound[]
  start: string
  end: string
  /** Times worth a vertical line, such as the opening of an event. */
  marks?: { at: string; label: string }[]
  /** A time worth a second look, such as that of doubted readings. */
  run?: { start: string; end: string } | undefined
  /** Pixels of the whole chart: limits closer than a line of text are drawn, but only one of them is labelled. */
  height: number
  words: ReadingsWords
}

/** Readings of one parameter at one station against the limits of the classes. */
export function readingsOption(chart: ReadingsChart): EChartsCoreOption {
  const series = readingSeries(chart.points)
  const bounds = permitValues(chart.permit)
  const lines = limitLines(chart.limits)
  const { state } = chart.words
  const [low, high] = state ? STATES : yRange(chart.parameter, series.normal.map(([, y]) => y), lines, bounds)
  const perPixel = (high - low) / (chart.height - 40)
  const inRange = ({ value }: { value: number }): boolean => value >= low && value <= high
  const limits = lines
    .filter(inRange)
    .map((line, index, shown) => {
      const grade = line.grades[line.grades.length - 1] as Grade
      const name = line.grades.map((given) => numeral(given as Grade, chart.words.locale)).join('–')
      const colour = classToken(grade)?.outline ?? INK_2
      const above = shown[index + 1]
      const crowded = above !== undefined && (above.value - line.value) / perPixel < LABEL_PX
      return {
        yAxis: line.value,
        lineStyle: { color: colour, width: 1, type: 'solid' },
        label: { show: !crowded, formatter: `${name}  ${line.value}`, color: colour, fontSize: FONT, position: 'end' },
      }
    })
  const permitted = bounds.map((value) => ({
    yAxis: value,
    lineStyle: PERMIT_LINE,
    label: { formatter: String(value), color: INK, fontSize: FONT, position: 'end' },
  }))
  const marks = (chart.marks ?? []).map((mark) => ({
    xAxis: chartTime(mark.at),
    lineStyle: { color: RED, width: 1, type: 'dashed' },
    label: { formatter: mark.label, color: RED, fontSize: FONT, position: 'end', align: 'center' },
  }))
  return {
    useUTC: true,
    animation: false,
    grid: { left: state ? 88 : 44, right: 68, top: marks.length ? 24 : 12, bottom: 28 },
    tooltip: {
      trigger: 'item',
      confine: true,
      borderColor: HAIR,
      textStyle: { color: INK, fontSize: FONT },
      formatter: (item: TipItem) => readingTip(item, state ?? ((value) => reading(value, chart.parameter)), chart.unit, chart.words.flag, chart.words.firstSent),
    },
    xAxis: timeAxis(chartTime(chart.start), chartTime(chart.end)),
    yAxis: valueAxis(low, high, state ? { interval: 1, axisLabel: { ...axisText, formatter: (code: number) => (code >= 0 && code <= 5 ? state(code) : '') } } : {}),
    series: [
      {
        type: 'line',
        data: series.line,
        silent: true,
        showSymbol: false,
        connectNulls: false,
        lineStyle: { color: HAIR, width: 1 },
        markLine: { silent: true, symbol: 'none', animation: false, data: [...limits, ...permitted, ...marks] },
        ...(chart.run && { markArea: { silent: true, itemStyle: RUN, data: [runEdges(chart.run, chartTime(chart.end) - chartTime(chart.start))] } }),
      },
      { type: 'scatter', name: chart.words.readings, data: series.normal, symbolSize: series.normal.length > 400 ? 3 : 5, itemStyle: { color: INK } },
      { ...flaggedDots(series.flagged, low, high), name: chart.words.flagged },
      { ...CORRECTED, name: chart.words.corrected, data: corrected(chart.points, chart.firstSent, low, high) },
    ],
  }
}

/** Room for the states of equipment, 0 to 5, each on a line of its own. */
const STATES: [number, number] = [-1, 6]
const PERMIT_LINE: Option = { color: INK, width: 1, type: 'solid' }

/** The bounds of a permit, each once however many means it holds for. */
export function permitValues(permit: readonly PermitBound[]): number[] {
  return [...new Set(permit.flatMap(({ least, most }) => [least, most].filter((value) => value !== null)))].sort((a, b) => a - b)
}

/** Time and value of a dot, the word for its flag, and what was first sent where that was something else. */
export function readingTip(item: TipItem, figure: (value: number) => string, unit: string, word: (flag: string, at: number) => string, firstSent?: (said: string) => string): string {
  const [x, drawn, flag, read, first] = item.value as FlaggedValue
  const lines = [dateTime(fromChartTime(x)), `<b>${figure(read ?? drawn)}</b> ${escapeHtml(unit)}`]
  if (flag) lines.push(escapeHtml(word(flag, x)))
  if (first !== undefined && firstSent) lines.push(escapeHtml(firstSent(first)))
  return lines.join('<br>')
}

/** A ring around the dot, which takes the pointer before it. */
const CORRECTED: Option = { type: 'scatter', symbolSize: 11, clip: false, z: 3, itemStyle: { color: 'transparent', borderColor: INK, borderWidth: 1.25, opacity: 1 } }

/** The points of which another value or flag was sent before. */
function corrected(points: readonly ReadingPoint[], firstSent: readonly [string, string][], low: number, high: number): FlaggedValue[] {
  const said = new Map(firstSent)
  return points.flatMap(([at, value, flag]) => {
    const first = said.get(at)
    if (value === null || first === undefined) return []
    return [[chartTime(at), Math.min(Math.max(value, low), high), flag === 'N' ? '' : flag, value, first] as FlaggedValue]
  })
}

export const RUN: Option = { color: 'rgba(224,176,32,0.22)', borderColor: '#7d5200', borderWidth: 1, borderType: 'dashed' }

/** A run of one reading has no width: it is drawn a hundredth of the chart to either side. */
function runEdges(run: { start: string; end: string }, span: number): [{ xAxis: number }, { xAxis: number }] {
  return [{ xAxis: chartTime(run.start) - span / 100 }, { xAxis: chartTime(run.end) + span / 100 }]
}

/** Time, where it is drawn, flag, what was read, which differs for a point that stands at the edge; what was first sent. */
type FlaggedValue = [number, number, string?, number?, string?]

const FLAGGED: Option = { type: 'scatter', symbolSize: 6, clip: false, itemStyle: { color: '#ffffff', borderColor: INK_2, borderWidth: 1.25 } }

const ALONE: Option = { symbol: 'diamond', symbolSize: 11, itemStyle: { color: '#ffffff', borderColor: INK, borderWidth: 1.25 } }

/** Hollow dots of flagged values. */
export function flaggedDots(flagged: ReadingSeries['flagged'], low: number, high: number): Option {
  return { ...FLAGGED, data: withinRange(flagged, low, high) }
}

/** Flagged values do not set the scale: one beyond it is a triangle at the edge, which points to where it would be. */
function withinRange(flagged: ReadingSeries['flagged'], low: number, high: number): { value: FlaggedValue; symbol?: string; symbolSize?: number; symbolRotate?: number }[] {
  return flagged.map(([x, y, flag]) => {
    if (y >= low && y <= high) return { value: [x, y, flag, y] }
    return { value: [x, y > high ? high : low, flag, y], symbol: 'triangle', symbolSize: 9, symbolRotate: y > high ? 0 : 180 }
  })
}

export interface RainWords {
  rain: string
  most: string
  running: string
  stopped: string
}

export interface RanBar {
  name: string
  start: string
  /** None: it still runs. */
  stop: string | null
}

interface RainChart {
  /** Start of an hour, mean and most of the gauges, mm. */
  hours: [string, number, number][]
  start: string
  end: string
  ran: RanBar[]
  words: RainWords
}

const RAIN = '#6d9fb8'
const RAIN_PX = 184
const RAN_ROW_PX = 24
const RAIN_FOOT_PX = 28
/** So many rows of names are read at a glance; the list has them all. */
export const MOST_RAN = 12

export function rainHeight(rows: number): number {
  return RAIN_PX + (rows ? 16 + rows * RAN_ROW_PX : 0) + RAIN_FOOT_PX
}

/** Rain hangs from the top; below it, on the same time axis, a bar for each outfall that ran over. */
export function rainOption(chart: RainChart): EChartsCoreOption {
  const [start, end] = [chartTime(chart.start), chartTime(chart.end)]
  const names = [...new Set(chart.ran.map((bar) => bar.name))].slice(0, MOST_RAN)
  const top = 5 * Math.ceil(Math.max(1, ...chart.hours.map(([, mean]) => mean)) / 5)
  const hour = 3600_000
  const grid = { left: names.length ? 112 : 44, right: 16 }
  return {
    useUTC: true,
    animation: false,
    axisPointer: { link: [{ xAxisIndex: 'all' }], lineStyle: { color: HAIR } },
    grid: [
      { ...grid, top: 8, height: RAIN_PX - 8 },
      ...(names.length ? [{ ...grid, top: RAIN_PX + 16, height: names.length * RAN_ROW_PX }] : []),
    ],
    tooltip: {
      trigger: 'item',
      confine: true,
      borderColor: HAIR,
      textStyle: { color: INK, fontSize: FONT },
      formatter: (item: TipItem) => {
        const value = item.value as unknown as [number, number | string, number?, string?]
        if (typeof value[1] === 'string') return `${escapeHtml(value[1])}<br>${escapeHtml(value[3] ?? '')}`
        const from = dateTime(fromChartTime(value[0] - hour / 2))
        return `${from}–${dateTime(fromChartTime(value[0] + hour / 2)).slice(11)}<br>${escapeHtml(chart.words.rain)} <b>${significant(value[1], 2)}</b> mm<br>${escapeHtml(chart.words.most)} ${significant(value[2], 2)} mm`
      },
    },
    xAxis: [
      timeAxis(start, end, { axisLabel: { ...axisText, show: !names.length, hideOverlap: true, formatter: TIME_LABELS }, position: 'bottom' }),
      ...(names.length ? [timeAxis(start, end, { gridIndex: 1, axisLabel: { ...axisText, hideOverlap: true, formatter: TIME_LABELS } })] : []),
    ],
    yAxis: [
      { ...valueAxis(0, top, { splitNumber: 3 }), inverse: true },
      ...(names.length
        ? [{ type: 'category', gridIndex: 1, data: names, inverse: true, axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: true, lineStyle: { color: LINE } }, axisLabel: { ...axisText, color: INK, width: 100, overflow: 'truncate' } }]
        : []),
    ],
    series: [
      // A bar stands for its hour: from its start to its end.
      { type: 'bar', name: chart.words.rain, data: chart.hours.map(([at, mean, most]) => [chartTime(at) + hour / 2, mean, most]), barWidth: '90%', itemStyle: { color: RAIN } },
      ...chart.ran
        .filter((bar) => names.includes(bar.name))
        .map((bar) => {
          const from = Math.max(chartTime(bar.start), start)
          const to = Math.min(bar.stop ? chartTime(bar.stop) : end, end)
          const text = `${dateTime(bar.start)} – ${bar.stop ? dateTime(bar.stop) : chart.words.running}`
          return {
            type: 'line',
            xAxisIndex: 1,
            yAxisIndex: 1,
            name: bar.name,
            data: [
              [from, bar.name, 0, text],
              [to, bar.name, 0, text],
            ],
            symbol: ['none', bar.stop ? 'none' : 'triangle'],
            showSymbol: true,
            symbolSize: 1,
            lineStyle: { width: 10, color: bar.stop ? '#8d867a' : INK, cap: 'butt' },
            emphasis: { disabled: true },
            triggerLineEvent: true,
          }
        }),
    ],
  }
}

export interface TraceWords {
  observed: string
  alone: string
  predicted: string
  interval: string
  readingInterval: string
  release: string
  flag: (flag: string) => string
  station: (station: TraceStation) => string
}

interface TraceChart {
  stations: TraceStation[]
  /** Readings that stand alone: more likely wrong than right, they do not set the scale. */
  alone: SetAside[]
  /** The rank of the candidate whose prediction is drawn. */
  rank: number | null
  release: { low: string; high: string } | null
  words: TraceWords
}

export const TRACE_ROW_PX = 148
const TRACE_HEAD_PX = 24
const TRACE_FOOT_PX = 32

export function traceHeight(stations: number): number {
  return stations * TRACE_ROW_PX + TRACE_FOOT_PX
}

/** Nearest to the source first, so that the water runs down the page; stations that do not lie below it come last. */
export function downstream(stations: readonly TraceStation[]): TraceStation[] {
  return [...stations].sort((a, b) => (a.distance_m ?? Infinity) - (b.distance_m ?? Infinity) || 0)
}

/** Station over station on one time axis: dots observed, line and band predicted under one candidate. */
export function traceOption(chart: TraceChart): EChartsCoreOption {
  const stations = downstream(chart.stations)
  const predictedOf = (station: TraceStation) => (chart.rank === null ? [] : (station.predicted[String(chart.rank)] ?? []))
  const times = stations.flatMap((station) => [
    ...station.observed.map(([at]) => chartTime(at)),
    ...predictedOf(station).map(([at]) => chartTime(at)),
  ])
  const [start, end] = times.length ? [Math.min(...times), Math.max(...times)] : [0, 1]
  const last = stations.length - 1
  const ranges = stations.map((station) =>
    yRange('', [...believed(station, chart.alone), ...predictedOf(station).map(([, , , high, , readingHigh]) => readingHigh ?? high)], []),
  )
  return {
    useUTC: true,
    animation: false,
    axisPointer: { link: [{ xAxisIndex: 'all' }], lineStyle: { color: HAIR } },
    title: stations.map((station, index) => ({
      text: chart.words.station(station),
      left: 0,
      top: index * TRACE_ROW_PX,
      textStyle: { color: INK, fontSize: FONT, fontWeight: 500, fontFamily: 'inherit' },
      padding: 0,
    })),
    grid: stations.map((_station, index) => ({
      left: 44,
      right: 16,
      top: index * TRACE_ROW_PX + TRACE_HEAD_PX,
      height: TRACE_ROW_PX - TRACE_HEAD_PX - 16,
    })),
    tooltip: {
      trigger: 'axis',
      confine: true,
      borderColor: HAIR,
      textStyle: { color: INK, fontSize: FONT },
      formatter: (items: TipItem[]) => tip(items, chart.words),
    },
    xAxis: stations.map((_station, index) =>
      timeAxis(start, end, {
        gridIndex: index,
        axisLabel: { show: index === last, ...axisText, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: TIME_LABELS },
        axisTick: { show: index === last },
      }),
    ),
    yAxis: ranges.map(([low, high], index) => valueAxis(low, high, { gridIndex: index, splitNumber: 2 })),
    series: stations.flatMap((station, index) => traceSeries(station, predictedOf(station), index, ranges[index]!, chart)),
  }
}

const standsAlone = (station: TraceStation, alone: SetAside[]): Map<number, SetAside> =>
  new Map(alone.filter((row) => row.station_id === station.station_id).map((row) => [chartTime(row.at), row]))

function believed(station: TraceStation, alone: SetAside[]): number[] {
  const doubted = standsAlone(station, alone)
  return readingSeries(station.observed).normal.filter(([x]) => (doubted.get(x)?.probability ?? 0) <= 0.5).map(([, y]) => y)
}

function traceSeries(station: TraceStation, predicted: PredictedPoint[], index: number, [bottom, top]: [number, number], chart: TraceChart): Option[] {
  const axes = { xAxisIndex: index, yAxisIndex: index }
  const observed = readingSeries(station.observed)
  const doubted = standsAlone(station, chart.alone)
  const quiet = { type: 'line', showSymbol: false, silent: true, connectNulls: false, ...axes }
  // Between readings that lie far apart nothing was observed: no line and no band bridges that.
  const at = (value: (point: PredictedPoint) => number | null): XYGap[] => withGaps(predicted.map((point): XYGap => [chartTime(point[0]), value(point)]))
  const band = (name: string, color: string, low: number, high: number): Option[] => {
    const invisible = { ...quiet, stack: `${name}-${index}`, stackStrategy: 'all', lineStyle: { opacity: 0 }, tooltip: { show: false } }
    const end = (point: PredictedPoint, column: number): number | null => point[column as 2 | 3 | 4 | 5]
    return [
      { ...invisible, name: '', data: at((point) => end(point, low)) },
      { ...invisible, name, data: at((point) => (end(point, high) === null ? null : end(point, high)! - end(point, low)!)), areaStyle: { color } },
    ]
  }
  return [
    ...band(chart.words.readingInterval, READING_BAND, 4, 5),
    ...band(chart.words.interval, BAND, 2, 3),
    {
      ...quiet,
      name: chart.words.predicted,
      data: at(([, mean]) => mean),
      lineStyle: { color: ACCENT, width: 1.5 },
      markArea: chart.release
        ? {
            silent: true,
            itemStyle: { color: 'rgba(31,29,26,0.07)' },
            label: { show: index === 0, color: INK_2, fontSize: FONT, position: 'insideTop', formatter: chart.words.release },
            data: [[{ xAxis: chartTime(chart.release.low) }, { xAxis: chartTime(chart.release.high) }]],
          }
        : undefined,
    },
    { type: 'scatter', name: chart.words.observed, ...axes, data: observed.normal.filter(([x]) => !doubted.has(x)), symbolSize: 5, itemStyle: { color: INK } },
    // At the edge where it goes beyond the scale; the tooltip has what was read.
    ...(doubted.size ? [{ ...FLAGGED, ...ALONE, name: chart.words.alone, ...axes, data: observed.normal.filter(([x]) => doubted.has(x)).map(([x, y]) => [x, Math.min(Math.max(y, bottom), top), '', y]) }] : []),
    { ...flaggedDots(observed.flagged, bottom, top), name: chart.words.observed, ...axes },
  ]
}

function tip(items: TipItem[], words: TraceWords): string {
  const first = items[0]
  if (!first) return ''
  const rows = items
    .filter((item) => [words.observed, words.alone, words.predicted].includes(item.seriesName ?? ''))
    .filter((item) => item.value[1] !== null)
    .map((item) => `${escapeHtml(item.seriesName ?? '')} <b>${significant((item.value[3] as number | undefined) ?? item.value[1], 3)}</b>${item.value[2] ? ` ${escapeHtml(words.flag(String(item.value[2])))}` : ''}`)
  return [dateTime(fromChartTime(first.value[0])), ...rows].join('<br>')
}
