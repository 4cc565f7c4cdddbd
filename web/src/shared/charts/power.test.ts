import { describe, expect, it } from 'vitest'
import type { Power } from '../api/types'
import { powerOption } from './power'

const meter = (id: number, line: 'production' | 'treatment', points: Power['meters'][number]['points']): Power['meters'][number] => ({ id, name_zh: `表${id}`, name_en: `M${id}`, station_id: id, parameter: 'power', line, runs_from: 5, unit: 'kW', kind: 'minute', points })

describe('the lines of power', () => {
  const option = powerOption(
    {
      start: '2026-11-20T00:00:00Z', end: '2026-11-20T04:00:00Z', stops: [], spans: [], is_not_zh: '', is_not_en: '',
      meters: [
        meter(1, 'production', [['2026-11-20T00:00:00Z', 80, 'N'], ['2026-11-20T01:00:00Z', 900, 'D'], ['2026-11-20T02:00:00Z', 82, 'N']]),
        meter(2, 'treatment', [['2026-11-20T00:00:00Z', 20, 'N'], ['2026-11-20T01:00:00Z', 21, 'N']]),
      ],
    },
    { name: (given) => given.name_zh, line: (given) => given.line, runs: '运行', flag: (flag) => `标记 ${flag}` },
  ) as { series: { data: unknown[] }[]; tooltip: { formatter: (item: unknown) => string } }

  it('draw no line through a flagged reading, and keep its value for the tooltip where it is beyond the scale', () => {
    expect((option.series[0]!.data as [number, number | null][]).map(([, value]) => value)).toEqual([80, null, 82])
    const [edge] = option.series[2]!.data as { value: [number, number, string, number]; symbol: string }[]
    expect(edge!.symbol).toBe('triangle')
    expect(option.tooltip.formatter({ ...edge, seriesIndex: 2 })).toContain('<b>900</b> kW<br>标记 D')
  })
  it('name the unit of the meter that is pointed at', () => {
    const [first] = option.series[4]!.data as [number, number][]
    expect(option.tooltip.formatter({ value: first, seriesIndex: 4 })).toBe('2026-11-20 08:00<br><b>20.0</b> kW')
  })
})
