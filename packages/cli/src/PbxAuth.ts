/** The work of the command `pbx-auth`: what is left when the arguments and the environment are in order. */

import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Terminal from "effect/Terminal"
import * as Explanation from "./failure/Explanation.ts"
import { exitCodeOf, type Failure } from "./failure/Failure.ts"
import * as Telling from "./failure/Telling.ts"
import { Usage } from "./failure/Usage.ts"
import * as Kept from "./kept/Kept.ts"
import { isName } from "./provider/ProviderTable.ts"
import type { Existing } from "./session/ProfileSession.ts"
import type { Work } from "./start/Answer.ts"
import * as Readiness from "./start/Readiness.ts"

const load = <A>(module: () => Promise<A>) => Effect.promise(module)

/** `Readiness` has found the profile. */
const known = (target: Kept.Target): Existing => {
  if (target.of !== "profile" || target.profile === undefined) throw new Error("There is no profile.")
  return { ...target, profile: target.profile }
}

/** What is about one profile, or about all. */
const kept = (target: Kept.Target) => {
  if (target.of === "provider") throw new Error("There is no profile.")
  return target
}

const chosen = (target: Kept.Target) => {
  if (target.of !== "profile") throw new Error("There is no profile.")
  return target
}

/**
 * Loads the file of the provider that the command is about, and finds what that provider cannot do, before anything is asked. What a
 * command only shows or forgets needs no file.
 */
const ready = Effect.fnUntraced(function* (work: Work) {
  if (!("target" in work)) return
  const profile = work.target.of === "profile" ? work.target.profile?.provider : undefined
  const chosen = Kept.chosenBy(work) ?? profile
  if (chosen === undefined || isName(chosen)) return
  const OwnProvider = yield* load(() => import("./provider/OwnProvider.ts"))
  const loading = OwnProvider.load(chosen)
  if (["status", "logout"].includes(work.wants) || (work.wants === "profiles" && work.given.argument !== "add")) {
    return yield* Effect.ignore(loading)
  }
  yield* loading
  const wrong = Readiness.wrongFlags(work, work.target)
  if (wrong !== undefined) return yield* new Usage({ problem: wrong.line })
  const { needed } = yield* load(() => import("./shell/Environment.ts"))
  yield* needed(Readiness.neededBy(work, work.target))
})

/** Each command loads what only it needs. It returns the exit code if that is not 0. */
const perform = Effect.fnUntraced(function* (work: Work) {
  switch (work.wants) {
    case "token":
      return yield* (yield* load(() => import("./commands/Token.ts"))).print(work.given, work.target)
    case "act-as": {
      const { argument: actAs, ...given } = work.given
      return yield* (yield* load(() => import("./commands/Token.ts"))).print({ ...given, actAs }, work.target)
    }
    case "exec":
      return yield* (yield* load(() => import("./commands/Exec.ts"))).perform(work.given, work.target)
    case "inspect":
      return yield* (yield* load(() => import("./commands/Inspection.ts"))).print(work.given, work.target)
    case "login":
      return yield* (yield* load(() => import("./commands/Login.ts"))).run(work.given, chosen(work.target))
    case "status":
      return yield* (yield* load(() => import("./commands/Status.ts"))).print(work.given, kept(work.target))
    case "keep":
      return yield* (yield* load(() => import("./commands/Keep.ts"))).run(work.given, kept(work.target))
    case "logout":
      return yield* (yield* load(() => import("./commands/Logout.ts"))).run(work.given, known(work.target))
    case "profiles":
      return yield* (yield* load(() => import("./commands/Profiles.ts"))).run(work.given, kept(work.target))
    case "emulator":
      return yield* (yield* load(() => import("./commands/Emulating.ts"))).run(work.given)
    case "tour":
      return yield* (yield* load(() => import("./tour/Performance.ts"))).give(work.given)
    case "man":
      return yield* Console.log((yield* load(() => import("./grammar/ManPage.ts"))).page())
    case "completions":
      return yield* Console.log((yield* load(() => import("./grammar/Completion.ts"))).of(work.shell))
  }
})

/** What a session warns of goes to standard error as it is, or with its profile. With `--json` nothing but an error may be there. */
const warnings = ({ json }: Telling.Telling) =>
  Logger.layer(
    json
      ? []
      : [
          Logger.withConsoleError(
            Logger.make(({ fiber, message }) => {
              const name = fiber.getRef(References.CurrentLogAnnotations)[Telling.profile]
              const text = [message].flat().join(" ")
              return name === undefined ? text : text.replace(/^pbx-auth: /, (program) => `${program}${name}: `)
            }),
          ),
        ],
  )

const failureOf = (cause: Cause.Cause<unknown>, work: Work): Failure => {
  const failure = Explanation.of(cause)
  return !("target" in work) || work.target.of === "provider" ? failure : Explanation.within(failure, work.target)
}

/**
 * Does the work and returns the exit code. A failure has been printed by then.
 *
 * @category running
 */
export const run = (work: Work, telling: Telling.Telling) =>
  Effect.andThen(ready(work), perform(work)).pipe(
    Effect.map((code) => code ?? 0),
    // A user who leaves a question interrupts the command.
    Effect.catchIf(Terminal.isQuitError, () => Effect.interrupt),
    Effect.onExit((exit) => (telling.curl && Exit.isFailure(exit) ? Console.log(Telling.curlFails) : Effect.void)),
    Effect.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
      const failure = failureOf(cause, work)
      return Effect.as(Console.error(Telling.line(telling, failure)), exitCodeOf(failure))
    }),
    Effect.provide(warnings(telling)),
  )
