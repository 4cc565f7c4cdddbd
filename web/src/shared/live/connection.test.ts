import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { follows, LiveConnection, parseChange, type Change, type LiveState, type Source } from './connection'

class FakeSource implements Source {
  onopen: ((event: Event) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  closed = false
  private listener: (event: MessageEvent<string>) => void = () => undefined
  addEventListener(_type: string, listener: (event: MessageEvent<string>) => void): void {
    this.listener = listener
  }
  close(): void {
    this.closed = true
  }
  open(): void {
    this.onopen?.(new Event('open'))
  }
  fail(): void {
    this.onerror?.(new Event('error'))
  }
  send(data: string): void {
    this.listener(new MessageEvent('change', { data }))
  }
}

describe('the live connection', () => {
  let sources: FakeSource[]
  let states: LiveState[]
  let changes: Change[]
  let resyncs: number
  let connection: LiveConnection
  const lostAt = new Date('2020-01-07T06:05:00Z')

  beforeEach(() => {
    vi.useFakeTimers()
    sources = []
    states = []
    changes = []
    resyncs = 0
    connection = new LiveConnection({
      open: () => {
        const source = new FakeSource()
        sources.push(source)
        return source
      },
      now: () => lostAt,
      onState: (state) => states.push(state),
      onChange: (change) => changes.push(change),
      onResync: () => (resyncs += 1),
    })
    connection.start()
  })
  afterEach(() => {
    connection.stop()
    vi.useRealTimers()
  })

  const latest = (): FakeSource => sources[sources.length - 1]!

  it('does not ask pages to fetch again on the first opening', () => {
    latest().open()
    expect(states.at(-1)).toEqual({ kind: 'open' })
    expect(resyncs).toBe(0)
  })

  it('says since when it is lost, and keeps that time over failed attempts', () => {
    latest().open()
    latest().fail()
    vi.advanceTimersByTime(1000)
    latest().fail()
    expect(sources).toHaveLength(2)
    expect(states.at(-1)).toEqual({ kind: 'lost', since: lostAt })
  })

  it('asks every page to fetch again once after a loss', () => {
    latest().open()
    latest().fail()
    vi.advanceTimersByTime(1000)
    latest().open()
    expect(states.at(-1)).toEqual({ kind: 'open' })
    expect(resyncs).toBe(1)
  })

  it('waits longer after each failure, up to half a minute', () => {
    latest().fail()
    for (const delay of [1000, 2000, 4000, 8000, 16000, 30000, 30000]) {
      const before = sources.length
      vi.advanceTimersByTime(delay - 1)
      expect(sources).toHaveLength(before)
      vi.advanceTimersByTime(1)
      expect(sources).toHaveLength(before + 1)
      latest().fail()
    }
  })

  it('tries at once when the device is online again', () => {
    latest().fail()
    connection.retryNow()
    expect(sources).toHaveLength(2)
    vi.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(2)
  })

  it('ignores the death of a source that it has already replaced', () => {
    const first = latest()
    first.fail()
    vi.advanceTimersByTime(1000)
    latest().open()
    first.onerror?.(new Event('error'))
    expect(states.at(-1)).toEqual({ kind: 'open' })
  })

  it('opens nothing more after it was stopped', () => {
    latest().fail()
    connection.stop()
    vi.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(1)
    expect(latest().closed).toBe(true)
  })

  it('hands on changes, and treats an unreadable one as "anything may have changed"', () => {
    latest().send('{"id":7,"name":"monitor.alarm_raised","payload":{"event_id":3},"area":"/500000/"}')
    expect(changes).toEqual([
      { id: 7, name: 'monitor.alarm_raised', payload: { event_id: 3 }, area: '/500000/' },
    ])
    latest().send('{broken')
    expect(resyncs).toBe(1)
  })

  it('fetches everything again when the server says that something was missed', () => {
    latest().send('{"id":0,"name":"resync","payload":{},"area":""}')
    expect(resyncs).toBe(1)
    expect(changes).toEqual([])
  })
})

describe('changes', () => {
  it('are followed by prefix, on whole words', () => {
    expect(follows(['monitor'], 'monitor.readings_stored')).toBe(true)
    expect(follows(['monitor.alarm'], 'monitor.alarm_raised')).toBe(true)
    expect(follows(['monitor'], 'monitoring.other')).toBe(false)
    expect(follows([], 'monitor.readings_stored')).toBe(false)
  })
  it('without a name are refused', () => {
    expect(parseChange('{"id":1}')).toBeNull()
    expect(parseChange('[]')).toBeNull()
  })
})
