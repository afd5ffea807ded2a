/** Every reason of an error is reached by a session or its checks, and says in a sentence what to do. */
import { type AuthError, type Reason, StoreFailed } from "@pbx-auth/providers/AuthError"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Scope } from "effect/Scope"
import { describe, expect, it } from "vitest"
import * as Lab from "../src/Lab.ts"
import * as Stage from "../src/Stage.ts"
import { passcode, skyswitch, unattended, withFactor } from "../src/Vendor.ts"

type Tag = Reason["_tag"]

const wrong = Redacted.make("not-the-right-one")

/** How a session comes to each of them; the compiler says when one is missing. */
const ways: Readonly<Record<Tag, (stage: Stage.TimedStage) => Effect.Effect<AuthError, unknown, Scope>>> = {
  BadCredentials: (stage) =>
    Effect.gen(function* () {
      const session = yield* stage.open(skyswitch.configure(stage.origin))
      return yield* Effect.flip(session.signIn({ username: "1000@acmecorp", password: wrong }))
    }),
  BadPasscode: (stage) =>
    Effect.gen(function* () {
      const session = yield* stage.open(skyswitch.configure(stage.origin))
      yield* session.signIn(withFactor)
      return yield* Effect.flip(session.submitPasscode(wrong))
    }),
  ChallengeExpired: (stage) =>
    Effect.gen(function* () {
      const session = yield* stage.open(skyswitch.configure(stage.origin))
      yield* session.signIn(withFactor)
      // The vendor forgot it early.
      yield* stage.emulator.updateWorld((world) => ({ ...world, netsapiens: { ...world.netsapiens, accounts: [] } }))
      return yield* Effect.flip(session.submitPasscode(passcode))
    }),
  PasscodeRequired: (stage) =>
    Effect.gen(function* () {
      const session = yield* stage.open(skyswitch.configure(stage.origin))
      yield* session.signIn(withFactor)
      return yield* Effect.flip(session.accessToken)
    }),
  ClientRefused: (stage) =>
    Effect.gen(function* () {
      const session = yield* stage.open(
        skyswitch.configure(stage.origin, { client: { id: "nobody", secret: "knows-this-client" } }),
      )
      return yield* Effect.flip(session.signIn(skyswitch.person))
    }),
  Misconfigured: () =>
    Effect.flip(
      Effect.fromResult(SkySwitch.configure({ address: "http://pbx.example.test", client: { id: "", secret: "" } })),
    ),
  RenewalRefused: (stage) =>
    Effect.gen(function* () {
      const session = yield* stage.signedInBy(skyswitch)
      yield* stage.emulator.killRefreshTokens
      yield* session.reject((yield* session.bearer).generation)
      return yield* Effect.flip(stage.time.through(session.accessToken))
    }),
  SignedOut: (stage) =>
    Effect.flatMap(stage.open(skyswitch.configure(stage.origin)), (session) => Effect.flip(session.accessToken)),
  NotAllowed: (stage) =>
    Effect.gen(function* () {
      const session = yield* stage.open(skyswitch.configure(stage.origin))
      yield* session.signIn({ username: "1001@acmecorp", password: Redacted.make("basic-password") })
      return yield* Effect.flip(session.startActing("1000@acmecorp.12345.service"))
    }),
  Throttled: (stage) =>
    Effect.gen(function* () {
      yield* stage.arm({ fault: { _tag: "retry_after", seconds: 30 } })
      const session = yield* stage.open(skyswitch.configure(stage.origin))
      return yield* Effect.flip(session.signIn(skyswitch.person))
    }),
  Unavailable: (stage) =>
    Effect.gen(function* () {
      stage.cut()
      const session = yield* stage.open(skyswitch.configure(stage.origin))
      return yield* Effect.flip(session.signIn(skyswitch.person))
    }),
  Unreadable: (stage) =>
    Effect.gen(function* () {
      yield* stage.arm({ fault: { _tag: "empty_200" } })
      const session = yield* stage.open(skyswitch.configure(stage.origin))
      return yield* Effect.flip(session.signIn(skyswitch.person))
    }),
  OutcomeUnknown: (stage) =>
    Effect.gen(function* () {
      yield* stage.arm({ fault: { _tag: "drop_reply" } })
      const session = yield* stage.open(skyswitch.configure(stage.origin))
      return yield* Effect.flip(session.signIn(skyswitch.person))
    }),
  StoreFailed: (stage) =>
    Effect.gen(function* () {
      const read = () => Effect.fail(new StoreFailed({ remedy: "configure" }))
      const runtime = { ...stage.runtime(), store: { ...stage.store, read } }
      return yield* Effect.flip(
        Effect.provideService(stage.lab.open(unattended(skyswitch, stage.origin)), SessionRuntime, runtime),
      )
    }),
}

/** Words by which a reader of the sentence knows what to do. */
const words: Readonly<Record<AuthError["remedy"], RegExp>> = {
  sign_in: /sign in/i,
  passcode: /passcode/i,
  configure: /write|check|use |choose/i,
  ask_administrator: /administrator/i,
  wait: /wait/i,
  retry: /again/i,
  report: /report/i,
}

describe("a reason", () => {
  it.each(Object.entries(ways))("%s is reached, and says what to do", async (tag, way) => {
    const stage = { wire: "process" } as const
    const error = await Effect.runPromise(Stage.timed(Lab.make("short"), stage, (one) => Effect.orDie(way(one))))
    expect(error.reason._tag).toBe(tag)
    expect(error.message).toMatch(words[error.remedy])
    expect(error.message).toMatch(/^([A-Z]|127\.0\.0\.1:\d+ ).*\.$/)
    for (const secret of [passcode, wrong, skyswitch.person?.password]) {
      if (secret !== undefined) expect(JSON.stringify(error)).not.toContain(Redacted.value(secret))
    }
  })
})
