import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { effectScope, nextTick, reactive } from 'vue'
import { forgetDrafts, useDraft } from './draft'
import { useSession } from './session'

const EMPTY = { title: '', lon: '', reporter: '' }
const signIn = (id: number): void => {
  useSession().user = { id } as never
}

/** The page is opened, something is typed, and it is left again; answers what stood in the form when it was opened. */
async function visit(typed: Partial<typeof EMPTY> = {}, sent = false) {
  const scope = effectScope()
  const found = await scope.run(async () => {
    const form = reactive({ ...EMPTY })
    const draft = useDraft('clue', form, ['title', 'lon'])
    const before = { ...form, restored: draft.restored.value }
    Object.assign(form, typed)
    await nextTick()
    if (sent) draft.drop()
    return before
  })
  scope.stop()
  return found
}

beforeEach(() => {
  sessionStorage.clear()
  setActivePinia(createPinia())
  signIn(1)
})

describe('a half-written form', () => {
  it('is put back, but not what must not stay on a shared machine', async () => {
    await visit({ title: 'black water', reporter: 'Mrs Wang' })
    expect(JSON.stringify({ ...sessionStorage })).not.toContain('Wang')
    expect(await visit()).toEqual({ title: 'black water', lon: '', reporter: '', restored: true })
  })

  it('is forgotten once it is sent, emptied, or its user signs out', async () => {
    await visit({ title: 'black water' }, true)
    expect(await visit()).toMatchObject({ title: '', restored: false })
    await visit({ title: 'black water' })
    await visit({ title: '' })
    expect(await visit()).toMatchObject({ restored: false })
    await visit({ title: 'black water' })
    forgetDrafts()
    expect(await visit()).toMatchObject({ restored: false })
  })

  it('is nobody else’s', async () => {
    await visit({ title: 'black water' })
    signIn(2)
    expect(await visit()).toMatchObject({ title: '', restored: false })
  })
})
