/** A result that many fibers wait for. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as SharedResult from "../src/callers/SharedResult.ts"

it.effect("reaches all that wait, in the order in which they came, and those that come later", () =>
  Effect.gen(function* () {
    const shared = SharedResult.make<string>()
    const told: Array<string> = []
    const waiting = (name: string) => Effect.map(shared.wait, (result) => void told.push(`${name} ${result}`))
    for (const name of ["a", "b"]) yield* Effect.forkChild(waiting(name), { startImmediately: true })
    expect(told).toEqual([])
    shared.end(Effect.succeed("token"))
    expect(told).toEqual(["a token", "b token"])
    yield* waiting("c")
    expect(told).toEqual(["a token", "b token", "c token"])
  }),
)

it.effect("may be a failure", () =>
  Effect.gen(function* () {
    const shared = SharedResult.make<string, "refused">()
    const fiber = yield* Effect.forkChild(shared.wait, { startImmediately: true })
    shared.end(Effect.fail("refused"))
    expect(yield* Fiber.await(fiber)).toEqual(Exit.fail("refused"))
    expect(yield* Effect.flip(shared.wait)).toBe("refused")
  }),
)

it.effect("does not reach a fiber that gave up, and does not keep it from going on", () =>
  Effect.gen(function* () {
    const shared = SharedResult.make<string>()
    const given: Array<string> = []
    const caller = shared.wait.pipe(
      Effect.flatMap((result) => Effect.sync(() => void given.push(result))),
      Effect.onInterrupt(() => Effect.sync(() => void given.push("gave up"))),
    )
    const gone = yield* Effect.forkChild(caller, { startImmediately: true })
    yield* Effect.forkChild(caller, { startImmediately: true })
    yield* Fiber.interrupt(gone)
    expect(given).toEqual(["gave up"])
    shared.end(Effect.succeed("token"))
    expect(given).toEqual(["gave up", "token"])
  }),
)

it.effect("may be asked for again by a caller that has just got it", () =>
  Effect.gen(function* () {
    const shared = SharedResult.make<number>()
    const fiber = yield* Effect.forkChild(Effect.zip(shared.wait, shared.wait), { startImmediately: true })
    shared.end(Effect.succeed(1))
    expect(yield* Fiber.join(fiber)).toEqual([1, 1])
  }),
)

it.effect("tells one that listens without a fiber, before and after", () =>
  Effect.gen(function* () {
    const shared = SharedResult.make<string>()
    const told: Array<string> = []
    const listen = (name: string) => shared.listen((result) => void told.push(`${name} ${Effect.runSync(result)}`))
    listen("a")
    expect(told).toEqual([])
    shared.end(Effect.succeed("token"))
    listen("b")
    expect(told).toEqual(["a token", "b token"])
    expect(yield* shared.wait).toBe("token")
  }),
)
