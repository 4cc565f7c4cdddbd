import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { LiveConnection, type Change, type LiveState } from './connection'

type Listener = (change: Change | 'resync') => void

/** The page's one live connection; components subscribe through `useResource`. */
export const useLive = defineStore('live', () => {
  const state = shallowRef<LiveState>({ kind: 'connecting' })
  const listeners = new Set<Listener>()
  const tell = (change: Change | 'resync'): void => listeners.forEach((listener) => listener(change))

  const connection = new LiveConnection({
    open: () => new EventSource('/live'),
    onState: (given) => (state.value = given),
    onChange: tell,
    onResync: () => tell('resync'),
  })
  window.addEventListener('online', () => connection.retryNow())

  function subscribe(listener: Listener): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return { state, subscribe, start: () => connection.start(), stop: () => connection.stop() }
})
