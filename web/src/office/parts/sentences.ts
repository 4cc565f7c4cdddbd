/** What the pages say in whole sentences, put together from the server's facts. The words are in the locale files. */
import type { ClueSummary, SampledWhere, Station, TraceCandidate, WaterEvent } from '@/shared/api/types'
import { distance, reading, unit } from '@/shared/figures'
import type { useWords } from '@/shared/i18n/words'
import { dateTime } from '@/shared/time'
import { CLASSES } from '@/shared/tokens'

type Translate = (key: string, named?: Record<string, unknown>) => string
interface Speech {
  t: Translate
  words: Pick<ReturnType<typeof useWords>, 'pick' | 'name'>
  codes: { label: (table: string, key: string | number | null | undefined) => string }
}

export function className(grade: number | null, { t, words }: Pick<Speech, 't' | 'words'>): string {
  const token = CLASSES.find((given) => given.key === grade)
  return token ? words.pick(token.zh, token.en) : t('class.none')
}

/** "Class IV, one below its target; total phosphorus decides." */
export function classSentence(station: Station, speech: Speech): string {
  const { t, codes, words } = speech
  if (station.discharge) return station.outfall ? t('station.dischargeOf', { outfall: words.name(station.outfall) }) : t('station.discharge')
  if (station.class_now === null) return t('station.noClass')
  const deciding = station.deciding.map((key) => codes.label('parameters', key)).join(t('list.comma'))
  const grade = className(station.class_now, speech)
  const because = deciding ? t('station.because', { parameters: deciding }) : ''
  if (station.target_class === null) return t('station.isClass', { grade }) + because
  const target = className(station.target_class, speech)
  const below = station.class_now - station.target_class
  return (below > 0 ? t('station.below', { grade, target, n: below }) : t('station.meets', { grade, target })) + because
}

/** What happened, in one sentence with the numbers it rests on. */
export function eventSentence(event: WaterEvent, speech: Speech): string {
  const { t, words, codes } = speech
  const station = words.name(event.station)
  const parameter = codes.label('parameters', event.parameter)
  const value = `${reading(event.peak_value, event.parameter)}\u202f${unit(event.unit)}`.trim()
  const base = event.baseline === null ? '' : t('event.baseline', { value: reading(event.baseline, event.parameter) })
  if (event.kind === 'class_drop' && event.class_before && event.class_now) {
    return t('event.dropped', {
      station,
      parameter,
      at: dateTime(event.opened_at),
      before: className(event.class_before, speech),
      now: className(event.class_now, speech),
      value,
    })
  }
  if (event.kind === 'bloom') return t('event.bloom', { station, parameter, at: dateTime(event.opened_at), value })
  if (event.kind === 'permit') {
    const limit = event.limit_value === null ? '—' : reading(event.limit_value, event.parameter)
    return t('event.permit', { station, parameter, at: dateTime(event.opened_at), value, limit })
  }
  if (event.kind === 'unusual') {
    const usual = event.baseline === null ? '' : t('event.usually', { value: reading(event.baseline, event.parameter) })
    return t('event.unusual', { station, parameter, at: dateTime(event.opened_at), value, base: usual })
  }
  return t('event.rose', { station, parameter, at: dateTime(event.opened_at), value, base })
}

/** The short line of an event in a list. */
export function eventTitle(event: WaterEvent, { words, codes }: Pick<Speech, 'words' | 'codes'>): string {
  return `${words.name(event.station)} · ${codes.label('parameters', event.parameter)} ${reading(event.peak_value, event.parameter)}\u202f${unit(event.unit)}`
}

/** What people have confirmed of a candidate's outfall. */
export function confirmedSentence(row: TraceCandidate['confirmed'][number], { t, codes }: Pick<Speech, 't' | 'codes'>): string {
  const facts = { number: row.number, state: codes.label('ledger_states', row.state), date: dateTime(row.opened_at).slice(0, 10) }
  return t(row.of_this_event ? 'trace.confirmedThis' : 'trace.confirmed', facts)
}

type Named = Pick<TraceCandidate, 'kind' | 'outfall' | 'label'> & Partial<Pick<TraceCandidate, 'where'>>

export function candidateName(candidate: Named, { t, words }: Pick<Speech, 't' | 'words'>): string {
  if (candidate.kind === 'nothing') return t('trace.nothing')
  if (candidate.outfall) return words.name(candidate.outfall) || candidate.outfall.code
  if (candidate.label) return candidate.label
  const where = candidate.where
  if (!where) return t(`trace.bare.${candidate.kind}`)
  if (candidate.kind === 'diffuse') return t('trace.diffuseAbove', { station: words.pick(where.station_zh, where.station_en) })
  const river = words.pick(where.river_zh, where.river_en) || where.reach_code
  if (candidate.kind === 'boundary') {
    const section = words.pick(where.section_zh, where.section_en)
    return section ? t('trace.inflowAt', { river, section }) : t('trace.inflowOn', { river, reach: where.reach_code })
  }
  if (where.above_m === null) return t('trace.unlistedOn', { river, reach: where.reach_code })
  return t('trace.unlistedAbove', { river, station: words.pick(where.station_zh, where.station_en), distance: distance(where.above_m) })
}

/** Where a bottle is taken, by what is neutral: the river and the nearest station on the way of the water. */
export function sampledPlace(where: SampledWhere, { t, words }: Pick<Speech, 't' | 'words'>): string {
  const river = words.pick(where.river_zh, where.river_en) || where.reach_code
  const station = words.pick(where.station_zh, where.station_en)
  if (where.above_m === null || !station) return t('trace.sampling.on', { river, reach: where.reach_code })
  const key = where.above_m === 0 ? 'at' : where.above_m > 0 ? 'above' : 'below'
  return t(`trace.sampling.${key}`, { river, station, distance: distance(Math.abs(where.above_m)) })
}

export function place(thing: { lon: number | null; lat: number | null }): string {
  return thing.lon === null || thing.lat === null ? '—' : `${thing.lon.toFixed(5)}, ${thing.lat.toFixed(5)}`
}

export function clueWhere(clue: ClueSummary, { words }: Pick<Speech, 'words'>): string {
  return [words.pick(clue.area_name_zh, clue.area_name_en), words.pick(clue.river_zh, clue.river_en)].filter(Boolean).join(' · ')
}

export { distance }
