import type { Roster, Shift, TimeSpan } from '@/shared/api/types'
import { day, fromLocalField } from '@/shared/time'

/** A shift, or what nobody covers. */
export interface RosterEntry extends TimeSpan {
  shift: Shift | null
  doubled: boolean
}
export interface RosterDay {
  /** `2026-12-01`, of the place. */
  date: string
  /** In order of time. */
  entries: RosterEntry[]
}

const DAY_MS = 24 * 3600_000
const startOf = (date: string): number => Date.parse(fromLocalField(date) ?? '')

const WEEKS = 5

/** Monday is 0. */
export const weekday = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7

/** Five weeks of the place: the `turn`-th after those that begin with this week's Monday; `next` is the day after the last. */
export function weeksFrom(now: number, turn: number): { first: string; last: string; next: string } {
  const monday = startOf(day(now)) - weekday(day(now)) * DAY_MS
  const first = monday + turn * WEEKS * 7 * DAY_MS
  const next = first + WEEKS * 7 * DAY_MS
  return { first: day(first), last: day(next - DAY_MS), next: day(next) }
}

/** A roster by days of the place: each shift on the day it starts (what began earlier, on the first), gaps on every day they touch. */
export function rosterDays(roster: Roster, first: string, next: string): RosterDay[] {
  const days: RosterDay[] = []
  for (let at = startOf(first); at < startOf(next); at += DAY_MS) {
    const end = at + DAY_MS
    const inside = (span: TimeSpan): TimeSpan => ({
      start: new Date(Math.max(at, Date.parse(span.start))).toISOString(),
      end: new Date(Math.min(end, Date.parse(span.end))).toISOString(),
    })
    const shifts = roster.shifts
      .filter((shift) => {
        const starts = Date.parse(shift.starts_at)
        return (starts >= at && starts < end) || (days.length === 0 && starts < at)
      })
      .map((shift) => ({
        shift,
        start: shift.starts_at,
        end: shift.ends_at,
        doubled: roster.overlaps.some((span) => Date.parse(span.start) < Date.parse(shift.ends_at) && Date.parse(span.end) > Date.parse(shift.starts_at)),
      }))
    const gaps = roster.gaps
      .filter((span) => Date.parse(span.start) < end && Date.parse(span.end) > at)
      .map((span) => ({ ...inside(span), shift: null, doubled: false }))
    days.push({ date: day(at), entries: [...shifts, ...gaps].sort((a, b) => Date.parse(a.start) - Date.parse(b.start)) })
  }
  return days
}
