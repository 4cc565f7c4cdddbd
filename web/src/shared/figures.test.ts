import { describe, expect, it } from 'vitest'
import { count, distance, percent, reading, share, significant, typed, unit } from './figures'

describe('figures', () => {
  it('prints a reading with the decimals of its parameter', () => {
    expect(reading(2.6, 'nh3n')).toBe('2.60')
    expect(reading(0.2031, 'tp')).toBe('0.203')
    expect(reading(null, 'ph')).toBe('—')
  })
  it('keeps three significant figures for what it does not know', () => {
    expect(reading(0.001234, 'w99999')).toBe('0.00123')
    expect(significant(1234.5, 3)).toBe('1230')
    expect(significant(99.96, 3)).toBe('100')
  })
  it('reads what was typed, in wide digits too', () => {
    expect([typed('０．５'), typed(' －3 '), typed('10³'), typed('')]).toEqual([0.5, -3, NaN, NaN])
  })
  it('never rounds a probability to certainty or to impossibility', () => {
    expect(percent(0.462)).toBe('46\u202f%')
    expect(percent(0.0004)).toBe('<\u202f1\u202f%')
    expect(percent(0.9991)).toBe('>\u202f99\u202f%')
  })
  it('prints a measured share as it is', () => {
    expect(share(0.9996)).toBe('100.0\u202f%')
    expect(share(null)).toBe('—')
  })
  it('groups thousands with a thin space', () => {
    expect(count(4055)).toBe('4\u202f055')
    expect(count(13_700_000)).toBe('13\u202f700\u202f000')
    expect(count(710)).toBe('710')
  })
  it('prints units and distances as people write them', () => {
    expect(unit('m3/s')).toBe('m³/s')
    expect(unit('-')).toBe('')
    expect(distance(640)).toBe('640\u202fm')
    expect(distance(12_340)).toBe('12.3\u202fkm')
  })
})
