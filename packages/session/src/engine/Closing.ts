/**
 * The end of a session in this process.
 */

import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as SharedResult from "../callers/SharedResult.ts"
import { inTurn } from "../callers/Turns.ts"
import { tell } from "../watcher/Report.ts"
import * as Chart from "./Chart.ts"
import { childrenOf, part } from "./Children.ts"
import { become, type Core, workOf } from "./Core.ts"
import * as News from "./News.ts"
import * as OwnRecord from "./OwnRecord.ts"
import * as Secrets from "./Secrets.ts"
import * as Waiting from "./Waiting.ts"

/**
 * Closes the session in this process. The store keeps its record. A renewal that is under way is awaited and stored; everything else
 * is interrupted. A second call waits for the same end.
 *
 * @category combinators
 */
export const close = (core: Core): Effect.Effect<void> =>
  Effect.suspend(() => {
    const work = workOf(core)
    if (work.closing !== undefined) return work.closing.wait
    const closed = SharedResult.make<void>()
    work.closing = closed
    core.ready = undefined
    const flights = work.flights?.all ?? []
    for (const { fiber } of flights) fiber?.interruptUnsafe()
    core.runtime.alarm.clear(core.holder)
    if (core.acting !== undefined) part(core.acting.parent, core)
    Waiting.release(core)
    return closeAll(childrenOf(core)).pipe(
      Effect.andThen(inTurn(flights, ({ fiber }) => (fiber === undefined ? Effect.void : Fiber.await(fiber)))),
      Effect.andThen(OwnRecord.removed(core)),
      Effect.andThen(core.runtime.records.end(core)),
      Effect.andThen(Effect.sync(() => end(core))),
      Effect.ensuring(Effect.sync(() => closed.end(Effect.void))),
      Effect.uninterruptible,
    )
  })

/**
 * Closes sessions, one after the other.
 *
 * @category combinators
 */
export const closeAll = (cores: ReadonlyArray<Core>): Effect.Effect<void> => inTurn(cores, close)

const end = (core: Core): void => {
  Secrets.close(core)
  core.ready = undefined
  const snapshot = Chart.begin({ unattended: false, renewsWith: "sign_in" })
  become(core, { ...snapshot, status: "done", output: undefined, error: undefined })
  News.publish(core)
  const work = workOf(core)
  for (const listener of [...(work.listeners ?? [])]) listener.onClose?.()
  work.listeners = undefined
  tell(core, () => ({ _tag: "Closed" }))
}
