/** An invented basin: three rivers with tributaries, stations and outfalls, the same at every start. */
import type { Outfall, Station } from '../../src/shared/api/types'

/** A small seeded generator (mulberry32), so that pictures can be compared. */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const next = random(20200107)
const RIVERS = [
  { zh: '清溪河', en: 'Qingxi River' },
  { zh: '白市河', en: 'Baishi River' },
  { zh: '龙门溪', en: 'Longmen Brook' },
]
export const AREAS = [
  { code: '500101', zh: '江北区', en: 'Jiangbei' },
  { code: '500102', zh: '沙坪区', en: 'Shaping' },
  { code: '500103', zh: '清溪县', en: 'Qingxi County' },
]

export interface MockReach {
  id: number
  code: string
  river: number
  discharge: number
  line: [number, number][]
  downstream: number | null
}
export const reaches: MockReach[] = []

function course(from: [number, number], heading: number, steps: number, river: number, flow: number, into: number | null, grow: number): number[] {
  const ids: number[] = []
  let at = from
  let turn = heading
  for (let step = 0; step < steps; step += 1) {
    const line: [number, number][] = [at]
    for (let piece = 0; piece < 6; piece += 1) {
      turn += (next() - 0.5) * 0.7 + (heading - turn) * 0.25
      at = [at[0] + 0.0048 * Math.cos(turn), at[1] + 0.0042 * Math.sin(turn)]
      line.push(at)
    }
    const id = reaches.length + 1
    reaches.push({ id, code: `R${String(id).padStart(4, '0')}`, river, discharge: flow * (1 + grow * step), line, downstream: null })
    if (ids.length) reaches[ids.at(-1)! - 1]!.downstream = id
    ids.push(id)
  }
  if (into !== null) reaches[ids.at(-1)! - 1]!.downstream = into
  return ids
}
const endOf = (id: number): [number, number] => reaches[id - 1]!.line.at(-1)!

/** A river is laid from its source; tributaries are laid backwards from where they join, then turned. */
function tributary(join: number, heading: number, steps: number, river: number, flow: number): number[] {
  const start = reaches.length
  course(endOf(join), heading, steps, river, flow, null, 0)
  const made = reaches.slice(start)
  const lines = made.map((reach) => [...reach.line].reverse() as [number, number][]).reverse()
  made.forEach((reach, index) => {
    reach.line = lines[index]!
    reach.discharge = flow * (0.5 + (0.5 * (index + 1)) / made.length)
    reach.downstream = index < made.length - 1 ? reach.id + 1 : (reaches[join - 1]!.downstream ?? null)
  })
  return made.map((reach) => reach.id)
}

const main = course([106.2, 29.86], -0.45, 26, 0, 6, null, 0.45)
const second = tributary(main[15]!, 2.5, 20, 1, 14)
const third = tributary(main[8]!, -2.3, 14, 2, 5)
const branches: [number, number, number][] = [
  [main[3]!, 1.9, 7], [main[5]!, -2.1, 6], [main[11]!, 1.3, 8], [main[13]!, -1.7, 8], [main[18]!, 1.2, 8], [main[20]!, -1.9, 7], [main[23]!, 0.9, 6],
  [second[6]!, 1.6, 6], [second[11]!, -2.9, 6], [second[15]!, 1.4, 6], [third[5]!, -1.2, 6], [third[9]!, 3.1, 6],
]
for (const [join, heading, steps] of branches) tributary(join, heading, steps, reaches[join - 1]!.river, 1.2 + next() * 2)

function along(id: number, share: number): [number, number] {
  const { line } = reaches[id - 1]!
  const place = Math.min(line.length - 2, Math.floor(share * (line.length - 1)))
  const rest = share * (line.length - 1) - place
  const [a, b] = [line[place]!, line[place + 1]!]
  return [a[0] + (b[0] - a[0]) * rest, a[1] + (b[1] - a[1]) * rest]
}
export const river = (id: number) => RIVERS[reaches[id - 1]!.river]!
const areaOf = (lon: number) => AREAS[lon < 106.45 ? 2 : lon < 106.65 ? 1 : 0]!

const PLACES = ['上清寺', '白市驿', '龙门滩', '双碑', '石马', '歌乐', '童家桥', '磁器口', '凤鸣', '沙溪', '井口', '礼嘉', '大竹林', '鸳鸯', '翠云', '复兴', '蔡家', '三溪口', '同兴', '施家梁', '水土', '歇马', '澄江', '金刀峡', '静观', '柳荫', '三圣', '天府', '东阳', '北温泉']
const PINYIN = ['Shangqingsi', 'Baishiyi', 'Longmentan', 'Shuangbei', 'Shima', 'Gele', 'Tongjiaqiao', 'Ciqikou', 'Fengming', 'Shaxi', 'Jingkou', 'Lijia', 'Dazhulin', 'Yuanyang', 'Cuiyun', 'Fuxing', 'Caijia', 'Sanxikou', 'Tongxing', 'Shijialiang', 'Shuitu', 'Xiema', 'Chengjiang', 'Jindaoxia', 'Jingguan', 'Liuyin', 'Sansheng', 'Tianfu', 'Dongyang', 'Beiwenquan']
const UNITS: Record<string, string> = { ph: '', do: 'mg/L', codmn: 'mg/L', nh3n: 'mg/L', tp: 'mg/L', tn: 'mg/L', cod: 'mg/L', ss: 'mg/L', flow: 'm3/h', wt: '℃', turb: 'NTU', ec: 'μS/cm' }
const LIMITS: Record<string, number[]> = { codmn: [2, 4, 6, 10, 15], nh3n: [0.15, 0.5, 1, 1.5, 2], tp: [0.02, 0.1, 0.2, 0.3, 0.4] }
export const unitOf = (parameter: string): string => UNITS[parameter] ?? (parameter.endsWith('-RS') ? '' : 'mg/L')
export const limitsOf = (parameter: string): Record<string, number> => {
  const given = parameter === 'do' ? [7.5, 6, 5, 3, 2] : (LIMITS[parameter] ?? [])
  return Object.fromEntries(given.map((value, index) => [['I', 'II', 'III', 'IV', 'V'][index], value]))
}
/** The station that the story's event is about. */
export const STORY_STATION = 8

const spread = (n: number): number => 1 + Math.floor((n * 149) / 30)
export const stations: Station[] = PLACES.map((zh, index) => {
  const id = index + 1
  const reach = id === STORY_STATION ? main[17]! : Math.min(reaches.length, spread(index))
  const [lon, lat] = along(reach, 0.6)
  const grade = id === STORY_STATION ? 6 : index === 21 || index === 27 ? null : (([2, 3, 2, 3, 4, 2, 3, 1, 3, 5, 2, 3][index % 12] ?? 2) as 1 | 2 | 3 | 4 | 5)
  const base = grade ?? 3
  const enterprise = index % 9 === 5
  const now = new Date(Math.floor(Date.now() / 240_000) * 240_000).toISOString()
  const nh3n = id === STORY_STATION ? 2.61 : [0.1, 0.12, 0.34, 0.78, 1.2, 1.7, 2.4][base]! * (0.9 + next() * 0.1)
  const value = (key: string, given: number, flag = 'N') => [key, { value: given, unit: UNITS[key] ?? '', at: now, flag }] as const
  return {
    id,
    code: `CQ-A-${String(id).padStart(3, '0')}`,
    name_zh: zh + (enterprise ? '污水处理厂排口' : index % 3 === 0 ? '断面' : '自动站'),
    name_en: `${PINYIN[index]} ${enterprise ? 'sewage works' : index % 3 === 0 ? 'section' : 'station'}`,
    kind: 'automatic',
    owner: enterprise ? 'enterprise' : 'office',
    lon,
    lat,
    area_code: areaOf(lon).code,
    basin_id: 1,
    reach_id: reach,
    river_zh: river(reach).zh,
    river_en: river(reach).en,
    water_body: 'river',
    discharge: enterprise,
    outfall: enterprise ? { id: id - 5, name_zh: `${zh}污水处理厂总排口`, name_en: `${PINYIN[index]} sewage works outfall` } : null,
    target_class: enterprise ? null : 3,
    class_now: enterprise ? null : grade,
    deciding: grade === null || enterprise ? [] : id === STORY_STATION ? ['nh3n'] : [base % 2 ? 'tp' : 'nh3n'],
    assessed: grade === null ? 0 : 5,
    of: 5,
    last_at: index === 27 ? null : index === 21 ? new Date(Date.now() - 31 * 3600_000).toISOString() : now,
    state: index === 27 ? 'never' : index === 21 ? 'offline' : index === 12 ? 'stale' : 'ok',
    values:
      index === 27
        ? {}
        : Object.fromEntries([
            value('ph', 7.4 + next() * 0.6),
            value('do', 9 - base * 0.8),
            value('codmn', [1, 1.6, 3.1, 5.2, 8.1, 12, 17][base]!),
            value('nh3n', nh3n),
            value('tp', [0.01, 0.015, 0.08, 0.16, 0.26, 0.37, 0.45][base]!),
            value('tn', 1.2 + next() * 2, index % 5 === 2 ? 'M' : 'N'),
            value('wt', 13 + next() * 3),
            value('turb', 8 + next() * 20),
            ...(enterprise ? [value('cod', 38), value('ss', 11), value('flow', 1250.5), value('SB1-RS', 1), value('SB2-RS', 3), value('w20126', 0.02), value('a99x-supplement-17', 4.2)] : []),
          ]),
    active_event_id: id === STORY_STATION ? 12 : id === 10 ? 11 : null,
    synthetic: true,
    mn: index === 27 ? null : `QX5001${String(id).padStart(18, '0')}`,
  }
})

const KINDS = ['industrial', 'sewage_works', 'overflow', 'storm', 'agricultural', 'other']
export const outfalls: Outfall[] = Array.from({ length: 80 }, (_unused, index) => {
  const id = index + 1
  const reach = index === 10 ? main[14]! : index === 11 ? main[15]! : index === 12 ? main[13]! : 1 + Math.floor(next() * reaches.length)
  const [lon, lat] = along(reach, next())
  const kind = KINDS[index % KINDS.length]!
  const place = PLACES[index % PLACES.length]!
  return {
    id,
    code: `PK-5001-${String(id).padStart(4, '0')}`,
    name_zh: `${place}${['化工园排口', '污水厂排口', '溢流口', '雨洪排口', '养殖场排口', '混合排口'][index % 6]}`,
    name_en: `${PINYIN[index % PINYIN.length]} ${['chemical park outfall', 'sewage works outfall', 'overflow', 'storm outlet', 'farm outlet', 'mixed outlet'][index % 6]}`,
    kind,
    status: 'in_use',
    synthetic: true,
    basin_id: 1,
    lon: lon + 0.0006,
    lat: lat + 0.0006,
    area_code: areaOf(lon).code,
    reach_id: reach,
    permitted: index % 4 !== 3,
    organisation: index % 6 < 2 ? { id, name_zh: `${place}${index % 6 ? '水务有限公司' : '精细化工有限公司'}`, name_en: `${PINYIN[index % PINYIN.length]} ${index % 6 ? 'Water' : 'Fine Chemicals'} Co.` } : null,
  }
})

const all = reaches.flatMap((reach) => reach.line)
export const bounds: [number, number, number, number] = [
  Math.min(...all.map(([lon]) => lon)), Math.min(...all.map(([, lat]) => lat)), Math.max(...all.map(([lon]) => lon)), Math.max(...all.map(([, lat]) => lat)),
]
