import { computed, ref, watch } from 'vue'
import { useCodes } from '@/shared/codes'

const KEY = 'riverchief.basin'
const chosen = ref(localStorage.getItem(KEY) ?? '')
watch(chosen, (code) => localStorage.setItem(KEY, code))

/** The basin the reader works in; kept over pages and visits. */
export function useBasin() {
  const codes = useCodes()
  // Where nobody has chosen, the one that is watched most: an import of bare reaches does not take its place.
  const watched = computed(() => [...codes.basins].sort((one, other) => other.stations - one.stations)[0] ?? null)
  const basin = computed(() => codes.basins.find((given) => given.code === chosen.value) ?? watched.value)
  return { basin, chosen }
}
