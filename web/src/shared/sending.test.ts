import { describe, expect, it } from 'vitest'
import { ApiError } from './api/client'
import { useSending } from './sending'

describe('what a form sends', () => {
  it('is under way until it has come to its end', async () => {
    const { sending, send } = useSending()
    const seen: boolean[] = []
    expect(await send(async () => void seen.push(sending.value))).toBe(true)
    expect([seen, sending.value]).toEqual([[true], false])
  })

  it('keeps what the server refused until it is sent again', async () => {
    const { sending, error, send } = useSending()
    const refused = new ApiError(422, 'invalid', 'Too long.', 'Shorten it.', 'title')
    expect(await send(() => Promise.reject(refused))).toBe(false)
    expect([error.value, sending.value]).toEqual([refused, false])
    await send(() => Promise.resolve())
    expect(error.value).toBeNull()
  })

  it('hides no error of our own', async () => {
    const { error, send } = useSending()
    await expect(send(() => Promise.reject(new TypeError('ours')))).rejects.toThrow('ours')
    expect(error.value).toBeNull()
  })
})
