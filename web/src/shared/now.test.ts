import { describe, expect, it } from 'vitest'
import { countdown } from './now'

describe('a countdown', () => {
  it('counts minutes and seconds, and hours where there are some', () => {
    expect([countdown(372_000), countdown(3_972_000), countdown(900)]).toEqual(['06:12', '1:06:12', '00:01'])
  })
  it('is over when it is over', () => expect(countdown(-5000)).toBe('00:00'))
})
