import { describe, expect, it } from 'vitest'
import type { Roster, Shift } from '@/shared/api/types'
import { weeksFrom, rosterDays, weekday } from './rosterDays'

const area = { code: '1', name_zh: '区', name_en: 'County' }
const person = { id: 1, name_zh: '王', name_en: 'Wang' }
const shift = (id: number, starts_at: string, ends_at: string): Shift => ({ id, area, starts_at, ends_at, person, deputy: null, leader: null })
const roster = (given: Partial<Roster>): Roster => ({ area, shifts: [], gaps: [], overlaps: [], may_change: true, ...given })

describe('the days of a roster', () => {
  it('show a night shift on the day of the place on which it starts', () => {
    const night = shift(1, '2026-12-01T12:00:00Z', '2026-12-02T00:00:00Z')
    const days = rosterDays(roster({ shifts: [night] }), '2026-12-01', '2026-12-03')
    expect(days.map((one) => one.entries.length)).toEqual([1, 0])
  })
  it('show what began before the first of them on the first', () => {
    const before = shift(1, '2026-11-30T12:00:00Z', '2026-12-01T00:00:00Z')
    expect(rosterDays(roster({ shifts: [before] }), '2026-12-01', '2026-12-02')[0]?.entries).toHaveLength(1)
  })
  it('cut a gap at midnight', () => {
    const gaps = [{ start: '2026-12-01T12:00:00Z', end: '2026-12-02T04:00:00Z' }]
    const days = rosterDays(roster({ gaps }), '2026-12-01', '2026-12-03')
    expect(days.map((one) => one.entries.map((gap) => gap.start.slice(11, 16) + gap.end.slice(11, 16)))).toEqual([['12:0016:00'], ['16:0004:00']])
  })
  it('mark the shifts that share time', () => {
    const shifts = [shift(1, '2026-12-01T00:00:00Z', '2026-12-01T08:00:00Z'), shift(2, '2026-12-01T07:00:00Z', '2026-12-01T15:00:00Z')]
    const overlaps = [{ start: '2026-12-01T07:00:00Z', end: '2026-12-01T08:00:00Z' }]
    expect(rosterDays(roster({ shifts, overlaps }), '2026-12-01', '2026-12-02')[0]?.entries.map((one) => one.doubled)).toEqual([true, true])
  })
})
describe('five weeks', () => {
  it('begin with the Monday of the place, and go over the end of a year', () => {
    expect(weeksFrom(Date.parse('2026-11-29T16:30:00Z'), 0)).toEqual({ first: '2026-11-30', last: '2027-01-03', next: '2027-01-04' })
    expect(weeksFrom(Date.parse('2026-11-29T15:30:00Z'), 0).first).toBe('2026-11-23')
  })
  it('follow one another without a day between', () => {
    const now = Date.parse('2026-11-20T00:00:00Z')
    expect(weeksFrom(now, -1).next).toBe(weeksFrom(now, 0).first)
  })
  it('count their days from Monday', () => expect(weekday('2026-11-30')).toBe(0))
})
