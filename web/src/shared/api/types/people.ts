/** Who answers for which water, and the accounts and roles of people. */
import type { Iso, Ref } from './base'

export interface StandIn {
  person: Ref
  valid_from: string
  valid_to: string
}
/** Who answers for a river, a reach, another water or a whole area; `level` is the tier. */
export interface Duty {
  id: number
  kind: string
  level: string
  area_code: string
  area_zh: string
  area_en: string
  river_id: number | null
  reach_id: number | null
  reach_code: string
  water_zh: string
  water_en: string
  person: Ref
  /** "" where the reader may not know it. */
  phone: string
  position: string
  valid_from: string
  valid_to: string | null
  stand_in: StandIn | null
}
export interface DutyFile extends Duty {
  may_change: boolean
  superiors: Duty[]
  upstream: Duty[]
  downstream: Duty[]
  before: Duty[]
  stand_ins: StandIn[]
}
export interface Chief {
  person: Ref
  phone: string
  active: boolean
  duties: Duty[]
}
export interface Appointment {
  user_id: number
  kind: string
  area: string
  river_id: number | null
  position: string
  valid_from: string
}
export interface RoleHeld {
  id: number
  role: string
  area_code: string
  area_zh: string
  area_en: string
  organisation_zh: string
  organisation_en: string
  valid_from: string
  valid_to: string | null
  now: boolean
}
export interface Account extends Ref {
  username: string
  phone: string
  active: boolean
  last_login: Iso | null
  roles: RoleHeld[]
}
export interface AccountFile extends Account {
  /** All roles of the person lie in the reader's areas. */
  may_change: boolean
  second_factor: boolean
  /** A provider signs the person in too. */
  linked: boolean
}
export interface NewRole {
  role: string
  area: string
  organisation_id: number | null
  valid_from: string
  valid_to?: string | null
}
export interface NewAccount extends NewRole {
  username: string
  name_zh: string
  name_en: string
  phone: string
}
