/**
 * A static API key of NetSapiens as a session: ready at once, never renewed, never stored.
 *
 * Source: NetSapiens' own documents. A key has 60 characters: `nss_` (Super User), `nsr_` (Reseller), `nsd_` (Office Manager) or
 * `nsu_` (User), 48 characters and a checksum of 8, whose algorithm is not published and so is not checked. It does not expire,
 * and is presented as a bearer.
 */

import { type AuthError, fromReason, Misconfigured } from "@pbx-auth/providers/AuthError"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import type { Configured, Provider } from "@pbx-auth/providers/Provider"
import * as Secret from "@pbx-auth/providers/Secret"
import { issued } from "@pbx-auth/providers/Token"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Session from "./Session.ts"
import { SessionRuntime } from "./SessionRuntime.ts"
import * as TokenStore from "./TokenStore.ts"

/**
 * What a user writes.
 *
 * @category models
 */
export interface Options {
  /** The operator's host, origin, or origin with `/ns-api`: where the key may go. */
  readonly address: NetSapiens.Options["address"]
  /** The key as the platform issued it: `nss_`, `nsr_`, `nsd_` or `nsu_`, and 56 letters and digits. It is wrapped on entry. */
  readonly apiKey: string | Redacted.Redacted<string>
}

const scopes = { nss: "Super User", nsr: "Reseller", nsd: "Office Manager", nsu: "User" } as const

const keyFix = "Expected a key as it was issued: nss_, nsr_, nsd_ or nsu_ and 56 letters and digits."

const wrong = (fix: string) => fromReason(new Misconfigured({ provider: NetSapiens.provider.id, field: "apiKey", fix }))

/** It signs in with the key that it has. After an API rejected the key, there is no other. */
const provider = (): Provider<never> => ({
  ...NetSapiens.make({ capabilities: [] }),
  signsInWith: "client",
  renewal: { policy: "never" },
  renewsWith: "sign_in",
})

/** The access level that a key names; `undefined` for a text that is no key. */
const scopeOf = (key: unknown): string | undefined => {
  const kind = typeof key === "string" ? /^(ns[srdu])_[A-Za-z0-9]{56}$/.exec(key)?.[1] : undefined
  return kind === undefined ? undefined : scopes[kind as keyof typeof scopes]
}

/** Returns the key once. A caller that asks again had it rejected. */
const endpoint = (key: Redacted.Redacted<string>, scope: string): TokenEndpoint["Service"] => {
  let isGiven = false
  const tokens = {
    accessToken: key,
    refreshToken: undefined,
    tokenType: "Bearer",
    lifetime: Number.POSITIVE_INFINITY,
    refreshLifetime: undefined,
    scope,
    identity: {},
    details: {},
  }
  return {
    present: () =>
      Effect.suspend(() => {
        if (isGiven)
          return wrong("The API no longer takes this key. Create another one at the provider, and write it here.")
        isGiven = true
        return Effect.succeed(issued(tokens))
      }),
    inspect: () => wrong("API keys cannot be inspected."),
    revoke: () => Effect.void,
  }
}

/**
 * The parts of a session with a key: an account whose client is the key, and an endpoint that returns only the key.
 *
 * @category constructors
 * @internal
 */
export const configure = ({
  address,
  apiKey,
}: Options): Result.Result<
  { readonly configured: Configured<never>; readonly endpoint: TokenEndpoint["Service"] },
  AuthError
> => {
  const key = Secret.of(apiKey)
  const scope = key === undefined ? undefined : scopeOf(Redacted.value(key))
  if (key === undefined || scope === undefined) return Result.fail(wrong(Secret.fix(apiKey, keyFix)))
  // The address is checked like any other; a key's client is the key itself.
  return Result.map(NetSapiens.configure({ address, client: { id: "api-key" } }), ({ account }) => ({
    configured: { account: { ...account, provider: provider() }, credentials: undefined },
    endpoint: endpoint(key, scope),
  }))
}

/**
 * Opens the session of a key, for as long as the scope is open. It needs no HTTP client, because it sends nothing.
 *
 * A 401 of an API ends it: from then on it fails as `Misconfigured` with the remedy `configure`, because only another key can help.
 * Fails as `Misconfigured` if the text is no key, or the address is wrong.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Session.Session, AuthError, Scope.Scope> =>
  Effect.gen(function* () {
    const { configured, endpoint } = yield* Effect.fromResult(configure(options))
    const runtime = SessionRuntime.layer.pipe(
      Layer.provide(Layer.succeed(TokenEndpoint, endpoint)),
      // A runtime of its own: no other session may read the key, and there is nothing to share.
      Layer.provide(TokenStore.TokenStore.layerMemory),
    )
    return yield* Effect.provideContext(Session.make(configured), yield* Layer.build(Layer.fresh(runtime)))
  })

/**
 * Whether a text has the form of a key.
 *
 * @category guards
 */
export const isApiKey = (text: string): boolean => scopeOf(text) !== undefined
