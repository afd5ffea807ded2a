/** Made-up keys, records and cells for the tests of the seal. */
import { assert } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { TokenRecord } from "@pbx-auth/session/TokenStore"
import { type Cell, Cells, makeMemory } from "@pbx-auth/store/Cells"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** A key of 32 bytes, the same for the same number. */
export const key = (number: number): Redacted.Redacted<string> =>
  Redacted.make(
    Buffer.from(Uint8Array.from({ length: 32 }, (_, at) => (at * 7 + number * 31) % 256)).toString("base64url"),
  )

/** All that a secret is called in here. No cell may show it. */
export const CANARY = "made-up-canary"

export const record = (generation: number, more: Partial<TokenRecord> = {}): TokenRecord => ({
  generation,
  via: "sign_in",
  tokens: {
    accessToken: Redacted.make(`${CANARY}-access-${generation}`),
    refreshToken: Redacted.make(`${CANARY}-refresh-${generation}`),
    tokenType: "Bearer",
    lifetime: 3_600_000,
    refreshLifetime: 7_200_000,
    scope: "Office Manager",
    identity: { uid: `${CANARY}@abc-company` },
    details: { domain: CANARY },
  },
  times: { issuedAt: 1_000, dueAt: 2_000, usableUntil: 3_000, expiresAt: 4_000 },
  intent: undefined,
  ...more,
})

/** A process: a store of its own over these cells, with these keys. */
export const processOn = (cells: Cells["Service"], ...keys: ReadonlyArray<Redacted.Redacted<string>>) =>
  SealedTokenStore.make.pipe(
    Effect.provideServiceEffect(KeyRing.KeyRing, KeyRing.make(keys)),
    Effect.provideService(Cells, cells),
    Effect.provide(SealedTokenStore.layerCrypto),
  )

/** Cells of which each is seen. */
export const glass = Effect.map(makeMemory, (right) => {
  const writes: Array<Cell & { readonly name: string }> = []
  const cells: Cells["Service"] = {
    ...right,
    replace: (name, expected, next) =>
      Effect.tap(right.replace(name, expected, next), (version) =>
        Effect.sync(() => next && writes.push({ name, version, bytes: next })),
      ),
  }
  /** Puts these bytes in the place of a cell. */
  const put = (name: string, bytes: Uint8Array | undefined) =>
    Effect.flatMap(right.read(name), (seen) => right.replace(name, seen?.version, bytes))
  return { cells, writes, put }
})

/** The problem of a failed access, which says what to do and shows no secret. */
export const problemOf = <A, E>(access: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(access), (failed) => {
    if (!(failed instanceof StoreFailed)) return assert.fail(`not a StoreFailed: ${String(failed)}`)
    assert.strictEqual(failed.remedy, "configure")
    assert.isAbove(failed.fix?.length ?? 0, 40)
    assert.notInclude(JSON.stringify(failed), CANARY)
    return failed.problem
  })
