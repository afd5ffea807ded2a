/** What a process does that shares cells with others: it counts one cell up, and says each number once it was acknowledged. */
import { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"

export const say = (line: string) => process.stdout.write(`${line}\n`)

const wordsOf = (error: unknown) => {
  const { _tag, problem = "" } = error as { _tag: string; problem?: string }
  return `${_tag} ${problem}`.trim()
}

const isConflict = (error: unknown) => (error as { _tag?: string })._tag === "StoreConflict"

const numberOf = (bytes: Uint8Array | undefined) => Number(new TextDecoder().decode(bytes ?? new Uint8Array(0)) || "0")

export interface Task {
  /** The name of the cell. */
  readonly name: string
  readonly times: number
  /** Announces this holder, and stays alive. */
  readonly holder?: string | undefined
  /** Tells a conflict instead of trying again. */
  readonly once?: boolean | undefined
}

export const crowd = (
  cells: Layer.Layer<Cells, unknown>,
  { holder, name, once = false, times }: Task,
): Promise<void> => {
  const count: Effect.Effect<number, unknown, Cells> = Effect.gen(function* () {
    const { read, replace } = yield* Cells
    const seen = yield* read(name)
    const next = numberOf(seen?.bytes) + 1
    yield* replace(name, seen?.version, new TextEncoder().encode(String(next)))
    return next
  }).pipe(
    Effect.catchIf(
      (error) => isConflict(error) && !once,
      () => count,
    ),
  )
  return Effect.gen(function* () {
    const { presence } = yield* Cells
    if (holder !== undefined) yield* presence?.announce(holder) ?? Effect.void
    say("ready")
    for (let time = 0; time < times; time++) say(String(yield* count))
    // A timer keeps a process alive; an effect that never ends does not.
    if (holder !== undefined) yield* Effect.sleep("1 hour")
  }).pipe(
    Effect.scoped,
    Effect.provide(cells),
    Effect.catch((error) => Effect.sync(() => void say(wordsOf(error)))),
    Effect.runPromise,
  )
}
