import { effectScope, ref } from 'vue'
import { describe, expect, it } from 'vitest'
import { syntheticOnScreen, useSyntheticMark } from './synthetic'

describe('the mark of synthetic data', () => {
  it('stands as long as something on screen comes from a generated basin, and no longer', () => {
    const synthetic = ref(false)
    const [imported, generated, another] = [effectScope(), effectScope(), effectScope()]
    imported.run(() => useSyntheticMark(() => false))
    expect(syntheticOnScreen.value).toBe(false)
    generated.run(() => useSyntheticMark(() => synthetic.value))
    another.run(() => useSyntheticMark(() => true))
    expect(syntheticOnScreen.value).toBe(true)
    another.stop()
    expect(syntheticOnScreen.value).toBe(false)
    synthetic.value = true
    expect(syntheticOnScreen.value).toBe(true)
    synthetic.value = false
    expect(syntheticOnScreen.value).toBe(false)
    synthetic.value = true
    generated.stop()
    expect(syntheticOnScreen.value).toBe(false)
  })
})
