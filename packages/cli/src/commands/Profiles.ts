/** The work of `profiles`. */

import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { GivenTo } from "../grammar/Command.ts"
import type { commands } from "../grammar/Grammar.ts"
import type { Kept, Target } from "../kept/Kept.ts"
import * as KeptStore from "../kept/KeptStore.ts"
import { recordKey } from "../profile/Place.ts"
import * as Profile from "../profile/Profile.ts"
import * as ProfileFile from "../profile/ProfileFile.ts"
import * as Printable from "../shell/Printable.ts"
import * as Login from "./Login.ts"
import * as Logout from "./Logout.ts"
import * as Status from "./Status.ts"

/** A damaged profile has no name for what is kept, so only its file can go. */
const remove = (kept: Kept) =>
  Effect.gen(function* () {
    const { directory, name } = kept
    const profile = yield* Effect.orElseSucceed(
      ProfileFile.attempt(() => Profile.read(directory, name)),
      () => undefined,
    )
    if (profile !== undefined) {
      const store = yield* KeptStore.open(directory)
      yield* Logout.signOut({ ...kept, profile }, store)
      yield* KeptStore.ifNotLost(store.end(recordKey(profile)))
    }
    yield* ProfileFile.attempt(() => Profile.remove(directory, name))
  }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))

/**
 * @category running
 */
export const run = Effect.fnUntraced(function* (
  given: GivenTo<typeof commands.profiles>,
  target: Exclude<Target, { readonly of: "provider" }>,
) {
  if (target.of === "all") return yield* Status.print(given, target)
  const { directory, name } = target
  let told: { readonly notice?: string | null } = {}
  switch (given.argument) {
    case "add":
      told = { notice: yield* Login.add(given, target) }
      break
    case "remove":
      yield* remove(target)
      break
    default:
      yield* ProfileFile.attempt(() => Profile.chooseDefault(directory, name))
  }
  const done = { add: "added", remove: "removed", default: "is the default profile now", list: "" }
  const action = given.argument ?? "list"
  yield* Console.log(
    given.json === true
      ? Printable.json({ profile: name, done: action, ...told })
      : Printable.line(`${name}: ${done[action]}${action === "add" ? `. Now: pbx-auth login --profile ${name}` : ""}`),
  )
})
