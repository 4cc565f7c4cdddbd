import { ref, watch, type Ref } from 'vue'
import { useSession } from './session'

const PREFIX = 'riverchief.draft.'

/** Forget all drafts: whoever signs in next on this machine is somebody else. */
export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key)
}

interface Draft {
  /** Whether something half-written was put back. */
  restored: Ref<boolean>
  /** Sent, or not wanted: nothing is kept any more. */
  drop: () => void
}

/**
 * Keep what is typed into the fields `names` of `form`, in this tab and for its user only, until it is sent; put it back when the
 * page is opened again. What nobody should find on a shared machine stays out of `names`.
 */
export function useDraft<Name extends string>(name: string, form: Record<Name, string>, names: readonly Name[]): Draft {
  const key = `${PREFIX}${name}.${useSession().user?.id ?? 0}`
  const empty = JSON.stringify(names.map((field) => form[field]))
  const restored = ref(false)
  const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
  if (kept && typeof kept === 'object') {
    for (const field of names) {
      const value = (kept as Record<string, unknown>)[field]
      if (typeof value === 'string') form[field] = value as (typeof form)[Name]
    }
    restored.value = true
  }
  const stop = watch(
    () => names.map((field) => form[field]),
    (values) => {
      if (JSON.stringify(values) === empty) sessionStorage.removeItem(key)
      else sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(names.map((field) => [field, form[field]]))))
    },
  )
  return {
    restored,
    drop: () => {
      stop()
      sessionStorage.removeItem(key)
    },
  }
}
