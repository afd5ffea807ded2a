/** A provider's value changes what names its records. */
import { defineProvider } from "@pbx-auth/providers/Definition"
import type { Account } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Notes } from "../Finding.ts"
import type { Row } from "../Row.ts"
import * as Stage from "../Stage.ts"
import { client, passcode, skyswitch, withFactor } from "../Vendor.ts"

const site = { title: "Site", doc: "One of the operator's sites." }
const { provider } = skyswitch.configure("https://127.0.0.1").account

const operator = {
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  dialect: provider.dialect,
  addresses: { prefix: "/ns-api" },
  clientAuthentication: "form",
  clientSecret: "required",
  signsInWith: "password",
  renewsWith: "refresh_token",
  rotation: "strict",
  defaultLifetime: 3_600_000,
  capabilities: ["passcode"],
} as const

/** The site does not identify yet. */
const earlier = defineProvider({ ...operator, options: { site: { ...site, identifies: false, default: "main" } } })

/** Now it does. What is stored is that of the main site. */
const later = defineProvider({
  ...operator,
  options: { site: { ...site, identifies: true } },
  formerAccounts: [
    (account): Account | undefined =>
      account.options?.site === "main" ? { ...account, identity: undefined } : undefined,
  ],
})

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
