/** The ordeals of `CellsTest` that are the same at each server. */
import type { Ordeals } from "@pbx-auth/store/testing/CellsTest"
import * as Effect from "effect/Effect"
import type { Peer } from "./Peer.ts"
import type { Server } from "./Server.ts"

export interface Stage {
  /** Whether the server may be stopped. */
  readonly ours: boolean
  readonly server: () => Server
  /** Starts another process, which does what `CellsProcess.ts` says. */
  readonly peer: (...args: ReadonlyArray<string>) => Peer
  /** Whether the server holds an announcement. */
  readonly isAnnounced: (holder: string) => Effect.Effect<boolean, unknown>
}

export const make = ({
  isAnnounced,
  ours,
  peer,
  server,
}: Stage): Required<Pick<Ordeals, "away" | "crash" | "kill">> => ({
  crash: ours
    ? Effect.promise(async () => {
        await server().kill()
        await server().start()
      })
    : undefined,
  away: ours
    ? Effect.acquireRelease(
        Effect.promise(() => server().stop()),
        () => Effect.promise(() => server().start()),
      )
    : undefined,
  kill: (holder) =>
    Effect.gen(function* () {
      const other = peer("announce", holder)
      yield* Effect.promise(() => other.ready)
      // A busy machine connects later.
      yield* Effect.repeat(Effect.delay(isAnnounced(holder), 10), { until: (announced) => announced })
      yield* Effect.promise(other.kill)
    }),
})
