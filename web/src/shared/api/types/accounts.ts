/** Who is signed in, with which roles, and the areas and organisations there are. */
import type { Named, Ref } from './base'

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

export interface Session {
  user: User | null
  demo: boolean
  /** Chiefs can sign in by a code here. */
  by_code: boolean
  demo_accounts?: { username: string; role: string }[]
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
