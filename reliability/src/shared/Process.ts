/** A process that shares tokens with others. It does what its job says, and says so in lines of JSON. */
import { createInterface } from "node:readline"
import type { Bearer } from "@pbx-auth/session/Bearer"
import type { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Fetch, Lab } from "../Lab.ts"
import type { Opened } from "../Stage.ts"
import { subjects } from "../Vendor.ts"
import { boot } from "./Boot.ts"
import { type Job, lineOf, type Round, type Said } from "./Job.ts"

const job: Job = JSON.parse(process.env.PROCESS_JOB ?? "")
const { lab } = (await import(job.module)) as { readonly lab: Lab }

const say = (said: Said) => void process.stdout.write(lineOf(said))

/** Of this machine, with its fractions, so that processes can compare. */
const now = () => performance.timeOrigin + performance.now()

// --- steps: the moments at which the process waits for something ------------------------------------------------------

let steps = 0

const step = () => {
  steps += 1
  if (steps === job.killAt) process.kill(process.pid, "SIGKILL")
}

const stepping = Effect.sync(step)

/** Before it, and after it. */
const stepped = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.andThen(stepping, Effect.ensuring(effect, stepping))

const steppedCells = (cells: Cells["Service"]): Cells["Service"] => ({
  ...cells,
  read: (name) => stepped(cells.read(name)),
  replace: (name, expected, next) => stepped(cells.replace(name, expected, next)),
})

let isPresenting = false

/** Whether rounds have begun. */
let isReady = false

/** Before a request, after the head of its reply, and after its body. */
const steppedFetch: Fetch = async (input, init) => {
  step()
  isPresenting = true
  if (isReady) say({ _tag: "Presenting" })
  const response = await fetch(input, init)
  step()
  const text = await response.text()
  step()
  return new Response(text, { status: response.status, headers: response.headers })
}

// --- what it does -----------------------------------------------------------------------------------------------------

/** Until the renewal that is due has come to its end. */
const renewed = (session: Opened) =>
  Effect.gen(function* () {
    const { generation } = yield* session.bearer
    for (let wait = 0; wait < 2_000 && (yield* session.bearer).generation === generation; wait++) yield* Effect.sleep(5)
  })

const acting = (session: Opened) =>
  "actAs" in session
    ? Effect.scoped(Effect.flatMap(session.actAs(subjects.netsapiens), (child) => child.accessToken))
    : Effect.void

/** When the last token was stored. */
let storedAt: number | undefined

/** The same, if this process got the token. */
const ownStoredAt = () => (isPresenting ? storedAt : undefined)

/** A token until there is one: what a process is told may pass. */
const insisting = (session: Opened, told: Array<string>): Effect.Effect<Bearer> =>
  session.bearer.pipe(
    Effect.catch((error) => {
      told.push(error.reason._tag)
      return Effect.andThen(Effect.sleep(50), insisting(session, told))
    }),
  )

const rounds = (session: Opened): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    yield* Effect.promise(async () => {
      let held = await Effect.runPromise(session.bearer)
      say({ _tag: "Ready" })
      isReady = true
      for await (const _ of createInterface({ input: process.stdin })) {
        isPresenting = false
        storedAt = undefined
        const askedAt = now()
        const told: Array<string> = []
        held = await Effect.runPromise(
          Effect.gen(function* () {
            // Without it, a token that replaced a rejected one stays for a minute although an API rejects it.
            yield* session.confirm?.(held.generation) ?? Effect.void
            yield* session.reject(held.generation)
            return yield* insisting(session, told)
          }),
        )
        const own = ownStoredAt()
        const round: Round = {
          ...{ askedAt, hadAt: now(), generation: held.generation, token: Redacted.value(held.token), told },
          ...(own !== undefined && { storedAt: own }),
        }
        say({ _tag: "Round", round })
      }
    })
  })

const work = Effect.gen(function* () {
  const { open } = yield* boot(lab, {
    ...job,
    cells: steppedCells,
    fetch: steppedFetch,
    store: (store) => ({
      ...store,
      replace: (key, expected, next) =>
        Effect.tap(store.replace(key, expected, next), () =>
          Effect.sync(() => {
            if (next?.tokens !== undefined && next.intent === undefined) storedAt = now()
          }),
        ),
    }),
  })
  const session = yield* open
  if (job.does === "sign_in") yield* session.signIn()
  if (job.does === "renewal") yield* renewed(session)
  if (job.does === "acting") yield* acting(session)
  if (job.does === "rounds") yield* rounds(session)
})

await Effect.runPromise(Effect.scoped(work))
say({ _tag: "Ended", steps })
process.exit(0)
