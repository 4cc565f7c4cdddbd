/** From the server's records to what the map draws. */
import type { Feature, FeatureCollection, LineString, Point } from 'geojson'
import type { Basin, Outfall, Station, TraceCandidate } from '../api/types'
import { bottleMark, candidateMark, candidateRadius, gaugeMark, outfallMark, stationMark } from './marks'
import { spread } from './spread'

type Properties = Record<string, string | number>

function point(lon: number, lat: number, properties: Properties): Feature<Point, Properties> {
  return { type: 'Feature', geometry: { type: 'Point', coordinates: [lon, lat] }, properties }
}
function collection(features: Feature<Point, Properties>[]): FeatureCollection<Point, Properties> {
  return { type: 'FeatureCollection', features }
}

/** Worse classes and open events are drawn last, so that they are never hidden under better ones. */
export function stationFeatures(stations: Station[], locale: 'zh' | 'en'): FeatureCollection<Point, Properties> {
  return collection(
    stations.map((station) =>
      point(station.lon, station.lat, {
        id: station.id,
        name: locale === 'zh' ? station.name_zh || station.name_en : station.name_en || station.name_zh,
        // A gauge measures no water of the river: a mark without a class would say "no data".
        mark: station.kind === 'rain_gauge' ? gaugeMark(amount(station.values.rain?.value)) : stationMark(station, locale),
        order: (station.class_now ?? 0) + (station.active_event_id === null ? 0 : 10),
      }),
    ),
  )
}

/** Millimetres as they stand in a mark. */
export function amount(mm: number | null | undefined): string {
  return mm === null || mm === undefined ? '–' : mm >= 10 ? String(Math.round(mm)) : String(Number(mm.toFixed(1)))
}

/** Signs of a page's own, each with the name of its mark; those that come last lie on top. */
export interface Sign {
  lon: number
  lat: number
  mark: string
  name: string
}
export function signFeatures(signs: Sign[]): FeatureCollection<Point, Properties> {
  return collection(signs.map(({ lon, lat, mark, name }, order) => point(lon, lat, { mark, name, order })))
}

export function outfallFeatures(outfalls: Outfall[]): FeatureCollection<Point, Properties> {
  return collection(outfalls.map((outfall) => point(outfall.lon, outfall.lat, { id: outfall.id, mark: outfallMark(outfall.permitted) })))
}

export function bottleFeatures(bottles: { lon: number; lat: number; letter: string }[]): FeatureCollection<Point, Properties> {
  return collection(bottles.map(({ lon, lat, letter }) => point(lon, lat, { mark: bottleMark(letter) })))
}

type Position = [number, number]
interface Projection {
  project: (place: Position) => { x: number; y: number }
  unproject: (pixel: [number, number]) => { lng: number; lat: number }
}

/** Pixels of a station's mark, which candidates keep clear of. */
const STATION_RADIUS = 14

/** Pixels between the mark of the chosen candidate and its name. */
const NAME_GAP = 6

/**
 * Candidates with a place ("nothing was released" has none and stands in the list only), moved apart on the screen where
 * they would hide each other; a line leads from a moved mark to the true place. The chosen one lies on top, with its name.
 */
export function candidateFeatures(
  candidates: TraceCandidate[],
  chosen: { rank: number; name: string } | null,
  stations: Pick<Station, 'lon' | 'lat'>[],
  { project, unproject }: Projection,
): FeatureCollection<Point | LineString, Properties> {
  const placed = candidates.flatMap((given) => (given.lon === null || given.lat === null ? [] : [{ ...given, at: [given.lon, given.lat] as Position }]))
  const discs = placed.map((given) => ({ ...project(given.at), radius: candidateRadius(given.probability) }))
  const seen = spread(discs, stations.map((station) => ({ ...project([station.lon, station.lat]), radius: STATION_RADIUS })))
  return {
    type: 'FeatureCollection',
    features: placed.flatMap((given, index) => {
      const { x, y } = seen[index]!
      const moved = Math.hypot(x - discs[index]!.x, y - discs[index]!.y) > 1
      const { lng, lat } = moved ? unproject([x, y]) : { lng: given.at[0], lat: given.at[1] }
      const isChosen = given.rank === chosen?.rank
      const mark = point(lng, lat, {
        rank: given.rank,
        mark: candidateMark(given.rank, given.probability, isChosen),
        name: isChosen ? chosen.name : '',
        clear: candidateRadius(given.probability) + NAME_GAP,
        order: isChosen ? 1 : -given.rank,
      })
      const leader: Feature<LineString, Properties> = { type: 'Feature', geometry: { type: 'LineString', coordinates: [given.at, [lng, lat]] }, properties: {} }
      return moved ? [leader, mark] : [mark]
    }),
  }
}

/** The smallest box around points, widened so that a single point still shows its surroundings; degrees. */
export function boundsOf(points: { lon: number | null; lat: number | null }[], margin = 0.02): [number, number, number, number] | null {
  const lons = points.flatMap((given) => (given.lon === null ? [] : [given.lon]))
  const lats = points.flatMap((given) => (given.lat === null ? [] : [given.lat]))
  if (lons.length === 0 || lats.length === 0) return null
  return [Math.min(...lons) - margin, Math.min(...lats) - margin, Math.max(...lons) + margin, Math.max(...lats) + margin]
}

/** The basin whose bounds hold the place; where none does, the first one. */
export function basinAt(basins: Basin[], place: { lon: number; lat: number }): Basin | null {
  const holds = ({ bounds }: Basin): boolean =>
    bounds !== null && place.lon >= bounds[0] && place.lon <= bounds[2] && place.lat >= bounds[1] && place.lat <= bounds[3]
  return basins.find(holds) ?? basins[0] ?? null
}
