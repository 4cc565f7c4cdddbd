import type { ApiError } from './client'

const KINDS: Record<number, string> = { 0: 'network', 403: 'forbidden', 404: 'notFound', 409: 'conflict', 429: 'busy' }

/** Which of the words under `error` fit, for what the server has not said itself. */
export const errorKind = (error: ApiError): string => KINDS[error.status] ?? (error.status >= 500 ? 'server' : 'other')

/** What went wrong and what to do, in one line. */
export function errorText(error: ApiError, t: (key: string) => string): string {
  const kind = errorKind(error)
  return `${error.message || t(`error.${kind}`)} ${error.cure || t(`error.${kind}Cure`)}`
}

/** What the server says of one field, where its refusal is about that one. */
export function errorAt(error: ApiError | null, field: string): string {
  return error?.field === field ? [error.message, error.cure].filter(Boolean).join(' ') : ''
}
