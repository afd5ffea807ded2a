/** What becomes of cells' accesses and hints while their server is away, held or restarted. */
import { inspect } from "node:util"
import { assert, it } from "@effect/vitest"
import { StoreFailed } from "@pbx-auth/providers/AuthError"
import type { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { Server } from "./Server.ts"

type Making = Effect.Effect<Cells["Service"], unknown, Scope.Scope>

export interface Stage {
  readonly server: () => Server
  readonly make: Making
  /** That wait 200 ms for an answer. */
  readonly impatient: Making
  /** How a living process loses the connection that it announced itself by. */
  readonly cut: {
    readonly title: string
    readonly run: Effect.Effect<unknown, unknown>
  }
}

const bytes = Uint8Array.of(1)

/** What an access fails with. */
export const failure = (access: Effect.Effect<unknown, unknown>) =>
  Effect.map(Effect.flip(access), (error) => {
    assert.instanceOf(error, StoreFailed)
    return error as StoreFailed
  })

/** That nothing shows a server's password. The words of all that was seen are given back. */
export const hearsNoPassword = (
  url: string,
  make: Making,
  makeAt: (url: string) => Making,
): Effect.Effect<string, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const seen: Array<unknown> = []
    const foreign = new URL(url)
    foreign.password = "made-up-canary"
    const tracer = Tracer.make({
      span: (given) => {
        const span = new Tracer.NativeSpan(given)
        seen.push(span)
        return span
      },
    })
    yield* Effect.gen(function* () {
      const wrong = yield* makeAt(foreign.href)
      const failed = yield* failure(wrong.read("a"))
      assert.deepStrictEqual([failed.remedy, failed.problem], ["configure", "forbidden"])
      const right = yield* make
      yield* right.replace("canary-cell", undefined, new TextEncoder().encode("made-up-canary"))
      seen.push(failed, wrong, right)
    }).pipe(
      Effect.withSpan("an app"),
      Effect.provide(Logger.layer([Logger.make((entry) => seen.push(entry))])),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.withTracer(tracer),
    )
    assert.isAbove(seen.length, 3)
    const words = inspect(seen, { depth: 20 })
    assert.notInclude(words, "made-up-canary")
    return words
  })

/** For a server that may be stopped. */
export const suite = ({ cut, impatient, make, server }: Stage): void => {
  it.live("is not needed at the start, fails at once while it is away, and is found again", () =>
    Effect.gen(function* () {
      yield* Effect.promise(server().stop)
      const cells = yield* make
      const { problem, remedy } = yield* failure(cells.read("a"))
      assert.deepStrictEqual([remedy, problem], ["retry", "unreachable"])
      yield* Effect.promise(server().start)
      assert.strictEqual(yield* cells.read("nobody"), undefined)
    }),
  )

  it.live("holds no session up while it is held, and goes on afterwards", () =>
    Effect.gen(function* () {
      const cells = yield* impatient
      const version = yield* (yield* make).replace("held", undefined, bytes)
      // It has a connection already.
      yield* Effect.retry(cells.read("held"), Schedule.spaced(50))
      server().hold()
      const accesses = [cells.read("held"), cells.replace("held", version, bytes), cells.list(""), cells.read("other")]
      const failures = yield* Effect.forEach(accesses, failure, { concurrency: "unbounded" })
      failures.push(yield* failure(cells.read("held")))
      server().letGo()
      for (const { problem, remedy } of failures) assert.deepStrictEqual([remedy, problem], ["retry", "unreachable"])
      // The write may have been taken or not; the record is whole, and may be written.
      const seen = yield* Effect.retry(cells.read("held"), Schedule.spaced(50))
      assert.deepStrictEqual([...(seen?.bytes ?? [])], [1])
      yield* Effect.retry(cells.replace("held", seen?.version, undefined), Schedule.spaced(50))
    }),
  )

  it.live("is listened to again after a restart", () =>
    Effect.gen(function* () {
      const [cells, other] = [yield* make, yield* make]
      const change = yield* cells.watch?.("watched") ?? Effect.succeed(Effect.void)
      yield* change
      yield* Effect.promise(server().stop)
      yield* Effect.promise(server().start)
      // The connection is back: whoever watches looks again, for what was missed.
      yield* change
      const waiting = yield* Effect.forkChild(change)
      yield* Effect.retry(other.replace("watched", undefined, bytes), Schedule.spaced(50))
      yield* Fiber.join(waiting)
    }),
  )

  it.live(`${cut.title} of a living process that lost its connection, and nobody takes it for dead`, () =>
    Effect.gen(function* () {
      const [cells, other] = [yield* make, yield* make]
      const isGone = other.presence?.isGone("living") ?? Effect.succeed(undefined)
      yield* cells.presence?.announce("living") ?? Effect.void
      assert.strictEqual(yield* isGone, false)
      yield* cut.run
      assert.strictEqual(yield* isGone, false)
      yield* Effect.promise(server().stop)
      yield* Effect.promise(server().start)
      assert.strictEqual(yield* isGone, false)
    }),
  )
}
