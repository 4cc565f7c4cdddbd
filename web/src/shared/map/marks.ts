/** The marks on the map, drawn on a canvas when the map first asks for them. The name of an image says all that is in it. */
import type { Grade, Station } from '../api/types'
import { classToken, numeral } from '../tokens'

const INK = '#1f1d1a'
const PAPER = '#ffffff'
const GREY = '#726c62'
const ALARM = '#b3261e'
const ACCENT = '#0f6b6b'
const RAIN = '#3a6378'
const DENSITY = 2
const FONT = '"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif'

export interface Mark {
  width: number
  height: number
  data: Uint8ClampedArray
}

/** In the place of a class: what an outfall discharges has none. */
const DISCHARGE = 'discharge'

export function stationMark(station: Pick<Station, 'class_now' | 'state' | 'owner' | 'active_event_id' | 'discharge'>, locale: string): string {
  const fresh = station.state === 'ok' ? 'fresh' : 'old'
  const shape = station.owner === 'enterprise' ? 'square' : 'round'
  const alarm = station.active_event_id === null ? 'quiet' : 'alarm'
  return ['station', station.discharge ? DISCHARGE : (station.class_now ?? 0), fresh, shape, alarm, locale].join(':')
}

export function outfallMark(permitted: boolean): string {
  return `outfall:${permitted ? 'permitted' : 'unpermitted'}`
}

/** Pixels; size steps with the probability. */
export function candidateRadius(probability: number): number {
  return Math.round(9 + 13 * Math.sqrt(Math.min(1, Math.max(0, probability))))
}

/** The number in the mark is the rank. */
export function candidateMark(rank: number, probability: number, chosen: boolean): string {
  return ['candidate', rank, candidateRadius(probability), chosen ? 'chosen' : 'other'].join(':')
}

/** Where to take a bottle. */
export function bottleMark(letter: string): string {
  return `bottle:${letter}`
}

/** A rain gauge with the millimetres it measured; "–" where it was not heard. */
export function gaugeMark(amount: string): string {
  return `gauge:${amount}`
}

/** An outfall that runs over (filled), or did. */
export function overflowMark(running: boolean): string {
  return `overflow:${running ? 'running' : 'ended'}`
}

export const PIN = 'pin'

/** Draw the mark with this name; null for a name that is not ours. */
export function drawMark(name: string): Mark | null {
  const [kind, ...rest] = name.split(':')
  if (kind === 'station') return drawStation(rest)
  if (kind === 'outfall') return drawOutfall(rest[0] === 'permitted')
  if (kind === 'candidate') return drawCandidate(rest)
  if (kind === 'bottle') return drawBottle(rest[0] ?? '')
  if (kind === 'gauge') return drawGauge(rest[0] ?? '')
  if (kind === 'overflow') return drawOverflow(rest[0] === 'running')
  if (kind === PIN) return drawPin()
  return null
}

export const MARK_DENSITY = DENSITY

function canvas(width: number, height: number): CanvasRenderingContext2D {
  const element = document.createElement('canvas')
  element.width = width * DENSITY
  element.height = height * DENSITY
  const context = element.getContext('2d')
  if (!context) throw new Error('This browser draws no canvas; the map needs one.')
  context.scale(DENSITY, DENSITY)
  context.translate(width / 2, height / 2)
  return context
}

function finish(context: CanvasRenderingContext2D): Mark {
  const { width, height } = context.canvas
  return { width, height, data: context.getImageData(0, 0, width, height).data }
}

function text(context: CanvasRenderingContext2D, words: string, size: number, colour: string): void {
  context.font = `700 ${size}px ${FONT}`
  context.textAlign = 'center'
  context.textBaseline = 'alphabetic'
  context.fillStyle = colour
  const box = context.measureText(words)
  context.fillText(words, 0, (box.actualBoundingBoxAscent - box.actualBoundingBoxDescent) / 2)
}

function shapePath(context: CanvasRenderingContext2D, halfWidth: number, half: number, round: boolean): void {
  context.beginPath()
  context.roundRect(-halfWidth, -half, 2 * halfWidth, 2 * half, round ? half : 3)
}

function drawStation([grade, fresh, shape, alarm, locale]: string[]): Mark {
  const token = classToken(Number(grade) as Grade)
  const words = token ? numeral(token.key, locale ?? 'zh') : grade === DISCHARGE ? '◆' : '–'
  const half = 10
  const halfWidth = words.length > 1 ? 14 : half
  const context = canvas(2 * halfWidth + 12, 2 * half + 12)
  const round = shape === 'round'
  if (alarm === 'alarm') {
    shapePath(context, halfWidth + 4, half + 4, round)
    context.fillStyle = PAPER
    context.fill()
    context.lineWidth = 2
    context.strokeStyle = ALARM
    context.stroke()
  }
  shapePath(context, halfWidth, half, round)
  const solid = token !== null && fresh === 'fresh'
  context.fillStyle = solid ? token.colour : PAPER
  context.fill()
  context.lineWidth = 1.5
  context.strokeStyle = token ? token.outline : grade === DISCHARGE ? INK : GREY
  if (!solid && (grade !== DISCHARGE || fresh !== 'fresh')) context.setLineDash([3, 2.5])
  context.stroke()
  context.setLineDash([])
  text(context, words, 12, solid ? token.text : INK)
  return finish(context)
}

function drawOutfall(permitted: boolean): Mark {
  const context = canvas(14, 14)
  context.beginPath()
  context.moveTo(0, -5)
  context.lineTo(5, 0)
  context.lineTo(0, 5)
  context.lineTo(-5, 0)
  context.closePath()
  context.fillStyle = permitted ? '#5f5a51' : PAPER
  context.fill()
  context.lineWidth = 1.5
  context.strokeStyle = permitted ? PAPER : '#5f5a51'
  if (permitted) context.lineWidth = 1
  context.stroke()
  return finish(context)
}

function drawCandidate([rank, radius, chosen]: string[]): Mark {
  const r = Number(radius)
  const context = canvas(2 * r + 8, 2 * r + 8)
  context.beginPath()
  context.arc(0, 0, r, 0, 2 * Math.PI)
  context.fillStyle = chosen === 'chosen' ? '#e4efee' : 'rgba(255,255,255,0.92)'
  context.fill()
  context.lineWidth = chosen === 'chosen' ? 2.5 : 1.75
  context.strokeStyle = chosen === 'chosen' ? ACCENT : INK
  context.setLineDash([4, 3])
  context.stroke()
  text(context, rank ?? '', 12, INK)
  return finish(context)
}

function drawBottle(letter: string): Mark {
  const half = 10
  const context = canvas(2 * half + 6, 2 * half + 6)
  shapePath(context, half, half, false)
  context.fillStyle = PAPER
  context.fill()
  context.lineWidth = 2.5
  context.strokeStyle = ACCENT
  context.stroke()
  text(context, letter, 12, ACCENT)
  return finish(context)
}

/** A drop, and beside it the amount: rain is no class of water, so it has no round mark. */
function drawGauge(amount: string): Mark {
  const half = Math.max(14, 5 + 4 * amount.length)
  const context = canvas(2 * half + 20, 26)
  shapePath(context, half + 7, 10, false)
  context.fillStyle = PAPER
  context.fill()
  context.lineWidth = 1.25
  context.strokeStyle = RAIN
  context.stroke()
  const x = -half + 1
  context.beginPath()
  context.moveTo(x, -6)
  context.bezierCurveTo(x + 6, 1, x + 4, 6, x, 6)
  context.bezierCurveTo(x - 4, 6, x - 6, 1, x, -6)
  context.fillStyle = RAIN
  context.fill()
  context.translate(7, 0)
  text(context, amount, 11, INK)
  return finish(context)
}

function drawOverflow(running: boolean): Mark {
  const context = canvas(28, 26)
  context.beginPath()
  context.moveTo(-9, -7)
  context.lineTo(9, -7)
  context.lineTo(0, 9)
  context.closePath()
  context.lineJoin = 'round'
  context.lineWidth = 5
  context.strokeStyle = PAPER
  context.stroke()
  context.fillStyle = running ? INK : PAPER
  context.fill()
  context.lineWidth = 1.75
  context.strokeStyle = INK
  context.stroke()
  return finish(context)
}

function drawPin(): Mark {
  const context = canvas(28, 28)
  context.lineCap = 'round'
  for (const [width, colour] of [[5, PAPER], [2, ACCENT]] as const) {
    context.lineWidth = width
    context.strokeStyle = colour
    context.beginPath()
    context.arc(0, 0, 6, 0, 2 * Math.PI)
    for (const [x, y] of [[0, -1], [0, 1], [-1, 0], [1, 0]] as const) {
      context.moveTo(x * 6, y * 6)
      context.lineTo(x * 11, y * 11)
    }
    context.stroke()
  }
  return finish(context)
}
