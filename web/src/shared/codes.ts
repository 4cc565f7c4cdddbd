import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { api } from './api/endpoints'
import type { Basin, CodeEntry, Codes } from './api/types'
import { i18n } from './i18n'
import { capitalised, useWords } from './i18n/words'

/** HJ 212 sends the state of equipment as a reading of `SB1-RS`: the name of the device, null for any other parameter. */
export const equipmentOf = (parameter: string): string | null => /^(.+)-RS$/.exec(parameter)?.[1] ?? null

/** Code tables and basins: what the server calls things. Fetched once after sign-in. */
export const useCodes = defineStore('codes', () => {
  const tables = shallowRef<Codes>({})
  const retired = shallowRef<CodeEntry[]>([])
  const basins = shallowRef<Basin[]>([])
  const words = useWords()

  async function load(): Promise<void> {
    const [codes, found] = await Promise.all([api.codes(), api.basins()])
    // The server keeps what the standard limits apart from what is only measured; a page asks for either by its name.
    tables.value = { ...codes, parameters: [...(codes.parameters ?? []), ...(codes.other_parameters ?? [])] }
    retired.value = codes.retired_kinds ?? []
    basins.value = found.items
  }
  function entry(table: string, key: string | number | null | undefined): CodeEntry | undefined {
    const found = tables.value[table]?.find((given) => String(given.key) === String(key))
    // A kind that can no longer be chosen keeps its name.
    return found ?? (table === 'problem_kinds' ? retired.value.find((given) => given.key === key) : undefined)
  }
  /** The word for a code in the reader's language; an unknown code is shown as it is rather than hidden. */
  function label(table: string, key: string | number | null | undefined): string {
    if (key === null || key === undefined || key === '') return '—'
    const found = entry(table, key)
    if (found) return words.pick(found.zh, found.en)
    const device = table === 'parameters' ? equipmentOf(String(key)) : null
    return device ? i18n.global.t('parameter.equipment', { device }) : String(key)
  }
  /** The same at the start of a line or sentence. */
  const capitalisedLabel = (table: string, key: string | number | null | undefined): string => capitalised(label(table, key))
  const labels = (table: string, keys: readonly (string | number)[]): string => keys.map((key) => label(table, key)).join(i18n.global.t('list.comma'))
  return { tables, basins, load, entry, label, capitalised: capitalisedLabel, labels, table: (name: string) => tables.value[name] ?? [] }
})
