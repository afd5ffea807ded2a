/** The work of `status`, and of `profiles list`: what is kept. It asks no provider. */

import { fromReason } from "@pbx-auth/providers/AuthError"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { GivenTo } from "../grammar/Command.ts"
import type { commands } from "../grammar/Grammar.ts"
import { type Kept, noProfiles, type Target } from "../kept/Kept.ts"
import * as KeptState from "../kept/KeptState.ts"
import * as KeptStore from "../kept/KeptStore.ts"
import * as SealingKey from "../kept/SealingKey.ts"
import { recordKey } from "../profile/Place.ts"
import * as Profile from "../profile/Profile.ts"
import * as ProfileFile from "../profile/ProfileFile.ts"
import * as ActedFor from "../session/ActedFor.ts"
import * as Printable from "../shell/Printable.ts"

/**
 * The state of one profile.
 *
 * @category getters
 */
export const stateOf = (store: KeptStore.KeptStore, name: string, profile: Profile.Profile) =>
  Effect.gen(function* () {
    const record = yield* store.tokens.read(recordKey(profile)).pipe(
      Effect.map((found) => (found === undefined ? undefined : (found.record ?? ("signed_out" as const)))),
      Effect.mapError(fromReason),
      Effect.catchIf(KeptStore.isLost, () => Effect.succeed("unreadable" as const)),
    )
    return yield* KeptState.of(name, profile, record, yield* ActedFor.records(store, profile))
  })

interface Readable {
  readonly name: string
  readonly profile: Profile.Profile
}

/** All profiles that can be read, and why the first other one cannot. */
const all = (directory: string) => {
  const chosen: Array<Readable> = []
  let damage: Profile.ProfileError | undefined
  for (const name of Profile.list(directory)) {
    try {
      const profile = Profile.read(directory, name)
      if (profile !== undefined) chosen.push({ name, profile })
    } catch (error) {
      if (!(error instanceof Profile.ProfileError)) throw error
      damage ??= error
    }
  }
  return { chosen, damage }
}

const only = ({ name, profile }: Kept): ReadonlyArray<Readable> => (profile === undefined ? [] : [{ name, profile }])

type States = ReadonlyArray<KeptState.KeptState>

const asJson = (directory: string, states: States, defaultName: string | undefined): string =>
  Printable.json({
    directory,
    key_source: SealingKey.sourceOf(directory),
    profiles: states.map((state) => ({ ...state, default: state.profile === defaultName })),
  })

const asText = (directory: string, states: States, defaultName: string | undefined): string => {
  const lines = states.flatMap((state) => [
    ...KeptState.inWords(state),
    ...(state.warning === null ? [] : [`  warning        ${state.warning}`]),
  ])
  return [
    ...(lines.length === 0 ? [noProfiles] : lines),
    ...(states.length > 1 && defaultName !== undefined ? [`default profile: ${defaultName}`] : []),
    `kept in ${directory}${SealingKey.sourceOf(directory) === "keyring" ? ", sealed by a key in the keyring" : ""}`,
  ]
    .map(Printable.line)
    .join("\n")
}

/**
 * Prints the states. Then it fails if a profile cannot be read: that holds up no other.
 *
 * @category running
 */
export const print = Effect.fnUntraced(function* (
  given: Pick<GivenTo<typeof commands.status>, "json">,
  target: Exclude<Target, { readonly of: "provider" }>,
) {
  const { directory } = target
  const { chosen, damage } =
    target.of === "all" ? yield* ProfileFile.attempt(() => all(directory)) : { chosen: only(target), damage: undefined }
  const defaultName = Profile.defaultName(directory)
  const states =
    chosen.length === 0
      ? []
      : yield* Effect.flatMap(KeptStore.open(directory), (store) =>
          Effect.forEach(chosen, ({ name, profile }) => stateOf(store, name, profile)),
        )
  if (damage !== undefined && states.length === 0) return yield* Effect.fail(damage)
  yield* Console.log(
    given.json === true ? asJson(directory, states, defaultName) : asText(directory, states, defaultName),
  )
  if (damage !== undefined) yield* Effect.fail(damage)
}, Effect.scoped)
