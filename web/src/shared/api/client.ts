/** One way to the server: JSON, session cookie, CSRF header, the language of the page, and errors that carry their cure. */

const BASE = '/api/v1'

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly cure: string,
    readonly field: string | null,
  ) {
    super(message)
    this.name = 'ApiError'
  }

  get isNetwork(): boolean {
    return this.status === 0
  }
}

type Query = Record<string, string | number | boolean | null | undefined>

interface Hooks {
  language: () => string
  onUnauthenticated: () => void
}
const hooks: Hooks = { language: () => 'zh', onUnauthenticated: () => undefined }

/** Tell the client which language to ask for and what to do when the session has ended. */
export function configureClient(given: Partial<Hooks>): void {
  Object.assign(hooks, given)
}

export function cookie(name: string): string {
  const found = document.cookie.split('; ').find((part) => part.startsWith(`${name}=`))
  return found ? decodeURIComponent(found.slice(name.length + 1)) : ''
}

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value))
  }
  const text = search.toString()
  return text ? `${path}?${text}` : path
}

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null)
  const given = (body && typeof body === 'object' ? body : {}) as Record<string, unknown>
  const text = (key: string): string => (typeof given[key] === 'string' ? (given[key] as string) : '')
  return new ApiError(
    response.status,
    text('code') || `http_${response.status}`,
    text('message') || text('detail'),
    text('cure'),
    text('field') || null,
  )
}

async function ask(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (!headers.has('Accept')) headers.set('Accept', 'application/json')
  headers.set('Accept-Language', hooks.language())
  if (method !== 'GET') headers.set('X-CSRFToken', cookie('csrftoken'))
  let response: Response
  try {
    response = await fetch(BASE + path, { ...init, method, headers, credentials: 'same-origin' })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, 'network', '', '', null)
  }
  if (!response.ok) {
    const error = await errorOf(response)
    if (response.status === 401 && path !== '/session') hooks.onUnauthenticated()
    throw error
  }
  return response
}

async function request<Body>(method: string, path: string, init: RequestInit = {}): Promise<Body> {
  const response = await ask(method, path, init)
  if (response.status === 204) return undefined as Body
  try {
    return (await response.json()) as Body
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, 'network', '', '', null)
  }
}

export function get<Body>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Body> {
  return request<Body>('GET', withQuery(path, query), signal ? { signal } : {})
}

const keyName = (path: string): string => `riverchief.unanswered:${path}`

/**
 * POST JSON. What is sent keeps its key until the server has answered, also over a reload of the page: whoever clicks
 * twice, or sends again because the answer was lost, is counted once. Errors of a server that is down are no answer.
 */
export async function post<Body>(path: string, body: unknown = {}): Promise<Body> {
  const name = keyName(path)
  const key = sessionStorage.getItem(name) ?? crypto.randomUUID()
  sessionStorage.setItem(name, key)
  const answered = (): void => {
    if (sessionStorage.getItem(name) === key) sessionStorage.removeItem(name)
  }
  try {
    const answer = await request<Body>('POST', path, {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    })
    answered()
    return answer
  } catch (cause) {
    if (cause instanceof ApiError && !cause.isNetwork && cause.status < 500) answered()
    throw cause
  }
}

/** POST a file: the server knows it by its content, so sending it twice does no harm. */
export function postForm<Body>(path: string, form: FormData): Promise<Body> {
  return request<Body>('POST', path, { body: form })
}

export function remove(path: string): Promise<void> {
  return request<void>('DELETE', path)
}

/** Fetch a file and hand it to the browser under the name the server gave it; a refusal is an error like any other. */
export async function download(path: string): Promise<void> {
  const response = await ask('GET', path, { headers: { Accept: '*/*' } })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? 'download'
  link.click()
  URL.revokeObjectURL(link.href)
}
