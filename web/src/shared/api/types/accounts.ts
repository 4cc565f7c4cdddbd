/** Who is signed in, with which roles, and the areas and organisations there are. */
import type { Iso, Named, Ref } from './base'

export interface RoleInArea {
  role: string
  area_code: string
  area_name_zh: string
  area_name_en: string
}

export interface User extends Ref {
  username: string
  roles: RoleInArea[]
  capabilities: string[]
}

/** Somebody whose word on who people are is taken here. */
export interface Provider extends Named {
  key: string
}

export interface Session {
  user: User | null
  /** Nobody is signed in yet: a code of the second factor is asked for, or that one is set up. */
  second_step: 'code' | 'set_up' | null
  demo: boolean
  /** Chiefs can sign in by a code here. */
  by_code: boolean
  providers: Provider[]
  demo_accounts?: { username: string; role: string }[]
}

/** How the reader signs in. */
export interface OwnAccount {
  username: string
  has_password: boolean
  /** A role of theirs asks for a second factor. */
  must_have: boolean
  second_factor: { set_up_at: Iso; recovery_codes_left: number } | null
  identities: (Named & { id: number; linked_at: Iso })[]
  /** Those they are not linked to. */
  providers: Provider[]
}

/** What an authenticator needs: told, and as a picture (QR, data URI). */
export interface NewSecondFactor {
  secret: string
  address: string
  picture: string
}

export interface RecoveryCodes {
  recovery_codes: string[]
  session: Session
}

export interface Area extends Named {
  code: string
}

export interface AreaInList extends Area {
  level: 'province' | 'city' | 'county' | 'town' | 'village'
}

export interface Organisation extends Ref {
  kind: string
  area_code: string
}
