/**
 * One machine of the trial, as a process of its own. It opens every session, asks each of them for its token all the time, and looks
 * whether the cluster's owners answer. It tells the trial what it saw, once a second.
 */
import * as Entity from "effect/cluster/Entity"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Machine from "../../../packages/cluster/test/Machine.ts"

/** What a machine tells. Moments are epoch ms. */
export type Report =
  | { readonly _tag: "Opened"; readonly failed: Readonly<Record<string, number>> }
  | {
      readonly _tag: "Served"
      readonly tokens: number
      readonly failed: Readonly<Record<string, number>>
      /** The longest that a caller waited for a token, ms. */
      readonly slowest: number
      readonly asked: Readonly<Record<string, number>>
    }
  /** Every probe that was sent at `from` had its answer at `at`. */
  | { readonly _tag: "Answered"; readonly from: number; readonly at: number }

const { extensions, origin, port, tables, url } = JSON.parse(process.env.TRIAL ?? "{}") as {
  readonly extensions: ReadonlyArray<number>
  readonly origin: string
  readonly port: number
  readonly tables: string
  readonly url: string
}

const tell = (report: Report) => Effect.sync(() => void process.send?.(report))

/** The library's entity as the wire has it. The proof is wrong, so an owner answers and does nothing. */
const Probe = Entity.make("pbx-auth/Renewal", [
  Rpc.make("Ensure", {
    payload: { held: Schema.Int, isEarly: Schema.Boolean, proof: Schema.String },
    success: Schema.NullOr(Schema.Int),
  }),
])

/** Enough that each machine owns some. */
const PROBES = Array.from({ length: 40 }, (_, at) => `probe-${at}`)

const outcomes = Effect.map(Metric.snapshot, (all) =>
  Object.fromEntries(
    all.flatMap((one) =>
      one.id === "pbx_auth.cluster.asked"
        ? [[String(one.attributes?.outcome), (one.state as { readonly count: number }).count]]
        : [],
    ),
  ),
)

const program = Effect.gen(function* () {
  const { sessions, sharding } = yield* Machine.start({ url, tables, port })
  let failed: Record<string, number> = {}
  const note = ({ reason }: { readonly reason: { readonly _tag: string } }) =>
    Effect.sync(() => {
      failed[reason._tag] = (failed[reason._tag] ?? 0) + 1
      return undefined
    })

  const opened = yield* Effect.forEach(
    extensions,
    (extension) =>
      sessions.session(Machine.accountOf(origin, extension)).pipe(
        Effect.tap((session) => session.accessToken),
        Effect.catch(note),
      ),
    { concurrency: 20 },
  )
  const all = opened.filter((session) => session !== undefined)
  yield* tell({ _tag: "Opened", failed })

  const probe = Effect.gen(function* () {
    const client = yield* Effect.provideContext(Probe.client, yield* sharding)
    yield* Effect.forever(
      Effect.gen(function* () {
        const from = Date.now()
        const answers = yield* Effect.forEach(
          PROBES,
          (name) =>
            Effect.exit(Effect.timeout(client(name).Ensure({ held: 0, isEarly: false, proof: "none" }), "20 seconds")),
          { concurrency: "unbounded" },
        )
        if (answers.every(({ _tag }) => _tag === "Success")) yield* tell({ _tag: "Answered", from, at: Date.now() })
        yield* Effect.sleep(200)
      }),
    )
  })
  yield* Effect.forkScoped(probe)

  yield* Effect.forever(
    Effect.gen(function* () {
      failed = {}
      let slowest = 0
      const tokens = yield* Effect.forEach(
        all,
        (session) =>
          Effect.suspend(() => {
            const from = performance.now()
            return session.accessToken.pipe(
              Effect.catch(note),
              Effect.tap(() => Effect.sync(() => (slowest = Math.max(slowest, performance.now() - from)))),
            )
          }),
        { concurrency: "unbounded" },
      )
      yield* tell({
        _tag: "Served",
        tokens: tokens.filter((token) => token !== undefined).length,
        failed,
        slowest,
        asked: yield* outcomes,
      })
      yield* Effect.sleep(1_000)
    }),
  )
})

// The trial has ended, or was.
process.on("disconnect", () => process.exit(0))
if (process.send !== undefined) await Effect.runPromise(Effect.scoped(program))
