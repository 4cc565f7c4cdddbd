/** What the pages of sampling call things, and the tones of their states. */
import type { PreservationGroup, SamplingRoundDetail, SheetState } from '@/shared/api/types'
import { capitalised } from '@/shared/i18n/words'

interface Picks {
  pick: (zh: string, en: string) => string
}

export const SHEET_TONES: Record<SheetState, 'accent' | 'red' | 'amber'> = { submitted: 'amber', checked: 'amber', reviewed: 'amber', issued: 'accent', returned: 'red' }

const groupOf = (round: SamplingRoundDetail, key: string): PreservationGroup | undefined => round.groups.find((given) => given.key === key)

/** How a bottle is preserved, by the key of its group; a parameter that has a bottle of its own names it. */
export function groupName(round: SamplingRoundDetail, key: string, words: Picks): string {
  const group = groupOf(round, key)
  return capitalised(group ? words.pick(group.zh, group.en) : key)
}
export function preservative(round: SamplingRoundDetail, key: string, words: Picks): string {
  const group = groupOf(round, key)
  return group ? words.pick(group.preservative_zh, group.preservative_en) : ''
}
