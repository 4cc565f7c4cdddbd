/** What can be imported, and what somebody needs for it; the server decides. */
export const IMPORT_KINDS = {
  rivers: 'import_registry',
  reaches: 'import_registry',
  sections: 'import_registry',
  stations: 'import_registry',
  outfalls: 'import_registry',
  permits: 'import_registry',
  permit_outlets: 'import_registry',
  permit_limits: 'import_registry',
  permitted_loads: 'import_registry',
  self_monitoring: 'import_registry',
  overflows: 'record_overflow',
  stoppages: 'manage_stations',
  readings: 'import_readings',
  lab_results: 'import_readings',
  bottle_results: 'analyse_samples',
  areas: 'manage_accounts',
  organisations: 'manage_accounts',
  standing_waters: 'manage_accounts',
  duties: 'manage_accounts',
  chiefs: 'manage_accounts',
} as const
export type ImportKind = keyof typeof IMPORT_KINDS

/** Kinds that belong to no basin. */
export const NO_BASIN: readonly ImportKind[] = ['areas', 'organisations', 'standing_waters', 'chiefs', 'overflows', 'stoppages', 'readings', 'lab_results', 'bottle_results']
/** Kinds whose file may have a column for each parameter. */
export const WIDE: readonly ImportKind[] = ['readings', 'lab_results', 'bottle_results']
export const IMPORTERS: string[] = [...new Set(Object.values(IMPORT_KINDS))]
