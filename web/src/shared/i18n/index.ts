import { createI18n } from 'vue-i18n'
import en from './en'
import zh from './zh'

export type Locale = 'zh' | 'en'
const KEY = 'riverchief.language'

/** What the reader chose; on a first visit the browser's language, which is Chinese unless it says otherwise. */
function preferred(): Locale {
  const chosen = localStorage.getItem(KEY)
  if (chosen === 'zh' || chosen === 'en') return chosen
  return navigator.languages.find((language) => /^(zh|en)\b/.test(language))?.startsWith('en') ? 'en' : 'zh'
}

function show(locale: Locale): void {
  i18n.global.locale.value = locale
  document.documentElement.lang = locale === 'zh' ? 'zh-CN' : 'en'
}

export const i18n = createI18n({
  legacy: false,
  locale: preferred() as string,
  fallbackLocale: 'zh',
  messages: { zh, en },
})

/** The reader's choice, kept for the next visit. */
export function setLocale(locale: Locale): void {
  localStorage.setItem(KEY, locale)
  show(locale)
}

show(preferred())
