/** Power of production above that of treatment, on one time axis, with what stands out and what was announced. */
import type { EChartsCoreOption } from 'echarts/core'
import type { Power, PowerMeter } from '../api/types'
import { significant } from '../figures'
import { chartTime } from '../time'
import { flaggedDots, FONT, HAIR, INK, INK_2, readingTip, RUN, timeAxis, valueAxis, type TipItem } from './options'
import { readingSeries, yRange } from './series'

const ROW_PX = 88
const HEAD_PX = 30
/** The last label of the chart above stands between. */
const TITLE_PX = 20
const FOOT_PX = 28
const STOP = { color: 'rgba(95,90,81,0.14)', borderColor: INK_2, borderWidth: 1, borderType: 'dotted' }
/** Of each meter: the line, its readings, and the flagged ones. */
const SERIES_EACH = 3

export interface PowerWords {
  name: (meter: PowerMeter) => string
  line: (meter: PowerMeter) => string
  runs: string
  flag: (flag: string) => string
}

export function powerHeight(meters: number): number {
  return meters * (ROW_PX + HEAD_PX) + FOOT_PX
}

/** Meters one under the other, production first; the hairline is what a line draws at least when it runs. */
export function powerOption(power: Power, words: PowerWords): EChartsCoreOption {
  const [start, end] = [chartTime(power.start), chartTime(power.end)]
  const within = (at: string): number => Math.min(Math.max(chartTime(at), start), end)
  const areas = [
    ...power.spans.map((span) => [{ xAxis: within(span.started_at), itemStyle: RUN }, { xAxis: within(span.known_to) }]),
    ...power.stops.map((stop) => [{ xAxis: within(stop.starts_at), itemStyle: STOP }, { xAxis: within(stop.ends_at) }]),
  ]
  const rows = power.meters.map((meter, index) => {
    const readings = readingSeries(meter.points)
    return { meter, readings, top: HEAD_PX + index * (ROW_PX + HEAD_PX), range: yRange('power', [meter.runs_from, ...readings.normal.map(([, value]) => value)], []) }
  })
  return {
    useUTC: true,
    animation: false,
    title: rows.map(({ meter, top }) => ({
      text: `${words.line(meter)} · ${words.name(meter)}${meter.unit ? ` (${meter.unit})` : ''}`,
      left: 0,
      top: top - TITLE_PX,
      padding: 0,
      textStyle: { color: INK, fontSize: FONT, fontWeight: 'normal', overflow: 'truncate', width: 300 },
    })),
    grid: rows.map(({ top }) => ({ left: 40, right: 12, top, height: ROW_PX - 4 })),
    tooltip: {
      trigger: 'item',
      confine: true,
      borderColor: HAIR,
      textStyle: { color: INK, fontSize: FONT },
      formatter: (item: TipItem & { seriesIndex: number }) => readingTip(item, (value) => significant(value, 3), power.meters[Math.floor(item.seriesIndex / SERIES_EACH)]!.unit, words.flag),
    },
    xAxis: rows.map((_, index) => timeAxis(start, end, { gridIndex: index, ...(index < rows.length - 1 && { axisLabel: { show: false } }) })),
    yAxis: rows.map(({ range }, index) => valueAxis(...range, { gridIndex: index, splitNumber: 2 })),
    series: rows.flatMap(({ meter, readings, range }, index) => {
      const axes = { xAxisIndex: index, yAxisIndex: index }
      return [
        {
          ...axes,
          type: 'line',
          step: 'end',
          data: readings.line,
          silent: true,
          showSymbol: false,
          connectNulls: false,
          lineStyle: { color: INK_2, width: 1 },
          markArea: { silent: true, data: areas },
          markLine: { silent: true, symbol: 'none', animation: false, lineStyle: { color: HAIR, type: 'dashed', width: 1 }, label: { formatter: words.runs, color: INK_2, fontSize: FONT, position: 'insideEndTop', backgroundColor: '#fff', padding: [0, 2] }, data: [{ yAxis: meter.runs_from }] },
        },
        { ...axes, type: 'scatter', data: readings.normal, symbolSize: readings.normal.length > 100 ? 2 : 4, itemStyle: { color: INK } },
        { ...axes, ...flaggedDots(readings.flagged, ...range) },
      ]
    }),
  }
}
