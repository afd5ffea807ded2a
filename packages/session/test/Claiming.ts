/** What tests of a claim share. */
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"

export const strict = { netsapiens: { rotation: "strict", renewalEndsAccess: true } }

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
