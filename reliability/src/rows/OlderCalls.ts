/** A user signs out while older calls wait. */
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Notes } from "../Finding.ts"
import type { Row } from "../Row.ts"
import type { Opened } from "../Stage.ts"
import * as Stage from "../Stage.ts"
import { ipex, sangomaCx, skyswitch, subjects, unattended, type Vendor, withFactor } from "../Vendor.ts"

type Call = (session: Opened, vendor: Vendor) => Effect.Effect<unknown, AuthError>

const subjectOf = (vendor: Vendor) => (vendor === ipex ? subjects.ipex : subjects.netsapiens)

const anyone: Readonly<Record<string, Call>> = {
  "the same sign-in": (session, vendor) => session.signIn(vendor.person),
  "a sign-in by itself": (session) => session.signIn(),
  "a token": (session) => session.accessToken,
}

const somebody: Readonly<Record<string, Call>> = {
  ...anyone,
  "another one's sign-in": (session) => session.signIn(withFactor),
  "acting in place": (session, vendor) => session.startActing(subjectOf(vendor)),
  "a child": (session, vendor) => Effect.scoped(session.actAs(subjectOf(vendor))),
}

const callsOf = (vendor: Vendor): Readonly<Record<string, Call>> =>
  vendor === sangomaCx
    ? anyone
    : vendor === skyswitch
      ? { ...somebody, "an inspection": (session) => session.inspect }
      : somebody

const turns = Effect.promise(async () => {
  for (let turn = 0; turn < 100; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
})

export const olderCalls: Row = {
  id: "R21",
  fault: "sign-out while older calls wait",
  bar: "0 signed in afterwards",
  means:
    "A sign-in is under way. Other sign-ins, a token, acting, a child and an inspection wait behind it, in a person's session and in one that may sign in by itself. Then somebody signs out. Each call must fail as SignedOut before the vendor answers. Nothing more may be sent, and nothing stored.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      let calls = 0
      let signedIn = 0
      let sent = 0
      let stored = 0
      for (const vendor of [skyswitch, ipex, sangomaCx]) {
        for (const isAttended of vendor === sangomaCx ? [false] : [true, false]) {
          for (const [name, call] of Object.entries(callsOf(vendor))) {
            const seen = yield* Stage.timed(lab, { wire: "process" }, (stage) =>
              Effect.gen(function* () {
                const configured = isAttended ? vendor.configure(stage.origin) : unattended(vendor, stage.origin)
                const session = yield* stage.open(configured)
                const held = yield* stage.emulator.hold
                const begin = <A>(effect: Effect.Effect<A, AuthError>) =>
                  Effect.forkChild(Effect.result(effect), { startImmediately: true })
                yield* begin(session.signIn(vendor.person))
                // The name of its record is made elsewhere, which takes a while.
                for (let look = 0; look < 100 && (yield* stage.asked()).length === 0; look++) yield* turns
                const waiting = [yield* begin(call(session, vendor)), yield* begin(call(session, vendor))]
                yield* turns
                const leaving = yield* Effect.forkChild(session.signOut, { startImmediately: true })
                yield* turns
                const early = waiting.map((fiber) => fiber.pollUnsafe() !== undefined)
                yield* held.release
                yield* stage.time.advance(120_000)
                const results = yield* Effect.forEach(waiting, (fiber) => Fiber.join(fiber))
                yield* Effect.sync(() => leaving.interruptUnsafe())
                return {
                  isEarly: early.every(Boolean),
                  isTold: results.every((one) => one._tag === "Failure" && one.failure.reason._tag === "SignedOut"),
                  isIn: (yield* session.view).path !== "unauthenticated.idle",
                  sent: (yield* stage.asked()).length - 1,
                  stored: stage.records().filter(({ tokens }) => tokens !== undefined).length,
                }
              }),
            )
            const who = `${vendor.name}, ${isAttended ? "a person's" : "unattended"}, ${name}`
            calls += 2
            if (seen.isIn) signedIn++
            sent += Math.max(0, seen.sent)
            stored += seen.stored
            notes.must(`${who}: 0 signed in afterwards`, !seen.isIn)
            notes.must(`${who}: told SignedOut`, seen.isTold)
            notes.must(`${who}: told before the vendor answers`, seen.isEarly)
            notes.must(`${who}: nothing more is sent`, seen.sent === 0)
            notes.must(`${who}: nothing is stored`, seen.stored === 0)
          }
        }
      }
      return notes
        .count("older calls", calls)
        .count("signed in afterwards", signedIn)
        .count("requests sent afterwards", sent)
        .count("records left", stored).finding
    }),
}
