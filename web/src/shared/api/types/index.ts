/**
 * What the server sends, written by hand, a file for each part of it.
 * Times are ISO 8601 in UTC; longitude and latitude in degrees; every quantity carries its unit in its name or beside it.
 */
export type * from './base'
export type * from './accounts'
export type * from './registry'
export type * from './monitor'
export type * from './duty'
export type * from './devices'
export type * from './outfalls'
export type * from './sampling'
export type * from './trace'
export type * from './rectify'
export type * from './remediation'
export type * from './documents'
export type * from './people'
export type * from './exchange'
