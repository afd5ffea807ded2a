/**
 * Where a browser on this machine comes back to: a server on 127.0.0.1, on a port that the system chooses, open for one sign-in (RFC
 * 8252 §7.3 and §8.3).
 */

import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as AuthError from "@pbx-auth/providers/AuthError"
import type { Receiver } from "@pbx-auth/session/RedirectSignIn"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** The path of the redirect. Any other one is not found: a browser asks for an icon, too. */
const PATH = "/callback"

/** How long after the end an answer may still be on its way, in ms. */
const LINGER = 200

const page = (text: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>pbx-auth</title><p>${text}</p></html>`

const headers = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'",
  connection: "close",
}

interface Waiting {
  readonly accepts: (query: URLSearchParams) => boolean
  readonly came: (query: URLSearchParams) => void
}

/**
 * Listens until the scope closes. It takes one redirect: the one with the state of this sign-in. Any other request, from another page
 * or another program, gets 400 or 404, and the sign-in goes on waiting. Nothing of a request is repeated in an answer.
 *
 * @category constructors
 */
export const open: Effect.Effect<Receiver, AuthError.AuthError, Scope.Scope> = Effect.gen(function* () {
  let waiting: Waiting | undefined
  const server = createServer((request, response) => {
    const answer = (status: number, text: string) => response.writeHead(status, headers).end(page(text))
    const { port } = server.address() as AddressInfo
    const isHere = request.headers.host === `127.0.0.1:${port}`
    const url = URL.parse(request.url ?? "", "http://127.0.0.1")
    if (request.method !== "GET" || !isHere || url?.pathname !== PATH) return answer(404, "There is nothing here.")
    if (waiting?.accepts(url.searchParams) !== true) return answer(400, "No sign-in waits for this.")
    const { came } = waiting
    waiting = undefined
    // First the browser gets its answer: the process may end as soon as the sign-in does.
    response.once("close", () => came(url.searchParams))
    return answer(200, "You may close this window, and go back to the command.")
  })
  // A request is a line and a few headers.
  server.headersTimeout = server.requestTimeout = 5_000
  yield* Effect.acquireRelease(
    Effect.callback<void, AuthError.AuthError>((resume) => {
      server.once("error", () =>
        resume(
          AuthError.fromReason(
            new AuthError.Misconfigured({
              field: "redirect",
              fix: "No port can be opened on 127.0.0.1 here. Sign in with a device code instead.",
            }),
          ),
        ),
      )
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeIdleConnections()
        // An answer that is on its way goes out. Then all connections close: a browser opens some on which it asks nothing.
        setTimeout(() => server.closeAllConnections(), LINGER).unref()
      }),
  )
  const { port } = server.address() as AddressInfo
  return {
    redirectUri: `http://127.0.0.1:${port}${PATH}`,
    receive: (accepts: (query: URLSearchParams) => boolean) =>
      Effect.callback<URLSearchParams>((resume) => {
        waiting = { accepts, came: (query) => resume(Effect.succeed(query)) }
      }),
  }
})
