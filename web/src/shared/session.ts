import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from './api/endpoints'
import type { Session, User } from './api/types'
import { forgetDrafts } from './draft'

/** Who is signed in, and what they may do. The server decides; this only keeps pages from offering what it would refuse. */
export const useSession = defineStore('session', () => {
  const user = ref<User | null>(null)
  const demo = ref(false)
  const demoAccounts = ref<{ username: string; role: string }[]>([])
  const byCode = ref(false)
  const known = ref(false)

  function take(session: Session): void {
    user.value = session.user
    demo.value = session.demo
    byCode.value = session.by_code
    demoAccounts.value = session.demo_accounts ?? []
    known.value = true
  }
  const capabilities = computed(() => new Set((user.value?.capabilities ?? []).map((name) => name.toLowerCase())))

  return {
    user,
    demo,
    demoAccounts,
    byCode,
    known,
    can: (capability: string) => capabilities.value.has(capability.toLowerCase()),
    load: async () => take(await api.session()),
    signIn: async (username: string, password: string) => take(await api.signIn(username, password)),
    signInByCode: async (phone: string, code: string) => take(await api.signInByCode(phone, code)),
    signOut: async () => {
      await api.signOut()
      forgetDrafts()
      user.value = null
    },
    forget: () => (user.value = null),
  }
})
