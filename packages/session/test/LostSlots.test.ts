/** A cap of living tokens, and tokens that a store does not have any more, or never had: they give their place to the next one. */
import { assert, describe, it } from "@effect/vitest"
import { provider as yeastar } from "@pbx-auth/providers/Yeastar"
import { open } from "@pbx-auth/session/PromiseProvider"
import { openTokenStore } from "@pbx-auth/session/PromiseTokenStore"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { client, staged } from "./CappedStage.ts"
import { leaving, losing } from "./Claiming.ts"
import { clear, tokens } from "./Harness.ts"

/** A store, and what happens to it while a session opens and closes: `before` the session has its token, and `after` it is closed. */
interface Fate {
  readonly store: TokenStore.TokenStore["Service"]
  readonly before: Effect.Effect<void>
  readonly after: Effect.Effect<void>
}

const fates: Readonly<Record<string, Effect.Effect<Fate>>> = {
  "lost the record": Effect.map(losing, ({ lose, store }) => ({
    store,
    before: Effect.void,
    after: Effect.sync(lose),
  })),
  "was away all the time": Effect.map(TokenStore.makeMemory, (memory) => {
    const { state, store } = leaving(memory)
    const away = Effect.sync(() => {
      state.isAway = true
    })
    return { store, before: away, after: Effect.void }
  }),
  "has another token by now": Effect.map(TokenStore.makeMemory, (memory) => {
    let key = ""
    const store = TokenStore.TokenStore.of({
      ...memory,
      replace: (name, ...what) => {
        key = name
        return memory.replace(name, ...what)
      },
    })
    const after = Effect.gen(function* () {
      const seen = yield* memory.read(key)
      yield* memory.replace(key, seen?.version, { ...(seen?.record ?? assert.fail()), tokens: tokens("later") })
    })
    return { store, before: Effect.void, after: Effect.orDie(after) }
  }),
}

/** As many as a client may have. */
const EIGHT = Array.from({ length: 8 })

describe("the place of a token whose session has closed", () => {
  for (const [what, fate] of Object.entries(fates)) {
    it.live(`is free for another session if the store ${what}`, () =>
      Effect.gen(function* () {
        const { isAlive, opened, processWith, revoked } = yield* staged()
        const { after, before, store } = yield* fate
        const first = yield* opened(yield* processWith(store))
        yield* before
        const { token } = yield* first.pbx.bearer
        yield* first.close
        yield* after
        const others = yield* Effect.forEach(EIGHT, () => opened())
        const bearers = yield* Effect.forEach(others, ({ pbx }) => pbx.bearer)
        for (const one of bearers) assert.isTrue(yield* isAlive(clear(one.token)))
        assert.isFalse(yield* isAlive(clear(token)))
        // Not before the place was needed, and no other one.
        assert.strictEqual(revoked(), 1)
      }).pipe(Effect.scoped),
    )

    it.live(`is free for an app without Effect, too, if the store ${what}`, () =>
      Effect.gen(function* () {
        const { address, isAlive } = yield* staged()
        const { after, before, store } = yield* fate
        const given = yield* Effect.promise(() => openTokenStore(Layer.succeed(TokenStore.TokenStore, store)))
        const first = yield* Effect.promise(async () => {
          await using pbx = await open(yeastar, { address, client }, { store: given })
          await Effect.runPromise(before)
          return await pbx.accessToken()
        })
        yield* after
        const others = yield* Effect.promise(async () => {
          const all = await Promise.all(EIGHT.map(() => open(yeastar, { address, client })))
          const had: Array<string> = []
          for (const pbx of all) had.push(await pbx.accessToken())
          await Promise.all(all.map((pbx) => pbx.close()))
          return had
        })
        assert.strictEqual(new Set(others).size, 8)
        assert.isFalse(yield* isAlive(first))
      }).pipe(Effect.scoped),
    )
  }
})
