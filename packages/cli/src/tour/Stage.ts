/**
 * The setting of a tour: an emulator on a port, one clock for it and for its clients, and a record of both.
 *
 * What happens (the states of the watched sessions, the requests that the emulator answered) is recorded in one sequence, in the
 * order in which it happens. A step names the part of that sequence that it must cause, and nothing else may happen. So the tour
 * proves what it shows.
 */

import * as Emulator from "@pbx-auth/emulator/Emulator"
import type { JournalEntry } from "@pbx-auth/emulator/Journal"
import { serve } from "@pbx-auth/emulator/Server"
import type { SteerableClock } from "@pbx-auth/emulator/SteerableClock"
import type { World } from "@pbx-auth/emulator/World"
import { type AuthError, isAuthError } from "@pbx-auth/providers/AuthError"
import type { Provider } from "@pbx-auth/providers/Provider"
import type { BearerSource } from "@pbx-auth/session/Session"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ServeError } from "effect/http/HttpServerError"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ProviderDone, TourEvent } from "./TourEvent.ts"

/**
 * Something differed from a page. It was printed before it is raised.
 *
 * @category errors
 */
export class Mismatch extends Schema.TaggedError<Mismatch>()("Mismatch", {}) {}

/**
 * What a step is about.
 *
 * @category models
 */
export interface Step {
  /** For people. */
  readonly words: string
  /** What the page says about it, word by word. */
  readonly says?: string
  /**
   * What must happen, and nothing else: states by their path (`expiring.renewing`, or `<session>: <path>` for a session that is
   * not the main one), and requests (`POST /token password 200 issued`).
   */
  readonly brings: ReadonlyArray<string>
}

/**
 * A span of time, as it is told.
 *
 * @category models
 */
export type Span = `${number} minutes` | `${number} days`

/** How long to wait for an expected event before it counts as missing. On an idle machine it takes a few ms. */
const patience = Duration.seconds(20)

/**
 * The stage of the provider that is on tour.
 *
 * @category services
 */
export class Stage extends Context.Service<
  Stage,
  {
    /** Where the emulator answers. */
    readonly origin: string
    readonly emulator: Emulator.Emulator
    /** Records every state of a session from now on. The main one has no name. */
    readonly watch: (session: BearerSource, name?: string) => Effect.Effect<void, never, Scope.Scope>
    /** Does something, and verifies that it succeeds and causes what it must. */
    readonly step: <A, E, R>(step: Step, action: Effect.Effect<A, E, R>) => Effect.Effect<A, Mismatch, R>
    /** Does something, and verifies that it is refused for this reason. */
    readonly refused: <A, R>(
      step: Step & { readonly reason: AuthError["reason"]["_tag"] },
      action: Effect.Effect<A, AuthError, R>,
    ) => Effect.Effect<void, Mismatch, R>
    /** Lets time pass, at once, for the emulator and its clients alike. */
    readonly later: (duration: Span, step: Pick<Step, "says" | "brings">) => Effect.Effect<void, Mismatch>
    /** Verifies something that happened. `saw` is printed if it is not so. */
    readonly check: (words: string, holds: boolean, saw?: string) => Effect.Effect<void, Mismatch>
  }
>()("@pbx-auth/cli/tour/Stage") {}

/**
 * Opens an emulator on a free port of this machine. The returned function tours one provider: it sets the stage, runs the provider's
 * part, and reports how it went. After a part that fails, the next one still runs.
 *
 * @category constructors
 */
export const make: (options: {
  readonly clock: SteerableClock
  readonly world: World
  readonly tell: (event: TourEvent) => void
}) => Effect.Effect<
  <R>(
    provider: Provider,
    promise: string,
    part: Effect.Effect<void, Mismatch | AuthError, R>,
  ) => Effect.Effect<ProviderDone, never, Exclude<Exclude<R, Scope.Scope>, Stage>>,
  ServeError,
  Scope.Scope
> = Effect.fnUntraced(function* ({ clock, tell, world }) {
  const emulator = yield* Emulator.make({ world })
  let asked: (entry: JournalEntry) => void = () => {}
  let told = 0
  const { origin } = yield* serve({
    port: 0,
    emulator: {
      ...emulator,
      // Before the answer leaves, so that a request is recorded before the state that its answer leads to.
      handle: async (request) => {
        const response = await emulator.handle(request)
        const entries = Effect.runSync(emulator.journal)
        for (const entry of entries.slice(told)) asked(entry)
        told = entries.length
        return response
      },
    },
  })
  tell({ event: "tour", origin })

  return (provider, promise, part) =>
    Effect.gen(function* () {
      const { id, name, page } = provider
      const began = clock.currentTimeMillisUnsafe()
      const happened: Array<string> = []
      let expected = 0
      let changed = Deferred.makeUnsafe<void>()
      const states: Array<string> = []
      const paths = new Map<string | undefined, string>()
      const counts = { requests: 0, refused: 0, checks: 0 }

      const write = (what: string) => {
        happened.push(what)
        Deferred.doneUnsafe(changed, Effect.void)
        changed = Deferred.makeUnsafe()
      }

      asked = ({ account, grant, method, outcome, path, status, subject }) => {
        counts.requests += 1
        if (outcome.startsWith("refused")) counts.refused += 1
        tell({ event: "request", provider: id, method, path, grant, status, outcome, account, subject })
        write([method, path, ...(grant === undefined ? [] : [grant]), status, outcome].join(" "))
      }

      const mismatch = (words: string, saw: string | undefined): Effect.Effect<never, Mismatch> =>
        Effect.suspend(() => {
          tell({ event: "check", provider: id, ok: false, words, saw })
          return Effect.fail(new Mismatch())
        })

      const check = (words: string, holds: boolean, saw?: string): Effect.Effect<void, Mismatch> => {
        if (!holds) return mismatch(words, saw)
        return Effect.sync(() => {
          counts.checks += 1
          tell({ event: "check", provider: id, ok: true, words, saw: undefined })
        })
      }

      /** Waits until what must happen has happened. */
      const brought = (brings: ReadonlyArray<string>): Effect.Effect<void, Mismatch> => {
        const verdict = Effect.suspend((): Effect.Effect<void, Mismatch> => {
          const seen = happened.slice(expected)
          const at = seen.findIndex((what, index) => what !== brings[index])
          if (at >= 0) {
            const wanted = brings[at] ?? "nothing more"
            return mismatch(`next comes: ${wanted}`, seen[at])
          }
          if (seen.length < brings.length) return Effect.andThen(Deferred.await(changed), verdict)
          expected = happened.length
          return Effect.void
        })
        return Effect.timeoutOrElse(verdict, {
          duration: patience,
          orElse: () => mismatch(`next comes: ${brings[happened.length - expected]}`, "nothing"),
        })
      }

      const watch = (session: BearerSource, name?: string) =>
        Effect.gen(function* () {
          // The first view is the current one: once it is recorded, no later one is missed.
          const first = Deferred.makeUnsafe<void>()
          yield* Effect.forkScoped(
            Stream.runForEach(session.changes, ({ path, state, substate }) =>
              Effect.sync(() => {
                // A view comes after every step of the chart. One that stays in its state (a caller joined) is no news.
                if (paths.get(name) === path) return
                paths.set(name, path)
                if (name === undefined && states.at(-1) !== state) states.push(state)
                tell({ event: "state", provider: id, session: name, path, state, substate })
                write(name === undefined ? path : `${name}: ${path}`)
                Deferred.doneUnsafe(first, Effect.void)
              }),
            ),
          )
          yield* Deferred.await(first)
        })

      const begin = ({ says, words }: Pick<Step, "words" | "says">) =>
        tell({ event: "step", provider: id, words, says })

      const stage = Stage.of({
        origin,
        emulator,
        watch,
        check,
        step: (step, action) =>
          Effect.gen(function* () {
            begin(step)
            const result = yield* Effect.catchCause(action, (cause) =>
              Cause.hasInterruptsOnly(cause) ? Effect.interrupt : mismatch("it succeeds", reasonOf(cause)),
            )
            yield* brought(step.brings)
            return result
          }),
        refused: (step, action) =>
          Effect.gen(function* () {
            begin(step)
            const saw = yield* Effect.match(action, {
              onFailure: ({ reason }) => reason,
              onSuccess: () => undefined,
            })
            yield* brought(step.brings)
            const words = `refused as ${step.reason}${saw?._tag === step.reason ? `; remedy: ${saw.remedy}` : ""}`
            yield* check(words, saw?._tag === step.reason, saw?._tag ?? "no refusal")
          }),
        later: (span, { brings, says }) =>
          Effect.gen(function* () {
            const seconds = Duration.toSeconds(span)
            tell({ event: "clock", provider: id, words: `${span} later`, seconds, says })
            yield* clock.adjust(span)
            yield* brought(brings)
          }),
      })

      tell({ event: "provider", provider: id, name, page, promise })
      const ok = yield* Effect.scoped(part).pipe(
        Effect.andThen(brought([])),
        Effect.as(true),
        Effect.catchCause((cause) => {
          if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
          const isTold = cause.reasons.some((reason) => reason._tag === "Fail" && reason.error instanceof Mismatch)
          return Effect.catch(isTold ? Effect.succeed(false) : mismatch("all goes well", reasonOf(cause)), () =>
            Effect.succeed(false),
          )
        }),
        Effect.provideService(Stage, stage),
      )
      const seconds = (clock.currentTimeMillisUnsafe() - began) / 1000
      const done: ProviderDone = { event: "provider_done", provider: id, name, ok, states, ...counts, seconds }
      tell(done)
      return done
    })
})

/** Why something failed, in words that can hold no secret: only what an `AuthError` says is repeated. */
const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (isAuthError(error)) return `${error.reason._tag}. ${error.message}`
  return typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "an unexpected error"
}
