import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError, post } from './client'

const answer = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status })
const keys: string[] = []
const answers: (() => Response)[] = []

beforeEach(() => {
  keys.length = answers.length = 0
  sessionStorage.clear()
  vi.stubGlobal('fetch', (_path: string, init: RequestInit) => {
    keys.push(new Headers(init.headers).get('Idempotency-Key') ?? '')
    try {
      return Promise.resolve(answers.shift()!())
    } catch (cause) {
      return Promise.reject(cause as Error)
    }
  })
})
afterEach(() => vi.unstubAllGlobals())

const lost = (): Response => {
  throw new TypeError('Failed to fetch')
}
const sent = (path: string): Promise<unknown> => post(path, { title: 'a' }).catch((cause: ApiError) => cause.status)

describe('what is sent again', () => {
  it('carries the same key until the server has answered, and a new one from then on', async () => {
    answers.push(lost, () => answer(503, {}), () => answer(200, { id: 1 }), () => answer(200, { id: 2 }))
    expect([await sent('/clues'), await sent('/clues'), await sent('/clues'), await sent('/clues')]).toEqual([0, 503, { id: 1 }, { id: 2 }])
    expect(new Set(keys.slice(0, 3)).size).toBe(1)
    expect(keys[3]).not.toBe(keys[0])
  })

  it('takes an answer that breaks off for a lost one', async () => {
    answers.push(() => new Response('{"id":'), () => answer(200, { id: 1 }))
    expect([await sent('/clues'), await sent('/clues')]).toEqual([0, { id: 1 }])
    expect(keys[1]).toBe(keys[0])
  })

  it('takes a refusal for an answer', async () => {
    answers.push(() => answer(422, {}), () => answer(200, { id: 1 }))
    await sent('/clues')
    await sent('/clues')
    expect(keys[1]).not.toBe(keys[0])
  })

  it('does not share its key with other forms', async () => {
    answers.push(lost, lost)
    await sent('/clues')
    await sent('/clues/1/confirm')
    expect(keys[1]).not.toBe(keys[0])
  })
})
