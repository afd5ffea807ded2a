/**
 * Signs a person in with a browser that comes back to this program (authorization code with PKCE: RFC 6749 §4.1, RFC 7636, RFC 8252).
 *
 * A receiver says where the browser comes back to, and waits for it. A command listens on this machine for it; on a server,
 * `RedirectSignIns` is the receiver.
 */

import * as AuthError from "@pbx-auth/providers/AuthError"
import { authorizationUrl, fieldOf, redirectRefusal } from "@pbx-auth/providers/AuthorizationRequest"
import * as Grant from "@pbx-auth/providers/Grant"
import type { Account } from "@pbx-auth/providers/Provider"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { waiting, way } from "./browser/BrowserPrompt.ts"
import type { Allowed, BrowserWay } from "./browser/BrowserWay.ts"
import { lifetimeRules } from "./browser/RedirectRules.ts"
import * as Validation from "./options/Validation.ts"
import * as Span from "./time/Span.ts"

/**
 * Where a browser comes back to.
 *
 * @category models
 */
export interface Receiver {
  /** As it is registered with the provider, or with any port on `127.0.0.1` (RFC 8252 §7.3). */
  readonly redirectUri: string
  /**
   * Waits for the request of the browser, and returns its query. A query that `accepts` refuses belongs to no sign-in of this program:
   * answer it with 400, and go on waiting. It compares the state in constant time. `state` is for a receiver of several sign-ins, to
   * find the right one.
   */
  readonly receive: (
    accepts: (query: URLSearchParams) => boolean,
    state: Redacted.Redacted<string>,
  ) => Effect.Effect<URLSearchParams>
}

/**
 * How long a person has.
 *
 * @category models
 */
export interface Options {
  /** In ms, or a span such as `"5 minutes"`. Default: ten minutes. */
  readonly lifetime?: Duration.Input | undefined
}

/** Ten minutes, in ms. */
const usualLifetime = 600_000

/**
 * The way in. Its prompt is the address that the browser opens. `open` makes the receiver for one sign-in, and may close it with the
 * scope.
 *
 * Each sign-in has a state and a PKCE verifier of its own (S256), made of 32 random bytes each. The redirect must bring that state, and,
 * where the provider declares one, its issuer (RFC 9207). The code is presented once.
 *
 * `signIn` fails as `ChallengeExpired` when the time is over, and as `NotAllowed` when the person or the provider refuses; both have
 * `atBrowser`. It fails as `Misconfigured` if `lifetime` is no span. An error that the browser brings is read by the provider's `refusals` for `AuthorizationCode` first, with the fields of
 * the query, and then by its `codes` and those of RFC 6749 §4.1.2.1.
 *
 * @category constructors
 */
export const redirectSignIn = (
  open: Effect.Effect<Receiver, AuthError.AuthError, Scope.Scope>,
  options: Options = {},
): BrowserWay =>
  way((signing, show) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { account, now, present } = signing
        yield* Validation.check("options", options, lifetimeRules)
        const until = now() + (Span.millis(options.lifetime) ?? usualLifetime)
        const { receive, redirectUri } = yield* open
        const [state, verifier] = [random(), random()]
        const codeChallenge = yield* challengeOf(verifier)
        const url = authorizationUrl(account, { redirectUri, state, codeChallenge })
        if (url === undefined) {
          const fix = `${account.provider.name} describes no page for a browser. Use another way to sign in.`
          return yield* AuthError.fromReason(
            new AuthError.Misconfigured({ provider: account.provider.id, field: "provider", fix }),
          )
        }
        yield* show({ kind: "redirect", until, url })
        const query = yield* waiting(
          signing,
          Effect.raceFirst(
            receive((query) => isSame(fieldOf(query, "state") ?? "", state), Redacted.make(state)),
            Effect.as(Effect.sleep(Math.max(0, until - now())), undefined),
          ),
        )
        const code = yield* codeIn(account, query)
        const startedAt = now()
        const reply = yield* present(Grant.authorizationCode(code, Redacted.make(verifier), redirectUri))
        return { startedAt, reply } satisfies Allowed
      }),
    ),
  )

/** 32 random bytes: 43 characters, the shortest verifier that RFC 7636 §4.1 allows, and its recommendation. */
const random = (): string => Base64Url.encode(crypto.getRandomValues(new Uint8Array(32)))

const challengeOf = (verifier: string): Effect.Effect<string> =>
  Effect.promise(async () =>
    Base64Url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)))),
  )

/**
 * Whether two texts are the same, without telling by the time where they differ.
 *
 * @category guards
 */
export const isSame = (a: string, b: string): boolean => {
  let differs = a.length ^ b.length
  for (let at = 0; at < b.length; at++) differs |= (a.charCodeAt(at) || 0) ^ b.charCodeAt(at)
  return differs === 0
}

/** The code of a redirect, or why there is none (RFC 6749 §4.1.2.1). None of its text gets into the error. */
const codeIn = (
  { provider }: Account,
  query: URLSearchParams | undefined,
): Effect.Effect<Redacted.Redacted<string>, AuthError.AuthError> => {
  const atBrowser = { provider: provider.id, atBrowser: true }
  if (query === undefined) return AuthError.fromReason(new AuthError.ChallengeExpired(atBrowser))
  const { issuer } = provider.dialect.authorization ?? {}
  const unreadable = AuthError.fromReason(new AuthError.Unreadable({ provider: provider.id }))
  if (issuer !== undefined && fieldOf(query, "iss") !== issuer) return unreadable
  const code = fieldOf(query, "code")
  if (query.has("error")) return Effect.flatMap(Clock.currentTimeMillis, (now) => redirectRefusal(provider, query, now))
  return code === undefined || code === "" ? unreadable : Effect.succeed(Redacted.make(code))
}
