/** Invented letters: a draft with open places, one to be issued, one issued and late, a notice of an interview. */
import type * as T from '../../src/shared/api/types'
import { organisations, problems } from './records'

const HOUR = 3600_000
const ago = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString()
const issuer: T.Ref = { id: 90, name_zh: '演示市河长办公室', name_en: 'Demo City River-Chief Office' }
const zhou: T.Ref = { id: 1, name_zh: '周敏', name_en: 'Zhou Min' }
const li: T.Ref = { id: 2, name_zh: '李强', name_en: 'Li Qiang' }
const named = (row: T.Ref): T.Ref => ({ id: row.id, name_zh: row.name_zh, name_en: row.name_en })
const main = named(organisations[0]!)
const other = named(organisations[1]!)
const copied: T.Ref = { id: 91, name_zh: '演示市生态环境执法支队', name_en: 'Demo City Enforcement Brigade' }
const hash = '3f0a9c1be4d27785aa016c3c5f5d2e90b7f1a42c68d3e5f7091b2c4d6e8f0a1b'
const receiver = (organisation: T.Ref, given: Partial<T.DocumentReceiver> = {}): T.DocumentReceiver => ({
  organisation, is_copy: false, signed_for_at: null, signed_for_by: null, sign_late: false, replied_at: null, replied_by: null, reply_late: false, reply_note: '', reply_files: [], ...given,
})
const step = (action: string, zh: string, en: string, fields: T.ActionField[] = []): T.AllowedAction => ({
  action, label_zh: zh, label_en: en, consequence_zh: '由另一人办理；同一公文每一环节须由不同人员办理。', consequence_en: 'Each step is taken by another person.', moves_on: true, aside: false, fields,
})
const reason: T.ActionField = { name: 'reason', kind: 'text', required: true, label_zh: '理由', label_en: 'Reason', options: null }
const version = (name: string, by: T.Ref, hours: number, body: string, note = ''): T.DocumentVersion => ({ step: name, by, at: ago(hours), note, title: '关于督办石马污水厂夜间超标排放的函', body, digest: hash })
const line = '1．CQ-2020-0001 石马污水厂夜间超标排放（沙坪区清溪河），承办单位：沙坪区生态环境局，整改期限：2020年1月15日，状态：已整改（上报）。'
const text = `现就下列1件问题予以督办（情况截至2020年1月8日，其中逾期0件）：\n${line}\n请查清夜间停运曝气的原因，并自收到本函之日起10个工作日内书面答复。`
const entry = (hours: number, action: string, zh: string, en: string): T.HistoryEntry => ({ action, actor: '', at: ago(hours), data: {}, sentence_zh: zh, sentence_en: en })

const letter = (given: Partial<T.OfficialDocument>): T.OfficialDocument => {
  const receivers = given.receivers ?? [receiver(main)]
  const wanted = given.reply_due_at ? receivers.filter((row) => !row.is_copy) : []
  return {
    id: 0, kind: 'supervision', state: 'draft', number: '', title: '关于督办石马污水厂夜间超标排放的函', urgency: 'normal', issuer, area_code: '500000', drafted_by: zhou, drafted_at: ago(30), issued_at: null,
    sign_due_at: null, reply_due_at: null, reply_provisional: false, receivers_count: receivers.length, signed_count: receivers.filter((row) => row.signed_for_at).length, replies_wanted: wanted.length,
    replied_count: wanted.filter((row) => row.replied_at).length, receipt_late: receivers.some((row) => row.sign_late), reply_late: receivers.some((row) => row.reply_late), body: text, digest: '', open: [],
    reply_working_days: 10, meeting_at: null, meeting_place: '', issued_by: null, receivers, problems: [{ id: 1, number: problems[0]!.number, title: problems[0]!.title }], attachments: [], synthetic: true,
    replaces: null, replaced_by: null, interview: null, versions: [version('draft', zhou, 30, text)], may_edit: false, history: [entry(30, 'document.draft', '周敏拟稿。', 'Zhou Min drafted it.')],
    allowed_actions: [], chain: { ok: true, entries: 1 }, ...given,
  }
}

export const documents: T.OfficialDocument[] = [
  letter({
    id: 1, urgency: 'urgent', open: ['督办要求'], body: text.replace('查清夜间停运曝气的原因', '【待填：督办要求】'), may_edit: true,
    allowed_actions: [step('submit', '送核稿', 'Send for review'), step('withdraw', '撤稿', 'Withdraw', [reason])],
  }),
  letter({
    id: 2, kind: 'circular', state: 'signing', title: '关于6件河湖问题办理情况的通报', drafted_by: li, drafted_at: ago(50), reply_working_days: null, receivers: [receiver(main), receiver(other), receiver(copied, { is_copy: true })],
    versions: [version('draft', li, 50, text), version('submit', li, 49, text), version('send_back', zhou, 47, text, '逾期件数须注明截至日期。'), version('edit', li, 45, text), version('submit', li, 44, text), version('review', zhou, 40, text), version('countersign', zhou, 20, text)],
    allowed_actions: [step('issue', '签发', 'Issue'), step('send_back', '退回修改', 'Send back', [reason])],
  }),
  letter({
    id: 3, state: 'issued', number: '演示市河长办督〔2020〕3号', urgency: 'extra_urgent', drafted_at: ago(500), issued_at: ago(420), issued_by: li, sign_due_at: ago(396), reply_due_at: ago(40), reply_provisional: true, digest: hash,
    receivers: [
      receiver(main, { signed_for_at: ago(410), signed_for_by: { name_zh: '何军', name_en: 'He Jun' }, reply_late: true }),
      receiver(other, { sign_late: true, reply_late: true }),
      receiver(copied, { is_copy: true, signed_for_at: ago(400), signed_for_by: li }),
    ],
    versions: [version('draft', zhou, 500, text), version('submit', zhou, 490, text), version('review', li, 470, text), version('countersign', li, 450, text), version('issue', li, 420, text)],
    history: [entry(500, 'document.draft', '周敏拟稿。', 'Zhou Min drafted it.'), entry(420, 'document.issue', '李强签发 演示市河长办督〔2020〕3号。', 'Li Qiang issued it as 演示市河长办督〔2020〕3号.'), entry(410, 'document.sign_for', '何军代表沙坪区生态环境局签收。', 'He Jun signed for it on behalf of Shaping Bureau of Ecology.')],
    chain: { ok: true, entries: 7 },
  }),
  letter({
    id: 4, kind: 'interview', state: 'issued', number: '演示市河长办约〔2020〕1号', title: '关于就双碑化工园雨水管混接问题进行约谈的通知', issued_at: ago(200), issued_by: li, sign_due_at: ago(176), digest: hash, reply_working_days: null,
    receivers: [receiver(main, { signed_for_at: ago(190), signed_for_by: { name_zh: '何军', name_en: 'He Jun' } })],
    interview: { held_at: ago(100), place: '市河长办三楼会议室', present: '周敏、李强；沙坪区生态环境局何军', outcome: '月底前完成混接改造，每周报进度。', recorded_by: zhou, recorded_at: ago(98), files: [{ id: 11, name: '约谈记录.jpg', media_type: 'image/jpeg', size: 210_000, taken_at: ago(99) }] },
  }),
]

export function inBox(query: URLSearchParams): T.OfficialDocument[] {
  const box = query.get('box') ?? ''
  const states: Record<string, string[]> = { drafts: ['draft'], to_review: ['reviewing', 'countersigning'], to_sign: ['signing'], issued: ['issued'], receipts_due: ['issued'] }
  return documents.filter(
    (row) =>
      row.kind === (query.get('kind') ?? row.kind) &&
      (states[box]?.includes(row.state) ?? true) &&
      (box !== 'receipts_due' || row.signed_count < row.receivers_count) &&
      (!box.startsWith('replies') || row.replied_count < row.replies_wanted),
  )
}
