import { api } from '@/shared/api/endpoints'
import type { InboxMessage, List } from '@/shared/api/types'
import { useResource, type Resource } from '@/shared/live/resource'
import { useSession } from '@/shared/session'

const NOTHING: List<InboxMessage> = { items: [], count: 0 }

/** The person's messages; every kind of change may bring one. */
export function useInbox(): Resource<List<InboxMessage>> {
  const session = useSession()
  return useResource((signal) => (session.user ? api.inbox(signal) : Promise.resolve(NOTHING)), {
    follow: ['base', 'inbox', 'monitor.alarm', 'monitor.event', 'rectify', 'clue', 'problem', 'trace'],
    watch: [() => session.user?.id],
  })
}
