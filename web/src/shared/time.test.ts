import { describe, expect, it } from 'vitest'
import { chartTime, dateTime, day, duration, fromChartTime, fromLocalField, lastDay, month, shortTime, toLocalField } from './time'

const words = { day: 'd', hour: 'h', minute: 'min' }

describe('times are shown in the time of the place', () => {
  it('prints date and time in Asia/Shanghai', () => {
    expect(dateTime('2020-01-07T06:05:00Z')).toBe('2020-01-07 14:05')
  })
  it('crosses midnight and the year with the zone', () => {
    expect(dateTime('2020-12-31T16:00:00Z')).toBe('2021-01-01 00:00')
    expect(day('2020-12-31T15:59:00Z')).toBe('2020-12-31')
    expect(month('2020-12-31T16:00:00Z')).toBe('2021-01')
  })
  it('shows a dash for a missing or broken time, never an invented one', () => {
    expect(dateTime(null)).toBe('—')
    expect(dateTime('soon')).toBe('—')
    expect(day(undefined)).toBe('—')
  })
  it('tells a deadline by its last day', () => {
    expect(lastDay('2026-11-25T16:00:00Z')).toBe('2026-11-25') // the end of the 25th in Shanghai
    expect(lastDay(null)).toBe('—')
  })
  it('leaves the date out only on the same day', () => {
    const now = new Date('2020-01-07T10:00:00Z')
    expect(shortTime('2020-01-06T16:30:00Z', now)).toBe('00:30')
    expect(shortTime('2020-01-06T15:30:00Z', now)).toBe('01-06 23:30')
    expect(shortTime('2019-11-02T15:30:00Z', now)).toBe('2019-11-02 23:30')
  })
})

describe('durations', () => {
  it('uses the two largest units', () => {
    expect(duration(7800, words)).toBe('2\u202fh 10\u202fmin')
    expect(duration(90_000, words)).toBe('1\u202fd 1\u202fh')
    expect(duration(0, words)).toBe('0\u202fmin')
    expect(duration(3600, words)).toBe('1\u202fh')
  })
  it('shows a dash when unknown', () => {
    expect(duration(null, words)).toBe('—')
    expect(duration(Number.NaN, words)).toBe('—')
  })
})

describe('chart and form times', () => {
  it('makes a UTC axis print the time of the place', () => {
    expect(new Date(chartTime('2020-01-07T06:05:00Z')).toISOString()).toBe('2020-01-07T14:05:00.000Z')
    expect(fromChartTime(chartTime('2020-01-07T06:05:00Z'))).toBe('2020-01-07T06:05:00.000Z')
  })
  it('reads a form field as the time of the place, and back', () => {
    expect(fromLocalField('2020-01-07T14:05')).toBe('2020-01-07T06:05:00Z')
    expect(fromLocalField('2020-01-07')).toBe('2020-01-06T16:00:00Z')
    expect(fromLocalField('yesterday')).toBeNull()
    expect(toLocalField('2020-01-07T06:05:00Z')).toBe('2020-01-07T14:05')
  })
})
