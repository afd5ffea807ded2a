/** Many accounts of one client id at a provider that counts what it is asked. */
import { createHash } from "node:crypto"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import { type Options, Sessions } from "@pbx-auth/session/Sessions"
import { SharedQuota } from "@pbx-auth/session/SharedQuota"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { accountsAt } from "./Harness.ts"
import * as Waiting from "./Waiting.ts"

export const domain = "acmecorp.12345.service"

export const origin = "http://127.0.0.1:1"

export const hour = 3_600_000

export const minute = 60_000

/** The beginning of an hour of the emulator's, whose windows follow the clock. */
export const onTheHour = 500_000 * hour

/** Two sizes of the same test: a few in `npm test`, and many in `npm run test:matrix`. */
export const crowds = (few: number, many: number) => [
  { count: few, options: {} },
  { count: many, options: { tags: ["matrix"] } },
]

export const extensions = (count: number) => Array.from({ length: count }, (_, index) => String(2_000 + index))

export const stage = Effect.fnUntraced(function* (subjects: number, start = onTheHour) {
  const time = Waiting.make(start)
  const people = extensions(subjects).map((extension) => ({ extension, domain, scope: "Basic User" }))
  const world = yield* decodeWorld({
    netsapiens: {
      accounts: [{ extension: "1000", domain, password: "mypassword", scope: "Reseller" }, ...people],
      rateLimits: "published",
    },
  })
  const emulator = yield* time.timed(Emulator.make({ world }))
  let busy = 0
  const fetch: typeof globalThis.fetch = async (input, init) => {
    busy += 1
    try {
      return await emulator.fetch(input, init)
    } finally {
      busy -= 1
    }
  }
  const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
  /** One that needs no thread of its own: time would pass before that is back. */
  const store = TokenStore.TokenStore.of({
    ...(yield* TokenStore.makeMemory),
    fingerprint: (secret) => Effect.sync(() => createHash("sha256").update(Redacted.value(secret)).digest("hex")),
  })
  const registry = (options: Options = {}, quota?: SharedQuota["Service"]) =>
    time.timed(
      Effect.map(
        Layer.build(
          Layer.fresh(Sessions.layer(options)).pipe(
            Layer.provide(http),
            Layer.provide(Layer.succeed(TokenStore.TokenStore, store)),
            Layer.provide(quota === undefined ? Layer.empty : Layer.succeed(SharedQuota, quota)),
          ),
        ),
        Context.get(Sessions),
      ),
    )
  const call = (source: Parameters<typeof BearerHttpClient.make>[0]) =>
    Effect.flatMap(BearerHttpClient.make(source), (api) => api.get(`${origin}/ns-api/`)).pipe(
      Effect.map(({ status }) => status),
      Effect.provide(http),
    )
  return {
    ...time,
    accounts: accountsAt(origin),
    call,
    emulator,
    journal: emulator.journal,
    registry,
    through: <A, E, R>(effect: Effect.Effect<A, E, R>, longest = 4 * hour) =>
      time.through(time.timed(effect), () => busy, longest),
    tooMany: Effect.map(emulator.journal, (entries) => entries.filter(({ status }) => status === 429).length),
  }
})
