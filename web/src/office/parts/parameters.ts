import type { Station } from '@/shared/api/types'

/** The order in which the office reads them; what it does not name comes after, alphabetically. */
const ORDER = ['ph', 'do', 'codmn', 'nh3n', 'tp', 'tn', 'cod', 'bod5', 'wt', 'turb', 'ec', 'flow', 'level']

/** A station's parameters: those that decide the class first. */
export function parametersOf(station: Pick<Station, 'values' | 'deciding'>): string[] {
  const rank = (key: string): number => {
    if (station.deciding.includes(key)) return -1
    const place = ORDER.indexOf(key)
    return place < 0 ? ORDER.length : place
  }
  return Object.keys(station.values).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}
