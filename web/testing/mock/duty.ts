/** A duty desk in the rain at night: eight open alarms, a roster of two months with a gap and an overlap, a hand-over log. */
import type * as T from '../../src/shared/api/types'
import { STORY_STATION } from './basin'

const HOUR = 3600_000
const MINUTE = 60_000
const now = Date.now()
const at = (minutes: number): T.Iso => new Date(now + minutes * MINUTE).toISOString()
const clock = (minutes: number): string => new Date(now + minutes * MINUTE + 8 * HOUR).toISOString().slice(5, 16).replace('T', ' ')

const ref = (id: number, name_zh: string, name_en: string): T.Ref => ({ id, name_zh, name_en })
const people = [
  ref(1, '周敏', 'Zhou Min'), ref(2, '王建国', 'Wang Jianguo'), ref(3, '赵晓燕', 'Zhao Xiaoyan'), ref(4, '欧阳志远', 'Ouyang Zhiyuan'),
  ref(5, '李婷', 'Li Ting'), ref(6, '孙涛', 'Sun Tao'), ref(7, '陈国栋', 'Chen Guodong'), ref(8, '迪丽努尔·买买提', 'Dilnur Memet'),
]
const person = (n: number): T.Ref => people[n % people.length]!
const area: T.Area = { code: '500000', name_zh: '演示市', name_en: 'Demo City' }
export const areas: T.AreaInList[] = [
  { ...area, level: 'city' },
  { code: '500101', name_zh: '江东区', name_en: 'Jiangdong County', level: 'county' },
  { code: '500102', name_zh: '江西区', name_en: 'Jiangxi County', level: 'county' },
]
const chain: T.Desk['chain'] = [{ to: 'person', minutes: 15 }, { to: 'deputy', minutes: 15 }, { to: 'leader', minutes: 15 }, { to: 'office', minutes: 0 }]

const day0 = Math.floor((now + 8 * HOUR) / (24 * HOUR)) * 24 * HOUR - 8 * HOUR
const iso = (ms: number): T.Iso => new Date(ms).toISOString()
const shifts: T.Shift[] = []
for (let n = -40; n < 70; n += 1) {
  if (n === 9) continue
  const start = day0 + n * 12 * HOUR + 8 * HOUR
  shifts.push({ id: 500 + n, area, starts_at: iso(start), ends_at: iso(start + (n === 4 ? 13 : 12) * HOUR), person: people[(n + 42) % 6]!, deputy: n === 6 ? null : people[(n + 45) % 6]!, leader: people[6 + (Math.floor((n + 42) / 14) % 2)]! })
}
const shiftNow = shifts.find((shift) => Date.parse(shift.starts_at) <= now && Date.parse(shift.ends_at) > now) ?? null
const shiftNext = shifts.find((shift) => Date.parse(shift.starts_at) > now) ?? null

interface Given { id: number; zh: string; en: string; since: number; state?: T.Alarm['state']; told?: number; muted?: string; ended?: number; parameters?: [string, string, string, number, number, number][] }
const NH3: [string, string, string, number, number, number] = ['nh3n', '氨氮', 'Ammonia nitrogen', 2.6, 1.0, 0.58]
const TP: [string, string, string, number, number, number] = ['tp', '总磷', 'Total phosphorus', 0.71, 0.2, 0.14]
const PLACES: T.AlarmPlace[] = ['person', 'deputy', 'leader', 'office']

function alarm(given: Given): T.DeskAlarm {
  const { id, since } = given
  const state = given.state ?? 'raised'
  const parameters = given.parameters ?? [NH3]
  const told = given.told ?? 1
  const holders = [shiftNow?.person ?? person(0), shiftNow?.deputy ?? person(1), shiftNow?.leader ?? person(2)]
  const steps: T.AlarmStep[] = PLACES.slice(0, told).map((to, n) => ({ to, at: at(-since + n * 15), people: (to === 'office' ? people : [holders[n]!]).map((one, index) => ({ ...one, text: to === 'deputy' ? 'failed' : to === 'office' && index % 3 === 2 ? 'no_number' : 'taken' })) }))
  const next = PLACES[told]
  return {
    id, event_id: 1, area_code: '500101',
    subject_zh: `${given.zh} ${parameters.map((row) => row[1]).join('、')}`,
    subject_en: `${parameters.map((row, n) => (n ? row[2].toLowerCase() : row[2])).join(', ')} at ${given.en}`,
    state, unseen: state !== 'acknowledged', raised_at: at(-since),
    ended_at: given.ended === undefined ? null : at(-given.ended),
    resolved_at: state === 'resolved' ? at(-(given.ended ?? 0) + 60) : null, resolved_by: null,
    acknowledged_at: state === 'acknowledged' ? at(-since + 6) : null,
    acknowledged_by: state === 'acknowledged' ? holders[0]! : null,
    note: state === 'acknowledged' ? '已派采样队，先核溢流口。' : '',
    message_zh: `${given.zh}氨氮 ${clock(-since)} 升至 2.6 mg/L（前 7 天中位值 0.58，Ⅲ类限值 1）。连续 2 个有效读数，属疑似，尚未现场确认。请核对设备与上游来水。`,
    message_en: `Ammonia nitrogen at ${given.en} rose to 2.6 mg/L (median of the 7 days before: 0.58; class III allows 1). 2 valid readings in a row: suspected, not confirmed on site.`,
    events: parameters.map(([parameter, , , value, limit, usual], n) => ({ id: 10 * id + n, station: ref(STORY_STATION, given.zh, given.en), parameter, state: given.ended === undefined ? 'open' : 'closed', opened_at: at(-since - 25), last_at: at(0), peak_value: value, unit: 'mg/L', limit_value: limit, baseline: usual })),
    stations: 2,
    why: [
      ...parameters.map(([, zh, en, value, limit, usual]) => ({
        zh: `${given.zh}${zh}：${clock(-since - 25)} 起，最高 ${value} mg/L；Ⅲ类限值 ${limit} mg/L；平时 ${usual} mg/L，为平时的 ${(value / usual).toPrecision(2)} 倍。`,
        en: `${en} at ${given.en}: since ${clock(-since - 25)}, highest ${value} mg/L; class III limit ${limit} mg/L; usually ${usual} mg/L, ${(value / usual).toPrecision(2)} times that.`,
      })),
      { zh: `${given.zh}最高点已过，正在回落：最近 3 个读数 2.6 → 2.1 → 1.7 mg/L（至 ${clock(-5)}）；最高 2.6 mg/L（${clock(-35)}）。`, en: `${given.en}: past its highest and falling back. The last 3 readings were 2.6 → 2.1 → 1.7 mg/L (to ${clock(-5)}); highest 2.6 mg/L at ${clock(-35)}.` },
      { zh: `同一股水先后经过 2 站：${given.zh} ${clock(-since - 25)} → 清溪口站 ${clock(-since + 40)}。`, en: `The same water passed 2 stations: ${given.en} ${clock(-since - 25)} → Qingxikou ${clock(-since + 40)}.` },
    ],
    context: [
      { zh: '仪器未报异常：此前 24 h 至今没有带标记的读数。', en: 'The analyser reports nothing wrong: no marked reading since 24 h before.' },
      { zh: '上游石门站（8.4 km）同期最差 0.62 mg/L，未超限：不像上游来水，源头多在两站之间。', en: 'Shimen, 8.4 km upstream, was 0.62 mg/L at worst, within the limit: hardly from there, rather from in between.' },
      { zh: '属疑似：仪器读数，尚无实验室或现场确认；说明水变了，不说明是谁排的。', en: 'Suspected: analyser readings that nobody has confirmed; they tell that the water changed, not who did it.' },
    ],
    first_step: { zh: '先看溯源结果给出的河段与采样点，派人在两站之间采样。', en: 'Look at the reach and the places that the trace suggests, and have water sampled between the two stations.' },
    steps,
    next_step: state === 'raised' && !given.muted && next ? { to: next, at: at(-since + told * 15), people: next === 'office' ? [] : [{ ...holders[told]!, text: '' }] } : null,
    mute: given.muted ? { by: holders[0]!, at: at(-20), until: at(100), reason: given.muted } : null,
    may_act: true, synthetic: true,
  }
}
const alarms: T.DeskAlarm[] = [
  alarm({ id: 31, zh: '清溪河江东污水处理厂下游自动站', en: 'Qingxi River below Jiangdong sewage works', since: 23, told: 2, parameters: [NH3, TP] }),
  alarm({ id: 32, zh: '柳溪站', en: 'Liuxi', since: 9 }),
  alarm({ id: 33, zh: '石桥站', en: 'Shiqiao', since: 2, parameters: [TP] }),
  alarm({ id: 34, zh: '新桥站', en: 'Xinqiao', since: 71, told: 1, muted: '运维单位正在校准氨氮仪，14:00 前完成' }),
  alarm({ id: 35, zh: '龙洞站', en: 'Longdong', since: 320, told: 4, state: 'resolved', ended: 130 }),
  alarm({ id: 36, zh: '清溪口站', en: 'Qingxikou', since: 185, state: 'acknowledged', parameters: [NH3, TP] }),
  alarm({ id: 37, zh: '马鞍山断面', en: 'Ma’anshan section', since: 410, state: 'acknowledged', ended: 22 }),
  alarm({ id: 38, zh: '双河站', en: 'Shuanghe', since: 1500, state: 'acknowledged' }),
]
const item = (row: T.DeskAlarm): T.OpenItem => ({ alarm_id: row.id, subject_zh: row.subject_zh, subject_en: row.subject_en, state: row.state, raised_at: row.raised_at, acknowledged_by: row.acknowledged_by?.name_zh ?? null, muted_until: row.mute?.until ?? null })
const entry = (id: number, hours: number, by: number, signed: number | null, note: string, rows: T.DeskAlarm[]): T.HandOver => ({
  id, area_code: area.code, shift: null, written_by: person(by), written_at: at(-hours * 60), note, open_items: rows.map(item),
  signed_by: signed === null ? null : person(signed), signed_at: signed === null ? null : at(-hours * 60 + 7), remark: signed === 4 ? '已阅，22:30 前电话确认快测结果。' : '',
})
export const handOvers: T.HandOver[] = [
  entry(9, 1, 2, null, '双河站已请运维更换探头，明早 9 点到场。马鞍山断面水质已恢复，等平稳后自行解除。', [alarms[6]!, alarms[7]!]),
  entry(8, 13, 4, 2, '夜间小雨，C-07 溢流口 02:10–03:25 排放，已拍照。清溪口站快测 2.4 mg/L。', [alarms[7]!]),
  entry(7, 25, 3, 4, '无特殊情况。', []),
  entry(6, 37, 5, 3, '龙洞站通讯中断 40 min，已恢复，数据已补齐。', [alarms[4]!]),
]
export const desk = (): T.Desk => ({ area, at: new Date().toISOString(), shifts: shiftNow ? [shiftNow] : [], next_shift: shiftNext, chain, mute_most_hours: 24, alarms: process.env.MOCK_QUIET === '1' ? [] : alarms, unsigned: handOvers.filter((row) => !row.signed_by) })
export const deskAlarm = (id: number): T.DeskAlarm | undefined => alarms.find((row) => row.id === id)
export const peopleOnDuty = people
export function roster(query: URLSearchParams): T.Roster {
  const [start, end] = [Date.parse(query.get('start') ?? ''), Date.parse(query.get('end') ?? '')]
  const inside = shifts.filter((shift) => Date.parse(shift.starts_at) < end && Date.parse(shift.ends_at) > start)
  const gaps: T.TimeSpan[] = []
  const overlaps: T.TimeSpan[] = []
  let covered = start
  for (const shift of inside) {
    const from = Date.parse(shift.starts_at)
    if (from > covered) gaps.push({ start: iso(covered), end: iso(from) })
    if (from < covered && covered > start) overlaps.push({ start: iso(from), end: iso(covered) })
    covered = Math.max(covered, Date.parse(shift.ends_at))
  }
  if (covered < end) gaps.push({ start: iso(covered), end: iso(end) })
  return { area, shifts: inside, gaps, overlaps, may_change: true }
}
