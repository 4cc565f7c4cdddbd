/** The water classes with their colours: one source, exported from the server's standard. */
import tokens from './generated/tokens.json'
import type { Grade } from './api/types'

export interface ClassToken {
  key: Grade
  label: string
  zh: string
  en: string
  colour: string
  text: string
  outline: string
}

export const CLASSES = tokens.classes as ClassToken[]

export function classToken(grade: Grade | null | undefined): ClassToken | null {
  return CLASSES.find((token) => token.key === grade) ?? null
}

const ROMAN = ['', 'Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ', 'Ⅴ']

/** The numeral that stands in a mark: `Ⅲ`; worse than class V is `劣Ⅴ` in Chinese and `>Ⅴ` in English. */
export function numeral(grade: Grade | null | undefined, locale: string): string {
  if (!grade) return ''
  if (grade === 6) return locale === 'zh' ? '劣Ⅴ' : '>Ⅴ'
  return ROMAN[grade] ?? ''
}
