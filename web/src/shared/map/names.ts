/** Where a river's name stands on the map: a few places in view, each on the stretch with the most water near it. */
import type { Feature, FeatureCollection, Geometry, Point } from 'geojson'

type Position = [number, number]
interface Seen {
  geometry: Geometry
  name: string
  /** Mean flow, m³/s. */
  flow: number
}
interface Pixel {
  x: number
  y: number
}

/** One name of a river in each square of this size, in pixels. */
const SQUARE = 360
/** Names are kept off the edges, where they would be cut: a name reaches further sideways than up. */
const SIDE = 100
const RIM = 24

export function riverNames(
  seen: readonly Seen[],
  project: (place: Position) => Pixel,
  view: { width: number; height: number },
): FeatureCollection<Point, { name: string }> {
  const best = new Map<string, { flow: number; place: Position; name: string }>()
  for (const { geometry, name, flow } of seen) {
    if (!name) continue
    for (const line of linesOf(geometry)) {
      const place = line[Math.floor(line.length / 2)] as Position | undefined
      if (!place) continue
      const { x, y } = project(place)
      if (x < SIDE || y < RIM || x > view.width - SIDE || y > view.height - RIM) continue
      const square = `${name}|${Math.floor(x / SQUARE)}|${Math.floor(y / SQUARE)}`
      const standing = best.get(square)
      if (!standing || flow > standing.flow) best.set(square, { flow, place, name })
    }
  }
  const features = [...best.values()].map(
    ({ name, place }): Feature<Point, { name: string }> => ({ type: 'Feature', geometry: { type: 'Point', coordinates: place }, properties: { name } }),
  )
  return { type: 'FeatureCollection', features }
}

function linesOf(geometry: Geometry): number[][][] {
  if (geometry.type === 'LineString') return [geometry.coordinates]
  return geometry.type === 'MultiLineString' ? geometry.coordinates : []
}
