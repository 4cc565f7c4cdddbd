import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { i18n, type Locale } from './index'
import * as time from '../time'

/** A word at the start of a line or sentence; one such as pH keeps its own spelling. */
export function capitalised(text: string): string {
  return /^[a-z]{2}/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
}

interface Words {
  locale: ComputedRef<Locale>
  pick: (zh: string | null | undefined, en: string | null | undefined) => string
  name: (thing: { name_zh: string; name_en: string } | null | undefined) => string
  duration: (seconds: number | null | undefined) => string
}

/** Names and durations in the reader's language. Usable in stores, outside of components. */
export function useWords(): Words {
  const locale = computed<Locale>(() => (i18n.global.locale.value === 'en' ? 'en' : 'zh'))
  const pick: Words['pick'] = (zh, en) => (locale.value === 'zh' ? zh || en : en || zh) || ''
  const t = i18n.global.t
  return {
    locale,
    pick,
    name: (thing) => (thing ? pick(thing.name_zh, thing.name_en) : ''),
    duration: (seconds) =>
      time.duration(seconds, { day: t('unit.day'), hour: t('unit.hour'), minute: t('unit.minute') }),
  }
}

export { useI18n }
