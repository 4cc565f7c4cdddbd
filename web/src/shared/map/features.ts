/** From the server's records to what the map draws. */
import type { Feature, FeatureCollection, Point } from 'geojson'
import type { Basin, Outfall, Station, TraceCandidate } from '../api/types'
import { candidateMark, outfallMark, stationMark } from './marks'

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
        mark: stationMark(station, locale),
        order: (station.class_now ?? 0) + (station.active_event_id === null ? 0 : 10),
      }),
    ),
  )
}

export function outfallFeatures(outfalls: Outfall[]): FeatureCollection<Point, Properties> {
  return collection(outfalls.map((outfall) => point(outfall.lon, outfall.lat, { id: outfall.id, mark: outfallMark(outfall.permitted) })))
}

/** Candidates with a place; "nothing was released" has none and stands in the list only. */
export function candidateFeatures(candidates: TraceCandidate[], chosen: number | null): FeatureCollection<Point, Properties> {
  return collection(
    candidates.flatMap((candidate) =>
      candidate.lon === null || candidate.lat === null
        ? []
        : [
            point(candidate.lon, candidate.lat, {
              rank: candidate.rank,
              mark: candidateMark(candidate.rank, candidate.probability, candidate.rank === chosen),
            }),
          ],
    ),
  )
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
