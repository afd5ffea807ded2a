/**
 * What a command needs from its user: from the environment, or else asked on the terminal.
 *
 * None of it is ever an argument, because arguments are visible in process lists and in the histories of shells. A secret is not
 * echoed when it is typed.
 */

import * as Config from "effect/Config"
import * as Console from "effect/Console"
import type * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import type * as Terminal from "effect/Terminal"
import { missing, problemOf, question, type Variable } from "./Variable.ts"

/**
 * A variable is not set, and no person is there to ask.
 */
class Missing extends Schema.TaggedError<Missing>()("Missing", { variable: Schema.String }) {
  override get message(): string {
    return missing(this.variable)
  }
}

/**
 * A variable is set to a value that is surely a mistake: a file's line end, or blanks around a name.
 *
 * @category errors
 */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", {
  variable: Schema.String,
  problem: Schema.String,
}) {
  override get message(): string {
    return `${this.variable} ${this.problem}`
  }
}

/**
 * Why there is no answer: no person is there, the person left, or the variable cannot be used.
 *
 * @category errors
 */
export type Unanswered = Missing | Malformed | Terminal.QuitError

/**
 * What a question needs.
 *
 * @category models
 */
export type Questioning = Terminal.Terminal | Stdio.Stdio

/** Questions are written to standard error, so standard output may well be a file or a pipe. */
const isSomebodyThere = Effect.gen(function* () {
  const { stderrIsTerminal, stdinIsTerminal } = yield* Stdio.Stdio
  return (yield* stdinIsTerminal) && (yield* stderrIsTerminal)
})

/** The value of a variable; an empty one counts as not set. */
const given = (variable: Variable): Effect.Effect<Option.Option<Redacted.Redacted<string>>, Malformed> =>
  Effect.gen(function* () {
    const value = yield* Config.option(Config.Redacted(variable)).pipe((config) => Effect.orDie(read(config)))
    const problem = Option.isSome(value) ? problemOf(variable, Redacted.value(value.value)) : undefined
    return problem === undefined ? value : yield* new Malformed({ variable, problem })
  })

const read = <A>(config: Config.Config<A>) =>
  Effect.gen(function* () {
    return yield* config
  })

const answer = <A>(
  variable: Variable,
  of: (held: Redacted.Redacted<string>) => A,
  ask: (
    questions: typeof import("./Questions.ts"),
    options: Prompt.TextOptions,
  ) => Effect.Effect<A, Terminal.QuitError, Terminal.Terminal>,
) =>
  Effect.gen(function* () {
    const value = yield* given(variable)
    if (Option.isSome(value)) return of(value.value)
    if (!(yield* isSomebodyThere)) return yield* new Missing({ variable })
    const validate = (typed: string) => {
      if (typed.trim() === "") return Effect.fail("Type it, or press Esc to leave.")
      return problemOf(variable, typed) === undefined
        ? Effect.succeed(typed)
        : Effect.fail("There are blanks around it. Type it without them.")
    }
    // Only if a person is asked.
    const questions = yield* Effect.promise(() => import("./Questions.ts"))
    return yield* ask(questions, { message: question(variable), validate }).pipe(
      // A user who leaves is still on the line of the question.
      Effect.tapError(() => Console.error("")),
    )
  })

const text = (variable: Variable) => answer(variable, Redacted.value, ({ shown }, options) => shown(options))

const secret = (variable: Variable) =>
  answer(
    variable,
    (held) => held,
    ({ hidden }, options) => hidden(options),
  )

/** The value of a variable that is not secret, and that is never asked for. */
const otherText = (variable: Variable) =>
  Effect.map(given(variable), (value) => Option.getOrUndefined(Option.map(value, Redacted.value)))

const words = (line: string): ReadonlyArray<string> => line.split(/\s+/).filter((word) => word !== "")

/** Where the provider is, when no flag says it. */
export const address = otherText("PBX_AUTH_ADDRESS")

/** The client that a provider issued, with its secret. */
export const client = Effect.gen(function* () {
  return { id: yield* text("PBX_AUTH_CLIENT_ID"), secret: yield* secret("PBX_AUTH_CLIENT_SECRET") }
})

/** Another client than the shared one, for providers that have a shared one. */
export const otherClient = Effect.map(otherText("PBX_AUTH_CLIENT_ID"), (id) => (id === undefined ? undefined : { id }))

/** The user name and the password. */
export const credentials = Effect.gen(function* () {
  return { username: yield* text("PBX_AUTH_USERNAME"), password: yield* secret("PBX_AUTH_PASSWORD") }
})

/** The scopes, for providers that want at least one. */
export const scopes = Effect.map(text("PBX_AUTH_SCOPES"), words)

/** Other scopes than the usual ones, for providers that have such. */
export const otherScopes = Effect.map(otherText("PBX_AUTH_SCOPES"), (line) =>
  line === undefined ? undefined : words(line),
)

/** The answer to a second factor. */
export const passcode = secret("PBX_AUTH_PASSCODE")

/** Whether a refused passcode can be followed by another one: a variable would only give the same again. */
export const canAskAgain = Effect.gen(function* () {
  return (yield* isSomebodyThere) && Option.isNone(yield* given("PBX_AUTH_PASSCODE"))
})
