/** Times arrive in UTC and are shown in the time of the place, Asia/Shanghai, whatever the reader's device says. */

const ZONE = 'Asia/Shanghai'
/** China has kept UTC+8 without summer time since 1992; charts need it as a number because their axis knows only UTC. */
const ZONE_OFFSET_MS = 8 * 3600 * 1000

const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

function fields(at: Date): Record<string, string> {
  return Object.fromEntries(parts.formatToParts(at).map((part) => [part.type, part.value]))
}

function parse(at: string | number | Date): Date | null {
  const date = at instanceof Date ? at : new Date(at)
  return Number.isNaN(date.getTime()) ? null : date
}

/** `2020-01-07 14:05`; an em dash where there is no time. */
export function dateTime(at: string | number | Date | null | undefined): string {
  const date = at === null || at === undefined ? null : parse(at)
  if (!date) return '—'
  const f = fields(date)
  return `${f.year}-${f.month}-${f.day} ${f.hour}:${f.minute}`
}

/** `2020-01-07` */
export function day(at: string | number | Date | null | undefined): string {
  return at === null || at === undefined ? '—' : dateTime(at).slice(0, 10)
}

/** `2020-01` */
export function month(at: string | number | Date): string {
  return dateTime(at).slice(0, 7)
}

/** The last day of a deadline: it ends at 24:00, which is the midnight of the day after. */
export function lastDay(at: string | null | undefined): string {
  return at ? day(Date.parse(at) - 1) : '—'
}

/** `14:05` on the same day as `now`, `01-07 14:05` in the same year, else with the year: for narrow lists whose rows are recent. */
export function shortTime(at: string | null | undefined, now: Date = new Date()): string {
  const text = dateTime(at)
  if (text === '—') return text
  const today = day(now)
  if (text.slice(0, 10) === today) return text.slice(11)
  return text.slice(0, 4) === today.slice(0, 4) ? text.slice(5) : text
}

export interface DurationWords {
  day: string
  hour: string
  minute: string
}

/** `2 h 10 min`; whole minutes, the two largest units only. */
export function duration(seconds: number | null | undefined, words: DurationWords): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '—'
  const minutes = Math.max(0, Math.round(seconds / 60))
  const days = Math.floor(minutes / 1440)
  const hours = Math.floor((minutes % 1440) / 60)
  const rest = minutes % 60
  const shown: string[] = []
  if (days) shown.push(`${days}\u202f${words.day}`)
  if (hours) shown.push(`${hours}\u202f${words.hour}`)
  if (!days && (rest || !hours)) shown.push(`${rest}\u202f${words.minute}`)
  return shown.join(' ')
}

/** Milliseconds for a chart axis set to UTC, so that it prints the time of the place. */
export function chartTime(at: string): number {
  return Date.parse(at) + ZONE_OFFSET_MS
}
/** The inverse of `chartTime`. */
export function fromChartTime(value: number): string {
  return new Date(value - ZONE_OFFSET_MS).toISOString()
}

/** What a `datetime-local` field holds is meant in the time of the place. */
export function fromLocalField(value: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?$/.test(value)) return null
  const full = value.length === 10 ? `${value}T00:00` : value
  const date = parse(`${full}+08:00`)
  return date ? date.toISOString().replace('.000Z', 'Z') : null
}
export function toLocalField(at: string | Date): string {
  return dateTime(at).replace(' ', 'T')
}
