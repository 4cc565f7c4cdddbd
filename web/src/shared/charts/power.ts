/** Power of production above that of treatment, on one time axis, with what stands out and what was announced. */
import type { EChartsCoreOption } from 'echarts/core'
import type { Power, PowerMeter } from '../api/types'
import { significant } from '../figures'
import { chartTime, dateTime, fromChartTime } from '../time'
import { escapeHtml, FONT, HAIR, INK, INK_2, RUN, timeAxis, valueAxis, type TipItem } from './options'
import { withGaps, yRange } from './series'

const ROW_PX = 88
const HEAD_PX = 22
const FOOT_PX = 28
const STOP = { color: 'rgba(95,90,81,0.14)', borderColor: INK_2, borderWidth: 1, borderType: 'dotted' }
const FLAGGED = { color: '#ffffff', borderColor: INK_2, borderWidth: 1.25 }

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
  const tops = power.meters.map((_, index) => HEAD_PX + index * (ROW_PX + HEAD_PX))
  const measured = power.meters.map((meter) => meter.points.filter(([, value, flag]) => value !== null && flag === 'N'))
  const ranges = power.meters.map((meter, index) => yRange('power', [meter.runs_from, ...measured[index]!.map(([, value]) => value as number)], []))
  return {
    useUTC: true,
    animation: false,
    title: power.meters.map((meter, index) => ({
      text: `${words.line(meter)} · ${words.name(meter)}${meter.unit ? ` (${meter.unit})` : ''}`,
      left: 0,
      top: tops[index]! - HEAD_PX,
      padding: 0,
      textStyle: { color: INK, fontSize: FONT, fontWeight: 'normal', overflow: 'truncate', width: 300 },
    })),
    grid: tops.map((top) => ({ left: 40, right: 12, top, height: ROW_PX - 4 })),
    tooltip: {
      trigger: 'item',
      confine: true,
      borderColor: HAIR,
      textStyle: { color: INK, fontSize: FONT },
      formatter: (item: TipItem & { seriesIndex: number }) => {
        const [x, y, flag] = item.value as [number, number, string]
        const meter = power.meters[Math.floor(item.seriesIndex / 3)]!
        const text = `${dateTime(fromChartTime(x))}<br><b>${significant(y, 3)}</b> ${escapeHtml(meter.unit)}`
        return flag === 'N' ? text : `${text}<br>${escapeHtml(words.flag(flag))}`
      },
    },
    xAxis: tops.map((_, index) => timeAxis(start, end, { gridIndex: index, axisLabel: { show: index === tops.length - 1, color: INK_2, fontSize: FONT, hideOverlap: true, formatter: { year: '{yyyy}', month: '{MM}-{dd}', day: '{MM}-{dd}', hour: '{HH}:{mm}', minute: '{HH}:{mm}' } } })),
    yAxis: ranges.map(([low, high], index) => valueAxis(low, high, { gridIndex: index, splitNumber: 2 })),
    series: power.meters.flatMap((meter, index) => {
      const axes = { xAxisIndex: index, yAxisIndex: index }
      const line = measured[index]!.map(([at, value]) => [chartTime(at), value] as [number, number])
      return [
        {
          ...axes,
          type: 'line',
          step: 'end',
          data: withGaps(line),
          silent: true,
          showSymbol: false,
          connectNulls: false,
          lineStyle: { color: INK_2, width: 1 },
          markArea: { silent: true, data: areas },
          markLine: { silent: true, symbol: 'none', animation: false, lineStyle: { color: HAIR, type: 'dashed', width: 1 }, label: { formatter: words.runs, color: INK_2, fontSize: FONT, position: 'insideEndTop' }, data: [{ yAxis: meter.runs_from }] },
        },
        { ...axes, type: 'scatter', data: measured[index]!.map(([at, value, flag]) => [chartTime(at), value, flag]), symbolSize: line.length > 300 ? 2 : 4, itemStyle: { color: INK } },
        { ...axes, type: 'scatter', data: meter.points.filter(([, value, flag]) => value !== null && flag !== 'N').map(([at, value, flag]) => [chartTime(at), value, flag]), symbolSize: 5, itemStyle: FLAGGED },
      ]
    }),
  }
}
