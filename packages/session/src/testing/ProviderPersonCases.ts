/** A person signs in at a browser, played by the fixtures: what a session waits for, and what it shows meanwhile. */
import type { Capability } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { deviceSignIn } from "../DeviceSignIn.ts"
import * as SessionActor from "../SessionActor.ts"
import { shown } from "./ProviderExchange.ts"
import { type Case, sessionOf, stage, type Tried } from "./ProviderStage.ts"

/** So many ms after a person has allowed it, the session has polled. */
const POLLED = 60_000

const prompted = (tried: Tried): Case => {
  const { allow } = tried.fixtures
  return {
    name: "signs a person in by a code, and shows the code by its prompt alone",
    skipped: allow === undefined ? "it has no person who allows a code" : undefined,
    run: Effect.fnUntraced(function* () {
      const { assert, fixtures } = tried
      const { issued, jump, process, vendor } = yield* stage(tried)
      const { refreshToken: _, ...configured } = fixtures.accounts[0]
      yield* (yield* process)(
        Effect.gen(function* () {
          const session = yield* sessionOf(configured)
          const { prompt } = session
          if (prompt === undefined) return yield* Effect.fail(new TypeError("Its sessions have no prompt"))
          const signingIn = yield* Effect.forkChild(session.signIn(deviceSignIn()))
          const { completeUrl, url, userCode = Redacted.make("") } = yield* prompt
          const view = yield* session.view
          assert.strictEqual(view.awaiting, "device", "who is waited for")
          const seen = [JSON.stringify(view), JSON.stringify(SessionActor.of(session).getPersistedSnapshot())]
          const secrets = [userCode, url, completeUrl].flatMap((one) => (one ? [Redacted.value(one)] : []))
          assert.strictEqual(shown(seen, secrets, configured), 0, "the prompt is shown")
          yield* Effect.promise(async () => allow?.(vendor.fetch, { url, userCode }))
          yield* jump(POLLED)
          assert.strictEqual((yield* Fiber.join(signingIn)).state, "authenticated", "after the person has allowed it")
          yield* session.bearer
          assert.strictEqual((yield* issued).length, 1, "the tokens of one sign-in")
        }),
      )
    }),
  }
}

/** All of them. */
export const personCases = <C extends Capability>(tried: Tried<C>): ReadonlyArray<Case> => [
  prompted(tried as unknown as Tried),
]
