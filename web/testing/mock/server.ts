/** Answers the API with invented records, for looking at pages. Writes change nothing but the few states a story needs. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GeoJSONVT } from '@maplibre/geojson-vt'
import { fromGeojsonVt } from '@maplibre/vt-pbf'
import * as account from './account'
import { bounds, outfalls, reaches, river, stations } from './basin'
import * as documents from './documents'
import * as duty from './duty'
import * as exchange from './exchange'
import * as records from './records'
import * as remediation from './remediation'
import * as mockPeople from './people'
import * as sampling from './sampling'

const codes: unknown = JSON.parse(readFileSync(new URL('./codes.json', import.meta.url), 'utf8'))
const tiles = new GeoJSONVT(
  {
    type: 'FeatureCollection',
    features: reaches.map((reach) => ({
      type: 'Feature' as const,
      geometry: { type: 'LineString' as const, coordinates: reach.line },
      properties: { id: reach.id, code: reach.code, river_zh: river(reach.id).zh, river_en: river(reach.id).en, discharge_m3s: reach.discharge, basin: 'demo' },
    })),
  },
  { maxZoom: 14, buffer: 128 },
)
const basins = [
  { id: 1, code: 'demo', name_zh: '清溪河流域', name_en: 'Qingxi basin', synthetic: true, source: 'riverchief demo, seed 20200107', bounds, reaches: reaches.length, stations: stations.length, outfalls: outfalls.length },
  { id: 2, code: 'new_hope', name_zh: '新希望河流域', name_en: 'New Hope', synthetic: false, source: 'NHDPlus HR', bounds: [-79.2, 35.6, -78.8, 36.2], reaches: 746, stations: 0, outfalls: 0 },
]
const list = <Item>(items: Item[], count = items.length) => ({ items, count })
let signedIn = process.env.MOCK_SIGNED_OUT !== '1'
let passwordGiven = false

const found = (query: URLSearchParams) => {
  const q = (query.get('q') ?? '').toLowerCase()
  const rows = stations.filter((row) => query.get('basin') !== '2' && [row.name_zh, row.name_en, row.code].some((text) => text.toLowerCase().includes(q)))
  return list(rows.slice(Number(query.get('offset')), Number(query.get('offset')) + Number(query.get('limit') ?? 200)), rows.length)
}
type Answer = (found: RegExpMatchArray, query: URLSearchParams, request: IncomingMessage) => unknown
const byId = <Item extends { id: number }>(items: readonly Item[]): Answer => ([, id]) => items.find((item) => item.id === Number(id))

const routes: [string, RegExp, Answer][] = [
  ['GET', /^\/session$/, () => (signedIn ? records.session : account.nobody(passwordGiven))],
  ['POST', /^\/session$/, () => ((passwordGiven = true), (signedIn = account.afterPassword().user !== null), account.afterPassword())],
  ['POST', /^\/session\/second_factor$/, () => ((signedIn = true), records.session)],
  ['POST', /^\/session\/oidc\/\w+$/, () => ({ url: 'http://127.0.0.1:1/' })],
  ['GET', /^\/account$/, () => account.own],
  ['POST', /^\/account\/second_factor$/, () => account.newSecondFactor],
  ['POST', /^\/account\/(?:second_factor\/confirm|recovery_codes)$/, () => ((signedIn = true), account.recovery())],
  ['POST', /^\/account\/.*$/, () => null],
  ['DELETE', /^\/session$/, () => ((signedIn = passwordGiven = false), null)],
  ['GET', /^\/codes$/, () => codes],
  ['GET', /^\/basins$/, () => list(basins)],
  ['GET', /^\/reaches\/(\d+)$/, ([, id]) => records.reach(Number(id))],
  ['GET', /^\/stations$/, (_f, query) => found(query)],
  ['GET', /^\/stations\/(\d+)$/, byId(stations)],
  ['GET', /^\/stations\/(\d+)\/readings$/, ([, id], query) => records.readings(Number(id), query)],
  ['GET', /^\/stations\/\d+\/dialogue$/, () => records.dialogue],
  ['GET', /^\/stations\/\d+\/requests$/, () => list(records.requests, 37)],
  ['POST', /^\/stations\/\d+\/(control_)?requests$/, () => ({ id: 32, state: 'waiting' })],
  ['POST', /^\/control_requests\/(\d+)\/\w+$/, ([, id]) => ({ id: Number(id), state: 'waiting' })],
  ['GET', /^\/outfalls\/(\d+)\/power$/, ([, id]) => records.power(Number(id))],
  ['POST', /^\/(?:outfalls\/\d+\/planned_stops|planned_stops\/\d+\/withdraw)$/, () => ({ id: 1 })],
  ['GET', /^\/sources$/, () => records.sources],
  ['GET', /^\/outfalls$/, (_f, query) => list(query.get('basin') === '1' ? outfalls : [])],
  ['GET', /^\/doubts$/, (_f, query) => list(records.doubts.filter((row) => row.state === (query.get('state') || row.state) && row.rule === (query.get('rule') || row.rule) && row.station.id === Number(query.get('station') || row.station.id)))],
  ['GET', /^\/doubts\/(\d+)$/, byId(records.doubts)],
  ['POST', /^\/doubts\/(\d+)\/\w+$/, ([, id]) => ({ id: Number(id) })],
  ['GET', /^\/rivers$/, () => list(records.rivers)],
  ['GET', /^\/fleet$/, (_f, query) => records.fleetOf(query)],
  ['POST', /^\/(?:stations\/\d+\/stoppages|stoppages\/\d+\/end)$/, () => ({ id: 1 })],
  ['GET', /^\/sampling\/plans$/, () => list(sampling.plans)],
  ['GET', /^\/sampling\/rounds$/, (_f, query) => list(sampling.rounds.filter((row) => row.month === (query.get('month') || row.month)))],
  ['GET', /^\/sampling\/rounds\/\d+$/, () => sampling.round],
  ['GET', /^\/sampling\/rounds\/\d+\/visits$/, (_f, query) => list(sampling.visitsOf(query))],
  ['GET', /^\/sampling\/rounds\/\d+\/bottles$/, (_f, query) => list(sampling.bottlesOf(query))],
  ['GET', /^\/sampling\/rounds\/\d+\/sheets$/, () => list(sampling.sheets)],
  ['GET', /^\/sampling\/sheets\/(\d+)$/, ([, id]) => sampling.sheetDetail(Number(id))],
  ['GET', /^\/sampling\/sheets\/\d+\/lines$/, () => list(sampling.lines)],
  ['GET', /^\/sampling\/sheets\/\d+\/checks$/, () => list(sampling.checks)],
  ['POST', /^\/sampling\/.+$/, () => ({ id: 1, bottles: 1 })],
  ['GET', /^\/rates$/, () => list(records.rates, stations.length)],
  ['GET', /^\/events$/, (_f, query) => list(records.events.filter((event) => event.state === (query.get('state') || event.state)))],
  ['GET', /^\/events\/(\d+)$/, byId(records.events)],
  ['POST', /^\/alarms\/(\d+)\/acknowledge$/, ([, id]) => records.acknowledge(Number(id))],
  ['GET', /^\/areas$/, () => list(duty.areas)],
  ['GET', /^\/duty\/desk$/, () => duty.desk()],
  ['GET', /^\/duty\/alarms\/(\d+)$/, ([, id]) => duty.deskAlarm(Number(id))],
  ['GET', /^\/duty\/roster$/, (_f, query) => duty.roster(query)],
  ['GET', /^\/duty\/people$/, () => list(duty.peopleOnDuty)],
  ['GET', /^\/duty\/hand_overs$/, () => list(duty.handOvers)],
  ['POST', /^\/(?:duty|alarms)\/.+$/, () => ({ id: 1 })],
  ['POST', /^\/events\/(\d+)\/traces$/, () => ({ id: 7 })],
  ['POST', /^\/events\/(\d+)\/trace_adjustments$/, () => ({ id: 3 })],
  ['GET', /^\/traces$/, () => list([records.trace])],
  ['GET', /^\/traces\/6$/, () => records.nothingRose],
  ['GET', /^\/traces\/8$/, () => records.runningTrace],
  ['GET', /^\/traces\/10$/, () => records.countyTrace],
  ['GET', /^\/traces\/11$/, () => records.weighedTrace],
  ['GET', /^\/traces\/9$/, () => records.failedTrace],
  ['GET', /^\/traces\/(\d+)$/, () => records.trace],
  ['GET', /^\/sitings$/, () => list(records.sitings)],
  ['GET', /^\/packs$/, () => list(records.packs)],
  ['POST', /^\/packs$/, () => ({ id: 4 })],
  ['POST', /^\/sitings$/, () => ({ id: 2 })],
  ['POST', /^\/traces\/(\d+)\/hand_over$/, () => ({ id: 2, number: 'XS-2020-0013', state: 'open' })],
  ['POST', /^\/traces\/(\d+)\/at_once$/, () => ({ id: 7 })],
  ['GET', /^\/clues$/, (_f, query) => list(records.clues.filter((clue) => clue.state === (query.get('state') || clue.state)))],
  ['POST', /^\/clues$/, () => ({ id: 2, number: 'XS-2020-0013', state: 'open' })],
  ['GET', /^\/clues\/(\d+)$/, byId(records.clues)],
  ['GET', /^\/clues\/(\d+)\/similar$/, ([, id]) => ({ items: records.clues.filter((row) => row.id !== Number(id)).slice(0, 2).map((row, index) => ({ ...row, same_kind: index === 0, distance_m: 12 + 20 * index, problem: null })) })],
  ['GET', /^\/clues\/\d+\/places$/, () => records.cluePlaces],
  ['POST', /^\/clues\/\d+\/confirm$/, () => ({ problem_id: 1, number: 'CQ-2020-0001' })],
  ['GET', /^\/problems$/, () => ({ ...list(records.problems, 118), capped: false, next: null })],
  ['GET', /^\/problems\/(\d+)$/, byId(records.problems)],
  ['POST', /^\/problems\/(\d+)\/\w+$/, ([, id]) => ({ id: Number(id), number: '', state: 'verified' })],
  ['GET', /^\/enforcement\/figures$/, () => ({ as_of: new Date().toISOString(), found: 4173, filed: 312, punished: 187, police: 9, rectified: 3442 })],
  ['GET', /^\/enforcement\/cases$/, (_f, query) => list(query.get('problem') === '1' ? records.cases : [])],
  ['GET', /^\/enforcement\/cases\/(\d+)$/, byId(records.cases)],
  ['POST', /^\/enforcement\/cases\/\d+\/steps$/, () => ({ id: 1 })],
  ['GET', /^\/campaigns$/, () => list(records.campaigns)],
  ['GET', /^\/campaigns\/(\d+)$/, byId(records.campaigns)],
  ['GET', /^\/campaigns\/(\d+)\/editions$/, ([, id]) => list(id === '1' ? records.editions : [])],
  ['GET', /^\/figure_editions\/(\d+)$/, byId(records.editions)],
  ['GET', /^\/figure_editions\/\d+\/rows$/, () => list(records.editionRows(), 718)],
  ['POST', /^\/(?:campaigns|figure_editions)(\/\d+)?(\/\w+)?$/, () => ({ id: 12 })],
  ['POST', /^\/ledger\/imports\/preview$/, () => exchange.preview],
  ['POST', /^\/ledger\/imports$/, () => ({ id: 2, taken: 4055, known: 0 })],
  ['GET', /^\/ledger\/imports$/, () => list(exchange.imports)],
  ['POST', /^\/ledger\/exchange(\/preview)?$/, ([, preview]) => exchange.exchange(!preview)],
  ['GET', /^\/ledger\/breakdown$/, () => list(records.breakdown)],
  ['GET', /^\/ledger\/durations$/, () => ({ reported: 3442, days_to_report: 41.3, written_off: 3194, days_to_write_off: 58.9, reopened: 12 })],
  ['GET', /^\/documents$/, (_f, query) => list(documents.inBox(query))],
  ['GET', /^\/documents\/receivers$/, () => list(records.organisations)],
  ['GET', /^\/documents\/(\d+)$/, byId(documents.documents)],
  ['POST', /^\/documents(\/\d+\/\w+)?$/, () => ({ id: 1, number: '', state: 'draft' })],
  ['GET', /^\/ledger\/figures$/, () => records.figures],
  ['GET', /^\/organisations$/, () => list(records.organisations)],
  ['POST', /^\/session\/code$/, () => null],
  ['POST', /^\/session\/by_code$/, () => ((signedIn = true), records.session)],
  ['GET', /^\/duties$/, (_f, query) => list(mockPeople.duties.filter((row) => row.kind === (query.get('kind') || row.kind)))],
  ['GET', /^\/duties\/(\d+)$/, ([, id]) => mockPeople.dutyFile(Number(id))],
  ['GET', /^\/duties\/\d+\/subordinates$/, () => list(mockPeople.duties.slice(4, 7))],
  ['GET', /^\/chiefs\/(\d+)$/, ([, id]) => mockPeople.chief(Number(id))],
  ['POST', /^\/duties.*$/, () => mockPeople.duties[3]],
  ['GET', /^\/accounts$/, () => list(mockPeople.accounts)],
  ['GET', /^\/accounts\/(\d+)$/, ([, id]) => mockPeople.accountFile(Number(id))],
  ['POST', /^\/accounts\/\d+\/password$/, () => ({ password: 'aB3dE5gH7jK9' })],
  ['POST', /^\/(?:accounts|roles).*$/, () => mockPeople.accountFile(40)],
  ['GET', /^\/people$/, () => list(records.people)],
  ['POST', /^\/evidence$/, () => ({ id: 91, sha256: '', name: 'photo.jpg', media_type: 'image/jpeg', size: 1 })],
  ['GET', /^\/inbox$/, () => list(records.inbox)],
  ['POST', /^\/inbox\/\d+\/read$/, () => null],
  ['GET', /^\/rain$/, (_f, query) => records.rain(Number(query.get('hours') ?? 72))],
  ['GET', /^\/overflows$/, (_f, query) => list(records.overflows.filter((row) => (query.get('state') === 'running' ? row.running : query.get('state') === 'ended' ? !row.running : true)))],
  ['POST', /^\/overflows$/, () => ({ id: 9 })],
  ['POST', /^\/overflows\/\d+\/\w+$/, () => ({ id: 9 })],
  ['GET', /^\/outfalls\/(\d+)\/permit$/, ([, id]) => records.permit(Number(id))],
  ['GET', /^\/outfalls\/(\d+)$/, byId(outfalls)],
  ['GET', /^\/outfalls\/(\d+)\/permits$/, ([, id]) => list(remediation.permits(Number(id)))],
  ['GET', /^\/remediation$/, (_f, query) => list(remediation.listed(query).slice(Number(query.get('offset') ?? 0)).slice(0, Number(query.get('limit') ?? 50)), remediation.listed(query).length)],
  ['GET', /^\/remediation\/figures$/, (_f, query) => remediation.figures(query)],
  ['GET', /^\/outfalls\/(\d+)\/remediation$/, ([, id]) => remediation.file(Number(id))],
  ['GET', /^\/outfalls\/\d+\/remediation\/entities$/, () => list(records.organisations)],
  ['POST', /^\/(?:outfalls\/(\d+)\/remediation|remediation\/steps\/(\d+))\/\w+$/, ([, id]) => ({ outfall_id: Number(id), state: 'planned' })],
  ['POST', /^\/imports\/preview$/, () => records.importPreview],
  ['POST', /^\/imports$/, () => records.importReport],
  ['GET', /^\/quarantine$/, () => list(records.devices)],
  ['GET', /^\/adoptions$/, () => list(records.adoptions)],
  ['POST', /^\/adoptions\/(\d+)\/take_back$/, ([, id]) => ({ id: Number(id) })],
  ['POST', /^\/quarantine\/.+\/adopt$/, () => ({ station_id: 1, mn: '' })],
  ['GET', /^\/rejected_frames$/, () => list(records.frames)],
]

function photo(id: number): string {
  const tone = ['#7d8f86', '#8b8172', '#6f8894', '#91877e'][id % 4]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240"><rect width="320" height="240" fill="${tone}"/><path d="M0 150q80-30 160 0t160 0v90H0z" fill="#4d5a55"/><circle cx="92" cy="120" r="34" fill="#2d2a27"/><path d="M92 140q20 40 60 60l-70 20z" fill="#c9c5b4"/></svg>`
}

/** What the server sends with every page; the mock sends it too, so that a page that breaks it is seen here. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'"

/** Connect-style middleware: the API, the tiles, the evidence and the live stream. */
export function answer(request: IncomingMessage, response: ServerResponse, pass: () => void): void {
  response.setHeader('Content-Security-Policy', POLICY)
  const url = new URL(request.url ?? '/', 'http://mock')
  if (url.pathname === '/live') {
    if (process.env.MOCK_NO_LIVE === '1') return void response.writeHead(503).end()
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write('retry: 3000\n\n')
    return
  }
  if (!url.pathname.startsWith('/api/v1/')) return pass()
  const path = url.pathname.slice('/api/v1'.length)
  const tile = path.match(/^\/tiles\/reaches\/(\d+)\/(\d+)\/(\d+)\.mvt$/)
  if (tile) {
    const found = tiles.getTile(Number(tile[1]), Number(tile[2]), Number(tile[3]))
    response.writeHead(200, { 'Content-Type': 'application/vnd.mapbox-vector-tile' })
    return void response.end(found ? Buffer.from(fromGeojsonVt({ reaches: found }, { version: 2, extent: 4096 })) : undefined)
  }
  const content = path.match(/^\/evidence\/(\d+)\/content$/)
  if (content) {
    response.writeHead(200, { 'Content-Type': 'image/svg+xml' })
    return void response.end(photo(Number(content[1])))
  }
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  for (const [method, pattern, respond] of routes) {
    const found = path.match(pattern)
    if (method !== request.method || !found) continue
    const body = respond(found, url.searchParams, request)
    return body === undefined ? send(404, { code: 'not_found', message: '没有这条记录。', cure: '请从列表进入。', field: null }) : send(200, body)
  }
  send(404, { code: 'not_found', message: '没有这个接口。', cure: '', field: null })
}
