import { computed, onScopeDispose, ref, watch } from 'vue'

const marks = ref(0)

/** Whether anything that is on screen comes from a generated basin. */
export const syntheticOnScreen = computed(() => marks.value > 0)

/** Say for as long as this component stands whether what it shows comes from a generated basin. */
export function useSyntheticMark(shown: () => boolean): void {
  let counted = false
  const count = (now: boolean) => {
    marks.value += Number(now) - Number(counted)
    counted = now
  }
  watch(shown, count, { immediate: true, flush: 'sync' })
  onScopeDispose(() => count(false))
}
