/** A witness on a port of 127.0.0.1, and sessions with it, on one clock that the test moves. */
import type { JournalEntry } from "@pbx-auth/emulator/Journal"
import type { Witness } from "@pbx-auth/emulator/Witness"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import type { Capability, Configured } from "@pbx-auth/providers/Provider"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import { harness, type Options } from "./Harness.ts"

/** A request, as the client gave it to the network. */
interface Sent {
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Serves the witness over a world of which parts are replaced, until the test's scope closes. */
export const stage = Effect.fnUntraced(function* <W extends object>(
  witness: Witness<W>,
  more: Partial<W> = {},
  options: Options = {},
) {
  const wire: Array<Sent> = []
  let send = globalThis.fetch
  const home = yield* harness({
    wire: "http",
    transport: "fetch",
    witnesses: [{ ...witness, hosts: ["127.0.0.1"] }],
    between: (network) => {
      send = async (input, init) => {
        const request = new Request(input, init)
        const { pathname, search } = new URL(request.url)
        const body = await request.clone().text()
        wire.push({ url: pathname + search, headers: Object.fromEntries(request.headers), body })
        return network(request)
      }
      return send
    },
    ...options,
  })
  const { emulator, origin } = home
  const journal: Array<JournalEntry> = []
  yield* Effect.acquireRelease(
    Effect.sync(() => emulator.subscribe((entry) => void journal.push(entry))),
    (end) => Effect.sync(end),
  )
  const change = (parts: Partial<W>) =>
    Effect.runSync(
      emulator.updateWorld((world) => ({
        ...world,
        witnesses: { ...world.witnesses, [witness.id]: { ...(world.witnesses?.[witness.id] as W), ...parts } },
      })),
    )
  change(more)

  return {
    ...home,
    /** Where the witness is. */
    address: origin,
    /** A session, of what `configure` returns. */
    session: <C extends Capability>(configured: Result.Result<Configured<C>, AuthError>, process = home.runtime) =>
      Effect.flatMap(Effect.fromResult(configured), (right) => home.open(right, process)),
    /** What was presented, in order. */
    presented: () => journal.flatMap(({ grant }) => grant ?? []),
    /** What came of it, in order. */
    told: () => journal.map(({ outcome }) => outcome),
    wire,
    /** Loses the next reply, after its request was carried out. */
    loseReply: () => Effect.runSync(emulator.faults.arm({ fault: { _tag: "drop_reply" } })),
    change,
    killAccess: () => Effect.runSync(emulator.killAccessTokens),
    killRefresh: () => Effect.runSync(emulator.killRefreshTokens),
    /** Asks the witness past the library. */
    ask: (path: string, init?: RequestInit) =>
      Effect.promise(async () => {
        const reply = await send(origin + path, init)
        return { status: reply.status, fields: (await reply.json()) as Record<string, unknown> }
      }),
  }
})
