/** The files of profiles, for the work of a command. `Profile` itself is loaded before Effect is. */

import * as Effect from "effect/Effect"
import * as Profile from "./Profile.ts"

/**
 * Reads or writes. What a file or its folder refuses is a `ProfileError`.
 *
 * @category constructors
 */
export const attempt = <A>(work: () => A): Effect.Effect<A, Profile.ProfileError> =>
  Effect.try({
    try: work,
    catch: (error) => {
      if (error instanceof Profile.ProfileError) return error
      throw error
    },
  })
