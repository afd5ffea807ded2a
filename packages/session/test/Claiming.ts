/** What tests of a claim share. */
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Configured, Rotation } from "@pbx-auth/providers/Provider"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

export const strict = { netsapiens: { rotation: "strict", renewalEndsAccess: true } }

/** Sets the rotation that the library expects. The world says what the emulator does. */
export const rotating = <C extends Configured>(configured: C, rotation: Rotation): C => ({
  ...configured,
  account: { ...configured.account, provider: { ...configured.account.provider, rotation } },
})

export const isTombstone = (seen: TokenStore.Versioned | undefined): boolean =>
  seen !== undefined && seen.record === undefined

/** A store that can lose everything, or go back to what it held at some time: a flush, a lost log, an old backup. */
export const losing = Effect.gen(function* () {
  const { fingerprint } = yield* TokenStore.makeMemory
  let records = new Map<string, TokenStore.Versioned>()
  let writes = 0
  const store = TokenStore.TokenStore.of({
    fingerprint,
    read: (key) => Effect.sync(() => records.get(key)),
    replace: (key, expected, record) =>
      Effect.suspend(() => {
        if (records.get(key)?.version !== expected) return Effect.fail(new TokenStore.StoreConflict())
        writes += 1
        records.set(key, { version: String(writes), record })
        return Effect.succeed(String(writes))
      }),
  })
  return {
    store,
    lose: () => void records.clear(),
    /** Returns to what is held now. */
    backup: () => {
      const then = new Map(records)
      return () => {
        records = new Map(then)
      }
    },
  }
})

/** A store that tells of changes, and of holders that are dead. */
export const hinting = (right: TokenStore.TokenStore["Service"]) => {
  const watched = new Set<{ readonly key: string; readonly changed: Latch.Latch }>()
  const announced: Array<string> = []
  const present = new Set<string>()
  const dead = new Set<string>()
  /** The beginning of a watch waits for this. */
  const opening = Latch.makeUnsafe(true)
  const faults = { isMute: false, throws: false }
  const store = TokenStore.TokenStore.of({
    ...right,
    replace: (key, expected, next) =>
      Effect.tap(right.replace(key, expected, next), () =>
        Effect.sync(() => {
          for (const one of watched) if (one.key === key && !faults.isMute) one.changed.openUnsafe()
        }),
      ),
    watch: (key) => {
      if (faults.throws) throw new Error("watch")
      return Effect.andThen(
        opening.await,
        Effect.map(
          Effect.acquireRelease(
            Effect.sync(() => {
              const one = { key, changed: Latch.makeUnsafe() }
              watched.add(one)
              return one
            }),
            (one) => Effect.sync(() => watched.delete(one)),
          ),
          ({ changed }) => Effect.andThen(changed.await, Effect.asVoid(changed.close)),
        ),
      )
    },
    presence: {
      announce: (holder) => {
        if (faults.throws) throw new Error("announce")
        return Effect.acquireRelease(
          Effect.sync(() => {
            announced.push(holder)
            present.add(holder)
          }),
          () => Effect.sync(() => present.delete(holder)),
        )
      },
      isGone: (holder) => {
        if (faults.throws) throw new Error("isGone")
        return Effect.sync(() => dead.has(holder))
      },
    },
  })
  return { announced, dead, faults, opening, present, store, watched }
}

/** A store that is away while one says so. */
export const leaving = (right: TokenStore.TokenStore["Service"], isSoleHolder = false) => {
  const state: { isAway: boolean; remedy: "retry" | "configure" } = { isAway: false, remedy: "retry" }
  const unless = <A, E>(access: () => Effect.Effect<A, E>) =>
    Effect.suspend(
      (): Effect.Effect<A, E | StoreFailed> =>
        state.isAway ? Effect.fail(new StoreFailed({ remedy: state.remedy })) : access(),
    )
  const store = TokenStore.TokenStore.of({
    ...right,
    read: (key) => unless(() => right.read(key)),
    replace: (key, expected, next) => unless(() => right.replace(key, expected, next)),
    isSoleHolder,
  })
  return { state, store }
}
