import { describe, expect, it } from 'vitest'
import { spread } from './spread'

const apart = (a: { x: number; y: number }, b: { x: number; y: number }): number => Math.hypot(a.x - b.x, a.y - b.y)

describe('marks on the map', () => {
  it('stay where they are when none covers another', () => {
    expect(spread([{ x: 0, y: 0, radius: 10 }, { x: 50, y: 0, radius: 10 }]).map(({ x }) => x)).toEqual([0, 50])
  })
  it('on the same place are moved until each can be seen', () => {
    const [a, b, c] = spread([{ x: 5, y: 5, radius: 10 }, { x: 5, y: 5, radius: 10 }, { x: 5, y: 5, radius: 10 }])
    for (const distance of [apart(a!, b!), apart(b!, c!), apart(a!, c!)]) expect(distance).toBeGreaterThan(19.5)
  })
  it('make way for a station, which stays', () => {
    const [moved] = spread([{ x: 1, y: 0, radius: 10 }], [{ x: 0, y: 0, radius: 14 }])
    expect(apart(moved!, { x: 0, y: 0 })).toBeGreaterThan(23.9)
  })
})
