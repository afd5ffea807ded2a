/** Sessions over a sealed store, with the emulated vendor: processes that come one after the other, and at once. */
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as FetchTransport from "@pbx-auth/providers/FetchTransport"
import { TokenEndpoint } from "@pbx-auth/providers/TokenEndpoint"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import { Cells } from "@pbx-auth/store/Cells"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { glass, key } from "./Made.ts"

const stage = Effect.gen(function* () {
  const emulator = yield* Emulator.make()
  const { cells, writes } = yield* glass
  /** One process: it gets a token, and ends. */
  const token = (...keys: ReadonlyArray<Redacted.Redacted<string>>) =>
    SkySwitch.use((pbx) => Effect.map(pbx.accessToken, Redacted.value)).pipe(
      Effect.provide(
        SkySwitch.layerRuntime({
          address: "https://pbx.example.test",
          client: { id: "your-client-id", secret: "your-client-secret" },
          credentials: { username: "111@abc-company", password: "1234" },
        }).pipe(
          Layer.provide(SessionRuntime.layerStored),
          Layer.provide([
            SealedTokenStore.layer.pipe(Layer.provide([Layer.succeed(Cells, cells), KeyRing.layer(...keys)])),
            TokenEndpoint.layer.pipe(
              Layer.provide(FetchTransport.layer((input, init) => emulator.handle(new Request(input, init)))),
            ),
          ]),
          Layer.fresh,
        ),
      ),
    )
  const grants = Effect.map(emulator.journal, (entries) => entries.flatMap(({ grant }) => grant ?? []))
  return { cells, grants, token, writes }
})

describe("a session over a sealed store", () => {
  it.live("outlives its process, and a new sealing key", () =>
    Effect.gen(function* () {
      const { grants, token } = yield* stage
      const first = yield* token(key(1))
      assert.strictEqual(yield* token(key(1)), first)
      assert.strictEqual(yield* token(key(2), key(1)), first)
      assert.strictEqual(yield* token(key(2)), first)
      assert.deepStrictEqual(yield* grants, ["password"])
    }),
  )

  it.live("signs in once for eight processes that start at once, and no cell shows what they have", () =>
    Effect.gen(function* () {
      const { grants, token, writes } = yield* stage
      const tokens = yield* Effect.forEach(Array.from({ length: 8 }), () => token(key(1)), { concurrency: "unbounded" })
      assert.strictEqual(new Set(tokens).size, 1)
      assert.deepStrictEqual(yield* grants, ["password"])
      assert.isAbove(writes.length, 1)
      for (const { bytes, name } of writes) {
        for (const secret of [tokens[0] ?? assert.fail(), "your-client-secret", "abc-company"]) {
          assert.notInclude(name + Buffer.from(bytes).toString("latin1"), secret)
        }
      }
    }),
  )

  it.live("says that it has no key, and signs nobody in instead", () =>
    Effect.gen(function* () {
      const { grants, token } = yield* stage
      yield* token(key(1))
      const { reason } = yield* Effect.flip(token(key(2)))
      assert.strictEqual(reason._tag === "StoreFailed" && reason.problem, "unknown_key")
      assert.strictEqual(reason.remedy, "configure")
      assert.deepStrictEqual(yield* grants, ["password"])
    }),
  )
})
