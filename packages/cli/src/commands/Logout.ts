/** The work of `logout`, and of `profiles remove`: the tokens are revoked where the provider can, and the secrets are forgotten. */

import { fromReason } from "@pbx-auth/providers/AuthError"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Logger from "effect/Logger"
import type { GivenTo } from "../grammar/Command.ts"
import type { commands } from "../grammar/Grammar.ts"
import * as KeptStore from "../kept/KeptStore.ts"
import { recordKey } from "../profile/Place.ts"
import * as Profile from "../profile/Profile.ts"
import * as ProfileFile from "../profile/ProfileFile.ts"
import { choiceOf } from "../provider/ProviderChoice.ts"
import * as ActedFor from "../session/ActedFor.ts"
import * as ProfileSession from "../session/ProfileSession.ts"
import * as Printable from "../shell/Printable.ts"

/** What became of the tokens at the provider. */
type Revocation = "revoked" | "not_revoked" | "not_supported" | "nothing_to_revoke"

/** The session warns if the provider did not revoke. It may warn of other things, too: of an intent that was left behind, for one. */
const watchingWarnings = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  let warnings = 0
  const logger = Logger.make(({ message }) => {
    if (String(message).includes("did not revoke")) warnings += 1
  })
  return Effect.map(Effect.provide(effect, Logger.layer([logger])), () => warnings)
}

/** A record without tokens is what a command left that was refused or killed. One that cannot be read cannot be revoked either. */
const mayHaveTokens = (store: KeptStore.KeptStore, key: string) =>
  store.tokens.read(key).pipe(
    Effect.map((found) => found?.record?.tokens !== undefined),
    Effect.mapError(fromReason),
    Effect.catchIf(KeptStore.isLost, () => Effect.succeed(true)),
  )

/**
 * Signs out, also the users whom the profile acts for, and forgets the client secret and the secret options. A sign-out in the store wins
 * over everything, also over a provider that cannot be reached.
 *
 * @category running
 */
export const signOut = (kept: ProfileSession.Existing, store: KeptStore.KeptStore) =>
  Effect.gen(function* () {
    const { profile } = kept
    const key = recordKey(profile)
    const found = yield* store.tokens.read(key).pipe(
      Effect.mapError(fromReason),
      Effect.catchIf(KeptStore.isLost, () => Effect.succeed("lost" as const)),
    )
    if (found === "lost") return yield* abandon(kept, store)
    // Without its file nothing can be revoked, but all can be forgotten.
    const canRevoke = yield* Effect.match(choiceOf(profile.provider), {
      onSuccess: ({ provider }) => provider.capabilities.has("revoke"),
      onFailure: () => true,
    })
    const revoke = (record: string) =>
      ProfileSession.open(kept, store, undefined, record).pipe(
        Effect.flatMap(({ session }) => session.signOut),
        Effect.scoped,
        watchingWarnings,
        // What cannot be opened can be forgotten all the same.
        Effect.orElseSucceed(() => 1),
      )
    let revocation: Revocation = found?.record?.tokens === undefined ? "nothing_to_revoke" : "not_supported"
    let warnings = found?.record?.tokens !== undefined && canRevoke ? yield* revoke(key) : 0
    yield* store.end(key)
    // From now on nobody begins to act for a user.
    let others = 0
    for (const other of yield* ActedFor.all(store, profile)) {
      if (!canRevoke || !(yield* mayHaveTokens(store, other.key))) continue
      others += 1
      warnings += yield* revoke(other.key)
    }
    yield* ActedFor.forget(store, profile)
    if (canRevoke && (others > 0 || found?.record?.tokens !== undefined)) {
      revocation = warnings === 0 ? "revoked" : "not_revoked"
    }
    yield* store.forgetSecrets(profile.id)
    return revocation
  })

/** What cannot be opened cannot be revoked. From now on the profile is another one, and no session finds what is left. */
const abandon = ({ directory, name, profile }: ProfileSession.Existing, store: KeptStore.KeptStore) =>
  Effect.gen(function* () {
    yield* ProfileFile.attempt(() => Profile.write(directory, name, { ...profile, id: Profile.newId() }))
    yield* KeptStore.ifNotLost(store.forgetSecrets(profile.id))
    yield* ActedFor.forget(store, profile)
    return "not_revoked" as const
  })

const words: Readonly<Record<Revocation, string>> = {
  revoked: "signed out, and its tokens are revoked",
  not_revoked: "signed out here, but the provider did not revoke its tokens: they live until they end",
  not_supported: "signed out here; this provider describes no revocation, so its tokens live until they end",
  nothing_to_revoke: "signed out",
}

/**
 * @category running
 */
export const run = Effect.fnUntraced(
  function* (given: GivenTo<typeof commands.logout>, kept: ProfileSession.Existing) {
    const revocation = yield* signOut(kept, yield* KeptStore.open(kept.directory))
    yield* Console.log(
      given.json === true
        ? Printable.json({ profile: kept.name, revocation })
        : Printable.line(`${kept.name}: ${words[revocation]}`),
    )
  },
  Effect.scoped,
  Effect.provide(FetchHttpClient.layer),
)
