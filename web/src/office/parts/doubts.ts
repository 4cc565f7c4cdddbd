import type { Doubt } from '@/shared/api/types'

/** Whether what was sent could be no measurement; a silence, or a mark that the station has set itself, can only be explained. */
export function aboutValues(doubt: Doubt): boolean {
  return doubt.readings > 0 && doubt.rule !== 'marked'
}
