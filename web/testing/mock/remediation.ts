/** Invented remediation: outfalls on their way, one of them in the middle of it. */
import type * as T from '../../src/shared/api/types'
import { outfalls, reaches, river } from './basin'

const DAY = 86_400_000
const NOW = Date.parse('2020-01-07T06:05:00Z')
const at = (days: number): string => new Date(NOW - days * DAY).toISOString()
const day = (days: number): string => at(days).slice(0, 10)
const AREAS: Record<string, [string, string]> = { '500101': ['江北区', 'Jiangbei'], '500102': ['沙坪区', 'Shaping'] }
const STATES = ['found', 'traced', 'planned', 'planned', 'accepted', 'written_off']
const MEASURES = [null, null, 'merge', 'regulate', 'ban', 'regulate']
const unit: T.Ref = { id: 3, name_zh: '沙坪区生态环境局', name_en: 'Shaping Bureau of Ecology' }
const wu: T.Ref = { id: 21, name_zh: '吴敏', name_en: 'Wu Min' }
const he: T.Ref = { id: 22, name_zh: '何军', name_en: 'He Jun' }

const state = (outfall: T.Outfall, index: number): T.RemediationRow => {
  const place = river(outfall.reach_id || reaches[0]!.id)
  const [zh, en] = AREAS[outfall.area_code] ?? ['长寿区', 'Changshou']
  const now = STATES[index % STATES.length]!
  return {
    outfall: { id: outfall.id, code: outfall.code, name_zh: outfall.name_zh, name_en: outfall.name_en }, kind: outfall.kind, area_code: outfall.area_code, area_name_zh: zh, area_name_en: en, reach_id: outfall.reach_id, river_zh: place.zh, river_en: place.en, synthetic: true,
    state: now, measure: MEASURES[index % STATES.length]!, monitored_on: index % 5 === 4 ? null : day(40 + index), traced: now !== 'found', accepted_at: ['accepted', 'written_off'].includes(now) ? at(6) : null, written_off_at: now === 'written_off' ? at(2) : null,
    steps: now === 'found' || now === 'traced' ? { all: 0, open: 0, overdue: 0 } : { all: 3, open: now === 'planned' ? 2 : 0, overdue: index % 6 === 3 ? 1 : 0 },
  }
}
export const rows = outfalls.map(state)
const REACHED: Record<string, (row: T.RemediationRow) => boolean> = {
  monitored: (row) => row.monitored_on !== null, traced: (row) => row.traced, remediated: (row) => row.accepted_at !== null, written_off: (row) => row.written_off_at !== null,
}
export function listed(query: URLSearchParams): T.RemediationRow[] {
  const is = (name: string, value: string | null): boolean => !query.get(name) || query.get(name) === value
  return rows.filter((row) => is('state', row.state) && is('measure', row.measure) && is('area', row.area_code) && (REACHED[query.get('reached') ?? '']?.(row) ?? true) && (!query.get('overdue') || !!row.steps?.overdue) && `${row.outfall.code}${row.outfall.name_zh}${row.outfall.name_en}`.includes(query.get('q') ?? ''))
}
const counts = (of: T.RemediationRow[]): T.RemediationCounts => ({ found: of.length, monitored: of.filter(REACHED.monitored!).length, traced: of.filter(REACHED.traced!).length, remediated: of.filter(REACHED.remediated!).length, written_off: of.filter(REACHED.written_off!).length })
export function figures(query: URLSearchParams): T.RemediationFigures {
  const shown = rows.filter((row) => !query.get('area') || row.area_code === query.get('area'))
  const codes = [...new Set(shown.map((row) => row.area_code))].sort()
  return { as_of: at(0), ...counts(shown), areas: codes.map((code) => { const of = shown.filter((row) => row.area_code === code); return { area_code: code, area_name_zh: of[0]!.area_name_zh, area_name_en: of[0]!.area_name_en, ...counts(of) } }) }
}

const field = (name: string, kind: string, label_zh: string, label_en: string, required = true, options: string | null = null): T.ActionField => ({ name, kind, label_zh, label_en, required, options }) as T.ActionField
const photos = field('evidence_ids', 'evidence', '照片或文件', 'Photos or files')
const action = (name: string, label_zh: string, label_en: string, consequence_zh: string, consequence_en: string, moves_on: boolean, fields: T.ActionField[]): T.AllowedAction => ({ action: name, label_zh, label_en, consequence_zh, consequence_en, moves_on, aside: false, fields })
const RECHECK = action('recheck', '旱天复核', 'Check in dry weather', '须连续无雨达到规定时数（以雨量站为准），由上报人以外的人现场拍照；仍有出流的退回未完成。', 'Only after so many dry hours by the rain gauges, by another person than who reported, with a photo; what still runs is open again.', true, [field('seen', 'choice', '现场所见', 'What was seen', true, 'remediation_seen'), field('finding', 'text', '复核情况', 'What was found'), photos])
const REOPEN = action('reopen', '退回重做', 'Open again', '该步骤退回未完成，整治恢复为整治中，验收和销号失效。', 'The step is open again and the outfall being remediated; acceptance and write-off no longer hold.', true, [field('reason', 'text', '理由', 'Reason')])
const DECIDE = action('decide_entity', '认定责任主体', 'Decide who is responsible', '由您认定并负责；须有证据，查无主体的由属地政府兜底。仅河长办、执法和该单位可见。', 'It is your decision, by evidence; where nobody was found the local government is responsible. Seen by the office, enforcement and that organisation only.', true, [field('entity', 'choice', '责任主体', 'Who', true, 'remediation_entities'), field('organisation_id', 'entity', '单位', 'Organisation', false), field('ground', 'text', '认定依据', 'By what'), photos])
const MONITOR = action('record_monitoring', '登记监测', 'Record monitoring', '记为“已监测”；状态不变。', 'The outfall counts as monitored; its state stays.', false, [field('manner', 'choice', '监测方式', 'How', true, 'remediation_manners'), field('monitored_on', 'date', '监测日期', 'Day'), field('result', 'text', '监测结果', 'Result')])
const ADD = action('add_step', '增加步骤', 'Add a step', '交给一个单位限期完成；截污、纳管须经旱天复核。', 'A unit must do it by a date; interception and connection are checked again in dry weather.', false, [field('kind', 'choice', '步骤', 'Step', true, 'remediation_step_kinds'), field('organisation_id', 'organisation', '责任单位', 'Responsible unit'), field('due_date', 'date', '完成期限', 'Due date'), field('description', 'text', '内容', 'What is done', false)])

const photo = (id: number, step: string, days: number): T.Remediation['evidence'][number] => ({ id, sha256: '', name: `现场 ${id}.jpg`, media_type: 'image/jpeg', size: 2_400_000, taken_at: at(days), lon: 106.5, lat: 29.5, step, step_id: null }) as T.Remediation['evidence'][number]
const line = (days: number, name: string, actor: string, zh: string, en: string): T.HistoryEntry => ({ action: `remediation.${name}`, actor, at: at(days), data: {}, sentence_zh: zh, sentence_en: en })

export function file(id: number): T.Remediation | undefined {
  const row = rows.find((one) => one.outfall.id === id)
  if (!row) return undefined
  const base: T.Remediation = { ...row, id, restricted: false, entity: null, policy: null, steps: [], evidence: [], history: [], problems: [], allowed_actions: [MONITOR, DECIDE], chain: { ok: true, entries: 0 } }
  if (row.state !== 'planned') return base
  const step = (number: number, kind: string, given: Partial<T.RemediationStep>): T.RemediationStep => ({ id: number, kind, description: '', unit, due_date: day(-30), overdue: false, state: 'open', done_by: null, done_at: null, checked_by: null, checked_at: null, dry_hours: null, rain_mm: null, allowed_actions: [], ...given })
  return {
    ...base,
    entity: { government: false, organisation: { id: 31, name_zh: '石马精细化工有限公司', name_en: 'Shima Fine Chemicals Co.' }, area_name_zh: row.area_name_zh, area_name_en: row.area_name_en, ground: '染色示踪：厂区 3 号雨水井投放后 12 min 到达排口；管线图一致。', decided_by: wu, decided_at: at(60) },
    policy: '一、截断厂区雨污混接支管，新建截流井。\n二、接入沙坪污水管网，纳管流量不超过 20 L/s。\n三、按规范设置采样井与标识牌。',
    steps: [
      step(1, 'intercept', { description: '新建截流井一座', due_date: day(20), state: 'checked', done_by: he, done_at: at(24), checked_by: wu, checked_at: at(9), dry_hours: 72, rain_mm: 0.4, allowed_actions: [REOPEN] }),
      step(2, 'connect', { description: '接入 DN400 污水管 120 m', due_date: day(-8), state: 'done', done_by: he, done_at: at(3), allowed_actions: [RECHECK, REOPEN] }),
      step(3, 'standardise', { due_date: day(2), overdue: true }),
    ],
    evidence: [photo(41, 'decide_entity', 61), photo(42, 'finish', 3), photo(43, 'recheck', 9)],
    history: [
      line(70, 'record_monitoring', '吴敏', '吴敏登记监测（快速检测，2019-10-29）：氨氮 8.4 mg/L。', 'Wu Min recorded monitoring (Quick test, 2019-10-29): ammonia 8.4 mg/L.'),
      line(60, 'decide_entity', '吴敏', '吴敏认定责任主体为石马精细化工有限公司（单位）：染色示踪与管线图一致。', 'Wu Min decided that Shima Fine Chemicals Co. is responsible (An organisation): the dye and the plan of the pipes agree.'),
      line(55, 'adopt_policy', '周敏', '周敏制定一口一策（合并）：截流后纳管。', 'Zhou Min adopted the policy (Merge): intercept, then connect.'),
      line(9, 'recheck', '吴敏', '吴敏旱天复核“截污”：无出流（此前 72 小时降雨 0.4 mm）。现场干燥。', 'Wu Min checked “Intercept” in dry weather: Nothing runs (0.4 mm in the 72 hours before). Dry on site.'),
      line(3, 'finish', '何军', '何军上报步骤“纳管”完成：管道已接通。', 'He Jun reported the step “Connect to the sewer” as done: the pipe is connected.'),
    ],
    problems: [{ id: 2, number: 'CQ-2020-0002', kind: 'dry_weather_flow', state: 'registered', keeps_open: true }],
    allowed_actions: [ADD, MONITOR],
    chain: { ok: true, entries: 5 },
  }
}

export function permits(id: number): T.OutfallPermit[] {
  if (id % 6 !== 1) return []
  const here = outfalls.find((one) => one.id === id)!
  const mouth = { id, code: here.code, name_zh: here.name_zh, name_en: here.name_en }
  return [{
    outlet: 'DW001', name_zh: '综合废水总排口', number: '91500106MA5U001X2P001P', holder: here.organisation, valid: true,
    terms: [{ kind: 'first', valid_from: '2017-01-01', valid_to: '2019-12-31', source: '' }, { kind: 'renewed', valid_from: '2020-01-01', valid_to: '2024-12-31', source: '' }],
    mouths: [mouth],
    loads: [
      { whole_permit: false, parameter: 'cod', year: 2020, permitted_t: 42.5, so_far_t: 0.713, covered: 0.962, shared_mouth: false },
      { whole_permit: false, parameter: 'nh3n', year: 2020, permitted_t: 3.2, so_far_t: null, covered: 0, shared_mouth: false },
      { whole_permit: true, parameter: 'cod', year: 2020, permitted_t: 60, so_far_t: null, covered: 0, shared_mouth: true },
    ],
    self_monitoring: [{ parameter: 'cod', manner: 'automatic', times: null, per: '' }, { parameter: 'tp', manner: 'manual', times: 1, per: 'month' }],
  }]
}
