/** A vendor, or a cache before it, answers acting with a token that is not the subject's. */
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Notes } from "../Finding.ts"
import type { Lab } from "../Lab.ts"
import type { Opened } from "../Stage.ts"
import * as Stage from "../Stage.ts"
import { ipex, skyswitch, subjects, type Vendor } from "../Vendor.ts"

const foreign = "51fdab21ca330f6b0c88b2a98ec8932f"

const claims = (fields: object) =>
  ["eyJhbGciOiJSUzI1NiJ9", Buffer.from(JSON.stringify(fields)).toString("base64url"), "c2lnbmF0dXJl"].join(".")

const by = (uid: string) => ({ access_token: foreign, uid })

interface Impostor {
  readonly name: string
  readonly vendor: Vendor
  /** The answer, by the account's own token. */
  readonly reply: (own: string) => object
}

const impostors: ReadonlyArray<Impostor> = [
  { vendor: skyswitch, name: "the account's own token", reply: (own) => ({ access_token: own }) },
  { vendor: skyswitch, name: "one that names the account", reply: () => by("1000@acmecorp.12345.service") },
  { vendor: skyswitch, name: "one that names another extension", reply: () => by("1002@acmecorp.12345.service") },
  { vendor: skyswitch, name: "one that names another domain", reply: () => by("1001@othercorp.12345.service") },
  { vendor: ipex, name: "the account's own token", reply: (own) => ({ access_token: own }) },
  {
    vendor: ipex,
    name: "one that names the account",
    reply: () => ({ access_token: claims({ email: "api-user@example.test" }) }),
  },
]

const ways: Readonly<Record<string, (session: Opened, subject: string) => Effect.Effect<unknown, AuthError, never>>> = {
  child: (session, subject) => Effect.scoped(Effect.flatMap(session.actAs(subject), ({ bearer }) => bearer)),
  "in place": (session, subject) => Effect.andThen(session.startActing(subject), session.bearer),
}

/** How many of them were handed out; what is wrong is recorded. */
export const handedOut = (
  lab: Lab,
  notes: Notes,
): Effect.Effect<{ readonly replies: number; readonly taken: number }> =>
  Effect.gen(function* () {
    let replies = 0
    let taken = 0
    for (const { name, reply, vendor } of impostors) {
      for (const [way, act] of Object.entries(ways)) {
        const seen = yield* Stage.timed(lab, { wire: "socket" }, (stage) =>
          Effect.gen(function* () {
            const session = yield* stage.signedInBy(vendor)
            const own = yield* session.accessToken
            const body = JSON.stringify({ expires_in: 3600, token_type: "Bearer", ...reply(Redacted.value(own)) })
            yield* stage.arm({ fault: { _tag: "reply", body } })
            const came = yield* Effect.result(act(session, vendor === ipex ? subjects.ipex : subjects.netsapiens))
            yield* stage.time.settle
            const isOwnGood = yield* stage.isGood(vendor, own)
            return { isTaken: came._tag === "Success", isOwnGood }
          }),
        )
        replies++
        if (seen.isTaken) taken++
        notes.must(`${vendor.name}, ${way}: ${name} is not handed out`, !seen.isTaken)
        notes.must(`${vendor.name}, ${way}: ${name} leaves the account's own in force`, seen.isOwnGood)
      }
    }
    return { replies, taken }
  })
