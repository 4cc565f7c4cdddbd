import { api } from '@/shared/api/endpoints'
import { useResource, type Resource } from '@/shared/live/resource'
import { useSession } from '@/shared/session'

/** How many devices nobody knows and frames nobody could read wait for whoever looks after stations. */
export function useDeviceTrouble(): Resource<number> {
  const session = useSession()
  return useResource(
    async (signal) => {
      if (!session.can('manage_stations')) return 0
      const [devices, frames] = await Promise.all([api.unknownDevices({ limit: 1 }, signal), api.rejectedFrames({ limit: 1 }, signal)])
      return devices.count + frames.count
    },
    { follow: ['monitor'], watch: [() => session.user?.id] },
  )
}
