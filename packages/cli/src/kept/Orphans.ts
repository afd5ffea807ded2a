/**
 * What is kept of no profile: a login was killed before it wrote the profile, or the file of a profile was lost. Nobody would ever
 * look at these tokens again, and a refresh token may live for ever.
 */

import { statSync } from "node:fs"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { cellFolder } from "../profile/Place.ts"
import * as Profile from "../profile/Profile.ts"
import * as KeptStore from "./KeptStore.ts"

/** A login may still be at work on what is younger, in ms. */
const AGE = 86_400_000

/** The cells of a profile have its random id in their names. Names by a fingerprint, as those of an app, are left alone. */
const CELL =
  /^(?:record\.(?<key>[a-z\d-]+-)|client-secret\.|secret-options\.)(?<id>[\da-f]{12}4[\da-f]{3}[89ab][\da-f]{15})(?<acting>-as-.+)?$/s

/** The ids of all profiles. Throws if one cannot be read: its id is not known. */
const idsOf = (directory: string): ReadonlySet<string | undefined> =>
  new Set(Profile.list(directory).map((name) => Profile.read(directory, name)?.id))

/**
 * Removes client secrets and secret options, and puts the note of a sign-out in the place of records, where no profile has had their id
 * for a day. Removes old notes of sign-outs, too. If a profile is damaged, nothing is swept. What fails is left for the next time.
 *
 * @category running
 */
export const sweep = (directory: string, store: KeptStore.KeptStore): Effect.Effect<void> =>
  Effect.gen(function* () {
    // Names first: a login writes its profile after its cells.
    const names = yield* store.names
    const ids = yield* Effect.try({ try: () => idsOf(directory), catch: (error) => error })
    const before = (yield* Clock.currentTimeMillis) - AGE
    for (const name of names) {
      const { acting, id, key } = CELL.exec(name)?.groups ?? {}
      if (id === undefined || ids.has(id)) continue
      const isOld = yield* Effect.try({
        try: () => statSync(cellFolder(directory, name)).mtimeMs < before,
        catch: (error) => error,
      })
      if (!isOld) continue
      yield* KeptStore.ifNotLost(
        key === undefined
          ? store.forgetSecrets(id)
          : acting === undefined
            ? store.end(key + id)
            : store.forget(key + id + acting),
      )
    }
    yield* store.sweep
  }).pipe(Effect.ignore)
