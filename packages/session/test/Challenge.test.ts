/** A demand for a second factor comes as HTTP 200 with a token. It is no success. */
import { assert, describe, it } from "@effect/vitest"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { clear, harness, noting, passcode, people, reaches, reasonOf, wrongPasscode } from "./Harness.ts"

/** Keeps the tokens that a provider gave out, by reading its replies on their way. */
const listening = () => {
  const heard: Array<{ readonly access: string; readonly refresh: string; readonly isChallenge: boolean }> = []
  const between =
    (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
    async (input, init) => {
      const response = await fetch(input, init)
      const body = await response.clone().json()
      if ("access_token" in body) {
        heard.push({ access: body.access_token, refresh: body.refresh_token, isChallenge: "mfa" in body })
      }
      return response
    }
  return { between, heard }
}

const stored = (written: ReadonlyArray<TokenStore.TokenRecord | undefined>) =>
  written.flatMap((record) =>
    record?.tokens === undefined
      ? []
      : [
          record.tokens.accessToken,
          ...(record.tokens.refreshToken === undefined ? [] : [record.tokens.refreshToken]),
        ].map(Redacted.value),
  )

describe("the token of a challenge", () => {
  it.live("is never handed out, never stored, never renewed, and gone after a restart", () =>
    Effect.gen(function* () {
      const { between, heard } = listening()
      const { keys, store, written } = noting(yield* TokenStore.makeMemory)
      const stage = yield* harness({ between, store })
      const { accounts, clock, drive, grants, journal } = stage
      const configured = accounts.skyswitch({ credentials: people.withFactor })
      const driver = yield* drive(configured)

      yield* driver.signIn()
      assert.strictEqual(driver.view.path, "mfa_required.awaiting_passcode")
      assert.strictEqual(yield* reasonOf(driver.bearer), "PasscodeRequired")
      assert.isUndefined(driver.peek())
      yield* clock.adjust("50 minutes")
      assert.strictEqual(yield* reasonOf(driver.bearer), "PasscodeRequired")
      driver.reject(0)
      driver.reject(1)
      assert.strictEqual(yield* reasonOf(driver.bearer), "PasscodeRequired")
      assert.deepStrictEqual(yield* grants, ["password"])
      for (const key of keys) assert.isUndefined(yield* store.read(key))

      const restarted = yield* drive(configured, yield* stage.process)
      assert.strictEqual(restarted.view.path, "unauthenticated.idle")

      yield* driver.submitPasscode(passcode)
      const bearer = yield* driver.bearer
      const [challenge, issued] = heard
      assert.strictEqual(challenge?.isChallenge, true)
      assert.strictEqual(clear(bearer.token), issued?.access)
      const tokens = stored(written)
      // The check can fail: what was issued is found by it.
      assert.include(tokens, issued?.access)
      assert.notInclude(tokens, challenge?.access)
      assert.notInclude(tokens, challenge?.refresh)
      assert.lengthOf(yield* journal, 2)
    }),
  )

  it.live("a wrong passcode leaves the user able to try again", () =>
    Effect.gen(function* () {
      const { accounts, drive, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.withFactor)
      for (const _ of [1, 2, 3]) {
        assert.strictEqual(yield* reasonOf(driver.submitPasscode(wrongPasscode)), "BadPasscode")
        assert.strictEqual(driver.view.path, "mfa_required.awaiting_passcode")
        assert.strictEqual(driver.view.refusal?.remedy, "passcode")
        assert.strictEqual(yield* reasonOf(driver.bearer), "PasscodeRequired")
      }
      yield* driver.submitPasscode(passcode)
      assert.strictEqual(driver.view.path, "authenticated")
      assert.deepStrictEqual(yield* grants, ["password", "mfa", "mfa", "mfa", "mfa"])
    }),
  )

  it.live("a challenge that a wrong passcode spends ends the sign-in", () =>
    Effect.gen(function* () {
      const { accounts, drive } = yield* harness({
        world: { netsapiens: { challenge: { wrongPasscodeSpends: true } } },
      })
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.withFactor)
      assert.strictEqual(yield* reasonOf(driver.submitPasscode(wrongPasscode)), "BadPasscode")
      assert.strictEqual(yield* reasonOf(driver.submitPasscode(passcode)), "ChallengeExpired")
      assert.strictEqual(driver.view.path, "unauthenticated.idle")
      yield* driver.signIn(people.withFactor)
      yield* driver.submitPasscode(passcode)
      assert.strictEqual(driver.view.path, "authenticated")
    }),
  )

  it.live("a challenge ends by itself, and an unattended session does not begin another", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch({ credentials: people.withFactor }))
      assert.strictEqual(yield* reasonOf(driver.bearer), "PasscodeRequired")
      yield* clock.adjust("61 minutes")
      yield* reaches(driver, "unauthenticated.idle")
      assert.strictEqual(driver.view.refusal?.code, "ChallengeExpired")
      assert.strictEqual(yield* reasonOf(driver.bearer), "ChallengeExpired")
      assert.strictEqual(yield* reasonOf(driver.submitPasscode(passcode)), "ChallengeExpired")
      yield* clock.adjust("1 day")
      assert.strictEqual(yield* reasonOf(driver.bearer), "ChallengeExpired")
      assert.deepStrictEqual(yield* grants, ["password"])
    }),
  )

  it.live("can be taken back", () =>
    Effect.gen(function* () {
      const { accounts, drive, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch())
      yield* driver.signIn(people.withFactor)
      yield* driver.cancel
      assert.strictEqual(driver.view.path, "unauthenticated.idle")
      assert.strictEqual(yield* reasonOf(driver.submitPasscode(passcode)), "SignedOut")
      assert.deepStrictEqual(yield* grants, ["password"])
    }),
  )

  it.live("an unattended session whose renewal is refused keeps its own token until a person answers", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator, grants } = yield* harness()
      const driver = yield* drive(accounts.skyswitch({ credentials: people.withFactor }))
      yield* driver.signIn()
      yield* driver.submitPasscode(passcode)
      const own = yield* driver.bearer
      yield* emulator.killRefreshTokens
      yield* clock.adjust("57 minutes")
      yield* reaches(driver, "mfa_required.awaiting_passcode")
      assert.strictEqual(clear((yield* driver.bearer).token), clear(own.token))
      yield* clock.adjust(165_000)
      assert.strictEqual(yield* reasonOf(driver.bearer), "PasscodeRequired")
      yield* driver.submitPasscode(passcode)
      assert.notStrictEqual(clear((yield* driver.bearer).token), clear(own.token))
      assert.deepStrictEqual(yield* grants, ["password", "mfa", "refresh_token", "password", "mfa"])
    }),
  )

  it.live("a wrong passcode fails though the older token still serves", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, emulator } = yield* harness({
        world: { netsapiens: { challenge: { wrongPasscodeSpends: true } } },
      })
      const driver = yield* drive(accounts.skyswitch({ credentials: people.withFactor }))
      yield* driver.signIn()
      yield* driver.submitPasscode(passcode)
      yield* emulator.killRefreshTokens
      yield* clock.adjust("57 minutes")
      yield* reaches(driver, "mfa_required.awaiting_passcode")
      assert.strictEqual(yield* reasonOf(driver.submitPasscode(wrongPasscode)), "BadPasscode")
      assert.strictEqual(yield* reasonOf(driver.submitPasscode(passcode)), "ChallengeExpired")
      assert.strictEqual(driver.view.path, "expiring.waiting")
      yield* driver.bearer
    }),
  )

  it.live("username and password go with the passcode where the operator wants them again", () =>
    Effect.gen(function* () {
      const bodies: Array<string> = []
      const { accounts, drive } = yield* harness({
        between: (fetch) => async (input, init) => {
          bodies.push(new TextDecoder().decode(init?.body as Uint8Array))
          return fetch(input, init)
        },
      })
      const driver = yield* drive(accounts.skyswitch({ passcodeRepeatsCredentials: true }))
      yield* driver.signIn(people.withFactor)
      yield* driver.submitPasscode(passcode)
      assert.include(bodies[1], "password=5678")
      assert.include(bodies[1], "grant_type=mfa")
    }),
  )
})

describe("two visitors with one account, on one store", () => {
  it.live("the second one is asked for a passcode too, though the store has the token of the first", () =>
    Effect.gen(function* () {
      const { accounts, drive, grants } = yield* harness({ store: yield* TokenStore.makeMemory })
      const first = yield* drive(accounts.skyswitch())
      yield* first.signIn(people.withFactor)
      yield* first.submitPasscode(passcode)
      const second = yield* drive(accounts.skyswitch())
      assert.strictEqual((yield* second.signIn(people.withFactor)).state, "mfa_required")
      assert.strictEqual(yield* reasonOf(second.bearer), "PasscodeRequired")
      assert.strictEqual(yield* reasonOf(second.submitPasscode(wrongPasscode)), "BadPasscode")
      assert.strictEqual(yield* reasonOf(second.bearer), "PasscodeRequired")
      yield* first.bearer
      yield* second.submitPasscode(passcode)
      yield* second.bearer
      assert.deepStrictEqual(yield* grants, ["password", "mfa", "password", "mfa", "mfa"])
    }),
  )
})
