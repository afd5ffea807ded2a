/**
 * A session whose record is not shared: nothing is stored, so the session need not agree with others on which of them presents.
 */

import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import { makeFingerprint, type TokenStore } from "../TokenStore.ts"
import { adopted } from "./Adoption.ts"
import type { Brought, ClaimOptions } from "./ClaimOptions.ts"
import type { Records } from "./RecordKeeping.ts"

/**
 * A store that keeps nothing. It still makes fingerprints, because a session's name is made of them.
 *
 * @category constructors
 */
export const store: Effect.Effect<TokenStore["Service"]> = /* @__PURE__ */ Effect.sync(() => ({
  read: () => Effect.succeed(undefined),
  replace: () => Effect.succeed(""),
  fingerprint: makeFingerprint(),
}))

/**
 * There are no records. A session can begin with a refresh token alone.
 *
 * @category constants
 */
export const records: Records = {
  find: ({ runtime }, _, refreshToken) => Effect.succeed(refreshToken && adopted(refreshToken, runtime.clock.now())),
  kept: () => {},
  remove: () => Effect.void,
  end: () => Effect.void,
}

/**
 * Presents as if under a claim, without competitors. A sign-in may be interrupted; a renewal may not.
 *
 * @category combinators
 */
export const claim = ({
  key,
  present,
  purpose,
  session,
  times,
  wanted,
}: ClaimOptions): Effect.Effect<Brought, AuthError> =>
  Effect.suspend(() => {
    const startedAt = session.runtime.clock.now()
    const presenting = present(undefined)
    return Effect.flatMap(
      purpose === "renewal" ? presenting : Effect.interruptible(presenting),
      (reply): Effect.Effect<Brought> => {
        if (reply._tag === "Challenged") {
          const { challenge } = reply
          return Effect.succeed({ _tag: "Challenged", challenge, until: startedAt + challenge.lifetime })
        }
        const { tokens } = reply
        const generation = wanted() ? (key === session.key ? session.stored : 0) + 1 : undefined
        return Effect.succeed({ _tag: "Issued", tokens, times: times(tokens, startedAt), generation })
      },
    )
  }).pipe(Effect.uninterruptible)
