/** A user signs out while something is under way. */
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Scope } from "effect/Scope"
import { Notes } from "../Finding.ts"
import { scaled } from "../Lab.ts"
import type { Row } from "../Row.ts"
import type { Opened } from "../Stage.ts"
import * as Stage from "../Stage.ts"
import { ipex, passcode, sangomaCx, skyswitch, subjects, unattended, type Vendor, withFactor } from "../Vendor.ts"

interface UnderWay {
  readonly name: string
  readonly vendor: Vendor
  /** Makes a session, and what is to be under way. */
  readonly begin: (
    stage: Stage.TimedStage,
  ) => Effect.Effect<readonly [session: Opened, act: Effect.Effect<unknown, AuthError>], AuthError, Scope>
}

const renewal = (vendor: Vendor, isAttended: boolean): UnderWay => ({
  name: `a renewal, ${isAttended ? "a person's session" : "unattended"}, ${vendor.name}`,
  vendor,
  begin: (stage) =>
    Effect.gen(function* () {
      const session = yield* isAttended ? stage.signedInBy(vendor) : stage.signedIn(vendor)
      const { generation } = yield* session.bearer
      return [session, Effect.andThen(session.reject(generation), session.bearer)] as const
    }),
})

const signIn = (vendor: Vendor): UnderWay => ({
  name: `a sign-in, ${vendor.name}`,
  vendor,
  begin: (stage) =>
    Effect.map(
      stage.open(unattended(vendor, stage.origin)),
      (session) => [session, session.signIn(vendor.person)] as const,
    ),
})

const situations: ReadonlyArray<UnderWay> = [
  renewal(skyswitch, true),
  renewal(skyswitch, false),
  renewal(ipex, true),
  renewal(sangomaCx, false),
  signIn(skyswitch),
  signIn(ipex),
  signIn(sangomaCx),
  {
    name: "a passcode, SkySwitch",
    vendor: skyswitch,
    begin: (stage) =>
      Effect.gen(function* () {
        const session = yield* stage.open(skyswitch.configure(stage.origin))
        yield* session.signIn(withFactor)
        return [session, session.submitPasscode(passcode)] as const
      }),
  },
  {
    name: "an act of acting, SkySwitch",
    vendor: skyswitch,
    begin: (stage) =>
      Effect.map(
        stage.signedInBy(skyswitch),
        (session) => [session, session.startActing(subjects.netsapiens)] as const,
      ),
  },
]

const turns = (count: number) =>
  Effect.promise(async () => {
    for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
  })

const tokensIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/"access_token":"([^"]+)"/g)].map(([, token = ""]) => token)

export const signedOut: Row = {
  id: "R16",
  fault: "sign-out while a renewal is in flight",
  bar: "never resurrected",
  others: "fixed in one",
  means:
    "A sign-out comes at every turn of the event loop of a renewal, a sign-in, a passcode and a request to act, and also while the vendor holds its answer back. Afterwards nobody is signed in, nothing is stored, and no token is left that the vendor could revoke.",
  run: (lab) =>
    Effect.gen(function* () {
      const notes = new Notes(lab)
      const moments = scaled(lab, { short: 24, full: 60 })
      const every = scaled(lab, { smoke: 8, short: 1, full: 1 })
      let resurrected = 0
      let stored = 0
      let alive = 0
      let signOuts = 0
      for (const { begin, name, vendor } of situations) {
        for (let moment = 0; moment <= moments; moment += every) {
          const given = new Set<string>()
          const onReply = (text: string) => {
            for (const token of tokensIn(text)) given.add(token)
          }
          const seen = yield* Stage.timed(lab, { wire: "process", onReply }, (stage) =>
            Effect.gen(function* () {
              const [session, act] = yield* begin(stage)
              // The last moment of all: the vendor has acted, and its answer comes when everything is over.
              const held = moment === moments ? yield* stage.emulator.hold : undefined
              yield* Effect.forkChild(Effect.exit(act), { startImmediately: true })
              yield* turns(held === undefined ? moment : 100)
              const leaving = yield* Effect.forkChild(session.signOut, { startImmediately: true })
              yield* turns(2)
              const isOut = (yield* session.view).path === "unauthenticated.idle"
              if (held !== undefined) yield* held.release
              yield* stage.time.advance(120_000)
              yield* Effect.sync(() => leaving.interruptUnsafe())
              const token = yield* Effect.result(session.accessToken)
              const view = yield* session.view
              const good = yield* Effect.forEach(given, (text) => stage.isGood(vendor, Redacted.make(text)))
              return {
                isOut,
                isBack: token._tag === "Success" || view.path !== "unauthenticated.idle",
                isTyped: token._tag === "Failure" && token.failure.reason._tag === "SignedOut",
                kept: stage.records().filter(({ tokens }) => tokens !== undefined).length,
                good: good.filter(Boolean).length,
              }
            }),
          )
          signOuts++
          notes.must(`${name}: signed out at once`, seen.isOut)
          notes.must(`${name}: whoever asks is told SignedOut`, seen.isTyped)
          if (seen.isBack) resurrected++
          if (seen.kept > 0) stored++
          // Only SkySwitch can revoke a token.
          if (vendor === skyswitch && seen.good > 0) alive++
          notes.must(`${name}: never resurrected`, !seen.isBack)
          notes.must(`${name}: nothing is stored`, seen.kept === 0)
          notes.must(`${name}: no token is left behind at the vendor`, vendor !== skyswitch || seen.good === 0)
        }
      }
      return notes
        .count("sessions resurrected", resurrected)
        .count("records left", stored)
        .count("tokens left at a vendor that can revoke", alive)
        .measure("sign-outs", signOuts).finding
    }),
}
