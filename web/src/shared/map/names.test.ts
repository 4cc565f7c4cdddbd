import { describe, expect, it } from 'vitest'
import { riverNames } from './names'

const line = (x: number, y: number) => ({ type: 'LineString' as const, coordinates: [[x - 1, y], [x, y], [x + 1, y]] })
const same = ([x, y]: [number, number]) => ({ x, y })
const view = { width: 1000, height: 600 }
const placed = (seen: Parameters<typeof riverNames>[0]) => riverNames(seen, same, view).features.map((given) => [given.properties.name, ...given.geometry.coordinates])

describe('river names', () => {
  it('stand once in a square, on the stretch with the most water', () => {
    expect(placed([{ geometry: line(100, 100), name: '清溪河', flow: 3 }, { geometry: line(200, 120), name: '清溪河', flow: 9 }])).toEqual([['清溪河', 200, 120]])
  })
  it('are repeated far away, and kept apart by river', () => {
    const seen = [{ geometry: line(100, 100), name: 'A', flow: 1 }, { geometry: line(850, 100), name: 'A', flow: 1 }, { geometry: line(110, 110), name: 'B', flow: 1 }]
    expect(placed(seen).map(([name]) => name)).toEqual(['A', 'A', 'B'])
  })
  it('leave out the nameless and what is out of view', () => {
    expect(placed([{ geometry: line(100, 100), name: '', flow: 1 }, { geometry: line(2000, 100), name: 'A', flow: 1 }])).toEqual([])
  })
})
