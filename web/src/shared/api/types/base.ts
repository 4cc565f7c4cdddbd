/** What every slice speaks of: times, names, lists, words for codes, evidence, history and the actions that are offered. */

export type Iso = string

export interface Named {
  name_zh: string
  name_en: string
}

export interface Ref extends Named {
  id: number
}

/** A list that is counted up to ten thousand only. */
export interface LongList<Item> extends List<Item> {
  capped: boolean
  next: number | null
}
export interface List<Item> {
  items: Item[]
  count: number
}

export interface CodeEntry {
  key: string | number
  zh: string
  en: string
  colour?: string
  unit?: string
}

export type Codes = Record<string, CodeEntry[]>

export interface Line {
  zh: string
  en: string
}

export interface TimeSpan {
  start: Iso
  end: Iso
}

export interface Interval<Value> {
  low: Value
  median: Value
  high: Value
}

export interface Evidence {
  id: number
  name: string
  media_type: string
  size: number
  sha256?: string
  step?: string
  taken_at?: Iso | null
  lon?: number | null
  lat?: number | null
}

export interface HistoryEntry {
  action: string
  actor: string
  at: Iso
  data: Record<string, unknown>
  sentence_zh: string
  sentence_en: string
}

export type FieldKind = 'text' | 'choice' | 'date' | 'moment' | 'evidence' | 'organisation' | 'person' | 'position' | 'found' | 'campaign' | 'area' | 'problem'

export interface ActionField {
  name: string
  kind: FieldKind
  required: boolean
  label_zh: string
  label_en: string
  /** The code table a choice is made from. */
  options: string | null
}

export interface AllowedAction {
  action: string
  label_zh: string
  label_en: string
  consequence_zh: string
  consequence_en: string
  /** It takes the matter a step further. */
  moves_on: boolean
  /** Seldom the next step: offered below the others. */
  aside: boolean
  fields: ActionField[]
}

export interface InboxMessage {
  id: number
  kind: string
  title_zh: string
  title_en: string
  link: string
  created_at: Iso
  read_at: Iso | null
}
