/** What talks to the gateway: unknown devices, frames nobody could read, the dialogue with a station, ways in and out. */
import type { Iso, List, Named, Ref } from './base'

/** Frames of one peer and device that could not be read or believed alike; `error` is a key of `packet_errors` and `packet_cures`, `id` and `raw` are those of the last. */
export interface RejectedFrame {
  id: number
  mn: string
  peer: string
  error: string
  refused: { parameter: string; error: string }[]
  count: number
  first_at: Iso
  last_at: Iso
  raw: string
}

export interface UnknownDevice {
  mn: string
  packets: number
  first_at: Iso
  last_at: Iso
  error: string
  /** Where the device uses this station's number with a wrong password. */
  station: Ref | null
  /** By the password that its packets came under; several: some may be somebody else's. */
  senders: { key: string; packets: number; first_at: Iso; last_at: Iso; peers: string[] }[]
}

/** That a device was taken out of quarantine; `returned`: how many of its packets are there again, so far. */
export interface Adoption {
  id: number
  mn: string
  station: Ref
  adopted_by: Named | null
  adopted_at: Iso
  reason: string
  taken_back_by: Named | null
  taken_back_at: Iso | null
  taken_back_reason: string
  returned: number
  may_take_back: boolean
}

/** A command that a station may be asked for; `fields` are named as the standard names them. */
export interface StationCommand {
  cn: string
  control: boolean
  period: boolean
  fields: { name: string; allowed: string }[]
}

/** Whether a station can be asked now, and what; `statutory`: it is an enterprise's own monitor. */
export interface Dialogue {
  connected: boolean
  gateway: string
  peer: string
  since: Iso | null
  statutory: boolean
  control_enabled: boolean
  commands: StationCommand[]
}

/** Something a station was asked; `asked_by` is null where the system asked by itself. */
export interface StationRequest {
  id: number
  cn: string
  control: boolean
  statutory: boolean
  parameters: Record<string, string>
  begin: Iso | null
  end: Iso | null
  state: string
  asked_by: Ref | null
  asked_at: Iso
  reason: string
  decided_by: Ref | null
  decided_at: Iso | null
  decision: string
  authorisation: string
  qn: string
  gateway: string
  sends: number
  sent_at: Iso | null
  accepted_at: Iso | null
  finished_at: Iso | null
  request_result: number | null
  execution_result: number | null
  uploads: number
  result: Record<string, string | number>
  may_approve: boolean
  may_decline: boolean
}

export interface NewQuery {
  cn: string
  begin: Iso | null
  end: Iso | null
  reason: string
}

export interface NewControl {
  cn: string
  parameters: Record<string, string>
  reason: string
}

export interface RequestMade {
  id: number
  state: string
}

/** A way in or out and how it stands; `last_at`: when something came, or went. */
export interface Source {
  name: string
  kind: 'gateway' | 'mqtt' | 'pull_http' | 'pull_database' | 'push'
  state: 'ok' | 'waiting' | 'late' | 'failing' | 'stopped'
  host: string
  last_at: Iso | null
  succeeded_at: Iso | null
  seen_to: Iso | null
  messages: number
  refused: number
  waiting: number
  stations: string[]
  fault_zh: string
  fault_en: string
}

export interface Sources extends List<Source> {
  /** Of the file that names them. */
  fault_zh: string
  fault_en: string
}
