/** The server's operations by name; pages call these and never build addresses themselves. */
import { get, post, postForm, remove, withQuery } from './client'
import type * as T from './types'

/** The server's largest page; lists that a map needs whole are fetched page by page. */
const PAGE = 200
/** So many names in a list that one chooses from. */
const CHOICES = 50

async function listAll<Item>(path: string, query: Record<string, string | number>, signal?: AbortSignal) {
  const items: Item[] = []
  for (;;) {
    const page = await get<T.List<Item>>(path, { ...query, limit: PAGE, offset: items.length }, signal)
    items.push(...page.items)
    if (page.items.length === 0 || items.length >= page.count) return items
  }
}

type Filter = Record<string, string | number | boolean | undefined>

export const api = {
  session: () => get<T.Session>('/session'),
  signIn: (username: string, password: string) => post<T.Session>('/session', { username, password }),
  askForCode: (phone: string) => post<undefined>('/session/code', { phone }),
  signInByCode: (phone: string, code: string) => post<T.Session>('/session/by_code', { phone, code }),
  takeSecondStep: (code: string) => post<T.Session>('/session/second_factor', { code }),
  goToProvider: (key: string, to: string) => post<{ url: string }>(`/session/oidc/${key}`, { to }),
  returnFromProvider: (given: { state: string; code: string; iss: string }) => post<{ session: T.Session; to: string }>('/session/oidc', given),
  signOut: () => remove('/session'),

  ownAccount: (signal?: AbortSignal) => get<T.OwnAccount>('/account', {}, signal),
  changePassword: (password: string, new_password: string) => post<undefined>('/account/password', { password, new_password }),
  beginSecondFactor: (given: { password: string; code: string }) => post<T.NewSecondFactor>('/account/second_factor', given),
  confirmSecondFactor: (code: string) => post<T.RecoveryCodes>('/account/second_factor/confirm', { code }),
  renewRecoveryCodes: (code: string) => post<T.RecoveryCodes>('/account/recovery_codes', { code }),
  removeSecondFactor: (given: { password: string; code: string }) => post<undefined>('/account/second_factor/remove', given),
  linkIdentity: (provider: string, password: string) => post<{ url: string }>('/account/identities', { provider, password }),
  unlinkIdentity: (id: number) => post<undefined>(`/account/identities/${id}/remove`),

  codes: () => get<T.Codes>('/codes'),
  basins: (signal?: AbortSignal) => get<T.List<T.Basin>>('/basins', {}, signal),
  reach: (id: number, signal?: AbortSignal) => get<T.Reach>(`/reaches/${id}`, {}, signal),

  stationsOf: (basin: number, signal?: AbortSignal) => listAll<T.Station>('/stations', { basin }, signal),
  outfallsOf: (basin: number, signal?: AbortSignal) => listAll<T.Outfall>('/outfalls', { basin }, signal),
  /** Stations with `q` in their name or code: a page from `offset` on. */
  stationsLike: (q: string, offset: number) => get<T.List<T.Station>>('/stations', { q, offset, limit: CHOICES }),
  station: (id: number, signal?: AbortSignal) => get<T.Station>(`/stations/${id}`, {}, signal),
  readings: (id: number, query: { parameter: string; kind: string; start: T.Iso; end: T.Iso }, signal?: AbortSignal) =>
    get<T.Readings>(`/stations/${id}/readings`, query, signal),

  dialogue: (id: number, signal?: AbortSignal) => get<T.Dialogue>(`/stations/${id}/dialogue`, {}, signal),
  stationRequests: (id: number, filter: Filter, signal?: AbortSignal) => get<T.List<T.StationRequest>>(`/stations/${id}/requests`, filter, signal),
  askStation: (id: number, asked: T.NewQuery) => post<T.RequestMade>(`/stations/${id}/requests`, asked),
  proposeControl: (id: number, asked: T.NewControl) => post<T.RequestMade>(`/stations/${id}/control_requests`, asked),
  approveControl: (id: number, authorisation: string) => post<T.RequestMade>(`/control_requests/${id}/approve`, { authorisation }),
  declineControl: (id: number, reason: string) => post<T.RequestMade>(`/control_requests/${id}/decline`, { reason }),

  doubts: (filter: Filter, signal?: AbortSignal) => get<T.List<T.Doubt>>('/doubts', filter, signal),
  doubt: (id: number, signal?: AbortSignal) => get<T.Doubt>(`/doubts/${id}`, {}, signal),
  keepReadings: (id: number, reason: string) => post<{ id: number }>(`/doubts/${id}/keep`, { reason }),
  invalidateReadings: (id: number, reason: string, authorisation: string) => post<{ id: number }>(`/doubts/${id}/invalidate`, { reason, authorisation }),
  reopenDoubt: (id: number, reason: string) => post<{ id: number }>(`/doubts/${id}/reopen`, { reason }),
  rates: (filter: Filter, signal?: AbortSignal) => get<T.List<T.StationRates>>('/rates', filter, signal),

  fleet: (filter: Filter, signal?: AbortSignal) => get<T.Fleet>('/fleet', filter, signal),
  announceStoppage: (stationId: number, told: { since: T.Iso; until: T.Iso | null; reason: string }) => post<{ id: number }>(`/stations/${stationId}/stoppages`, told),
  endStoppage: (id: number) => post<{ id: number }>(`/stoppages/${id}/end`),
  rivers: (signal?: AbortSignal) => listAll<T.Ref>('/rivers', {}, signal),

  events: (filter: Filter, signal?: AbortSignal) => get<T.List<T.WaterEvent>>('/events', filter, signal),
  event: (id: number, signal?: AbortSignal) => get<T.WaterEvent>(`/events/${id}`, {}, signal),
  acknowledge: (alarmId: number, note: string) => post<T.Alarm>(`/alarms/${alarmId}/acknowledge`, { note }),
  closeEvent: (id: number, note: string) => post<T.WaterEvent>(`/events/${id}/close`, { note }),

  areas: (signal?: AbortSignal) => listAll<T.AreaInList>('/areas', {}, signal),
  desk: (area: string, signal?: AbortSignal) => get<T.Desk>('/duty/desk', { area }, signal),
  deskAlarm: (id: number, signal?: AbortSignal) => get<T.DeskAlarm>(`/duty/alarms/${id}`, {}, signal),
  mute: (alarmId: number, until: T.Iso, reason: string) => post<{ id: number }>(`/alarms/${alarmId}/mute`, { until, reason }),
  unmute: (alarmId: number) => post<{ id: number }>(`/alarms/${alarmId}/unmute`),
  roster: (area: string, start: T.Iso, end: T.Iso, signal?: AbortSignal) => get<T.Roster>('/duty/roster', { area, start, end }, signal),
  peopleOnDuty: (area: string, q: string, offset: number) => get<T.List<T.Ref>>('/duty/people', { area, q, offset, limit: CHOICES }),
  planShift: (area: string, shift: T.ShiftGiven) => post<{ id: number }>('/duty/shifts', { area, ...shift }),
  changeShift: (id: number, shift: T.ShiftGiven) => post<{ id: number }>(`/duty/shifts/${id}`, shift),
  removeShift: (id: number) => post<{ id: number }>(`/duty/shifts/${id}/remove`),
  importRoster: (form: FormData) => postForm<T.RosterImported>('/duty/roster/import', form),
  handOvers: (area: string, offset: number, signal?: AbortSignal) => get<T.List<T.HandOver>>('/duty/hand_overs', { area, offset, limit: 20 }, signal),
  handOver: (area: string, note: string) => post<{ id: number }>('/duty/hand_overs', { area, note }),
  signHandOver: (id: number, remark: string) => post<{ id: number }>(`/duty/hand_overs/${id}/sign`, { remark }),

  startTrace: (eventId: number) => post<{ id: number }>(`/events/${eventId}/traces`),
  traces: (event: number, signal?: AbortSignal) => get<T.List<T.TraceSummary>>('/traces', { event }, signal),
  trace: (id: number, signal?: AbortSignal) => get<T.Trace>(`/traces/${id}`, {}, signal),

  askAtOnce: (traceId: number) => post<{ id: number }>(`/traces/${traceId}/at_once`),
  handOverCandidate: (traceId: number, rank: number, reason: string) => post<{ id: number }>(`/traces/${traceId}/hand_over`, { rank, reason }),
  adjustTrace: (eventId: number, change: T.NewAdjustment) => post<{ id: number }>(`/events/${eventId}/trace_adjustments`, change),
  withdrawAdjustment: (id: number, reason: string) => post<{ id: number }>(`/trace_adjustments/${id}/withdraw`, { reason }),

  recordSample: (eventId: number, sample: T.NewSample) => post<{ id: number }>(`/events/${eventId}/samples`, sample),

  sitings: (basin: number, signal?: AbortSignal) => get<T.List<T.Siting>>('/sitings', { basin }, signal),
  askSiting: (asked: { basin_id: number; count: number; goal: T.Siting['goal'] }) => post<{ id: number }>('/sitings', asked),

  rain: (query: Filter, signal?: AbortSignal) => get<T.Rain>('/rain', query, signal),
  overflows: (filter: Filter, signal?: AbortSignal) => get<T.List<T.Overflow>>('/overflows', filter, signal),
  recordOverflow: (overflow: T.NewOverflow) => post<{ id: number }>('/overflows', overflow),
  stopOverflow: (id: number, stop: T.OverflowStop) => post<{ id: number }>(`/overflows/${id}/stop`, stop),
  withdrawOverflow: (id: number, reason: string) => post<{ id: number }>(`/overflows/${id}/withdraw`, { reason }),
  power: (outfallId: number, end: string | undefined, signal?: AbortSignal) => get<T.Power>(`/outfalls/${outfallId}/power`, end ? { end } : {}, signal),
  announceStop: (outfallId: number, stop: T.StopToEnter) => post<{ id: number }>(`/outfalls/${outfallId}/planned_stops`, stop),
  withdrawStop: (id: number, reason: string) => post<{ id: number }>(`/planned_stops/${id}/withdraw`, { reason }),
  permit: (outfallId: number, signal?: AbortSignal) => get<T.Permit>(`/outfalls/${outfallId}/permit`, {}, signal),

  outfall: (id: number, signal?: AbortSignal) => get<T.Outfall>(`/outfalls/${id}`, {}, signal),
  outfallPermits: (outfallId: number, signal?: AbortSignal) => get<T.List<T.OutfallPermit>>(`/outfalls/${outfallId}/permits`, {}, signal),
  remediations: (filter: Filter, signal?: AbortSignal) => get<T.List<T.RemediationRow>>('/remediation', filter, signal),
  remediationFigures: (area: string, signal?: AbortSignal) => get<T.RemediationFigures>('/remediation/figures', area ? { area } : {}, signal),
  remediation: (outfallId: number, signal?: AbortSignal) => get<T.Remediation>(`/outfalls/${outfallId}/remediation`, {}, signal),
  actOnRemediation: (outfallId: number, action: string, body: Record<string, unknown>) => post<{ state: string }>(`/outfalls/${outfallId}/remediation/${action}`, body),
  actOnStep: (stepId: number, action: string, body: Record<string, unknown>) => post<{ state: string }>(`/remediation/steps/${stepId}/${action}`, body),
  /** Those who may be decided to be responsible for an outfall, with `q` in their name: a page from `offset` on. */
  entitiesFor: (outfallId: number, q: string, offset: number) => get<T.List<T.Ref>>(`/outfalls/${outfallId}/remediation/entities`, { q, offset, limit: CHOICES }),

  clues: (filter: Filter, signal?: AbortSignal) => get<T.LongList<T.ClueSummary>>('/clues', filter, signal),
  clue: (id: number, signal?: AbortSignal) => get<T.Clue>(`/clues/${id}`, {}, signal),
  cluePlaces: (id: number, q = '', signal?: AbortSignal) => get<T.CluePlaces>(`/clues/${id}/places`, { q }, signal),
  similarClues: (id: number, signal?: AbortSignal) => get<{ items: T.SimilarClue[] }>(`/clues/${id}/similar`, {}, signal),
  registerClue: (clue: T.NewClue) => post<{ id: number; number: string }>('/clues', clue),
  /** `confirm`, `dismiss`, `merge`; a confirmation answers with the problem it opened. */
  actOnClue: (id: number, action: string, body: Record<string, unknown>) =>
    post<{ problem_id?: number }>(`/clues/${id}/${action}`, body),

  packs: (filter: Filter, signal?: AbortSignal) => get<T.List<T.InspectionPack>>('/packs', filter, signal),
  askPack: (asked: T.PackAsked) => post<{ id: number }>('/packs', asked),
  campaigns: (filter: Filter, signal?: AbortSignal) => get<T.List<T.CampaignRow>>('/campaigns', filter, signal),
  campaign: (id: number, signal?: AbortSignal) => get<T.Campaign>(`/campaigns/${id}`, {}, signal),
  openCampaign: (campaign: T.CampaignGiven & { area_code: string }) => post<{ id: number }>('/campaigns', campaign),
  changeCampaign: (id: number, campaign: T.CampaignGiven & { reason: string }) => post<{ id: number }>(`/campaigns/${id}`, campaign),
  editions: (id: number, filter: Filter, signal?: AbortSignal) => get<T.List<T.EditionRow>>(`/campaigns/${id}/editions`, filter, signal),
  freezeFigures: (id: number) => post<{ id: number }>(`/campaigns/${id}/editions`),
  edition: (id: number, signal?: AbortSignal) => get<T.Edition>(`/figure_editions/${id}`, {}, signal),
  editionRows: (id: number, filter: Filter, signal?: AbortSignal) => get<T.List<T.FigureRow>>(`/figure_editions/${id}/rows`, filter, signal),
  correctFigures: (id: number, given: { problem_ids: number[]; reason: string }) => post<{ id: number }>(`/figure_editions/${id}/correct`, given),
  cases: (filter: Filter, signal?: AbortSignal) => get<T.List<T.CaseRow>>('/enforcement/cases', filter, signal),
  case: (id: number, signal?: AbortSignal) => get<T.Case>(`/enforcement/cases/${id}`, {}, signal),
  fileCase: (problem: number, body: Record<string, unknown>) => post<{ id: number }>(`/problems/${problem}/cases`, body),
  recordCaseStep: (id: number, body: Record<string, unknown>) => post<{ id: number }>(`/enforcement/cases/${id}/steps`, body),
  enforcementFigures: (filter: Filter, signal?: AbortSignal) => get<T.EnforcementFigures>('/enforcement/figures', filter, signal),
  figures: (filter: Filter, signal?: AbortSignal) => get<T.LedgerFigures>('/ledger/figures', filter, signal),
  breakdown: (filter: Filter, signal?: AbortSignal) => get<T.List<T.BreakdownRow>>('/ledger/breakdown', filter, signal),
  durations: (filter: Filter, signal?: AbortSignal) => get<T.Durations>('/ledger/durations', filter, signal),
  problems: (filter: Filter, signal?: AbortSignal) => get<T.LongList<T.ProblemSummary>>('/problems', filter, signal),
  problem: (id: number, signal?: AbortSignal) => get<T.Problem>(`/problems/${id}`, {}, signal),
  actOnProblem: (id: number, action: string, body: Record<string, unknown>) =>
    post<{ id: number; state: string }>(`/problems/${id}/${action}`, body),

  documents: (filter: Filter, signal?: AbortSignal) => get<T.List<T.DocumentSummary>>('/documents', filter, signal),
  document: (id: number, signal?: AbortSignal) => get<T.OfficialDocument>(`/documents/${id}`, {}, signal),
  documentReceivers: (q: string, offset: number) => get<T.List<T.Ref>>('/documents/receivers', { q, offset, limit: CHOICES }),
  draftDocument: (given: T.NewDocument) => post<{ id: number }>('/documents', given),
  editDocument: (id: number, given: T.EditedDocument) => post<{ id: number }>(`/documents/${id}/edit`, given),
  actOnDocument: (id: number, action: string, body: Record<string, unknown>) => post<{ id: number; state: string }>(`/documents/${id}/${action}`, body),

  /** Those to whom a matter of the area `around` can be given, with `q` in their name: a page from `offset` on. */
  unitsFor: (around: string, q: string, offset: number) =>
    get<T.List<T.Organisation>>('/organisations', { kind: 'unit', around, q, offset, limit: CHOICES }),
  /** Units, departments and offices, with `q` in their name: a page from `offset` on. */
  unitsNamed: (q: string, offset: number) => get<T.List<T.Organisation>>('/organisations', { q, offset, limit: CHOICES }),
  chiefsFor: (around: string, q: string, offset: number) =>
    get<T.List<T.Ref>>('/people', { role: 'chief', around, q, offset, limit: CHOICES }),

  duties: (filter: Filter, signal?: AbortSignal) => get<T.List<T.Duty>>('/duties', filter, signal),
  duty: (id: number, filter: Filter, signal?: AbortSignal) => get<T.DutyFile>(`/duties/${id}`, filter, signal),
  subordinates: (id: number, filter: Filter, signal?: AbortSignal) => get<T.List<T.Duty>>(`/duties/${id}/subordinates`, filter, signal),
  chief: (userId: number, signal?: AbortSignal) => get<T.Chief>(`/chiefs/${userId}`, {}, signal),
  appoint: (body: T.Appointment) => post<T.Duty>('/duties', body),
  changeDuty: (id: number, what: 'hand_over' | 'end' | 'stand_ins', body: Record<string, unknown>) => post<T.Duty>(`/duties/${id}/${what}`, body),

  accounts: (filter: Filter, signal?: AbortSignal) => get<T.List<T.Account>>('/accounts', filter, signal),
  account: (id: number, signal?: AbortSignal) => get<T.AccountFile>(`/accounts/${id}`, {}, signal),
  createAccount: (body: T.NewAccount) => post<T.AccountFile>('/accounts', body),
  changeAccount: (id: number, body: { name_zh: string; name_en: string; phone: string }) => post<T.AccountFile>(`/accounts/${id}`, body),
  closeAccount: (id: number, reason: string) => post<T.AccountFile>(`/accounts/${id}/close`, { reason }),
  openAccount: (id: number) => post<T.AccountFile>(`/accounts/${id}/open`),
  resetPassword: (id: number) => post<{ password: string }>(`/accounts/${id}/password`),
  resetSecondFactor: (id: number) => post<T.AccountFile>(`/accounts/${id}/second_factor/reset`),
  unlinkAccount: (id: number) => post<T.AccountFile>(`/accounts/${id}/unlink`),
  grantRole: (id: number, body: T.NewRole) => post<T.AccountFile>(`/accounts/${id}/roles`, body),
  endRole: (id: number, last_day: string) => post<T.AccountFile>(`/roles/${id}/end`, { last_day }),
  handOverRoles: (id: number, to_user_id: number, since: string) => post<T.AccountFile>(`/accounts/${id}/hand_over`, { to_user_id, since }),

  upload: (file: File) => {
    const form = new FormData()
    form.set('file', file)
    return postForm<T.Evidence>('/evidence', form)
  },
  evidenceUrl: (id: number) => withQuery(`/api/v1/evidence/${id}/content`),

  samplingPlans: (filter: Filter, signal?: AbortSignal) => get<T.List<T.SamplingPlan>>('/sampling/plans', filter, signal),
  makeSamplingPlan: (plan: T.NewSamplingPlan) => post<{ id: number }>('/sampling/plans', plan),
  makeSamplingRound: (plan: number, month: string) => post<{ id: number }>(`/sampling/plans/${plan}/rounds`, { month }),
  samplingRounds: (filter: Filter, signal?: AbortSignal) => get<T.List<T.SamplingRound>>('/sampling/rounds', filter, signal),
  samplingRound: (id: number, signal?: AbortSignal) => get<T.SamplingRoundDetail>(`/sampling/rounds/${id}`, {}, signal),
  visits: (round: number, filter: Filter, signal?: AbortSignal) => get<T.List<T.Visit>>(`/sampling/rounds/${round}/visits`, filter, signal),
  takeSamples: (visit: number, taken: { taken_at: T.Iso; lon: number | null; lat: number | null; note: string }) => post<{ id: number }>(`/sampling/visits/${visit}/take`, taken),
  missPoint: (visit: number, reason: string, note: string) => post<{ id: number }>(`/sampling/visits/${visit}/miss`, { reason, note }),
  visitPhoto: (visit: number, file: File) => {
    const form = new FormData()
    form.set('file', file)
    return postForm<{ id: number }>(`/sampling/visits/${visit}/photo`, form)
  },
  visitPhotoUrl: (visit: number) => `/api/v1/sampling/visits/${visit}/photo`,
  bottles: (round: number, filter: Filter, signal?: AbortSignal) => get<T.List<T.Bottle>>(`/sampling/rounds/${round}/bottles`, filter, signal),
  moveBottles: (round: number, move: { step: T.BottleMove; labels: string[]; place: string; note: string }) => post<{ bottles: number }>(`/sampling/rounds/${round}/custody`, move),
  enterBottleResult: (round: number, result: T.NewBottleResult) => post<{ id: number }>(`/sampling/rounds/${round}/results`, result),
  submitResults: (round: number) => post<{ id: number }>(`/sampling/rounds/${round}/sheets`, {}),
  resultSheets: (round: number, filter: Filter, signal?: AbortSignal) => get<T.List<T.ResultSheet>>(`/sampling/rounds/${round}/sheets`, filter, signal),
  resultSheet: (id: number, signal?: AbortSignal) => get<T.ResultSheetDetail>(`/sampling/sheets/${id}`, {}, signal),
  sheetLines: (id: number, filter: Filter, signal?: AbortSignal) => get<T.List<T.SheetLine>>(`/sampling/sheets/${id}/lines`, filter, signal),
  sheetChecks: (id: number, filter: Filter, signal?: AbortSignal) => get<T.List<T.SheetCheck>>(`/sampling/sheets/${id}/checks`, filter, signal),
  advanceSheet: (id: number, to: T.SheetState, reason: string) => post<{ id: number }>(`/sampling/sheets/${id}/advance`, { to, reason }),
  sendBackSheet: (id: number, reason: string) => post<{ id: number }>(`/sampling/sheets/${id}/send_back`, { reason }),

  inbox: (signal?: AbortSignal) => get<T.List<T.InboxMessage>>('/inbox', { limit: PAGE }, signal),
  markRead: (id: number) => post<void>(`/inbox/${id}/read`),

  previewFile: (form: FormData) => postForm<T.ImportPreview>('/imports/preview', form),
  importFile: (form: FormData) => postForm<T.ImportReport>('/imports', form),
  previewLedger: (form: FormData) => postForm<T.LedgerPreview>('/ledger/imports/preview', form),
  takeOverLedger: (form: FormData) => postForm<{ id: number; taken: number; known: number }>('/ledger/imports', form),
  ledgerImports: (filter: Filter, signal?: AbortSignal) => get<T.List<T.LedgerImport>>('/ledger/imports', filter, signal),
  readExchange: (form: FormData, apply: boolean) => postForm<T.Exchange>(apply ? '/ledger/exchange' : '/ledger/exchange/preview', form),
  sources: (filter: Filter, signal?: AbortSignal) => get<T.Sources>('/sources', filter, signal),
  unknownDevices: (filter: Filter, signal?: AbortSignal) => get<T.List<T.UnknownDevice>>('/quarantine', filter, signal),
  rejectedFrames: (filter: Filter, signal?: AbortSignal) => get<T.List<T.RejectedFrame>>('/rejected_frames', filter, signal),
  adopt: (mn: string, stationId: number, reason: string, sender: string) =>
    post<void>(`/quarantine/${encodeURIComponent(mn)}/adopt`, { station_id: stationId, reason, sender }),
  adoptions: (filter: Filter, signal?: AbortSignal) => get<T.List<T.Adoption>>('/adoptions', filter, signal),
  takeBackAdoption: (id: number, reason: string) => post<{ id: number }>(`/adoptions/${id}/take_back`, { reason }),
}
