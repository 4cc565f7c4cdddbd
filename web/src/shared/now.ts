import { onScopeDispose, ref, type Ref } from 'vue'

/** The time now, in milliseconds, once a second while a page shows it. `offset`: how far the server's clock is ahead of this one. */
export function useNow(offset: () => number = () => 0): Ref<number> {
  const now = ref(Date.now() + offset())
  const timer = setInterval(() => (now.value = Date.now() + offset()), 1000)
  onScopeDispose(() => clearInterval(timer))
  return now
}

/** `6 min 12 s`, from an hour on `1 h 06 min`: with its units, or it reads like a time of day. What is over counts as nothing left. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  const pair = (n: number): string => String(n).padStart(2, '0')
  if (hours) return `${hours}\u202fh ${pair(minutes)}\u202fmin`
  return minutes ? `${minutes}\u202fmin ${pair(seconds % 60)}\u202fs` : `${seconds}\u202fs`
}
