import { describe, expect, it } from 'vitest'
import type { Station, TraceCandidate } from '../api/types'
import { amount, boundsOf, candidateFeatures, stationFeatures } from './features'

const station = (given: Partial<Station>): Station =>
  ({ id: 1, name_zh: '上清寺', name_en: '', lon: 106.5, lat: 29.5, owner: 'office', state: 'ok', class_now: 3, active_event_id: null, ...given }) as Station

const candidate = (given: Partial<TraceCandidate>): TraceCandidate =>
  ({ rank: 1, kind: 'outfall', lon: 106.5, lat: 29.5, probability: 0.5, ...given }) as TraceCandidate

describe('stations on the map', () => {
  it('carry their class, freshness and alarm in the mark', () => {
    const marks = stationFeatures(
      [station({}), station({ class_now: null, state: 'never' }), station({ state: 'offline' }), station({ active_event_id: 4, class_now: 6 })],
      'zh',
    ).features.map((feature) => feature.properties.mark)
    expect(marks).toEqual([
      'station:3:fresh:round:quiet:zh',
      'station:0:old:round:quiet:zh',
      'station:3:old:round:quiet:zh',
      'station:6:fresh:round:alarm:zh',
    ])
  })
  it('are drawn with alarms above all classes', () => {
    const orders = stationFeatures([station({ class_now: 6 }), station({ class_now: 1, active_event_id: 2 })], 'zh').features.map((f) => Number(f.properties.order))
    expect(orders[1]).toBeGreaterThan(orders[0]!)
  })
  it('fall back to the name there is', () => {
    expect(stationFeatures([station({})], 'en').features[0]?.properties.name).toBe('上清寺')
  })
})

it('a rain gauge is no station without a class: its mark is a drop with the millimetres', () => {
  const gauge = station({ kind: 'rain_gauge', class_now: null, values: { rain: { value: 12.4, unit: 'mm', at: '', flag: 'N' } } })
  expect(stationFeatures([gauge, station({ kind: 'rain_gauge', values: {} })], 'zh').features.map((f) => f.properties.mark)).toEqual(['gauge:12', 'gauge:–'])
  expect([amount(0), amount(0.25), amount(9.95), amount(null)]).toEqual(['0', '0.3', '9.9', '–'])
})

describe('candidates on the map', () => {
  /** One degree is a thousand pixels. */
  const screen = {
    project: ([lon, lat]: [number, number]) => ({ x: 1000 * lon, y: -1000 * lat }),
    unproject: ([x, y]: [number, number]) => ({ lng: x / 1000, lat: -y / 1000 }),
  }
  it('leave out the hypothesis that nothing was released', () => {
    expect(candidateFeatures([candidate({}), candidate({ rank: 2, kind: 'nothing', lon: null, lat: null })], null, [], screen).features).toHaveLength(1)
  })
  it('grow with the probability; the chosen one lies on top with its name', () => {
    const found = candidateFeatures([candidate({ probability: 0.64 }), candidate({ rank: 2, probability: 0.04, lon: 107 })], { rank: 2, name: '排口' }, [], screen).features
    expect(found.map((f) => [f.properties.mark, f.properties.name])).toEqual([['candidate:1:19:other', ''], ['candidate:2:12:chosen', '排口']])
    expect(Number(found[1]!.properties.order)).toBeGreaterThan(Number(found[0]!.properties.order))
  })
  it('on one place are drawn beside each other, each with a line to the place', () => {
    const found = candidateFeatures([candidate({}), candidate({ rank: 2 })], null, [], screen).features
    expect(found.map((f) => f.geometry.type)).toEqual(['LineString', 'Point', 'LineString', 'Point'])
    expect(found[1]!.geometry.coordinates).not.toEqual(found[3]!.geometry.coordinates)
  })
})

describe('bounds', () => {
  it('hold all points with a margin, and do not exist without points', () => {
    expect(boundsOf([{ lon: 106, lat: 29 }, { lon: 107, lat: 30 }], 0.5)).toEqual([105.5, 28.5, 107.5, 30.5])
    expect(boundsOf([{ lon: null, lat: null }])).toBeNull()
  })
})
