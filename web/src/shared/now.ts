import { onScopeDispose, ref, type Ref } from 'vue'

/** The time now, in milliseconds, once a second while a page shows it. `offset`: how far the server's clock is ahead of this one. */
export function useNow(offset: () => number = () => 0): Ref<number> {
  const now = ref(Date.now() + offset())
  const timer = setInterval(() => (now.value = Date.now() + offset()), 1000)
  onScopeDispose(() => clearInterval(timer))
  return now
}

/** `06:12`, from an hour on `1:06:12`; what is over counts as nothing left. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const hours = Math.floor(seconds / 3600)
  const pair = (n: number): string => String(n).padStart(2, '0')
  const rest = `${pair(Math.floor((seconds % 3600) / 60))}:${pair(seconds % 60)}`
  return hours ? `${hours}:${rest}` : rest
}
