/** A renewal that was not sent costs no session, and neither does a mistake in an app's own fetch. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { clear, eventually, harness, people, reaches } from "./Harness.ts"

type Fetch = typeof globalThis.fetch

const strict = { netsapiens: { rotation: "strict" } }

/** A person's session at a strict server, due for a renewal at which the app's fetch does this. */
const due = Effect.fnUntraced(function* (transport: "HttpClient" | "fetch", meddle: (fetch: Fetch) => Fetch) {
  let isMeddled = false
  const stage = yield* harness({
    world: strict,
    transport,
    between: (fetch) => {
      const meddled = meddle(fetch)
      return (input, init) => (isMeddled ? meddled : fetch)(input, init)
    },
  })
  const driver = yield* stage.drive(stage.accounts.skyswitch())
  yield* driver.signIn(people.reseller)
  const first = yield* driver.bearer
  isMeddled = true
  yield* stage.clock.adjust("57 minutes")
  const mend = () => {
    isMeddled = false
  }
  const renewals = stage.count(({ grant }) => grant === "refresh_token")
  return { ...stage, driver, first, mend, renewals }
})

/** Waits for what a person sees, and looks that the token is kept. */
const isTold = Effect.fnUntraced(function* ({ driver, first }: Effect.Success<ReturnType<typeof due>>, code: string) {
  const view = yield* reaches(driver, ({ refusal }) => refusal?.code === code)
  assert.strictEqual(clear((yield* driver.bearer).token), clear(first.token))
  return view
})

const addresses = () =>
  Promise.reject(
    new TypeError("fetch failed", {
      cause: Object.assign(
        new AggregateError(
          ["127.0.0.1", "127.0.0.2"].map((address) =>
            Object.assign(new Error(`connect ETIMEDOUT ${address}`), { syscall: "connect", code: "ETIMEDOUT" }),
          ),
        ),
        { code: "ETIMEDOUT" },
      ),
    }),
  )

describe("a strict session", () => {
  for (const transport of ["HttpClient", "fetch"] as const) {
    it.live(`that two addresses kept from connecting is renewed once the network is well, by ${transport}`, () =>
      Effect.gen(function* () {
        const stage = yield* due(transport, () => addresses)
        yield* isTold(stage, "Unavailable")
        stage.mend()
        yield* stage.clock.adjust("2 seconds")
        yield* eventually(
          "a new token",
          Effect.orDie(Effect.map(stage.driver.bearer, ({ generation }) => generation > stage.first.generation)),
        )
        assert.strictEqual(yield* stage.renewals, 1)
      }),
    )

    it.live(`whose fetch throws once it has sent a renewal does not show it again, by ${transport}`, () =>
      Effect.gen(function* () {
        const stage = yield* due(transport, (fetch) => async (input, init) => {
          await fetch(input, init)
          throw new ReferenceError("made up")
        })
        const view = yield* isTold(stage, "Misconfigured")
        assert.strictEqual(view.refusal?.remedy, "configure")
        yield* stage.clock.adjust("61 seconds")
        yield* isTold(stage, "Misconfigured")
        assert.strictEqual(yield* stage.renewals, 1)
      }),
    )
  }

  it.live("whose fetch throws in place of a promise tries again after a minute", () =>
    Effect.gen(function* () {
      const stage = yield* due("fetch", () => () => {
        throw new ReferenceError("made up")
      })
      yield* isTold(stage, "Misconfigured")
      assert.strictEqual(yield* stage.renewals, 0)
      stage.mend()
      yield* stage.clock.adjust("61 seconds")
      yield* eventually(
        "a new token",
        Effect.orDie(Effect.map(stage.driver.bearer, ({ generation }) => generation > stage.first.generation)),
      )
      assert.strictEqual(yield* stage.renewals, 1)
    }),
  )

  it.live("whose fetch throws at a sign-in says so, and no more is sent by itself", () =>
    Effect.gen(function* () {
      let calls = 0
      const { accounts, clock, drive } = yield* harness({
        transport: "fetch",
        between: () => () => {
          calls += 1
          throw new ReferenceError("made up")
        },
      })
      const driver = yield* drive(accounts.skyswitch({ credentials: { username: "1000@acmecorp", password: "x" } }))
      const { reason } = yield* Effect.flip(driver.bearer)
      assert.include(reason.message, "It threw ReferenceError before anything was sent.")
      yield* clock.adjust("10 minutes")
      assert.strictEqual(calls, 1)
    }),
  )
})
