/** Why a provider refuses: the typed reason, and where the session stands afterwards. Over real HTTP. */
import { assert, describe, it } from "@effect/vitest"
import type { Reason } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Driver } from "../src/engine/Driver.ts"
import { harness, passcode, people, reaches, reasonOf, scopes, subjectOf, wrongPasscode } from "./Harness.ts"

type Stage = Effect.Success<ReturnType<typeof harness>>
type Account = Stage["accounts"]

const wrong = { ...people.officeManager, password: Redacted.make("wrong") }
const wrongClient = { id: "your-client-id", secret: "wrong" }

/** What is refused, to which account, for which reason, and where that leads. */
interface Case {
  readonly name: string
  readonly configured: (accounts: Account) => Configured<Capability>
  readonly refused: (
    driver: Driver,
    stage: Stage,
  ) => Effect.Effect<unknown, import("@pbx-auth/providers/AuthError").AuthError>
  readonly reason: Reason["_tag"]
  readonly path: string
}

const renewal = (driver: Driver, { clock, emulator }: Stage) =>
  Effect.gen(function* () {
    yield* driver.signIn(people.officeManager)
    yield* emulator.killRefreshTokens
    yield* clock.adjust(3_585_000)
    return yield* driver.bearer
  })

const netsapiens: ReadonlyArray<Case> = [
  {
    name: "a wrong password",
    configured: ({ skyswitch }) => skyswitch(),
    refused: (driver) => driver.signIn(wrong),
    reason: "BadCredentials",
    path: "unauthenticated.idle",
  },
  {
    name: "a dead refresh token",
    configured: ({ skyswitch }) => skyswitch(),
    refused: renewal,
    reason: "RenewalRefused",
    path: "expiring.waiting",
  },
  {
    name: "a wrong passcode",
    configured: ({ skyswitch }) => skyswitch(),
    refused: (driver) => Effect.andThen(driver.signIn(people.withFactor), driver.submitPasscode(wrongPasscode)),
    reason: "BadPasscode",
    path: "mfa_required.awaiting_passcode",
  },
  {
    name: "an unknown mask_uid",
    configured: ({ skyswitch }) => skyswitch(),
    refused: (driver) => Effect.andThen(driver.signIn(people.reseller), driver.startActing("9999@nowhere.1.service")),
    reason: "NotAllowed",
    path: "authenticated",
  },
  {
    name: "acting for somebody above",
    configured: ({ skyswitch }) => skyswitch(),
    refused: (driver) => Effect.andThen(driver.signIn(people.basicUser), driver.child("1000@acmecorp.12345.service")),
    reason: "NotAllowed",
    path: "authenticated",
  },
]

const others: ReadonlyArray<Case> = [
  {
    name: "SkySwitch: a wrong client",
    configured: ({ skyswitch }) => skyswitch({ client: wrongClient }),
    refused: (driver) => driver.signIn(people.officeManager),
    reason: "ClientRefused",
    path: "unauthenticated.idle",
  },
  {
    name: "Landstar: a wrong password",
    configured: ({ landstar }) => landstar(),
    refused: (driver) => driver.signIn(wrong),
    reason: "BadCredentials",
    path: "unauthenticated.idle",
  },
  {
    name: "Landstar: a wrong client",
    configured: ({ landstar }) => landstar({ client: wrongClient }),
    refused: (driver) => driver.signIn(people.officeManager),
    reason: "ClientRefused",
    path: "unauthenticated.idle",
  },
  {
    name: "Landstar: a dead refresh token",
    configured: ({ landstar }) => landstar(),
    refused: renewal,
    reason: "RenewalRefused",
    path: "expiring.waiting",
  },
  {
    name: "IPEX: a wrong password",
    configured: ({ ipex }) => ipex(),
    refused: (driver) => driver.signIn(wrong),
    reason: "BadCredentials",
    path: "unauthenticated.idle",
  },
  {
    name: "IPEX: a wrong client",
    configured: ({ ipex }) => ipex({ client: { id: "nobody" } }),
    refused: (driver) => driver.signIn(people.ipex),
    reason: "ClientRefused",
    path: "unauthenticated.idle",
  },
  {
    name: "IPEX: a dead refresh token",
    configured: ({ ipex }) => ipex(),
    refused: (driver, { clock, emulator }) =>
      Effect.gen(function* () {
        yield* driver.signIn(people.ipex)
        yield* emulator.killRefreshTokens
        yield* clock.adjust(2_985_000)
        return yield* driver.bearer
      }),
    reason: "RenewalRefused",
    path: "expiring.waiting",
  },
  {
    name: "IPEX: no impersonation right",
    configured: ({ ipex }) => ipex(),
    refused: (driver) =>
      Effect.andThen(driver.signIn(people.ipexWithoutRight), driver.startActing(people.ipex.username)),
    reason: "NotAllowed",
    path: "authenticated",
  },
  {
    name: "IPEX: an unknown user",
    configured: ({ ipex }) => ipex(),
    refused: (driver) => Effect.andThen(driver.signIn(people.ipex), driver.startActing("nobody@example.test")),
    reason: "NotAllowed",
    path: "authenticated",
  },
  {
    name: "Sangoma CX: a wrong client",
    configured: ({ sangoma }) => sangoma({ client: { id: "sangoma-client-id", secret: "wrong" } }),
    refused: (driver) => driver.bearer,
    reason: "ClientRefused",
    path: "unauthenticated.idle",
  },
  {
    name: "Sangoma CX: a scope that it may not have",
    configured: ({ sangoma }) => sangoma({ scopes: [...scopes, "cx.other"] }),
    refused: (driver) => driver.bearer,
    reason: "Misconfigured",
    path: "unauthenticated.idle",
  },
]

/** Runs a case, and gives what came of it. */
const outcomeOf = Effect.fnUntraced(function* (one: Case, world: unknown) {
  const stage = yield* harness({ wire: "http", world })
  const driver = yield* stage.drive(one.configured(stage.accounts))
  const error = yield* Effect.flip(one.refused(driver, stage))
  return { driver, error, stage, view: driver.view }
})

const refused = (one: Case, world: unknown) =>
  Effect.gen(function* () {
    const { error, view } = yield* outcomeOf(one, world)
    assert.strictEqual(error.reason._tag, one.reason)
    assert.strictEqual(view.path, one.path)
    if (view.state !== "authenticated") assert.strictEqual(view.refusal?.code, one.reason)
  })

const refusedAtLast = (one: Case, world: unknown) =>
  Effect.gen(function* () {
    const { driver, error, stage } = yield* outcomeOf(one, world)
    assert.deepInclude(error.reason, { _tag: "Unavailable", garbled: true })
    yield* stage.clock.adjust("3 seconds")
    const { refusal } = yield* reaches(driver, ({ path, retryAt }) => path === one.path && retryAt === null)
    assert.strictEqual(refusal?.code, one.reason)
  })

describe("each provider's own way of refusing", () => {
  for (const one of [...netsapiens, ...others]) it.live(one.name, () => refused(one, {}))
})

describe("NetSapiens in every way that is seen in the field", () => {
  /** Each status and each body once. The others are in the matrix. */
  const few = ["400 html", "400 code_message", "401 text", "401 error", "403 empty", "403 code_msg"]
  for (const status of [400, 401, 403] as const) {
    for (const body of ["error", "code_message", "code_msg", "text", "html", "empty"] as const) {
      for (const one of netsapiens) {
        it.live(
          `${one.name}, as ${status} ${body}`,
          () =>
            Effect.gen(function* () {
              const isPage = body === "html" && (status !== 400 || one.reason !== "NotAllowed")
              const isMute = body === "empty" && status !== 400 && one.reason !== "NotAllowed"
              // The vendor's own sentence is known; any other text may be a gateway's.
              const isForeign = body === "text" && status !== 400 && one.reason !== "BadCredentials"
              const isDoubted = one.reason === "RenewalRefused" && (body === "text" || body === "empty")
              const style = { netsapiens: { refusal: { status, body } } }
              if (!isPage && !isMute && !isForeign) {
                // A 400 that says nothing about the refresh token decides nothing about it until it comes again.
                return yield* isDoubted ? refusedAtLast(one, style) : refused(one, style)
              }
              // An answer outside the vendor's grammar comes from an intermediary: wait, and never answer it with a sign-in.
              const { error, stage, view } = yield* outcomeOf(one, style)
              assert.strictEqual(error.reason._tag, "Throttled")
              if (one.reason === "NotAllowed") return
              assert.strictEqual(view.refusal?.remedy, "wait")
              assert.include(["unauthenticated.idle", "expiring.waiting", "mfa_required.awaiting_passcode"], view.path)
              const sent = (yield* stage.journal).length
              yield* stage.clock.adjust("9 minutes")
              assert.lengthOf(yield* stage.journal, sent)
            }),
          { tags: few.includes(`${status} ${body}`) ? [] : ["matrix"] },
        )
      }
    }
  }
})

describe("after a refusal", () => {
  it.live("the right password, passcode or subject still works", () =>
    Effect.gen(function* () {
      const { accounts, drive } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.skyswitch())
      yield* Effect.flip(driver.signIn(wrong))
      yield* driver.signIn(people.withFactor)
      yield* Effect.flip(driver.submitPasscode(wrongPasscode))
      yield* driver.submitPasscode(passcode)
      yield* Effect.flip(driver.startActing("nobody@nowhere.1.service"))
      const own = yield* driver.bearer
      assert.notStrictEqual(own.identity.uid, "nobody@nowhere.1.service")
      yield* driver.startActing(subjectOf.netsapiens)
      assert.strictEqual(driver.view.path, "masqueraded.live")
    }),
  )

  it.live("a call to sign in fails with its own refusal, though an older token still serves", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.officeManager)
      yield* emulator.killRefreshTokens
      yield* clock.adjust("57 minutes")
      yield* reaches(driver, "expiring.waiting")
      yield* driver.bearer
      assert.strictEqual(yield* reasonOf(driver.signIn(wrong)), "BadCredentials")
      yield* driver.bearer
      yield* driver.signIn(people.officeManager)
      assert.strictEqual(driver.view.path, "authenticated")
    }),
  )

  it.live("a refused password is not presented again by itself", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, journal } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.skyswitch({ credentials: wrong }))
      assert.strictEqual(yield* reasonOf(driver.bearer), "BadCredentials")
      yield* clock.adjust("1 day")
      assert.strictEqual(yield* reasonOf(driver.bearer), "BadCredentials")
      assert.lengthOf(yield* journal, 1)
    }),
  )

  it.live("what nobody could present is refused here", () =>
    Effect.gen(function* () {
      const { accounts, drive, journal } = yield* harness({ wire: "http" })
      const driver = yield* drive(accounts.skyswitch())
      assert.strictEqual(yield* reasonOf(driver.signIn()), "Misconfigured")
      assert.strictEqual(yield* reasonOf(driver.submitPasscode(Redacted.make(""))), "Misconfigured")
      assert.strictEqual(yield* reasonOf(driver.startActing(" ")), "Misconfigured")
      assert.strictEqual(yield* reasonOf(driver.child("")), "Misconfigured")
      assert.strictEqual(yield* reasonOf(driver.submitPasscode(passcode)), "SignedOut")
      assert.strictEqual(yield* reasonOf(driver.startActing(subjectOf.netsapiens)), "SignedOut")
      assert.lengthOf(yield* journal, 0)
    }),
  )
})
