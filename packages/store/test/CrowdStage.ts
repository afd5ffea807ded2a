/** Processes that share cells. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { assert, describe, it } from "@effect/vitest"
import type { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Writer {
  readonly child: ChildProcess
  /** What it has said until now. */
  readonly lines: ReadonlyArray<string>
  readonly said: (line: string) => Effect.Effect<void>
  readonly over: Effect.Effect<void>
}

/**
 * Starts a program of a crowd. With `blocks`, its files may have so many blocks of 512 bytes: it meets a full disk, wherever the
 * tests run. It is killed with the scope.
 */
export const writer = (program: string, args: ReadonlyArray<string>, blocks = "unlimited") =>
  Effect.acquireRelease(
    Effect.sync((): Writer => {
      const line = [process.execPath, "--disable-warning=ExperimentalWarning", program, ...args]
      const child = spawn("/bin/sh", ["-c", 'ulimit -f "$1" && shift && exec "$@"', "sh", blocks, ...line], {
        env: { ...process.env, NODE_OPTIONS: "" },
        stdio: ["ignore", "pipe", "inherit"],
      })
      const lines: Array<string> = []
      const reader = createInterface(child.stdout)
      reader.on("line", (said) => lines.push(said))
      const over = once(child, "close")
      const said = async (line: string) => {
        while (!lines.includes(line) && child.stdout.readable) await Promise.race([once(reader, "line"), over])
      }
      return {
        ...{ child, lines, over: Effect.promise(() => over) },
        said: (line) => Effect.promise(() => said(line)),
      }
    }),
    ({ child, over }) => {
      child.kill("SIGKILL")
      return over
    },
  )

/** A process of a crowd at this place announces a holder, and is killed. */
export const killed = (program: string, at: string) => (holder: string) =>
  Effect.gen(function* () {
    const { child, over, said } = yield* writer(program, [at, "-", "0", "announce", holder])
    yield* said("ready")
    child.kill("SIGKILL")
    yield* over
  }).pipe(Effect.scoped)

export const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

export interface Stage {
  /** An empty place, whose first argument for the program is `at`. */
  readonly place: Effect.Effect<{ readonly at: string; readonly cells: Cells["Service"] }, unknown, Scope.Scope>
  readonly program: string
}

/** How often each of 8 processes counts, and how often three are killed. */
export interface Size {
  readonly times: number
  readonly rounds: number
  /** When a test is given up (ms). */
  readonly limit: number
}

export const SMALL: Size = { times: 25, rounds: 2, limit: 60_000 }
export const WHOLE: Size = { times: 200, rounds: 20, limit: 600_000 }

/** What cells must stand whose processes are killed, and that many write at once. */
export const crowdSuite = (title: string, { place, program }: Stage, { limit, rounds, times }: Size) =>
  describe(`processes that share ${title}`, () => {
    it.live(
      `lose no update: 8 of them count to ${8 * times}, ${times} times each`,
      () =>
        Effect.gen(function* () {
          const { at, cells } = yield* place
          const writers = yield* Effect.forEach(Array.from({ length: 8 }), () =>
            writer(program, [at, "count", String(times)]),
          )
          for (const { over } of writers) yield* over
          assert.strictEqual(textOf((yield* cells.read("count"))?.bytes), String(8 * times))
          const acknowledged = writers.flatMap(({ lines }) => lines.slice(1).map(Number)).sort((a, b) => a - b)
          assert.deepStrictEqual(
            acknowledged,
            Array.from({ length: 8 * times }, (_, at) => at + 1),
          )
        }).pipe(Effect.scoped),
      limit,
    )

    it.live(
      "may be killed anywhere: what was acknowledged is there, and whole",
      () =>
        Effect.gen(function* () {
          const { at, cells } = yield* place
          const kill = Effect.fnUntraced(function* (name: string, after: number) {
            const { child, lines, over, said } = yield* writer(program, [at, name, "100000"])
            yield* said("ready")
            const before = Number(textOf((yield* cells.read(name))?.bytes))
            yield* said(String(before + after))
            child.kill("SIGKILL")
            yield* over
            const last = Number(lines.at(-1))
            const seen = Number(textOf((yield* cells.read(name))?.bytes))
            // It may have written one more, and died before it could say so.
            assert.include([last, last + 1], seen)
          })
          for (let round = 0; round < rounds; round++) {
            yield* Effect.forEach(["a", "b", "c"], (name, nth) => Effect.scoped(kill(name, 1 + 7 * round + nth)), {
              concurrency: "unbounded",
            })
          }
          for (const name of ["a", "b", "c"]) {
            yield* cells.replace(name, (yield* cells.read(name))?.version, Uint8Array.of(1))
          }
        }).pipe(Effect.scoped),
      limit,
    )

    it.live.skipIf(process.platform !== "linux")("are known to be dead once they were killed, and not before", () =>
      Effect.gen(function* () {
        const { at, cells } = yield* place
        const isGone = (holder: string) => cells.presence?.isGone(holder) ?? Effect.succeed(false)
        const { child, over, said } = yield* writer(program, [at, "-", "0", "announce", "Holder/1"])
        yield* said("ready")
        assert.isFalse(yield* isGone("Holder/1"))
        child.kill("SIGSTOP")
        // One that is stopped may wake up, so it is not dead.
        assert.isFalse(yield* isGone("Holder/1"))
        child.kill("SIGKILL")
        yield* over
        yield* Effect.repeat(isGone("Holder/1"), { until: (gone) => gone })
        assert.isFalse(yield* isGone("holder/1"))
      }).pipe(Effect.scoped),
    )
  })
