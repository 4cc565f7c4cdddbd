/** Figures as the standard prints them: few, stable decimals; a dash where there is none. */

const DECIMALS: Record<string, number> = {
  ph: 2, do: 2, codmn: 1, cod: 1, bod5: 1, nh3n: 2, tp: 3, tn: 2, ec: 0, turb: 1, wt: 1, flow: 2, level: 2,
}

/** The number that somebody typed, wide digits of a Chinese input method too (`０．５`); NaN where it is none. */
export function typed(text: string): number {
  const narrow = text.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
  return narrow.trim() === '' ? NaN : Number(narrow)
}

/** A reading with the decimals its parameter is reported with; unknown parameters keep three significant figures. */
export function reading(value: number | null | undefined, parameter: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '—'
  const decimals = DECIMALS[parameter]
  return decimals === undefined ? significant(value, 3) : value.toFixed(decimals)
}

export function significant(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '—'
  if (value === 0) return '0'
  const rounded = Number(value.toPrecision(digits))
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded))))
  return rounded.toFixed(Math.min(decimals, 12))
}

/** Whole numbers with a thin space between thousands. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return '—'
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f')
}

/** A probability in whole per cent; what rounds to nothing or to everything is written as a bound, never as 0 or 100. */
export function percent(share: number): string {
  if (share <= 0) return '0\u202f%'
  if (share < 0.005) return '<\u202f1\u202f%'
  if (share > 0.995 && share < 1) return '>\u202f99\u202f%'
  return `${Math.round(share * 100)}\u202f%`
}

/** A measured share in per cent with one decimal; nothing is rounded to a bound, as a probability is. */
export function share(value: number | null | undefined): string {
  return value === null || value === undefined ? '—' : `${(100 * value).toFixed(1)}\u202f%`
}

/** The unit as it is printed: `mg/L` and `m³/s` with real superscripts, nothing for a dimensionless quantity. */
export function unit(text: string | undefined): string {
  if (!text || text === '-' || text === '1') return ''
  return text.replace(/m3/g, 'm³').replace(/km2/g, 'km²').replace(/m2/g, 'm²').replace(/^degC$/, '°C')
}

/** Metres in the field's habit: metres below one kilometre, else kilometres with one decimal. */
export function distance(metres: number | null | undefined): string {
  if (metres === null || metres === undefined) return '—'
  return metres < 1000 ? `${Math.round(metres)}\u202fm` : `${(metres / 1000).toFixed(1)}\u202fkm`
}

export function fileSize(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))}\u202fkB`
  return `${(bytes / 1024 / 1024).toFixed(1)}\u202fMB`
}
