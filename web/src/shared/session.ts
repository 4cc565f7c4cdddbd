import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from './api/endpoints'
import type { Provider, Session, User } from './api/types'
import { forgetDrafts } from './draft'

/** Who is signed in, and what they may do. The server decides; this only keeps pages from offering what it would refuse. */
export const useSession = defineStore('session', () => {
  const user = ref<User | null>(null)
  const demo = ref(false)
  const demoAccounts = ref<{ username: string; role: string }[]>([])
  const byCode = ref(false)
  /** The password was right, and this is asked for before anybody is signed in. */
  const secondStep = ref<Session['second_step']>(null)
  const providers = ref<Provider[]>([])
  const known = ref(false)

  function take(session: Session): void {
    user.value = session.user
    demo.value = session.demo
    byCode.value = session.by_code
    secondStep.value = session.second_step
    providers.value = session.providers
    demoAccounts.value = session.demo_accounts ?? []
    known.value = true
  }
  const capabilities = computed(() => new Set((user.value?.capabilities ?? []).map((name) => name.toLowerCase())))

  return {
    user,
    demo,
    demoAccounts,
    byCode,
    secondStep,
    providers,
    known,
    take,
    can: (capability: string) => capabilities.value.has(capability.toLowerCase()),
    load: async () => take(await api.session()),
    signIn: async (username: string, password: string) => take(await api.signIn(username, password)),
    signInByCode: async (phone: string, code: string) => take(await api.signInByCode(phone, code)),
    takeSecondStep: async (code: string) => take(await api.takeSecondStep(code)),
    signOut: async () => {
      await api.signOut()
      forgetDrafts()
      user.value = null
      take(await api.session())
    },
    forget: () => {
      user.value = null
      secondStep.value = null
    },
  }
})
