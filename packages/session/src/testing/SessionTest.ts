/**
 * A session for the unit tests of an app: it hands out bearers that you make up, and sends nothing.
 *
 * @since 0.1.0
 */

import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { BearerSource } from "../Session.ts"

/**
 * What the session of a test hands out.
 *
 * @category models
 */
export interface Options {
  /**
   * The access token, or several: when the app rejects one (an API answered 401), the next one follows. The last one stays. Default:
   * `"test-access-token"`.
   */
  readonly accessToken?: string | ReadonlyArray<string> | undefined
  /** Where a bearer may go. Default: `https://pbx.example.test`. */
  readonly origin?: string | undefined
}

/** The members that hand out bearers. */
const hand = ({ accessToken = "test-access-token", origin = "https://pbx.example.test" }: Options) => {
  const tokens = [accessToken].flat().map((text) => Redacted.make(text))
  let at = 0
  const bearer = Effect.suspend(() => {
    const token = tokens[at]
    if (token === undefined) return Effect.die(new TypeError("SessionTest.layer: accessToken has no token."))
    const generation = at + 1
    return Effect.succeed({ token, tokenType: "Bearer", generation, expiresAt: null, scope: null, identity: {} })
  })
  return {
    origin,
    bearer,
    accessToken: Effect.map(bearer, ({ token }) => token),
    reject: (generation: number) =>
      Effect.sync(() => {
        if (generation === at + 1 && generation < tokens.length) at += 1
      }),
    confirm: () => Effect.void,
  } satisfies Partial<BearerSource>
}

/**
 * The layer of a provider's service, for tests. `accessToken`, `bearer`, `reject` and `confirm` work. Give any other member that your
 * app calls; one that you did not give dies as unimplemented when it is called.
 *
 * Each build of the layer begins with the first token.
 *
 * **Example** (A job that rejects a token)
 *
 * ```ts
 * const Test = SessionTest.layer(SkySwitch, { accessToken: ["first", "second"] }, { signOut: Effect.void })
 * ```
 *
 * @category testing
 */
export const layer = <I, S extends BearerSource>(
  service: Context.Key<I, S>,
  options: Options = {},
  members: Partial<S> = {},
): Layer.Layer<I> =>
  // `mock` handles the missing members.
  Layer.unwrap(Effect.sync(() => Layer.mock(service)({ ...hand(options), ...members } as Layer.PartialEffectful<S>)))
