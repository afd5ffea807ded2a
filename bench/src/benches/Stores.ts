/** P9: what it costs to keep a token: the codec and the seal of a record, and a read and a write for each place. */

import { TokenRecordSchema } from "@pbx-auth/session/TokenRecordSchema"
import { type TokenRecord, TokenStore } from "@pbx-auth/session/TokenStore"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { quantile } from "simple-statistics"
import * as RecordCodec from "../../../packages/store/src/RecordCodec.ts"
import * as Seal from "../../../packages/store/src/Seal.ts"
import { atMostTimes, type Bench, exactly, type Row, tableOf } from "../Board.ts"
import { places } from "../Places.ts"
import { type Contender, race } from "../Rounds.ts"
import type { Sample } from "../Sample.ts"

/** About 400 bytes, as of SkySwitch. */
const record: TokenRecord = {
  generation: 1,
  via: "sign_in",
  tokens: {
    accessToken: Redacted.make("a".repeat(32)),
    refreshToken: Redacted.make("r".repeat(32)),
    tokenType: "Bearer",
    lifetime: 3_600_000,
    refreshLifetime: undefined,
    scope: "Office Manager",
    identity: { uid: "111@abc-company.12345.service", domain: "abc-company.12345.service" },
    details: {},
  },
  times: { issuedAt: 1_760_000_000_000, dueAt: 1_760_003_000_000, usableUntil: 1_760_003_500_000, expiresAt: null },
  intent: undefined,
}

const BYTES = 400

/** The mean of some in a row, in µs. */
const timed = (name: string, times: number, run: () => unknown): Contender => ({
  name,
  run: async () => {
    const begun = performance.now()
    for (let left = times; left > 0; left--) {
      const done = run()
      if (done instanceof Promise) await done
    }
    return ((performance.now() - begun) * 1_000) / times
  },
})

const SEAL = `seal ${BYTES} B and open it`
const GCM = `the same by AES-256-GCM of WebCrypto`
const CODEC = "encode and decode a record"
const SCHEMA = "the same by TokenRecordSchema"

const key = KeyRing.generate
const ring = Layer.unwrap(Effect.map(key, (one) => KeyRing.layer(one)))

const contenders = async (times: number): Promise<ReadonlyArray<Contender>> => {
  const seal = await Effect.runPromise(Seal.make.pipe(Effect.provide([ring, SealedTokenStore.layerCrypto])))
  const content = crypto.getRandomValues(new Uint8Array(BYTES))
  const gcm = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])
  const name = new TextEncoder().encode("record.one")
  const text = Schema.fromJsonString(TokenRecordSchema)
  const [encode, decode] = [Schema.encodeSync(text), Schema.decodeSync(text)]
  return [
    timed(SEAL, times, () =>
      Effect.runSync(Effect.flatMap(seal.close("record.one", content), (bytes) => seal.open("record.one", bytes))),
    ),
    timed(GCM, times, async () => {
      const params = { name: "AES-GCM", iv: crypto.getRandomValues(new Uint8Array(12)), additionalData: name }
      return crypto.subtle.decrypt(params, gcm, await crypto.subtle.encrypt(params, gcm, content))
    }),
    timed(CODEC, times, () => Result.getOrThrow(RecordCodec.decode(RecordCodec.encode({ _tag: "Record", record })))),
    timed(SCHEMA, times, () => decode(encode(record))),
  ]
}

/** So many reads and writes, one after the other, in µs each. */
const accesses = (times: number) =>
  Effect.gen(function* () {
    const store = yield* TokenStore
    const reads: Array<number> = []
    const writes: Array<number> = []
    const key = `bench-${crypto.randomUUID()}`
    let version: string | undefined
    for (let turn = -Math.ceil(times / 10); turn < times; turn++) {
      const begun = performance.now()
      version = yield* store.replace(key, version, record)
      const written = performance.now()
      yield* store.read(key)
      if (turn < 0) continue
      writes.push((written - begun) * 1_000)
      reads.push((performance.now() - written) * 1_000)
    }
    yield* store.replace(key, version, undefined)
    return { read: reads, replace: writes }
  })

const rowsOf = (place: string, what: string, sample: Sample): ReadonlyArray<Row> =>
  [0.5, 0.99].map((part) => ({
    name: `${place}: ${what}, p${part * 100}`,
    estimate: exactly(quantile([...sample], part)),
  }))

export const bench: Bench = {
  id: "P9",
  title: "keeping a token",
  run: async (isSmall) => {
    const all = await contenders(isSmall ? 2 : 50)
    const samples = await race(all, isSmall ? { rounds: 3, warmUp: 1 } : { rounds: 60, warmUp: 20 })
    const rows: Array<Row> = []
    const absent: Array<string> = []
    for (const [place, load] of Object.entries(places)) {
      const cells = await load()
      if (cells === undefined) {
        absent.push(place)
        continue
      }
      const runtime = ManagedRuntime.make(SealedTokenStore.layer.pipe(Layer.provide([cells, ring])))
      const { read, replace } = await runtime.runPromise(accesses(isSmall ? 10 : 1_000))
      await runtime.dispose()
      rows.push(...rowsOf(place, "read", read), ...rowsOf(place, "replace", replace))
    }
    return {
      tables: [
        tableOf("a record, by itself", "µs", all, samples, SEAL),
        { title: "a sealed record, by place", unit: "µs", spread: "none: a quantile", rows },
      ],
      bars: [atMostTimes(samples, SEAL, GCM, 1), atMostTimes(samples, CODEC, SCHEMA, 0.5)],
      notes: absent.map((place) => `${place} is not on this machine`),
    }
  },
}
