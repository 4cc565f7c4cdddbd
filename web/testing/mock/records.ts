/** Invented events, traces, clues and problems: one story in the middle of being worked on. */
import type * as T from '../../src/shared/api/types'
import { AREAS, limitsOf, outfalls, random, reaches, river, stations, STORY_STATION, unitOf } from './basin'

const HOUR = 3600_000
const origin = Math.floor(Date.now() / 900_000) * 900_000
const ago = (hours: number): string => new Date(origin - hours * HOUR).toISOString()
const story = stations[STORY_STATION - 1]!
const next = random(7)
const named = (thing: T.Ref): T.Ref => ({ id: thing.id, name_zh: thing.name_zh, name_en: thing.name_en })
const outfallOf = (id: number): T.OutfallRef => {
  const { code, name_zh, name_en } = outfalls[id - 1]!
  return { id, code, name_zh, name_en }
}

export const session: T.Session = {
  demo: true,
  by_code: true,
  second_step: null,
  providers: [],
  user: {
    id: 1,
    username: 'office',
    name_zh: '周敏',
    name_en: 'Zhou Min',
    roles: [{ role: 'city_office', area_code: '500000', area_name_zh: '演示市', area_name_en: 'Demo City' }],
    capabilities: ['view_map', 'view_readings', 'acknowledge_alarm', 'manage_roster', 'view_trace', 'run_trace', 'record_sample', 'record_overflow', 'record_stop', 'view_sampling', 'plan_sampling', 'review_lab_results', 'import_readings', 'review_readings', 'authorise_statutory_review', 'view_clue', 'register_clue', 'confirm_clue', 'view_problem', 'assign_problem', 'verify_problem', 'write_off_problem', 'manage_campaigns', 'view_enforcement', 'enforce', 'manage_registry', 'import_registry', 'manage_stations', 'ask_station', 'control_station', 'authorise_statutory_control', 'view_accounts', 'manage_accounts', 'draft_document', 'review_document', 'countersign_document', 'issue_document', 'sign_document', 'export_pack'],
  },
}

export function reach(id: number): T.Reach | undefined {
  const found = reaches[id - 1]
  return found && { id, code: found.code, river_zh: river(id).zh, river_en: river(id).en, length_m: 2870, discharge_m3s: found.discharge, velocity_m_s: 0.42, width_m: 18, estimated: ['velocity_m_s', 'width_m'], synthetic: true }
}

/** A pulse passing a station: rises fast, falls slowly. */
const pulse = (hoursSince: number, peak: number): number => (hoursSince < 0 ? 0 : peak * (hoursSince / 1.6) ** 1.4 * Math.exp(1.4 * (1 - hoursSince / 1.6)))

function level(station: T.Station, parameter: string, at: number): number {
  const base = station.id === STORY_STATION && parameter === 'nh3n' ? 0.58 : (station.values[parameter]?.value ?? 1)
  const hour = (at / HOUR + 8) % 24
  const daily = 1 + 0.08 * Math.sin(((hour - 6) / 24) * 2 * Math.PI)
  const risen = station.id === STORY_STATION && parameter === 'nh3n' ? pulse((at - (origin - 5 * HOUR)) / HOUR, 2.05) : 0
  return base * daily + risen
}

const PERMITTED: Record<string, T.PermitBound[]> = {
  cod: [{ averaging: 'day', least: null, most: 50, unit: 'mg/L' }],
  nh3n: [{ averaging: 'day', least: null, most: 5, unit: 'mg/L' }, { averaging: 'hour', least: null, most: 8, unit: 'mg/L' }],
  ph: [{ averaging: 'hour', least: 6, most: 9, unit: '' }],
}
export function readings(id: number, query: URLSearchParams): T.Readings | undefined {
  const station = stations[id - 1]
  if (!station) return undefined
  const parameter = query.get('parameter') ?? 'nh3n'
  const kind = query.get('kind') || (station.discharge && PERMITTED[parameter] ? 'hour' : 'instant')
  const step = kind === 'hour' ? HOUR : HOUR / 4
  const noise = random(id * 31 + parameter.length)
  const points: T.ReadingPoint[] = []
  const end = Math.min(Date.parse(query.get('end') ?? ''), Date.now())
  for (let at = Math.ceil(Date.parse(query.get('start') ?? '') / step) * step; at <= end; at += step) {
    const jitter = 1 + (noise() - 0.5) * 0.07
    const back = (origin - at) / HOUR
    if (back > 19 && back < 21.5) continue
    const flag = back > 30 && back < 31.6 ? 'M' : back > 40 && back < 41 ? 'X' : 'N'
    points.push([new Date(at).toISOString(), Number((level(station, parameter, at) * jitter * (flag === 'M' ? 0.4 : 1)).toFixed(3)), flag])
  }
  if (parameter.endsWith('-RS')) points.forEach((point, index) => point.splice(1, 1, index % 40 < 6 ? 3 : Math.round(point[1]! / point[1]!)))
  const reasons = points.filter(([, , flag]) => flag === 'X').map(([at], index): [T.Iso, string] => [at, index % 2 ? 'above_possible' : 'review'])
  // Two readings were sent again with another value.
  const rawValues = points
    .filter(([at]) => [7, 16].includes(Math.floor((origin - Date.parse(at)) / HOUR)) && Date.parse(at) % HOUR === 0)
    .map(([at, value]): [T.Iso, number] => [at, Number(((value ?? 0) * 1.6).toFixed(3))])
  // An hour of maintenance was first sent as measured.
  const rawFlags = points.filter(([, , flag]) => flag === 'M').map(([at]): [T.Iso, string] => [at, 'N'])
  return { station_id: id, parameter, unit: unitOf(parameter), kind, limits: station.discharge ? {} : limitsOf(parameter), permit: station.discharge ? (PERMITTED[parameter] ?? []) : null, points, raw_values: rawValues, raw_flags: rawFlags, reasons, truncated: false }
}

export const events: T.WaterEvent[] = [
  {
    id: 12, station: named(story), stations: [named(story), named(stations[17]!), named(stations[19]!)], area_code: story.area_code, parameter: 'nh3n', kind: 'class_drop', state: 'open',
    opened_at: ago(4.25), last_at: ago(0.25), closed_at: null, peak_value: 2.63, unit: 'mg/L', baseline: 0.58, limit_value: 1, class_before: 3, class_now: 6, synthetic: true,
    alarm: { id: 5, state: 'raised', raised_at: ago(4.2), answer_by: ago(4.2 - 0.5), acknowledged_at: null, acknowledged_by: null, note: '', message_zh: '磁器口自动站氨氮 01:15 升至 2.63 mg/L（前 24 h 均值 0.58），水质类别由Ⅲ类降为劣Ⅴ类，属疑似。建议：先核对仪器状态，再沿上游核查 3 处候选排口，采样磁器口断面。', message_en: 'Ammonia at Ciqikou rose to 2.63 mg/L at 01:15 (24 h mean before: 0.58): suspected, not confirmed. Suggested: check the analyser first, then the three candidate outfalls upstream; sample at Ciqikou.' },
  },
  {
    id: 11, station: named(stations[9]!), stations: [named(stations[9]!)], area_code: '500102', parameter: 'tp', kind: 'threshold', state: 'open',
    opened_at: ago(27), last_at: ago(1), closed_at: null, peak_value: 0.372, unit: 'mg/L', baseline: 0.24, limit_value: 0.3, class_before: 4, class_now: 5, synthetic: true,
    alarm: { id: 4, state: 'acknowledged', raised_at: ago(27), answer_by: null, acknowledged_at: ago(26.7), acknowledged_by: { name_zh: '李强', name_en: 'Li Qiang' }, note: '已通知水质处，先查泵站。', message_zh: '同期无降雨。', message_en: 'No rain in the period.' },
  },
  {
    id: 10, station: named(stations[12]!), stations: [named(stations[12]!)], area_code: '500102', parameter: 'nh3n', kind: 'unusual', state: 'open',
    opened_at: ago(2), last_at: ago(0.5), closed_at: null, peak_value: 0.62, unit: 'mg/L', baseline: 0.3, limit_value: null, class_before: null, class_now: null, synthetic: true,
    alarm: { id: 6, state: 'raised', raised_at: ago(1.8), answer_by: ago(1.3), acknowledged_at: null, acknowledged_by: null, note: '', message_zh: '水质异于平时：氨氮为 0.62 mg/L（平时此时约 0.3 mg/L，一般相差不超过 0.05 mg/L）。只与本站平时相比，未必超限；属疑似，尚未现场确认。请先核对设备，再看降雨与上游来水。', message_en: 'The water is not as usual: ammonia nitrogen was 0.62 mg/L (usually about 0.3 mg/L at that hour, rarely more than 0.05 mg/L from it). Compared with this station’s own normal, not with a limit; suspected, not confirmed on site. Check the analyser first, then rain and the inflow from upstream.' },
  },
  {
    id: 9, station: named(stations[4]!), stations: [named(stations[4]!)], area_code: '500102', parameter: 'do', kind: 'class_drop', state: 'closed',
    opened_at: ago(96), last_at: ago(80), closed_at: ago(79), peak_value: 3.4, unit: 'mg/L', baseline: 6.2, limit_value: 5, class_before: 3, class_now: 4, synthetic: true,
    alarm: { id: 3, state: 'resolved', raised_at: ago(96), answer_by: null, acknowledged_at: ago(95.5), acknowledged_by: { name_zh: '周敏', name_en: 'Zhou Min' }, note: '', message_zh: '夜间溶解氧低，清晨回升。', message_en: 'Oxygen low by night, back by morning.' },
  },
]
export function acknowledge(id: number): T.Alarm | undefined {
  const alarm = events.find((event) => event.alarm?.id === id)?.alarm
  if (alarm) Object.assign(alarm, { state: 'acknowledged', answer_by: null, acknowledged_at: new Date().toISOString(), acknowledged_by: { name_zh: '周敏', name_en: 'Zhou Min' } })
  return alarm ?? undefined
}

const SHARES = [0.462, 0.221, 0.137, 0.061, 0.044, 0.028, 0.019, 0.011, 0.009, 0.004, 0.003, 0.001]
const CANDIDATE_OUTFALLS = [11, 0, 13, 12, 0, 25, 0, 40, 0, 52, 0]
export const candidates: T.TraceCandidate[] = SHARES.map((probability, index) => {
  const rank = index + 1
  const outfallId = CANDIDATE_OUTFALLS[index] ?? 0
  const nothing = rank === 5
  const outfall = outfallId ? outfalls[outfallId - 1]! : null
  const unlisted = reaches[13 + index]!.line[3]!
  return {
    rank,
    key: nothing ? 'nothing' : outfall ? `outfall:${outfall.id}` : `unlisted:${14 + index}`,
    kind: nothing ? 'nothing' : outfall ? 'outfall' : 'unlisted',
    label: '',
    prior: nothing ? 0.1 : outfall ? 0.75 / 8 : 0.15 / 12,
    contrasts: rank === 1 ? [{ rival_rank: 2, station_zh: story.name_zh, station_en: story.name_en, sample: false, at: ago(4), expected: 2.5, rival_expected: 1.1, observed: 2.6, errors_apart: 6.2, parameter: 'nh3n' }] : [],
    probability_by_rule: probability,
    probability_by_evidence: Number((probability * (outfall ? 0.6 : 1.6)).toFixed(3)),
    outfall: outfall && outfallOf(outfall.id),
    reach_id: nothing ? null : (outfall?.reach_id ?? 14 + index),
    where: nothing || outfall ? null : { river_zh: '清水溪', river_en: 'Qingshui Creek', reach_code: `R${14 + index}`, station_zh: '磁器口', station_en: 'Ciqikou', above_m: 800 + 350 * index, section_zh: '', section_en: '' },
    lon: nothing ? null : (outfall?.lon ?? unlisted[0]),
    lat: nothing ? null : (outfall?.lat ?? unlisted[1]),
    probability,
    started: nothing ? null : { low: ago(9.4 + index * 0.3), median: ago(8.7 + index * 0.3), high: ago(7.9 + index * 0.3) },
    duration_s: nothing ? null : { low: 2700 + index * 300, median: 6600 + index * 900, high: 13_500 + index * 1800 },
    released_kg: nothing ? null : { low: 88 - index * 4, median: 131 + index * 6, high: 196 + index * 9 },
    ruled_out: false,
    confirmed: rank === 1 ? [{ problem_id: 1, number: 'CQ-2020-0007', state: 'signed_for', opened_at: ago(400), of_this_event: false }] : [],
    ran: rank === 4 ? [[ago(9.5), ago(3.2)]] : [],
    parameters: nothing ? [] : [
      { parameter: 'nh3n', released_kg: { low: 88, median: 131, high: 196 }, reference: 'nh3n', ratio_needed: null, ratio_expected: null },
      { parameter: 'cod', released_kg: { low: 1900, median: 2400, high: 2900 }, reference: 'nh3n', ratio_needed: { low: 15, median: 18, high: 22 }, ratio_expected: index % 2 ? null : { low: 8.8, median: 20, high: 46 } },
    ],
    note: rank === 1 ? '到达磁器口、三溪口、施家梁三站的时间差与水流时间一致。该排口许可日排放量不足以解释此次增量。' : '',
  }
})
const observers: [T.Station, number, number, number][] = [[story, 4_200, 5, 2.05], [stations[17]!, 9_800, 2.6, 1.35], [stations[19]!, 15_300, 0.4, 0.9]]
function traceStation([station, distance, since, peak]: (typeof observers)[number]): T.TraceStation {
  const observed: T.ReadingPoint[] = []
  const predicted: Record<string, T.PredictedPoint[]> = {}
  for (let back = 24; back >= 0; back -= 0.25) {
    const at = ago(back)
    const truth = 0.58 + pulse(since - back, peak)
    if (back < 12.6 && back > 11.4) continue
    observed.push([at, Number((truth * (1 + (next() - 0.5) * 0.08)).toFixed(3)), back > 17 && back < 18 ? 'M' : 'N'])
  }
  for (const { rank, kind } of candidates) {
    const late = kind === 'nothing' ? 99 : (rank - 1) * 0.35
    predicted[String(rank)] = Array.from({ length: 97 }, (_unused, index) => 24 - index * 0.25).filter((back) => back >= 12.6 || back <= 11.4).map((back) => {
      const rise = pulse(since - back - late, peak * (1 + (rank - 1) * 0.05))
      return [ago(back), 0.58 + rise, 0.5 + rise * 0.78, 0.66 + rise * 1.24, 0.42 + rise * 0.7, 0.74 + rise * 1.34] as T.PredictedPoint
    })
  }
  return { station_id: station.id, name_zh: station.name_zh, name_en: station.name_en, affected: peak > 1, distance_m: distance, unit: 'mg/L', observed, predicted }
}
const traced = observers.map(traceStation)
/** An analyser that erred once: a reading of which its neighbours know nothing. */
const glitch = traced[2]!.observed.find(([at]) => at === ago(6))!
glitch[1] = 14.7
const wild: T.SetAside = { station_id: traced[2]!.station_id, station_zh: traced[2]!.name_zh, station_en: traced[2]!.name_en, parameter: 'nh3n', unit: 'mg/L', at: glitch[0], value: 14.7, probability: 0.9996 }
const suspicion: T.Suspicion = {
  attempts: [
    { trace_id: 5, attempt: 1, finished_at: ago(1.4), reason: '', requested_by: null, note: '' },
    { trace_id: 7, attempt: 2, finished_at: ago(0.38), reason: '新到有效读数 86 个。', requested_by: null, note: '' },
  ],
  places: candidates.slice(0, 4).map(({ kind, outfall, label, reach_id, probability }, index) => ({ kind, outfall, label, reach_id, probabilities: [index === 3 ? null : 0.3 - index * 0.06, probability] })),
}
const adjustments: T.TraceAdjustment[] = [
  { id: 1, kind: 'exclude', key: 'outfall:52', factor: 0, label: '', lon: null, lat: null, begins_at: null, ends_at: null, amount_mm: null, reason: '1 月 5 日现场核查：该口已封堵。', made_by: '周敏', made_at: ago(1), withdrawn_by: null, withdrawn_at: null, withdrawn_reason: '', used: true },
  { id: 2, kind: 'place', key: 'place:2', factor: 2, label: '三号桥下暗管', lon: 106.45, lat: 29.58, begins_at: null, ends_at: null, amount_mm: null, reason: '群众来电称夜间有水流出。', made_by: '周敏', made_at: ago(0.1), withdrawn_by: null, withdrawn_at: null, withdrawn_reason: '', used: false },
]
const upTheCreek: T.SampledWhere = { river_zh: '清水溪', river_en: 'Qingshui Creek', reach_code: 'R14', station_zh: '磁器口', station_en: 'Ciqikou', above_m: 1_450 }
function suggestion(index: number, hours: number, bits: number): T.Suggestion {
  const [lon, lat] = reaches[13 + 2 * index]!.line[4]!
  return {
    where: { ...upTheCreek, above_m: 1_450 - 1_900 * index }, lon, lat, at: ago(-hours), window: { begin: ago(0.4 - hours), end: ago(-hours - 0.6) },
    passage: { begin: ago(0.5 - hours), end: ago(-hours - 3) }, bits, passed: hours < 0,
    outcomes: [
      { low: null, high: 0.7, probability: 0.44, rises: [{ rank: 2, before: 0.221, after: 0.39 }], falls: [{ rank: 1, before: 0.462, after: 0.21 }] },
      { low: 0.7, high: null, probability: 0.56, rises: [{ rank: 1, before: 0.462, after: 0.66 }], falls: [{ rank: 2, before: 0.221, after: 0.09 }, { rank: 3, before: 0.137, after: 0.04 }] },
    ],
  }
}
const sampling: T.Sampling = {
  asked_at: ago(0.4), open_bits: 2.31, places: 12,
  crew: { preparation_minutes: 60, speed_km_h: 30, handling_minutes: 15, work_from_hour: 0, work_to_hour: 24, horizon_hours: 12, relative_error: 0.1 },
  suggestions: [suggestion(0, 1.2, 0.62), suggestion(1, -1, 0.31), suggestion(2, 3.5, 0.2)],
}
const samples: T.Sample[] = [
  { id: 1, where: upTheCreek, lon: 106.44, lat: 29.57, taken_at: ago(1.1), taken_by: '刘工', value: 1.84, unit: 'mg/L', below_limit: false, note: '', corrects: null, entered_by: '周敏', entered_at: ago(0.6), corrected: false, used: true, expected: [{ rank: 1, mean: 1.7, low: 1.2, high: 2.3, fits: true }, { rank: 2, mean: 0.9, low: 0.5, high: 1.4, fits: false }], unexplained: false },
  { id: 2, where: { ...upTheCreek, above_m: 300 }, lon: 106.45, lat: 29.56, taken_at: ago(0.9), taken_by: '刘工', value: 18.4, unit: 'mg/L', below_limit: false, note: '', corrects: null, entered_by: '周敏', entered_at: ago(0.6), corrected: false, used: true, expected: [{ rank: 1, mean: 2.1, low: 1.5, high: 2.9, fits: false }, { rank: 2, mean: 1.1, low: 0.6, high: 1.7, fits: false }], unexplained: true },
]
const sited = (index: number, after: number, gain: number): T.SitedPlace => ({
  reach_id: 14 + index, chainage_m: 1500, lon: story.lon - 0.04 * index, lat: story.lat + 0.02 * index, reach_code: `R${14 + index}`, river_zh: '清水溪', river_en: 'Qingshui Creek', station_zh: '磁器口自动站',
  station_en: 'Ciqikou automatic station', above_m: 1_450 + 2_000 * index, after, gain,
})
const siting: T.Siting = {
  id: 2, basin_id: 1, area_name_zh: '山城市', area_name_en: 'Hill City', count: 3, goal: 'soonest', state: 'done', progress: 1, error: null, requested_by: '周敏', requested_at: ago(0.1), finished_at: ago(0.099),
  assumed: { mass_kg: 50, duration_h: 2, threshold_mg_l: 0.5, horizon_h: 48 },
  result: { before: 14.2, bound: 7.1, unseen: 0.06, places: [sited(0, 11.3, 2.9), sited(1, 9.6, 1.7), sited(2, 8.4, 1.2)], compared: 214, sources: 331, stations: 18, reaches_left_out: 4 },
}
export const sitings: T.Siting[] = [
  siting,
  { ...siting, id: 1, goal: 'telling', count: 2, requested_at: ago(2), result: { ...siting.result!, before: 0.12, bound: 0.031, places: [sited(1, 0.081, 0.039), sited(2, 0.062, 0.019)], reaches_left_out: 0 } },
]
const began = (hours: number): T.Interval<T.Iso> => ({ low: ago(1.2 + hours / 24), median: ago(1.15 + hours / 24), high: ago(1.1 + hours / 24) })
const atOnce: T.AtOnce = {
  state: 'done', progress: 1, error: null, requested_by: '周敏', finished_at: ago(0.3), probability: [0.71, 0.26, 0.03], ranks: [1, 2, 3, 4, 5, 6], step_s: 900,
  combinations: [[[1]], [[1, 3], [2, 3]], [[1, 2, 3]]].map((of) => of.map((ranks, index) => ({ probability: 0.6 - 0.3 * index, sources: ranks.map((rank) => ({ rank, started: began(rank), duration_s: { low: 1800, median: 3600, high: 7200 }, released_kg: { low: 12, median: 20, high: 34 } })) }))),
}
export const trace: T.Trace = {
  id: 7, retrospective: false, reason: '新到有效读数 86 个。', requested_by: null, history: suspicion, adjustments, at_once: atOnce, event_id: 12, attempt: 2, state: 'done', progress: 1, requested_at: ago(0.4), finished_at: ago(0.38), hypotheses: 13_729_792, seconds: 2.41,
  versions: { riverkit: '0.1.0', network: 'demo v3' }, error: null, note: '', parameter: 'nh3n', candidates_total: 214, ruled_out: 208, ruled_out_below: 1e-4, whole: true, outside_probability: 0,
  companions: ['cod'],
  excluded: [{ what: '歇马自动站', reason_zh: '离线 31 h', reason_en: 'offline for 31 h' }],
  candidates, stations: traced, set_aside: [wild], sampling, samples,
  rain: [{ begins_at: ago(12), ends_at: ago(7), amount_mm: 38, gauges: ['YL-002', 'YL-007'] }], on_record_factor: 10,
}
export const nothingRose: T.Trace = {
  ...trace, id: 6, note: 'Nothing rose at any station that a release from a candidate would explain: the background alone explains the readings at least as well as each of them. The order of the candidates is no finding.',
  samples: [], at_once: null, sampling: null, history: { ...suspicion, attempts: suspicion.attempts.map((attempt) => ({ ...attempt, note: attempt.attempt === 1 ? 'Nothing rose' : '' })) },
}
/** As a county sees it whose places are all ruled out. */
export const countyTrace: T.Trace = {
  ...trace, id: 10, whole: false, outside_probability: 0.93, ruled_out: 31, candidates_total: 32, candidates: candidates.filter(({ kind }) => kind === 'nothing'), adjustments: [], excluded: [], samples: [], at_once: null, sampling: null, history: { attempts: [], places: [] },
  stations: traced.map((station) => ({ ...station, distance_m: null, predicted: {} })),
}
/** One person's weight put the second outfall first. */
export const weighedTrace: T.Trace = {
  ...trace, id: 11,
  candidates: candidates.map((row) => (row.rank === 1 ? { ...row, probability: 0.79, probability_by_rule: 0.16, confirmed: [] } : row.rank === 2 ? { ...row, probability: 0.12, probability_by_rule: 0.46 } : { ...row, probability: row.probability / 5 })),
  at_once: { ...atOnce, probability: [0.2, 0.7, 0.1] },
  adjustments: [{ ...adjustments[0]!, id: 5, kind: 'weight', key: candidates[0]!.key, factor: 10, reason: '夜间有罐车出入。' }],
}
export const runningTrace: T.Trace = { ...trace, id: 8, state: 'running', progress: 0.42, finished_at: null, hypotheses: null, seconds: null, candidates: [], stations: [] }
export const failedTrace: T.Trace = { ...runningTrace, id: 9, state: 'failed', error: '事件站上游没有可用的流量：河段 R0013–R0016 缺 discharge_m3s。请在登记中补录，或运行水力推算。' }

const synthetic = { synthetic: true }
const where = (station: T.Station) => {
  const area = AREAS.find((given) => given.code === station.area_code)!
  return { area_code: area.code, area_name_zh: area.zh, area_name_en: area.en, reach_id: station.reach_id, river_zh: station.river_zh, river_en: station.river_en, lon: station.lon - 0.004, lat: station.lat + 0.003, ...synthetic }
}
const entry = (hours: number, action: string, actor: string, zh: string, en: string): T.HistoryEntry => ({ action, actor, at: ago(hours), data: {}, sentence_zh: zh, sentence_en: en })
const photo = (id: number, step: string, hours: number): T.Evidence => ({ id, name: `IMG_${2000 + id}.jpg`, media_type: 'image/jpeg', size: 2_400_000, step, taken_at: ago(hours), lon: null, lat: null })
const field = (name: string, kind: T.FieldKind, zh: string, en: string, required = true, options: string | null = null): T.ActionField => ({ name, kind, label_zh: zh, label_en: en, required, options })

const clueActions: T.AllowedAction[] = [
  {
    action: 'confirm', label_zh: '确认为问题', label_en: 'Confirm as a problem',
    consequence_zh: '线索转为台账问题，可以交办；请以现场照片、检测或书面决定为依据。', consequence_en: 'The clue becomes a problem of the ledger that can be assigned; it takes a photo, a test or a decision.', moves_on: true, aside: false,
    fields: [field('outfall_id', 'found', '现场发现在排放的排口', 'What was found discharging'), field('basis', 'choice', '确认依据', 'Confirmed by', true, 'confirmation_bases'), field('reason', 'text', '确认理由', 'Reason'), field('evidence_ids', 'evidence', '照片或文件', 'Photos or files', false)],
  },
  { action: 'dismiss', label_zh: '排除', label_en: 'Dismiss', consequence_zh: '线索不成立，留存理由，不再显示为待核实。', consequence_en: 'The clue does not hold; the reason is kept.', moves_on: true, aside: false, fields: [field('reason', 'text', '排除理由', 'Reason')] },
  { action: 'merge', label_zh: '并入', label_en: 'Merge', consequence_zh: '与另一条线索为同一事项，并入该线索。', consequence_en: 'It is the same matter as another clue, which goes on for both.', moves_on: true, aside: false, fields: [field('into_id', 'text', '并入的线索', 'Merge into'), field('reason', 'text', '理由', 'Reason')] },
]
const clue = (given: Partial<T.Clue>): T.Clue => ({
  id: 0, number: '', source: 'patrol', state: 'open', kind: 'direct', title: '', title_en: '', registered_at: ago(1), occurred_at: null, description: '', description_en: '', registered_by: { name_zh: '周敏', name_en: 'Zhou Min' }, reporter: null, event_id: null, trace_id: null,
  suspect: null, basis: null, decision_reason: null, decided_by: null, decided_at: null, merged_into_id: null, problem_id: null, evidence: [], history: [], allowed_actions: clueActions, ...where(story), ...given,
})
const near = (index: number, metres: number): T.OutfallNear => ({ ...outfallOf(index), lon: story.lon, lat: story.lat, distance_m: metres })
const suspected = (rank: number, index: number): T.SuspectedPlace => ({ rank, kind: 'outfall', outfall: outfallOf(index), label: '', river_zh: story.river_zh, river_en: story.river_en, lon: story.lon - 0.01 * rank, lat: story.lat })
export const cluePlaces: T.CluePlaces = {
  candidates: [suspected(1, 11), suspected(2, 12), { ...suspected(4, 11), kind: 'unlisted', outfall: null }],
  whole: false,
  outfalls: [near(13, 320), near(14, 1840)],
}
export const clues: T.Clue[] = [
  clue({
    id: 1, number: 'XS-2020-0012', source: 'trace', kind: 'secret', title: '磁器口断面氨氮突升，溯源指向上游排口', registered_at: ago(0.3), registered_by: null, event_id: 12, trace_id: 7,
    description: '溯源第 2 次：首位候选概率 46 %，90 % 区间内排放约 131 kg，可能始于 8 h 前。', suspect: { outfall: outfallOf(11), organisation: null, probability: 0.462 },
    history: [entry(0.3, 'clue.open_from_trace', '系统', '系统由第 2 次溯源形成或更新线索 XS-2020-0012。', 'The system opened or renewed clue XS-2020-0012 from trace no. 2.')],
  }),
  clue({
    id: 2, number: 'XS-2020-0011', source: 'call_12345', kind: 'direct', title: '白市驿桥下排口流黑水，有臭味', registered_at: ago(3), occurred_at: ago(5), description: '来电人称清晨 6 点起，桥下左岸管口流黑水，有臭鸡蛋味，约一小时。上周三也有过一次。',
    reporter: { name: '王女士', phone: '138 0000 0000' }, ...where(stations[1]!), evidence: [photo(21, 'register', 4)],
    history: [entry(3, 'clue.register', '周敏', '周敏登记线索 XS-2020-0011（来源：12345 热线，类型：直排）。', 'Zhou Min registered clue XS-2020-0011 (source: 12345 hotline call, kind: Straight discharge).')],
  }),
  clue({ id: 3, number: 'XS-2020-0010', source: 'patrol', kind: 'litter', title: '龙门滩左岸堆放生活垃圾，约 20 m，临近取水口上游，雨天可能入河，需协调街道与环卫同日清运', registered_at: ago(26), ...where(stations[2]!) }),
  clue({ id: 4, number: 'XS-2020-0009', source: 'letter', state: 'confirmed', kind: 'improper', title: '石马污水厂夜间超标', registered_at: ago(75), decided_at: ago(60), decided_by: { name_zh: '李强', name_en: 'Li Qiang' }, basis: 'sample', decision_reason: '采样氨氮 11.2 mg/L，超过许可。', problem_id: 1, allowed_actions: [] }),
]

const unit: T.Ref = { id: 3, name_zh: '沙坪区生态环境局', name_en: 'Shaping Bureau of Ecology' }
export const organisations: T.Organisation[] = [{ ...unit, kind: 'unit', area_code: '500102' }, { id: 4, name_zh: '江北区住房城乡建设委', name_en: 'Jiangbei Housing Commission', kind: 'unit', area_code: '500101' }]
export const people: T.Ref[] = [{ id: 8, name_zh: '陈国栋', name_en: 'Chen Guodong' }]
const problem = (given: Partial<T.Problem>): T.Problem => ({
  id: 0, number: '', title: '', title_en: '', kind: 'direct', state: 'registered', unit: null, chief: null, rectification_class: null, due_at: null, due_provisional: false, paused_until: null, overdue: false, department: null, split_from: null, merged_into: null, clocks: { open_days: 8, paused_days: 0, paused_until: null, pauses: [], extensions: [], urgings: [] }, after: { reopenings: 0, call_backs: [], suspicions: [] }, river: null, campaign: { id: 1, number: '第1号总河长令', title: '在全市开展污水偷排、直排、乱排专项整治行动' }, new_find: false, opened_at: ago(200), rectified_at: null,
  verified_at: null, written_off_at: null, clue_id: null, outfall: null, remediation: null, order: null, history: [], evidence: [], allowed_actions: [], chain: { ok: true, entries: 1 }, taken_over: null, ...where(story), ...given,
})
export const problems: T.Problem[] = [
  problem({
    id: 1, number: 'CQ-2020-0001', title: '石马污水厂夜间超标排放', kind: 'improper', state: 'rectified', unit, chief: people[0]!, rectification_class: 'by_date', due_at: ago(-120), due_provisional: true, clue_id: 4, outfall: outfallOf(2), remediation: { outfall_id: 2, state: 'planned', measure: 'merge', open_steps: ['connect', 'standardise'] }, rectified_at: ago(2), opened_at: ago(60),
    order: { number: '渝河办交〔2020〕7 号', unit, requirement: '一、立即恢复夜间曝气，核对加药量。\n二、七日内完成自动监测比对，附比对报告。\n三、整改前后同点位照片各不少于一张。', due_at: ago(-120), issued_at: ago(58), issued_by: { name_zh: '周敏', name_en: 'Zhou Min' }, signed_for_at: ago(50), signed_for_by: { name_zh: '何军', name_en: 'He Jun' } },
    history: [
      entry(60, 'clue.confirm', '李强', '李强以“采样检测”确认问题 CQ-2020-0001。', 'Li Qiang confirmed problem CQ-2020-0001 by “Laboratory sample”.'),
      entry(58, 'problem.assign', '周敏', '周敏以 渝河办交〔2020〕7 号 交办给沙坪区生态环境局（限期整改），期限 2020-01-15（暂定）。', 'Zhou Min assigned it to Shaping Bureau of Ecology by order 渝河办交〔2020〕7 号 (By a date), due 2020-01-15 (provisional).'),
      entry(50, 'problem.sign_for', '何军', '何军签收 渝河办交〔2020〕7 号。', 'He Jun signed for 渝河办交〔2020〕7 号.'),
      entry(44, 'problem.plan', '何军', '何军制定整改方案：更换 2 号鼓风机，夜间加密巡检。', 'He Jun planned the work: replace blower 2, more rounds by night.'),
      entry(2, 'problem.report_rectified', '何军', '何军上报已整改：鼓风机已更换，连续三夜氨氮低于 2 mg/L。', 'He Jun reported it as rectified: the blower is replaced; ammonia below 2 mg/L for three nights.'),
    ],
    evidence: [photo(11, 'confirm', 62), photo(12, 'report_rectified', 3), photo(13, 'report_rectified', 3)],
    allowed_actions: [
      { action: 'verify', label_zh: '核查通过', label_en: 'Verify', consequence_zh: '记录现场核查结果；上报人不能核查本人的整改。', consequence_en: 'Records the check on site; nobody verifies what they reported themselves.', moves_on: true, aside: false, fields: [field('finding', 'text', '核查情况', 'What was found'), field('evidence_ids', 'evidence', '现场照片（上报整改之后拍摄）', 'Photos on site, taken after the report', false), field('position', 'position', '核查位置', 'Where it was checked', false), field('exception_reason', 'text', '例外说明（照片无时间、位置较远或无法到场）', 'Why otherwise (no time in the photo, far from the place, or nobody can go there)', false)] },
      { action: 'send_back', label_zh: '审核退回', label_en: 'Send back', consequence_zh: '整改不到位，退回责任单位重办，计为一次返工。', consequence_en: 'The work does not do; it goes back to the unit and counts as rework.', moves_on: true, aside: false, fields: [field('reason', 'text', '退回理由', 'Reason'), field('evidence_ids', 'evidence', '照片或文件', 'Photos or files', false)] },
    ],
    chain: { ok: true, entries: 5 },
    clocks: {
      open_days: 212, paused_days: 31, paused_until: null,
      pauses: [{ since: ago(3000), until: ago(2200), reason: '汛期水位高，无法施工', paused_by: { id: 2, name_zh: '周敏', name_en: 'Zhou Min' }, ended_at: ago(2250) }],
      extensions: [{ due_before: ago(600), asked_until: ago(-120), reason: '鼓风机到货延迟', asked_by: { id: 9, name_zh: '何军', name_en: 'He Jun' }, asked_at: ago(700), granted: true, due_after: ago(-120), decision: '同意，附到货证明', decided_by: { id: 2, name_zh: '周敏', name_en: 'Zhou Min' }, decided_at: ago(650) }],
      urgings: [{ message: '请报本周进度', urged_by: { id: 2, name_zh: '周敏', name_en: 'Zhou Min' }, urged_at: ago(400), answer: '已完成安装，正在调试', answered_by: { id: 9, name_zh: '何军', name_en: 'He Jun' }, answered_at: ago(380) }],
    },
    after: { reopenings: 1, call_backs: [{ holds: false, finding: '夜间仍有深色水流出', by: { id: 5, name_zh: '李强', name_en: 'Li Qiang' }, at: ago(900) }], suspicions: [{ observation: '夜间仍有深色水流出', facts: {}, raised_by: { id: 5, name_zh: '李强', name_en: 'Li Qiang' }, raised_at: ago(900), judgement: 'reopened', reason: '反弹属实', judged_by: { id: 2, name_zh: '周敏', name_en: 'Zhou Min' }, judged_at: ago(880) }] },
  }),
  problem({
    id: 2, number: 'CQ-2020-0002', title: '歌乐溢流口晴天出流', kind: 'dry_weather_flow', state: 'registered', ...where(stations[5]!),
    allowed_actions: [{ action: 'assign', label_zh: '交办', label_en: 'Assign', consequence_zh: '向责任单位发出交办单，整改时限开始计算。', consequence_en: 'Issues an order to the unit; its deadline starts to run.', moves_on: true, aside: false, fields: [field('organisation_id', 'organisation', '责任单位', 'Responsible unit'), field('requirement', 'text', '整改要求', 'What is required'), field('rectification_class', 'choice', '整改类型', 'Class of rectification', true, 'rectification_classes'), field('due_date', 'date', '整改期限', 'Due date', false), field('chief_id', 'person', '责任河长', 'River chief', false)] }],
  }),
  problem({ id: 3, number: 'CQ-2019-0417', title: '双碑化工园雨水管混接，初期雨水直排入河', kind: 'secret', state: 'planned', unit, rectification_class: 'long_works', due_at: ago(30), overdue: true, opened_at: ago(2000), ...where(stations[3]!) }),
  problem({ id: 4, number: 'CQ-2019-0409', title: '童家桥左岸生活污水直排', state: 'verified', unit: named(organisations[1]!), rectification_class: 'at_once', due_at: ago(300), opened_at: ago(1400), ...where(stations[6]!), chain: { ok: false, entries: 9 },
    river: { state: 'watching', started_at: ago(150), until: ago(-186), judged_until: ago(0), ended_at: null, heard_hours: 141, of_hours: 150, station: named(stations[7]!), distance_m: 2_340, levels: [{ parameter: 'nh3n', level: 1.86 }], explained: [{ parameter: 'nh3n', most: 2.31, start: ago(96), end: ago(90), cause: 'rain', rain_mm: 38 }] },
  }),
  problem({ taken_over: { as_state: 'written_off', old_number: '388', old_state: '已销号', requirement: '', row: 394, placed_by: 'reach', imported_at: ago(200) }, id: 5, number: 'CQ-2019-0388', title: '凤鸣养殖场废水乱排', kind: 'improper', state: 'written_off', unit: named(organisations[1]!), rectification_class: 'by_date', due_at: ago(900), opened_at: ago(3000), ...where(stations[8]!),
    after: { reopenings: 0, call_backs: [], suspicions: [{ observation: '', raised_by: null, raised_at: ago(3), judgement: '', reason: null, judged_by: null, judged_at: null, facts: { parameter: 'nh3n', level: 1.86, most: 2.74, start: ago(7), end: ago(3), station: named(stations[9]!), rain_mm: 0.4, rain_hours: 72, inflow: { ...named(stations[8]!), most: 0.31 }, heard_hours: 212, of_hours: 220, event_id: null } }] },
    river: { state: 'risen', started_at: ago(220), until: ago(-116), judged_until: ago(3), ended_at: ago(3), heard_hours: 212, of_hours: 220, station: named(stations[9]!), distance_m: 4_120, levels: [{ parameter: 'nh3n', level: 1.86 }], explained: [] },
  }),
  problem({ id: 6, number: 'CQ-2019-0371', title: '沙溪排污口无标识牌', kind: 'outfall_no_sign', state: 'sent_back', unit, rectification_class: 'at_once', due_at: ago(-20), opened_at: ago(700), ...where(stations[9]!) }),
]
function figuresOf(outstanding: number, rectified: number, verified: number, written_off: number, overdue: number, mixed = false): T.LedgerFigures {
  const found = outstanding + rectified + verified + written_off
  const all = { found, outstanding, rectified, verified, written_off, reported: rectified + verified + written_off, verified_in_all: verified + written_off, overdue }
  const shares = Object.entries(all).map(([figure, n]) => ({ figure, count: n, of_figure: figure === 'overdue' ? 'outstanding' : 'found', of: figure === 'overdue' ? outstanding : found, share: n / (figure === 'overdue' ? outstanding : found) }))
  return { as_of: ago(0), ...all, mixed, taken_over: 0, shares: mixed ? [] : shares.filter((row) => row.figure !== 'found') }
}
export const figures: T.LedgerFigures = { ...figuresOf(731, 131, 117, 3194, 34, true), taken_over: 1204 }
const divided = (key: string, zh: string, en: string, given: T.LedgerFigures): T.BreakdownRow => ({ ...given, key, filter: key, name_zh: zh, name_en: en })
export const breakdown: T.BreakdownRow[] = [divided('500102', '沙坪区', 'Shaping', figuresOf(402, 60, 50, 1210, 21)), divided('500101', '江北区', 'Jiangbei', figuresOf(203, 31, 40, 980, 9)), divided('500103', '清溪县', 'Qingxi County', figuresOf(126, 40, 27, 1004, 4, true))]
const campaignRow: T.CampaignRow = { id: 1, number: '第1号总河长令', title: '在全市开展污水偷排、直排、乱排专项整治行动', issuer: '市总河长、副总河长', kind: 'order', area_code: '500000', area_name_zh: '山城市', area_name_en: 'Hill City', starts_on: '2019-04-20', ends_on: '2020-12-31', stock_closed_on: '2019-12-01' }
const parts: T.CampaignPart[] = [{ part: 'stock', ...figuresOf(718, 109, 108, 3120, 31) }, { part: 'new', ...figuresOf(13, 4, 9, 74, 3) }]
export const campaigns: T.Campaign[] = [
  { ...campaignRow, whole: true, may_manage: true, parts },
  { ...campaignRow, id: 2, number: '河办〔2020〕3号', title: '入河排污口“看得见的污水”清零行动', issuer: '市河长办', kind: 'special', starts_on: '2020-01-02', ends_on: null, stock_closed_on: null, whole: false, may_manage: false, parts: [{ part: 'stock', ...figuresOf(100, 0, 0, 0, 0) }] },
]
const signer: T.Ref = { id: 2, name_zh: '周敏', name_en: 'Zhou Min' }
const editionRow: T.EditionRow = { id: 11, campaign_id: 1, day: '2019-12-31', number: 1, as_of: ago(150), reason: '', signed_by: signer, signed_at: ago(150) }
export const editions: T.Edition[] = [
  { ...editionRow, id: 12, number: 2, reason: '暗查证实 8 个问题虚报整改', signed_at: ago(20), intact: true, whole: true, parts: [{ part: 'stock', ...figuresOf(718, 109, 108, 3120, 31) }], may_correct: true, undone: 2 },
  { ...editionRow, intact: true, whole: true, parts: [{ part: 'stock', ...figuresOf(710, 117, 108, 3120, 31) }], may_correct: false, undone: 0 },
]
export const editionRows = (): T.FigureRow[] => problems.slice(2).map((row, index) => ({ counted_as: index ? 'planned' : 'sent_back', overdue_then: false, corrected: index === 0, problem: row }))
export const cases: T.Case[] = [
  {
    id: 1, number: '沙环立〔2020〕6号', party: '石马污水处理有限公司', filed_on: '2020-01-04', closed_on: null, problem: { id: 1, number: 'CQ-2020-0001' }, reason: '涉嫌夜间超标排放', filed_by: signer, may_record: true,
    steps: [{ kind: 'penalty', on: '2020-01-06', note: '依据《水污染防治法》第八十三条', amount_yuan: '250000.00', recorded_by: signer, recorded_at: ago(20), evidence: [] }],
  },
]
export const inbox: T.InboxMessage[] = [
  { id: 3, kind: 'alarm', title_zh: '磁器口断面氨氮 2.63 mg/L，水质类别由Ⅲ类降为劣Ⅴ类', title_en: 'Ciqikou section: ammonia 2.63 mg/L, from class III to inferior V', link: '/events/12', created_at: ago(4.2), read_at: null },
  { id: 2, kind: 'trace', title_zh: '溯源已完成：磁器口断面氨氮事件', title_en: 'Trace finished: ammonia at Ciqikou section', link: '/traces/7', created_at: ago(0.38), read_at: null },
  { id: 1, kind: 'problem', title_zh: 'CQ-2020-0001 已上报整改，等待核查', title_en: 'CQ-2020-0001 reported as rectified; waiting to be verified', link: '/problems/1', created_at: ago(2), read_at: ago(1) },
]
export const importReport: T.ImportReport = {
  kind: 'reaches', rows: 746, created: 741, updated: 0, unchanged: 0, dry_run: true, written: false, left_out: 2,
  assumed: [{ what: '补齐分流比的分汊口', count: 83 }, { what: '流速：按公式估计（河段数）', count: 741 }],
  warnings: [], notes: ['坐标系 EPSG:4269，已换算为 EPSG:4490。'],
  errors: [
    { row: 18, field: 'geometry', message: '河段 8893210 与 8893214 首尾相接成环。', cure: '请核对两段的上下游方向，改正其中一段后重新导入。' },
    { row: 402, field: 'length_m', message: '长度为 0。', cure: '请填写大于 0 的长度（m），或留空由几何计算。' },
  ],
}
export const devices: T.UnknownDevice[] = [{ mn: 'QX5001000000000000000099', packets: 1312, first_at: ago(60), last_at: ago(0.1), error: 'unknown_mn', station: null, senders: [{ key: '3fa9c01e', packets: 1288, first_at: ago(60), last_at: ago(0.1), peers: ['10.12.0.8'] }, { key: 'b07d52aa', packets: 24, first_at: ago(3), last_at: ago(1), peers: ['203.0.113.9'] }] }, { mn: '88888880000001', packets: 3, first_at: ago(0.4), last_at: ago(0.3), error: 'unknown_mn', station: null, senders: [{ key: '77aa01bc', packets: 3, first_at: ago(0.4), last_at: ago(0.3), peers: ['10.14.2.31'] }] }, { mn: stations[3]!.mn!, packets: 48, first_at: ago(12), last_at: ago(0.2), error: 'wrong_password', station: named(stations[3]!), senders: [{ key: 'e1f00b42', packets: 48, first_at: ago(12), last_at: ago(0.2), peers: ['10.12.0.21'] }] }]

const zhou = { name_zh: '周敏', name_en: 'Zhou Min' }
export const adoptions: T.Adoption[] = [
  { id: 3, mn: 'QX5001000000000000000041', station: named(stations[8]!), adopted_by: zhou, adopted_at: ago(20), reason: '', taken_back_by: null, taken_back_at: null, taken_back_reason: '', returned: 0, may_take_back: true },
  { id: 2, mn: stations[5]!.mn!, station: named(stations[5]!), adopted_by: zhou, adopted_at: ago(80), reason: '运维单位称已更换密码', taken_back_by: zhou, taken_back_at: ago(62), taken_back_reason: '现场核实：密码未更换，系他人冒用', returned: 214, may_take_back: false },
]

export const frames: T.RejectedFrame[] = [{ id: 8812, mn: 'QX5001000000000000000012', peer: '10.12.0.8', error: 'crc', refused: [], count: 150, first_at: ago(5), last_at: ago(2), raw: '##0101QN=20261123080000000;ST=21;CN=2011;PW=***;MN=QX5001000000000000000012;Flag=5;CP=&&w21003-Rtd=0.42,w21003-Flag=N&&A1B2' }]

const QUERIES = ['1011', '1061', '1063', '2051', '2061', '2031']
const SET: Record<string, { name: string; allowed: string }[]> = { '1012': [], '1062': [{ name: 'RtdInterval', allowed: '30–3600' }], '3012': [{ name: 'PolId', allowed: 'w01018' }] }
export const dialogue: T.Dialogue = {
  connected: true, gateway: 'gateway-1:9212', peer: '10.12.0.8:51544', since: ago(31), statutory: false, control_enabled: true,
  commands: [
    ...QUERIES.map((cn) => ({ cn, control: false, period: cn.startsWith('20'), fields: [] })),
    ...Object.entries(SET).map(([cn, fields]) => ({ cn, control: true, period: false, fields })),
  ],
}
const asker: T.Ref = { id: 5, name_zh: '李敏', name_en: 'Li Min' }
const other: T.Ref = { id: 6, name_zh: '王建国', name_en: 'Wang Jianguo' }
function asked(id: number, hours: number, change: Partial<T.StationRequest>): T.StationRequest {
  return {
    id, cn: '1011', control: false, statutory: false, parameters: {}, begin: null, end: null, state: 'done', asked_by: null, asked_at: ago(hours), reason: '', decided_by: null,
    decided_at: null, decision: '', authorisation: '', qn: '20200107210000000', gateway: 'gateway-1:9212', sends: 1, sent_at: ago(hours), accepted_at: ago(hours), finished_at: ago(hours),
    request_result: 1, execution_result: 1, uploads: 1, result: {}, may_approve: false, may_decline: false, ...change,
  }
}
export const requests: T.StationRequest[] = [
  asked(31, 0.1, { cn: '1012', control: true, statutory: true, state: 'proposed', asked_by: asker, reason: '现场机时钟快 7 分钟，多组读数被判为“未来”', qn: '', sends: 0, finished_at: null, uploads: 0, may_approve: true, may_decline: true }),
  asked(30, 0.3, { asked_by: asker, reason: '读数时间晚于接收时间，核对时钟', result: { SystemTime: '20200107211700', clock_ahead_s: 420 } }),
  asked(29, 0.4, { cn: '2061', state: 'data', begin: ago(12), end: ago(4), finished_at: null, execution_result: null, uploads: 5 }),
  asked(28, 3, { cn: '2051', begin: ago(30), end: ago(26), uploads: 25 }),
  asked(27, 5, { cn: '1063', state: 'refused', asked_by: other, reason: '核对分钟数据间隔', request_result: 8, execution_result: null, uploads: 0 }),
  asked(26, 9, { cn: '2031', state: 'failed', begin: ago(72), end: ago(72), execution_result: 100, uploads: 0 }),
  asked(25, 20, { state: 'timed_out', sends: 4, request_result: null, execution_result: null, uploads: 0 }),
  asked(24, 44, { cn: '1062', control: true, state: 'done', parameters: { RtdInterval: '300' }, asked_by: asker, reason: '降雨期间加密', decided_by: other, decided_at: ago(43.9), uploads: 0 }),
  asked(23, 50, { cn: '3012', control: true, state: 'declined', parameters: { PolId: 'w21003' }, asked_by: other, reason: '疑似超标，即时采样', decided_by: asker, decided_at: ago(49), decision: '现场已有人员采样', qn: '', sends: 0, uploads: 0 }),
  asked(22, 70, { cn: '1061', result: { RtdInterval: '60' } }),
]
// -- rain and overflows: a night of rain, two days ago, and one outfall that still runs

const RAIN_SHAPE = [0.4, 3.1, 11.8, 15.2, 6.3, 1.6, 0.2]
const rainEnd = Math.floor(origin / HOUR) * HOUR
const gaugeAt = (id: number, zh: string, en: string, share: number): T.Gauge => {
  const near = stations[id]!
  return { id: 900 + id, code: `YL-${String(id).padStart(3, '0')}`, name_zh: zh, name_en: en, lon: near.lon + 0.02, lat: near.lat + 0.015, total_mm: share === 0 ? null : Number((38.6 * share).toFixed(1)), coverage: share === 0 ? 0 : 1 - (id % 3) * 0.03 }
}
const gauges = [gaugeAt(2, '白市雨量站', 'Baishi gauge', 1.08), gaugeAt(7, '磁器口雨量站', 'Ciqikou gauge', 0.97), gaugeAt(13, '鸳鸯雨量站', 'Yuanyang gauge', 0.9), gaugeAt(22, '澄江雨量站', 'Chengjiang gauge', 0)]
export function rain(hours: number): T.Rain {
  const began = rainEnd - 54 * HOUR
  const points = Array.from({ length: hours }, (_unused, index): [string, number, number] => {
    const at = rainEnd - (hours - index) * HOUR
    const mm = RAIN_SHAPE[(at - began) / HOUR] ?? 0
    return [new Date(at).toISOString(), mm, Number((mm * 1.12).toFixed(1))]
  })
  const fell = hours >= 54
  return { start: new Date(origin - hours * HOUR).toISOString(), end: new Date(origin).toISOString(), mean_mm: fell ? 38 : 0, most_mm: fell ? 41.7 : 0, hours: points, gauges: gauges.map((gauge) => ({ ...gauge, total_mm: fell || gauge.total_mm === null ? gauge.total_mm : 0 })), dry: false, dry_hours: 72, dry_mm: 2 }
}
const overflow = (id: number, outfall: number, source: string, from: number, to: number | null, more: Partial<T.Overflow> = {}): T.Overflow => {
  const { code, name_zh, name_en, lon, lat, area_code, reach_id } = outfalls[outfall - 1]!
  return {
    id, outfall: { id: outfall, code, name_zh, name_en, lon, lat }, source, known_by: 'person', started_at: ago(from), stopped_at: to === null ? null : ago(to), running: to === null,
    rainfall_mm: 38, measured_mm: 37.4, volume_m3: null, not_metered: to !== null, receiving_reach: { id: reach_id, code: `R${String(reach_id).padStart(4, '0')}`, river_zh: river(reach_id).zh, river_en: river(reach_id).en },
    area_code, note: '', entered_by: { name_zh: '李强', name_en: 'Li Qiang' }, entered_at: ago(from - 1), dry_weather: false, withdrawn_by: null, withdrawn_at: null, withdrawn_reason: '', may_change: true, synthetic: true, ...more,
  }
}
export const overflows: T.Overflow[] = [
  overflow(3, 3, 'overflow', 52.5, null, { dry_weather: true, note: '闸门未关严，值班员现场所见。' }),
  overflow(4, 9, 'pump_station', 51.8, null, { known_by: 'import', entered_by: null, rainfall_mm: null }),
  overflow(5, 14, 'plant_bypass', 51.5, 47.2, { volume_m3: 5200, not_metered: false }),
  overflow(6, 15, 'overflow', 51.9, 46.1, { measured_mm: 41.2 }),
  overflow(7, 21, 'overflow', 50.4, 48, { known_by: 'import', entered_by: null, rainfall_mm: null, volume_m3: 320, not_metered: false }),
]
export function permit(id: number): T.Permit {
  const limit: T.PermitLimit = { id, parameter: 'cod', averaging: 'day', least: null, most: 50, unit: 'mg/L', valid_from: '2024-01-01', valid_to: null, source: '91500-E' }
  const days = [41, 58.2, 44.7].map((mean, index): T.PermitDay => ({ day: ago(24 * (index + 1)).slice(0, 10), parameter: 'cod', averaging: 'day', limit, mean, valid_hours: 24 - index, left_out: index, verdict: mean > limit.most! ? 'exceeded' : 'within', hours_beyond: index < 2 ? [[ago(30 + 24 * index), 70]] : [] }))
  return id % 6 === 1 ? { limits: [limit], days } : { limits: [], days: [] }
}
export const importPreview: T.ImportPreview = {
  columns: ['排口编号', '开始时间', '结束时间', '降雨量(mm)', '水量(m³)', '备注'],
  fields: [
    { name: 'outfall', needed: true, column: null }, { name: 'source', needed: false, column: null }, { name: 'started_at', needed: true, column: '开始时间' },
    { name: 'stopped_at', needed: false, column: '结束时间' }, { name: 'rainfall_mm', needed: false, column: '降雨量(mm)' }, { name: 'volume_m3', needed: false, column: '水量(m³)' },
    { name: 'not_metered', needed: false, column: null }, { name: 'receiving_reach', needed: false, column: null }, { name: 'note', needed: false, column: '备注' },
  ],
  rows: [['C-07', '2026-11-19 20:40', '2026-11-20 01:30', '38', '', ''], ['C-09', '2026-11-19 21:05', '2026-11-20 00:10', '38', '420', '夜间']],
  note: '按 GBK 读取 2 行。',
}

// -- the review queue

const doubt = (id: number, station: number, parameter: string, rule: string, from: number, to: number | null, zh: string, en: string, more: Partial<T.Doubt> = {}): T.Doubt => {
  const place = stations[station - 1]!
  return {
    id, station: { ...named(place), code: place.code, area_code: place.area_code, statutory: place.owner === 'enterprise' }, parameter, kind: parameter ? 'instant' : '', rule, state: 'open', first_at: ago(from), last_at: to === null ? null : ago(to),
    readings: to === null ? 0 : Math.round((from - to) * 4) + 1, value: null, compared: null, unit: parameter ? unitOf(parameter) : '', sentence_zh: zh, sentence_en: en, rules_version: '1', raised_at: ago(Math.max(0, (to ?? from) - 0.2)),
    decided_by: null, decided_at: null, reason: '', authorisation: '', may_keep: true, may_invalidate: to !== null, may_reopen: false, synthetic: true, ...more,
  }
}
const decided = (reason: string): Partial<T.Doubt> => ({ decided_by: { name_zh: '周敏', name_en: 'Zhou Min' }, decided_at: ago(1), reason, may_keep: false, may_invalidate: false, may_reopen: true })
export const doubts: T.Doubt[] = [
  doubt(41, 8, 'nh3n', 'logic', 5, 2.5, '氨氮 2.63 mg/L 高于总氮 1.9 mg/L，部分不会大于总量，至少一项有误（11 个读数）。', 'Ammonia nitrogen 2.63 mg/L is above total nitrogen 1.9 mg/L: a part is never more than the whole, so one of them is wrong (11 readings).', { value: 2.63, compared: 1.9 }),
  doubt(42, 6, 'tn', 'spike', 9, 9, '总氮孤立突变为 9.8 mg/L，前一读数 2.1 mg/L，随后恢复。', 'Total nitrogen leapt to 9.8 mg/L and back; the reading before was 2.1 mg/L.', { value: 9.8, compared: 2.1 }),
  doubt(43, 22, '', 'silent', 31, null, '自 11-29 08:00 起无任何数据，平时每 15 min 一次。无数据不等于停运，请向运维单位核实。', 'Nothing has come since 11-29 08:00; usually something comes every 15 min. Silent is not shut: ask whoever keeps the station.'),
  doubt(44, 3, 'do', 'stuck', 40, 14, '溶解氧连续 26 h 恒为 6.52 mg/L；一般不超过 24 h（105 个读数）。', 'Dissolved oxygen has been exactly 6.52 mg/L for 26 h; at most 24 h are plausible (105 readings).', { value: 6.52, compared: 6.52 }),
  doubt(47, 3, 'nh3n', 'marked', 31.5, 30, '氨氮 7 个读数（2.41–2.63 mg/L）先报为有效，后改标记为“维护”（11-30 08:12 收到），不再计入统计。点位可标记自己的数据；请核对当时有无相应的维护、故障记录。', 'Ammonia nitrogen: 7 readings (2.41–2.63 mg/L), first sent as measured, were flagged “maintenance” later (received 11-30 08:12) and no longer count. A station may mark its own data; see whether its records of upkeep or faults say the same.', { value: 2.63, readings: 7, may_invalidate: false }),
  doubt(45, 4, 'ph', 'range', 60, 58, 'pH恰为 0，该参数在水体中不会为 0（9 个读数）。', 'pH is exactly 0, which it never is in a river (9 readings).', { value: 0, compared: 0, state: 'invalidated', ...decided('探头断线，运维单位 08:40 已更换。') }),
  doubt(46, 15, 'wt', 'neighbour', 70, 69, '水温 21.4 °C，上游磁器口自动站同期为 13.9 °C，相差超过 5 °C（5 个读数）。', 'Water temperature is 21.4 °C and 13.9 °C at Ciqikou station upstream at the same time: more than 5 °C apart (5 readings).', { value: 21.4, compared: 13.9, state: 'kept', ...decided('电厂温排水，现场复测一致。') }),
]
export const rates: T.StationRates[] = stations.slice(0, 20).map((place, index) => {
  const expected = 22_464
  const sent = index === 3 ? 0 : Math.round(expected * (0.999 - (index % 5) * 0.013))
  const stopped = index % 7 === 5 ? 480 : 0
  const valid = Math.round((sent - stopped) * (0.995 - (index % 4) * 0.021))
  return { station: { ...named(place), code: place.code, area_code: place.area_code, statutory: place.owner === 'enterprise' }, month: ago(0).slice(0, 8) + '01', expected: sent ? expected : 0, sent, announced: index % 7 === 5 ? Math.min(96, expected - sent) : 0, afterwards: index % 9 === 4 ? 48 : 0, came: sent, stopped, valid, transmission: sent ? sent / expected : null, validity: sent ? valid / (sent - stopped) : null }
})

/** Two lines of a works: at night the treatment stood still while production ran, and another stop was announced. */
export function power(id: number): T.Power {
  const outfall = outfalls[id - 1]!
  const noise = random(id * 17)
  const hours = Array.from({ length: 576 }, (_, index) => 48 - index / 12)
  const points = (value: (hour: number) => number): T.ReadingPoint[] =>
    hours.filter((hour) => hour < 20 || hour > 21.5).map((hour) => [ago(hour), Number((value(hour) * (0.95 + 0.1 * noise())).toFixed(1)), hour > 30 && hour < 31 ? 'M' : 'N'])
  const meter = (index: number, line: 'production' | 'treatment', zh: string, en: string, runs: number, value: (hour: number) => number): T.PowerMeter => ({ id: index, name_zh: zh, name_en: en, station_id: 1, parameter: 'power', line, runs_from: runs, unit: 'kW', kind: 'minute', points: points(value) })
  const off = (hour: number): boolean => (hour > 8.5 && hour < 11.2) || (hour > 35 && hour < 38)
  const minutes = Math.round((11.2 - 8.5) * 60)
  const metered = outfall.kind === 'industrial' || id % 3 === 1
  return {
    start: ago(48),
    end: ago(0),
    meters: metered ? [meter(1, 'production', '电镀线', 'Plating line', 20, () => 118), meter(2, 'treatment', '曝气风机', 'Aeration blower', 8, (hour) => (off(hour) ? 0.4 : 31))] : [],
    stops: metered ? [{ id: 1, starts_at: ago(38.5), ends_at: ago(34.5), reason: '风机检修，已向区生态环境局报备', afterwards_zh: '', afterwards_en: '' }] : [],
    spans: metered
      ? [{ id: 1, kind: 'off', started_at: ago(11.2), known_to: ago(8.5), ended: true, why_zh: `昨夜（${minutes} 分钟）：生产设施在用电，治污设施未运行（平均 0.4 kW，运行时一般 31 kW）。`, why_en: `Last night (${minutes} min): production drew power and treatment did not run (mean 0.4 kW; 31 kW when it runs).` }]
      : [],
    is_not_zh: '这是供核实的线索，不是违法认定：电表可能接错、停用或未覆盖备用设施；间歇运行、蓄水、短时检修也会如此。须由人员现场核实。',
    is_not_en: 'This is something to look at, and no finding: a meter may be wired wrongly or miss a spare unit, and batch treatment, storage or a short repair look the same. A person must look on site.',
  }
}

const source = (name: string, kind: T.Source['kind'], state: T.Source['state'], more: Partial<T.Source> = {}): T.Source => ({
  name, kind, state, host: '', last_at: ago(0.02), succeeded_at: null, seen_to: null, messages: 0, refused: 0, waiting: 0, stations: [], fault_zh: '', fault_en: '', ...more,
})
export const sources: T.Sources = {
  ...{ fault_zh: '', fault_en: '' },
  items: [
    source('hc-1:9212', 'gateway', 'failing', { messages: 48_213, refused: 20_014, fault_zh: '额度已满：今天有 1240 个未登记或无法读取的报文未保存、未应答，来自 203.0.113.7。请接入设备，或在防火墙上拦住该地址。', fault_en: 'The quota is used up: of unknown devices and of what cannot be read, today neither kept nor answered: 1240, from 203.0.113.7. Take up the devices, or stop the address at the firewall.' }),
    source('mqtt', 'mqtt', 'ok', { host: 'mqtt.example.org', messages: 1_902, refused: 3 }),
    source('province', 'pull_http', 'failing', { host: 'data.example.org', last_at: ago(7), succeeded_at: ago(7), seen_to: ago(7.2), messages: 3_120, fault_zh: 'data.example.org 回答 503（Service Unavailable）。', fault_en: 'data.example.org answers 503 (Service Unavailable).' }),
    source('city-view', 'pull_database', 'late', { last_at: ago(30), succeeded_at: ago(30), seen_to: ago(31), messages: 812 }),
    source('province-up', 'push', 'ok', { host: 'platform.example.org', messages: 96, waiting: 1, refused: 1, stations: ['ST-01', 'ST-02', 'ST-07'] }),
  ],
  count: 5,
}

// -- fleet health

export const rivers: T.Ref[] = [{ id: 1, name_zh: '清溪河', name_en: 'Qingxi River' }, { id: 2, name_zh: '白市河', name_en: 'Baishi River' }]
const ILL: Record<number, string> = { 3: 'silent', 9: 'late', 12: 'never', 17: 'stopped', 21: 'silent' }
const ORDER = ['silent', 'late', 'never', 'ok', 'stopped']
const fleet: T.FleetStation[] = stations
  .map((place, index): T.FleetStation => {
    const state = ILL[index] ?? 'ok'
    const strip = Array.from({ length: 30 }, (_, day): [number, number, number, number] => {
      const gone = state === 'never' ? 864 : state === 'silent' && day > 26 - index / 3 ? 864 : (index * 7 + day * 13) % 41 === 0 ? 320 : 0
      const halted = state === 'stopped' && day > 20 ? 864 - gone : 0
      const flagged = halted ? 0 : Math.min(864 - gone, (index * 5 + day) % 11 === 3 ? 96 : 4)
      return [864 - gone - halted - flagged, flagged, halted, gone]
    })
    return {
      ...named(place), code: place.code, kind: place.kind, owner: place.owner, area_code: place.area_code, river_zh: place.river_zh, river_en: place.river_en,
      organisation: index === 5 ? { id: 9, name_zh: '山城第二污水处理有限责任公司', name_en: 'Hill City No. 2 Sewage Works Ltd' } : null, state, connected: state === 'ok' && index % 6 !== 4,
      last_at: state === 'never' ? null : ago(0.2), age_s: state === 'never' ? null : state === 'silent' ? 97_200 : state === 'late' ? 9_800 : 60 * (2 + (index % 12)), interval_s: state === 'never' ? null : index % 5 === 4 ? 14_400 : 900,
      stoppage: state === 'stopped' ? { id: 1, since: ago(200), until: ago(-300), reason: '企业停产检修，来函第 12 号', afterwards_zh: '事后补登：周敏，2026-11-30 09:20', afterwards_en: 'entered afterwards, by Zhou Min, 2026-11-30 09:20' } : null, transmission: state === 'never' ? null : 0.99 - (index % 7) * 0.02, validity: state === 'never' ? null : 0.985 - (index % 5) * 0.03,
      doubts: index % 8 === 3 ? 2 : 0, edition: state === 'never' ? '' : ['HJ 212-2017', 'HJ/T 212-2005', 'HJ 212-2025', 'SL 651-2014'][index % 9 === 8 ? 1 : index % 11 === 10 ? 2 : 0]!, last_packet_at: ago(0.2),
      clock_ahead_s: state === 'never' ? null : index % 10 === 7 ? -1260 : 3 - (index % 6), clock_by: 'packet', refused: index % 9 === 2 ? 14 : 0, quarantined: state === 'never' ? 211 : 0,
      last_request: index % 4 ? { cn: '1011', state: 'done', asked_at: ago(6) } : { cn: '2061', state: 'timed_out', asked_at: ago(30) }, may_stop: true, strip, synthetic: true,
    }
  })
  .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.code.localeCompare(b.code))
const states = fleet.reduce<Record<string, number>>((sums, row) => ({ ...sums, [row.state]: (sums[row.state] ?? 0) + 1 }), {})
export const fleetOf = (query: URLSearchParams): T.Fleet => {
  const found = fleet.filter((row) => row.state === (query.get('state') || row.state) && row.kind === (query.get('kind') || row.kind))
  return { items: found.slice(Number(query.get('offset')), Number(query.get('offset')) + 50), count: found.length, states }
}

const pack: T.InspectionPack = {
  id: 2, area_code: '990000', area_name_zh: '山城市', area_name_en: 'Hill City', river_zh: '清溪河', river_en: 'Qingxi River', campaign: null, since: '2019-04-20', until: null,
  audience: 'inspectors', state: 'done', progress: 1, error: null, requested_by: '王主任', requested_at: ago(2), finished_at: ago(1), problems: 312, files: 941, size: 418_300_000, sha256: '9f2c'.repeat(16),
  gaps: [{ kind: 'photo_without_position', count: 118 }, { kind: 'order_not_signed_for', count: 9 }, { kind: 'not_verified', count: 7 }, { kind: 'letter_without_reply', count: 2 }],
}
export const packs: T.InspectionPack[] = [
  { ...pack, id: 3, state: 'queued', progress: 0.42, finished_at: null, problems: null, files: null, size: null, sha256: null, gaps: [], requested_at: ago(0.1), river_zh: '', river_en: '', since: null },
  pack,
  { ...pack, id: 1, audience: 'district', area_name_zh: '江东区', area_name_en: 'Jiangdong District', state: 'removed', problems: 41, files: 88, size: 21_400_000, gaps: [], requested_at: ago(900) },
]
