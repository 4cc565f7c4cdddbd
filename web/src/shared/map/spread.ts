/** Marks that would hide each other are moved apart by a few pixels, as little as it takes. */

export interface Disc {
  x: number
  y: number
  /** Pixels. */
  radius: number
}

const ROUNDS = 30
const CLEARANCE_PX = 2

/** Where the discs stand so that none covers another; `fixed` ones are kept clear of and not moved. */
export function spread(discs: readonly Disc[], fixed: readonly Disc[] = []): { x: number; y: number }[] {
  const placed = discs.map(({ x, y, radius }) => ({ x, y, radius }))
  for (let round = 0; round < ROUNDS; round += 1) {
    let moved = false
    placed.forEach((disc, index) => {
      for (const other of placed.slice(index + 1)) moved = part(disc, other, 0.5, index) || moved
      for (const other of fixed) moved = part(disc, { ...other }, 1, index) || moved
    })
    if (!moved) break
  }
  return placed
}

/** Push two discs apart along the line between them; `share` of the way is the first one's. */
function part(a: Disc, b: Disc, share: number, index: number): boolean {
  const least = a.radius + b.radius + CLEARANCE_PX
  const distance = Math.hypot(a.x - b.x, a.y - b.y)
  if (distance >= least - 0.01) return false
  // On the very same place there is no line between them: each index leaves in a direction of its own.
  const angle = distance > 0.01 ? Math.atan2(a.y - b.y, a.x - b.x) : index * 2.4
  const way = least - distance
  a.x += Math.cos(angle) * way * share
  a.y += Math.sin(angle) * way * share
  b.x -= Math.cos(angle) * way * (1 - share)
  b.y -= Math.sin(angle) * way * (1 - share)
  return true
}
