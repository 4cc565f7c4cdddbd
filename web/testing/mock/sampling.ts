/** An invented sampling round in progress. */
import type * as T from '../../src/shared/api/types'
import { stations } from './basin'

const [CHEN, WU, ZHENG]: [T.Named, T.Named, T.Named] = [
  { name_zh: '陈波', name_en: 'Chen Bo' },
  { name_zh: '吴玲', name_en: 'Wu Ling' },
  { name_zh: '郑凯', name_en: 'Zheng Kai' },
]
const HOUR = 3600_000
const ago = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString()
const MONTH = new Date(Date.now() + 8 * HOUR).toISOString().slice(0, 7)
const PARAMETERS = ['wt', 'ph', 'do', 'codmn', 'nh3n', 'tp', 'bod5', 'cr6']
const GROUPS: T.PreservationGroup[] = [
  { key: 'on_site', zh: '现场测定', en: 'On-site record', container_zh: '现场记录表', container_en: 'record sheet', preservative_zh: '现场测定，记录随样流转', preservative_en: 'measured on site; the record travels with the bottles' },
  { key: 'cooled', zh: '冷藏避光', en: 'Cooled, dark', container_zh: '玻璃瓶', container_en: 'glass', preservative_zh: '1～5 ℃ 暗处冷藏', preservative_en: '1–5 °C, dark' },
  { key: 'oxygen_bottle', zh: '溶解氧瓶', en: 'Oxygen bottle', container_zh: '溶解氧瓶，充满', container_en: 'oxygen bottle', preservative_zh: '1～5 ℃ 暗处冷藏', preservative_en: '1–5 °C, dark' },
  { key: 'sulphuric', zh: '硫酸', en: 'Sulphuric acid', container_zh: '玻璃瓶', container_en: 'glass', preservative_zh: '加 H₂SO₄ 至 pH ≤ 2', preservative_en: 'H₂SO₄ to pH ≤ 2' },
  { key: 'cr6', zh: '六价铬', en: 'hexavalent chromium', container_zh: '按分析方法', container_en: 'as the method asks', preservative_zh: '按分析方法', preservative_en: 'as the method asks' },
]
const OF_GROUP: Record<string, string[]> = { on_site: ['wt', 'ph', 'do'], cooled: ['codmn'], oxygen_bottle: ['bod5'], sulphuric: ['nh3n', 'tp'], cr6: ['cr6'] }
const KEEPS: Record<string, number> = { cooled: 48, oxygen_bottle: 12, sulphuric: 24 }
const places = stations.slice(0, 14)
const stepOf = (index: number): string => (index < 3 ? 'analysed' : index < 6 ? 'received' : index < 8 ? 'taken' : '')
const stateOf = (index: number): T.Visit['state'] => (index < 8 ? 'sampled' : index === 8 || index === 9 ? 'missed' : 'open')
const rolesOf = (index: number, group: string): string[] => ['sample', ...(group !== 'on_site' && [1, 11].includes(index) ? ['duplicate'] : []), ...(group !== 'on_site' && [4, 12].includes(index) ? ['blank'] : [])]

const point = (index: number): T.SampledStation => {
  const { id, code, name_zh, name_en, lon, lat } = places[index]!
  return { id, code, name_zh, name_en, lon, lat }
}
const wanted = places.flatMap((_, index) => GROUPS.flatMap((group) => rolesOf(index, group.key).map((role) => ({ index, group: group.key, role }))))
const bottles: T.Bottle[] = wanted
  .map(({ index, group, role }, at): T.Bottle => {
    const number = ((at * 37) % wanted.length) + 1
    const step = index === 7 && group === 'cooled' ? 'lost' : stepOf(index)
    const taken = 9 - index / 3
    const link = (name: string, hours: number, by: T.Named, note = ''): T.CustodyLink => ({ step: name, at: ago(hours), by, place: name === 'taken' ? '' : '监测站收样室', note, lon: null, lat: null })
    return {
      label: `${MONTH.slice(2, 4)}${MONTH.slice(5)}001-${String(number).padStart(4, '0')}`, group, parameters: OF_GROUP[group]!, analysed: step === 'analysed' ? OF_GROUP[group]! : [], step,
      due_at: step && !['analysed', 'lost'].includes(step) && KEEPS[group] ? new Date(Date.now() + (KEEPS[group]! - taken - (group === 'oxygen_bottle' ? 5 : 0)) * HOUR).toISOString() : null,
      role, station: point(index),
      links: [
        ...(step ? [link('taken', taken, CHEN)] : []),
        ...(['received', 'analysed'].includes(step) ? [link('handed_over', 3, CHEN, '交吴玲，冷藏箱 4 ℃'), link('received', 2.8, WU)] : []),
        ...(step === 'analysed' ? [link('analysed', 1, ZHENG)] : []),
        ...(step === 'lost' ? [link('lost', 5, CHEN, '途中瓶破')] : []),
      ],
    }
  })
  .sort((a, b) => a.label.localeCompare(b.label))

const visits: T.Visit[] = places.map((_, index) => {
  const state = stateOf(index)
  return {
    id: index + 1, station: point(index), state, taken_at: state === 'sampled' ? ago(9 - index / 3) : null, lon: null, lat: null, away_m: state === 'sampled' ? (index === 5 ? null : index === 6 ? 2140 : 12 + index * 7) : null,
    missed_reason: state === 'missed' ? (index === 8 ? 'dry' : 'no_access') : '', note: index === 9 ? '便桥施工封路，改日再采。' : '', told_by: state === 'open' ? null : CHEN, told_at: state === 'open' ? null : ago(6), has_photo: index === 8,
    bottles: bottles.filter((row) => row.station!.id === point(index).id).map(({ label, group, role, step }) => ({ label, group, role: role!, step })).sort((a, b) => Number(a.role !== 'sample') - Number(b.role !== 'sample')),
  }
})
const at = (step: string): number => bottles.filter((row) => row.step === step).length
const shared = { plan_id: 1, name_zh: '加密监测点位月度采样', name_en: 'Monthly sampling of the added points', area_zh: '演示市', area_en: 'Demo City', team_zh: '市生态环境监测站', team_en: 'Ecology Monitoring Station', parameters: PARAMETERS, synthetic: true }
export const round: T.SamplingRoundDetail = {
  ...shared, id: 1, month: MONTH, visits: { open: 4, sampled: 8, missed: 2 }, missed: { dry: 1, no_access: 1 }, due_soon: 3, overdue: 2,
  bottles: { empty: at(''), taken: at('taken'), handed_over: at('handed_over'), received: at('received'), analysed: at('analysed'), lost: at('lost') },
  sheets: { submitted: 0, checked: 1, reviewed: 0, issued: 0, returned: 1 },
  groups: GROUPS, seed: '3141592653589793238', far_m: 500, waiting_results: 6, may_take: true, may_receive: true, sees_points: true, sees_results: true,
}
export const rounds: T.SamplingRound[] = [
  round,
  { ...shared, id: 2, plan_id: 2, name_zh: '国省控断面采测分离复核点位每季度全指标采样（含饮用水源地补充项目）', name_en: 'Quarterly full analysis at national and provincial sections, drinking-water sources included', month: '2026-10', visits: { open: 0, sampled: 61, missed: 3 }, bottles: { empty: 0, taken: 0, handed_over: 0, received: 0, analysed: 431, lost: 2 }, missed: { dry: 3 }, due_soon: 0, overdue: 0, sheets: { submitted: 0, checked: 0, reviewed: 0, issued: 4, returned: 0 } },
]
export const plans: T.SamplingPlan[] = [
  { id: 1, name_zh: shared.name_zh, name_en: shared.name_en, area_code: '500000', area_zh: '演示市', area_en: 'Demo City', team_zh: shared.team_zh, team_en: shared.team_en, parameters: PARAMETERS, every_months: 1, active: true, points: 14, last_month: MONTH },
  { id: 2, name_zh: '城区内河', name_en: 'Urban streams', area_code: '500000', area_zh: '演示市', area_en: 'Demo City', team_zh: '', team_en: '', parameters: ['nh3n', 'do', 'codmn'], every_months: 1, active: true, points: 22, last_month: null },
]
const sheet: T.ResultSheet = { id: 11, number: 2, state: 'checked', submitted_by: WU, submitted_at: ago(1), checked_by: ZHENG, reviewed_by: null, issued_by: null, issued_at: null, returned_by: null, returned_reason: '', results: 21, next: 'reviewed', may_send_back: true }
export const sheets: T.ResultSheet[] = [sheet, { ...sheet, id: 10, number: 1, state: 'returned', submitted_at: ago(20), checked_by: null, returned_by: ZHENG, returned_reason: '总磷标准曲线相关系数 0.997，请重做。', next: null, may_send_back: false, results: 6 }]
export const sheetDetail = (id: number): T.ResultSheetDetail => ({
  ...sheets.find((row) => row.id === id)!, round_id: 1, blind: id === 10, checks: { ok: 5, flagged: 2, missing: 1 },
  history: [{ state: 'submitted', by: WU, at: ago(1), reason: '' }, ...(id === 10 ? [{ state: 'returned' as const, by: ZHENG, at: ago(0.5), reason: '总磷标准曲线相关系数 0.997，请重做。' }] : [{ state: 'checked' as const, by: ZHENG, at: ago(0.4), reason: '' }])],
})
const label = (n: number): string => bottles[n]!.label
export const checks: T.SheetCheck[] = [
  { parameter: 'nh3n', role: 'blank', labels: [label(4)], written: ['0.06'], deviation: null, limit: null, ok: false },
  { parameter: 'tp', role: 'duplicate', labels: [label(7), label(20)], written: ['0.12', '0.07'], deviation: 0.263, limit: 0.2, ok: false },
  { parameter: 'codmn', role: 'blank', labels: [label(5)], written: ['<0.5'], deviation: null, limit: null, ok: true },
  { parameter: 'codmn', role: 'duplicate', labels: [label(8), label(21)], written: ['2.8', '2.9'], deviation: 0.0175, limit: 0.2, ok: true },
  { parameter: 'bod5', role: 'duplicate', labels: [label(9), label(22)], written: ['<0.5', '<0.5'], deviation: null, limit: 0.2, ok: true },
  { parameter: 'cr6', role: 'blank', labels: [label(6)], written: [null], deviation: null, limit: null, ok: null },
]
const USUAL: Record<string, number> = { wt: 13.2, ph: 7.61, do: 8.1, codmn: 2.8, nh3n: 0.32, tp: 0.07, bod5: 1.4, cr6: 0.004 }
export const lines: T.SheetLine[] = bottles.filter((row) => row.step === 'analysed').flatMap((row) =>
  row.parameters.map((parameter, index): T.SheetLine => ({
    label: row.label, parameter, version: parameter === 'tp' && row.role === 'duplicate' ? 2 : 1, value: parameter === 'cr6' ? 0.004 : Number((USUAL[parameter]! * (1 + (Number(row.label.slice(-4)) % 7) / 50)).toPrecision(3)), unit: parameter === 'ph' ? '' : parameter === 'wt' ? '°C' : 'mg/L', below_limit: parameter === 'cr6', written: '', method: '', analysed_at: ago(1.2 + index), reason: parameter === 'tp' && row.role === 'duplicate' ? '稀释倍数填错' : '', entered_by: WU,
    remarks: [...(parameter === 'nh3n' ? ['blank_found'] : []), ...(parameter === 'tp' && row.role === 'duplicate' ? ['duplicates_apart'] : []), ...(parameter === 'bod5' ? ['past_holding'] : [])],
  })),
)
export const visitsOf = (query: URLSearchParams): T.Visit[] => visits.filter((row) => row.state === (query.get('state') || row.state) && `${row.station.code}${row.station.name_zh}`.includes(query.get('q') ?? ''))
export const bottlesOf = (query: URLSearchParams): T.Bottle[] => {
  const step = query.get('step')
  return bottles.filter((row) => (!step || row.step === (step === 'empty' ? '' : step)) && row.label.includes(query.get('q') ?? '') && (query.get('due') !== 'true' || (row.due_at !== null && Date.parse(row.due_at) < Date.now() + 4 * HOUR)))
}
