/** An invented old ledger with rows to put right, and a filled sheet with every outcome. */
import type * as T from '../../src/shared/api/types'

const FIELDS = ['old_number', 'area', 'county', 'town', 'village', 'rivers', 'outfall', 'lon', 'lat', 'address', 'problem_kind', 'description', 'found_on', 'unit_name', 'requirement', 'rectification_class', 'assigned_on', 'due_on', 'old_state', 'rectified_on', 'written_off_on']
const COLUMNS: Record<string, string> = { old_number: '序号', county: '区县', rivers: '河流', problem_kind: '问题情况问题类型', description: '存在问题', found_on: '查出日期', unit_name: '责任单位', due_on: '整改期限', old_state: '整改状态', rectified_on: '完成日期', written_off_on: '销号日期' }
const cells = (given: Record<string, string>): Record<string, string> => ({ old_number: '46', county: '沙坪区', rivers: '清溪河', problem_kind: '直排', description: '桥下排口有污水流出', found_on: '2019-05-03', unit_name: '沙坪区生态环境局', due_on: '2019-12-31', old_state: '整改中', rectified_on: '', written_off_on: '', ...given })
const wrong = (row: number, field: string, text: string, message: string, cure: string): T.LedgerRow => ({ row, standing: 'refused', cells: cells({ old_number: String(row - 6), [field]: text }), corrected: [], state: null, field, message, cure })
const items: T.LedgerRow[] = [
  wrong(46, 'found_on', '5/3/19', '“5/3/19”可读作 2019-05-03、2019-03-05、2005-03-19。', '请选定本文件的日期顺序，或将此格写成 2019-05-03。'),
  wrong(50, 'due_on', '尽快', '“尽快”不是日期。', '请写成 2026-01-31。'),
  wrong(54, 'rivers', '无名沟', '“沙坪区”内没有“无名沟”。', '请改正名称，或填写经纬度。'),
  wrong(61, 'unit_name', '区水务公司', '“沙坪区”没有责任单位“区水务公司”。', '请指定它对应的单位，或先建立该单位。'),
]
export const preview: T.LedgerPreview = {
  columns: Object.values(COLUMNS),
  fields: FIELDS.map((name) => ({ name, needed: ['old_number', 'problem_kind', 'found_on', 'old_state'].includes(name), column: COLUMNS[name] ?? null })),
  words: [
    { field: 'old_state', texts: [{ text: '已销号', count: 3120, key: 'written_off' }, { text: '整改中', count: 473, key: 'planned' }, { text: '未整改', count: 237, key: 'signed_for' }, { text: '已完成', count: 198, key: 'rectified' }, { text: '已验收', count: 27, key: '' }] },
    { field: 'problem_kind', texts: [{ text: '直排', count: 1820, key: 'direct' }, { text: '乱排问题', count: 1204, key: 'improper' }, { text: '偷排', count: 1031, key: 'secret' }] },
    { field: 'unit_name', texts: [{ text: '沙坪区生态环境局', count: 2101, key: '3' }, { text: '区水务公司', count: 1, key: '' }] },
  ],
  note: '从工作表“台账”读取 4055 行；另有 273 行是标题、重复表头或表尾。',
  assumed: [{ what: '没有坐标：取所写河流在该区域一个河段的中点', count: 3904 }, { what: '没有交办日期：按查出日期', count: 4041 }, { what: '“同上”取上一行的值', count: 812 }],
  rows: 4055, ready: 4024, refused: 31, known: 0, left_out: 0,
  figures: { found: 4024, outstanding: 706, reported: 3318, written_off: 3120 },
  fingerprint: 'f'.repeat(64), count: 31, items,
}
export const imports: T.LedgerImport[] = [
  { id: 1, name: '2017—2019 年问题台账.xlsx', sha256: '9f2b4c7d1e8a0f33', area_code: '500000', area_name_zh: '重庆市', area_name_en: 'Chongqing', campaign: { id: 1, number: '第1号总河长令', title: '' }, taken: 1204, imported_by: { id: 2, name_zh: '周敏', name_en: 'Zhou Min' }, imported_at: '2020-01-06T02:10:00Z' },
]
const row = (given: Partial<T.ExchangeRow>): T.ExchangeRow => ({ row: 0, outcome: 'ready', problem: null, state: 'planned', state_then: null, action: null, text: '', message: null, cure: null, changed_by: null, changed_at: null, ...given })
const rows: T.ExchangeRow[] = [
  row({ row: 5, problem: { id: 3, number: 'CQ-2019-0417' }, action: 'plan', text: '截污纳管，10 月底完成', state: 'signed_for' }),
  row({ row: 6, problem: { id: 4, number: 'CQ-2019-0409' }, action: 'report_rectified', text: '完成日期 2019-11-18。已接入市政管网', outcome: 'needs_photo', message: '没有照片，也没有说明。', cure: '请在问题页上传整改后的照片并上报。' }),
  row({ row: 7, problem: { id: 1, number: 'CQ-2020-0001' }, outcome: 'conflict', state: 'rectified', state_then: 'planned', text: '已封堵', message: '导出后已有变化：导出时“整改中”，现为“已整改（上报）”。', cure: '请在问题页查看现状，再重新导出填报。', changed_by: '何军', changed_at: '2020-01-07T04:00:00Z' }),
  row({ row: 8, problem: { id: 6, number: 'CQ-2019-0371' }, outcome: 'refused', action: 'plan', text: '补设标识牌', message: '只有被交办单位的人员可以办理。', cure: '请由责任单位人员登录办理。' }),
  row({ row: 9, outcome: 'conflict', message: '隐藏的行标识被改动或缺失。', cure: '请重新导出，在导出的文件中填写。', state: null }),
  row({ row: 0, problem: { id: 5, number: 'CQ-2019-0388' }, outcome: 'missing', message: '导出时有此行，文件中没有。', cure: '问题不受影响；如误删，请重新导出填报。' }),
]
export function exchange(applied: boolean): T.Exchange {
  const items = rows.map((one) => (applied && one.outcome === 'ready' ? { ...one, outcome: 'done' as const } : one))
  const order: T.ExchangeOutcome[] = ['ready', 'done', 'unchanged', 'needs_photo', 'conflict', 'refused', 'missing']
  const counts = order.map((outcome) => ({ outcome, count: items.filter((one) => one.outcome === outcome).length }))
  return { applied, counts: counts.filter((one) => one.count), count: items.length, items }
}
