/** What the pages of sampling call things. */
import type { SamplingRoundDetail } from '@/shared/api/types'

interface Picks {
  pick: (zh: string, en: string) => string
}

/** How a bottle is preserved, by the key of its group. */
export function groupName(round: SamplingRoundDetail, key: string, words: Picks): string {
  const group = round.groups.find((given) => given.key === key)
  const name = group ? words.pick(group.zh, group.en) : key
  // A parameter that has a bottle of its own names it.
  return name.charAt(0).toUpperCase() + name.slice(1)
}
export function preservative(round: SamplingRoundDetail, key: string, words: Picks): string {
  const group = round.groups.find((given) => given.key === key)
  return group ? words.pick(group.preservative_zh, group.preservative_en) : ''
}
