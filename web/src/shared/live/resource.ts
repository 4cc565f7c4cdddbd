import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from 'vue'
import { ApiError } from '../api/client'
import { follows, type Change } from './connection'
import { useLive } from './store'

/** Bursts of changes (a batch of readings) lead to one fetch, not to one each. */
const QUIET_MS = 300
const LONGEST_WAIT_MS = 2000

export interface Resource<Data> {
  data: ShallowRef<Data | null>
  error: ShallowRef<ApiError | null>
  loading: ShallowRef<boolean>
  /** When the data shown was fetched. */
  at: ShallowRef<Date | null>
  reload: () => Promise<void>
}

interface Options {
  /** Event name prefixes after which the data is fetched again. */
  follow?: readonly string[]
  /** Fetch again when one of these changes; old data is dropped, because it belongs to something else. */
  watch?: WatchSource[]
  /** Narrow further than the prefix, for example to one station. */
  concerns?: (change: Change) => boolean
}

/**
 * Fetch now, again when the live stream says so, and keep what is shown while fetching. A failed refresh leaves the old
 * data standing with the error beside it; only the first load can leave a page without data.
 */
export function useResource<Data>(fetch: (signal: AbortSignal) => Promise<Data>, options: Options = {}): Resource<Data> {
  const data = shallowRef<Data | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const loading = shallowRef(false)
  const at = shallowRef<Date | null>(null)
  let controller: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let waitingSince = 0

  async function reload(): Promise<void> {
    controller?.abort()
    const mine = new AbortController()
    controller = mine
    loading.value = true
    try {
      const fetched = await fetch(mine.signal)
      if (mine.signal.aborted) return
      data.value = fetched
      error.value = null
      at.value = new Date()
    } catch (cause) {
      if (mine.signal.aborted) return
      if (!(cause instanceof ApiError)) throw cause
      error.value = cause
    } finally {
      if (controller === mine) loading.value = false
    }
  }

  function schedule(): void {
    const now = Date.now()
    if (timer) clearTimeout(timer)
    else waitingSince = now
    const wait = Math.max(0, Math.min(QUIET_MS, waitingSince + LONGEST_WAIT_MS - now))
    timer = setTimeout(() => {
      timer = null
      void reload()
    }, wait)
  }

  const prefixes = options.follow
  const unsubscribe = prefixes
    ? useLive().subscribe((change) => {
        if (change === 'resync') schedule()
        else if (follows(prefixes, change.name) && (options.concerns?.(change) ?? true)) schedule()
      })
    : null

  if (options.watch) {
    watch(options.watch, () => {
      data.value = null
      error.value = null
      void reload()
    })
  }
  onScopeDispose(() => {
    unsubscribe?.()
    if (timer) clearTimeout(timer)
    controller?.abort()
  })
  void reload()
  return { data, error, loading, at, reload }
}
