import type { Duty } from '@/shared/api/types'
import type { useWords } from '@/shared/i18n/words'

type Words = ReturnType<typeof useWords>

/** What a duty is for: the area, and in it the river, reach or other water. */
export function dutySubject(duty: Duty, words: Words): string {
  return [words.pick(duty.area_zh, duty.area_en), words.pick(duty.water_zh, duty.water_en), duty.reach_code].filter(Boolean).join(' · ')
}

/** From when to when. */
export function dutyDays(row: { valid_from: string; valid_to: string | null }, t: (key: string) => string): string {
  return `${row.valid_from} – ${row.valid_to ?? t('people.now')}`
}
