/** The work of `exec`: another program runs with an access token in its environment. */

import { type SpawnOptions, spawn } from "node:child_process"
import { constants } from "node:os"
import { isatty } from "node:tty"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { GivenTo } from "../grammar/Command.ts"
import type { commands } from "../grammar/Grammar.ts"
import type { Target } from "../kept/Kept.ts"
import * as ChildEnvironment from "../shell/ChildEnvironment.ts"
import * as Printable from "../shell/Printable.ts"
import { codeOf } from "../shell/SystemError.ts"
import * as WarmToken from "../start/WarmToken.ts"

/**
 * The program could not be started.
 *
 * @category errors
 */
export class NotStarted extends Data.TaggedError("NotStarted")<{
  readonly message: string
  /** As of env(1): 127 if it was not found, else 126. */
  readonly code: number
}> {}

const signals = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT"] as const

/**
 * A terminal sends these to all processes of the foreground, so they come to the program by themselves. To be sent them twice would
 * mean to many programs that they must end at once.
 */
const ofTerminal = ["SIGINT", "SIGQUIT"] as const

/**
 * The environment of the program: this one's, with the token and without our secrets.
 *
 * @category getters
 */
export const environment = (
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
  token: string,
): Readonly<Record<string, string | undefined>> => ({ ...ChildEnvironment.of(env), [variable]: token })

const notStarted = (command: string, code: string): NotStarted => {
  const isMissing = code === "ENOENT"
  const why = isMissing ? "was not found" : `cannot be run (${code})`
  return new NotStarted({ message: `The program ${Printable.line(command)} ${why}.`, code: isMissing ? 127 : 126 })
}

/**
 * Gets a token, and runs the program with it. Where a kept token is usable, no session is loaded.
 *
 * @category running
 */
export const perform = Effect.fnUntraced(function* (given: GivenTo<typeof commands.exec>, target: Target) {
  const { actAs, rest, variable = "PBX_AUTH_TOKEN" } = given
  const now = yield* Clock.currentTimeMillis
  const kept = WarmToken.of(target, actAs, now)
  const token = kept?.token ?? (yield* (yield* Effect.promise(() => import("./Token.ts"))).text(given, target))
  return yield* run(rest, variable, token)
})

/**
 * Runs it to its end. Signals go on to it. Returns its exit code, or 128 and the signal that ended it.
 *
 * @category running
 */
export const run = ([command = "", ...args]: ReadonlyArray<string>, variable: string, token: string) =>
  Effect.callback<number, NotStarted>((resume) => {
    const options: SpawnOptions = { stdio: "inherit", env: environment(process.env, variable, token) }
    const child = spawn(command, args, options)
    const pass = (signal: NodeJS.Signals) => void child.kill(signal)
    const stay = () => {}
    const own = [0, 1, 2].some((stream) => isatty(stream)) ? stay : pass
    for (const signal of signals) process.on(signal, pass)
    for (const signal of ofTerminal) process.on(signal, own)
    const end = (result: Effect.Effect<number, NotStarted>) => {
      for (const signal of signals) process.off(signal, pass)
      for (const signal of ofTerminal) process.off(signal, own)
      resume(result)
    }
    child.once("error", (error) => end(Effect.fail(notStarted(command, codeOf(error)))))
    child.once("close", (code, signal) => {
      const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
      // An interruption of this process does not hide how the program ended.
      process.exitCode = status
      end(Effect.succeed(status))
    })
  }).pipe(Effect.uninterruptible)
