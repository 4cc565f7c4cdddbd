import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { ApiError } from './api/client'

interface Sending {
  sending: Ref<boolean>
  /** What the server refused last, or that it could not be reached. */
  error: ShallowRef<ApiError | null>
  /** Do it; whether it came to its end. */
  send: (work: () => Promise<unknown>) => Promise<boolean>
}

/** What a form or a button sends: that it is under way, and what came of it. Errors that are not the server's go on. */
export function useSending(): Sending {
  const sending = ref(false)
  const error = shallowRef<ApiError | null>(null)
  async function send(work: () => Promise<unknown>): Promise<boolean> {
    sending.value = true
    error.value = null
    try {
      await work()
      return true
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause
      error.value = cause
      return false
    } finally {
      sending.value = false
    }
  }
  return { sending, error, send }
}
