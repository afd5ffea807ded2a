/** A provider's value changes what names its records. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { before as earlier, after as later } from "../../../packages/session/test/SitedVendor.ts"
import { Notes } from "../Finding.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { client, passcode, skyswitch, withFactor } from "../Vendor.ts"

export const found: Row = {
  id: "R31",
  fault: "a new version of a provider's value, which names an account's record in another way",
  bar: "the record is found and moved: 0 second factors repeated, the refresh token shown once; another account does not get it",
  means:
    "A person signs in with a second factor. The process starts again with the new version, on the same store. It goes on with the tokens, and renews them.",
  run: (lab) =>
    Stage.timed(lab, { wire: "process", world: { netsapiens: { rotation: "strict" } } }, (stage) =>
      Effect.gen(function* () {
        const notes = new Notes(lab)
        const options = { address: stage.origin, client, credentials: withFactor }
        const token = yield* Effect.scoped(
          Effect.gen(function* () {
            const before = yield* stage.open(Result.getOrThrow(earlier.configure(options)))
            yield* before.signIn(withFactor)
            yield* before.submitPasscode(passcode)
            return Redacted.value(yield* before.accessToken)
          }),
        )
        yield* stage.reboot
        yield* stage.clear

        const other = yield* stage.open(Result.getOrThrow(later.configure({ ...options, site: "second" })))
        const { state } = yield* other.view
        notes.must("another account does not get it", state === "unauthenticated")
        const after = yield* stage.open(Result.getOrThrow(later.configure({ ...options, site: "main" })))
        const found = yield* Effect.exit(after.accessToken)
        const isFound = found._tag === "Success" && Redacted.value(found.value) === token
        notes.must("the moved record is found", isFound)
        yield* stage.time.advance(2 * skyswitch.life)
        yield* Effect.ignore(after.accessToken)
        const asked = (yield* stage.asked()).map(({ grant }) => grant)
        notes.must("0 second factors repeated", !asked.includes("password"))
        notes.must("each refresh token is shown once", !stage.wasDoubled() && asked.length > 0)
        return notes
          .count("records lost", isFound ? 0 : 1)
          .count("sign-ins", asked.filter((grant) => grant === "password").length).finding
      }),
    ),
}
