/**
 * What a command needs to know from its user: from the environment, or else asked on the terminal.
 *
 * Nothing of it is ever an argument: arguments stand in process lists and in the histories of shells. What is secret is not
 * echoed when it is typed.
 */

import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import type * as Terminal from "effect/Terminal"

const questions = {
  PBX_AUTH_CLIENT_ID: "Client id",
  PBX_AUTH_CLIENT_SECRET: "Client secret (not shown)",
  PBX_AUTH_USERNAME: "Username",
  PBX_AUTH_PASSWORD: "Password (not shown)",
  PBX_AUTH_PASSCODE: "Passcode (not shown)",
  PBX_AUTH_SCOPES: "Scopes, separated by blanks",
} as const

/**
 * The variables that are read.
 *
 * @category models
 */
export type Variable = keyof typeof questions

/**
 * A variable is not set, and nobody is there to be asked.
 *
 * @category errors
 */
export class Missing extends Schema.TaggedError<Missing>()("Missing", { variable: Schema.String }) {
  override get message(): string {
    return `${this.variable} is not set. Set it, or run this on a terminal to be asked.`
  }
}

/**
 * Why there is no answer: nobody is there, or whoever is there left.
 *
 * @category errors
 */
export type Unanswered = Missing | Terminal.QuitError

/**
 * What asking takes.
 *
 * @category models
 */
export type Questioning = Prompt.Environment | Stdio.Stdio

/** Questions are written to standard error, so standard output may well be a file or a pipe. */
const isSomebodyThere = Effect.gen(function* () {
  const { stderrIsTerminal, stdinIsTerminal } = yield* Stdio.Stdio
  return (yield* stdinIsTerminal) && (yield* stderrIsTerminal)
})

/** What a variable holds; one that is empty counts as not set. */
const given = <A>(config: Config.Config<A>): Effect.Effect<Option.Option<A>> =>
  Effect.gen(function* () {
    return yield* Config.option(config)
  }).pipe(Effect.orDie)

const answer = <A>(
  name: Variable,
  config: Config.Config<A>,
  question: (options: Prompt.TextOptions) => Prompt.Prompt<A>,
) =>
  Effect.gen(function* () {
    const value = yield* given(config)
    if (Option.isSome(value)) return value.value
    if (!(yield* isSomebodyThere)) return yield* new Missing({ variable: name })
    const validate = (typed: string) =>
      typed.trim() === "" ? Effect.fail("Type it, or press Esc to leave.") : Effect.succeed(typed)
    return yield* Prompt.run(question({ message: questions[name], validate })).pipe(
      // Whoever leaves is still on the line of the question.
      Effect.tapError(() => Console.error("")),
    )
  })

const text = (name: Variable) => answer(name, Config.String(name), Prompt.String)

const secret = (name: Variable) => answer(name, Config.Redacted(name), Prompt.Hidden)

const words = (line: string): ReadonlyArray<string> => line.split(/\s+/).filter((word) => word !== "")

/** The client that a provider issued, with its secret. */
export const client = Effect.gen(function* () {
  return { id: yield* text("PBX_AUTH_CLIENT_ID"), secret: yield* secret("PBX_AUTH_CLIENT_SECRET") }
})

/** Another client than the one that everybody uses, for providers that have such a one. */
export const otherClient = Effect.map(given(Config.String("PBX_AUTH_CLIENT_ID")), (id) =>
  Option.getOrUndefined(Option.map(id, (id) => ({ id }))),
)

/** Who signs in. */
export const credentials = Effect.gen(function* () {
  return { username: yield* text("PBX_AUTH_USERNAME"), password: yield* secret("PBX_AUTH_PASSWORD") }
})

/** The scopes, for providers that want at least one. */
export const scopes = Effect.map(text("PBX_AUTH_SCOPES"), words)

/** Other scopes than the usual ones, for providers that have such. */
export const otherScopes = Effect.map(given(Config.String("PBX_AUTH_SCOPES")), (line) =>
  Option.getOrUndefined(Option.map(line, words)),
)

/** The answer to a second factor. */
export const passcode = secret("PBX_AUTH_PASSCODE")

/** Whether a refused passcode can be followed by another one: a variable would only give the same again. */
export const canAskAgain = Effect.gen(function* () {
  return (yield* isSomebodyThere) && Option.isNone(yield* given(Config.Redacted("PBX_AUTH_PASSCODE")))
})
