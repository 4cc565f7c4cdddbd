import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from './en'
import zh from './zh'

type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, path = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[path + key, value] as [string, string]] : [...flat(value, `${path}${key}.`)],
    ),
  )
}
const chinese = flat(zh)
const english = flat(en)
/** Each once: a sentence of one language may have a form for one thing and one for several. */
const slots = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]!))].sort()

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.(vue|ts)$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [path] : []
  })
}
const files = sources('src').filter((path) => !/i18n.(zh|en)\.ts$/.test(path))

describe('the two languages', () => {
  it('have the same keys', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
  })
  it('fill the same values into each sentence', () => {
    for (const [key, text] of chinese) expect(slots(english.get(key) ?? ''), key).toEqual(slots(text))
  })
  it('have no empty text', () => {
    for (const [key, text] of [...chinese, ...english]) expect(text.trim(), key).not.toBe('')
  })
  it('know every key that a page asks for', () => {
    for (const path of files) {
      for (const [, key] of readFileSync(path, 'utf8').matchAll(/\bt\('([\w.]+)'/g)) expect(chinese.has(key!), `${key} in ${path}`).toBe(true)
    }
  })
  it('hold all text: no page carries Chinese words of its own', () => {
    const allowed = /'English' : '中文'/g
    for (const path of files.filter((given) => given.endsWith('.vue'))) {
      expect(readFileSync(path, 'utf8').replace(allowed, '').match(/[\u4e00-\u9fff]/g), path).toBeNull()
    }
  })
})
