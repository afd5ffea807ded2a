/**
 * What a session on a server needs of a browser's page, and how it asks the server. This package knows no DOM, so it says what it uses.
 */

/**
 * What this module needs of a page; `window` fits. It is passed in, so this module runs in a test and in a worker too.
 *
 * @category models
 */
export interface RemoteWindow {
  /** Opens the stream of server-sent events. `readyState` 2 means that it will not try again by itself. */
  readonly EventSource: new (
    url: string,
  ) => {
    readonly readyState: number
    addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void
    close(): void
  }
  /** Sends a request. Only `ok`, `status` and `json()` of the answer are read. */
  fetch(
    url: string,
    init: RemoteRequest,
  ): Promise<{
    readonly ok: boolean
    readonly status: number
    json(): Promise<unknown>
  }>
  /** Runs something once, `millis` ms later. What it returns goes to `clearTimeout`. */
  setTimeout(run: () => void, millis: number): unknown
  /** Optional: without it a timer that is over still fires, and changes nothing. */
  clearTimeout?(timer: unknown): void
  /** Optional: without it a request that is over still ends by itself, and changes nothing. */
  readonly AbortController?: (new () => { readonly signal: unknown; abort(): void }) | undefined
  /** The page's clock. */
  readonly Date: {
    /** The time in epoch ms. */
    now(): number
  }
}

/**
 * A request as this module sends it.
 *
 * @category models
 */
export interface RemoteRequest {
  /** `GET` for a snapshot, `POST` for an event, credentials or a passcode. */
  readonly method: "GET" | "POST"
  /** Names and values. A request with a body says that it is JSON. */
  readonly headers: Record<string, string>
  /** JSON as text. Absent with `GET`. */
  readonly body?: string
  /** The app's own cookie goes along, and to no other origin. */
  readonly credentials: "same-origin"
  /** A redirect is a failure: a password must not follow it. */
  readonly redirect: "error"
  /** Nothing of a session is kept by the browser's cache. */
  readonly cache: "no-store"
  /** Ends the request. Set if the page has an `AbortController`. */
  // biome-ignore lint/suspicious/noExplicitAny: an `AbortSignal`, which this package has no type of; its users have
  readonly signal?: any
}
