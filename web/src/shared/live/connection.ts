/**
 * The live stream: one EventSource for the page, kept honest.
 *
 * The stream only says *what* changed; pages fetch it again. After a loss every listener is told to fetch again
 * (`resync`), because changes during the loss were never seen. The time of the loss is kept for the reader.
 */

export interface Change {
  id: number | null
  name: string
  payload: Record<string, unknown>
  area: string | null
}

export type LiveState = { kind: 'connecting' } | { kind: 'open' } | { kind: 'lost'; since: Date }

/** The part of EventSource that is used; tests hand in their own. */
export interface Source {
  onopen: ((event: Event) => void) | null
  onerror: ((event: Event) => void) | null
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void
  close(): void
}

export interface LiveOptions {
  open: () => Source
  now?: () => Date
  onState: (state: LiveState) => void
  onChange: (change: Change) => void
  onResync: () => void
}

/** The server's own word for "you may have missed something". */
const RESYNC = 'resync'
const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 30_000

export class LiveConnection {
  private source: Source | null = null
  private timer: ReturnType<typeof setTimeout> | null = null
  private delay = FIRST_DELAY_MS
  private lostSince: Date | null = null
  private stopped = true

  constructor(private readonly options: LiveOptions) {}

  start(): void {
    if (!this.stopped) return
    this.stopped = false
    this.options.onState({ kind: 'connecting' })
    this.connect()
  }

  stop(): void {
    this.stopped = true
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.source?.close()
    this.source = null
    this.lostSince = null
    this.delay = FIRST_DELAY_MS
  }

  /** Try at once, for example because the device says that it is online again. */
  retryNow(): void {
    if (this.stopped || !this.lostSince) return
    this.delay = FIRST_DELAY_MS
    if (this.timer) clearTimeout(this.timer)
    this.connect()
  }

  private connect(): void {
    this.timer = null
    this.source?.close()
    const source = this.options.open()
    this.source = source
    source.onopen = () => this.opened()
    // EventSource would retry some failures itself and give up on others; one rule for both is easier to trust.
    source.onerror = () => this.lost(source)
    source.addEventListener('change', (event) => this.received(event.data))
  }

  private opened(): void {
    this.delay = FIRST_DELAY_MS
    const missed = this.lostSince !== null
    this.lostSince = null
    this.options.onState({ kind: 'open' })
    if (missed) this.options.onResync()
  }

  private lost(source: Source): void {
    if (this.stopped || source !== this.source) return
    source.close()
    this.lostSince ??= (this.options.now ?? (() => new Date()))()
    this.options.onState({ kind: 'lost', since: this.lostSince })
    this.timer = setTimeout(() => this.connect(), this.delay)
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS)
  }

  private received(data: string): void {
    const change = parseChange(data)
    // A message that cannot be read still means that something changed: fetch everything again.
    if (change && change.name !== RESYNC) this.options.onChange(change)
    else this.options.onResync()
  }
}

export function parseChange(data: string): Change | null {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const given = value as Record<string, unknown>
  if (typeof given.name !== 'string') return null
  return {
    id: typeof given.id === 'number' ? given.id : null,
    name: given.name,
    payload: typeof given.payload === 'object' && given.payload !== null ? (given.payload as Change['payload']) : {},
    area: typeof given.area === 'string' ? given.area : null,
  }
}

/** Does a change concern a page that follows these prefixes (`monitor`, `rectify.problem`)? */
export function follows(prefixes: readonly string[], name: string): boolean {
  return prefixes.some((prefix) => name === prefix || name.startsWith(`${prefix}.`) || name.startsWith(`${prefix}_`))
}
