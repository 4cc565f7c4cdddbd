import { computed, ref, watch } from 'vue'
import { useCodes } from '@/shared/codes'

const KEY = 'riverchief.basin'
const chosen = ref(localStorage.getItem(KEY) ?? '')
watch(chosen, (code) => localStorage.setItem(KEY, code))

/** The basin the reader works in; kept over pages and visits. */
export function useBasin() {
  const codes = useCodes()
  const basin = computed(() => codes.basins.find((given) => given.code === chosen.value) ?? codes.basins[0] ?? null)
  return { basin, chosen }
}
