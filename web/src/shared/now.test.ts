import { describe, expect, it } from 'vitest'
import { countdown } from './now'

describe('a countdown', () => {
  it('counts minutes and seconds, and hours where there are some, with their units', () => {
    expect([countdown(372_000), countdown(3_972_000), countdown(900)]).toEqual(['6\u202fmin 12\u202fs', '1\u202fh 06\u202fmin', '1\u202fs'])
  })
  it('is over when it is over', () => expect(countdown(-5000)).toBe('0\u202fs'))
})
