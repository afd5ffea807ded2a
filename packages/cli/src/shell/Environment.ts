/**
 * What a command needs from its user: from the environment, or else asked on the terminal.
 *
 * None of it is ever an argument, because arguments are visible in process lists and in the histories of shells. A secret is not
 * echoed when it is typed.
 */

import type { OptionFields } from "@pbx-auth/providers/Options"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import type * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import type * as Terminal from "effect/Terminal"
import { codeOf } from "./SystemError.ts"
import { fileOf, missing, ofOption, problemOf, question, type Variable } from "./Variable.ts"

/**
 * Variables are not set, and no person is there to ask.
 */
class Missing extends Schema.TaggedError<Missing>()("Missing", { variables: Schema.Array(Schema.String) }) {
  override get message(): string {
    return missing(...this.variables)
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

/** What a file holds, without the line end that an editor puts behind it. `-` is standard input. */
const contentOf = (variable: Variable, path: string) =>
  Effect.gen(function* () {
    const { readFileSync } = yield* Effect.promise(() => import("node:fs"))
    const text = yield* Effect.try({
      try: () => readFileSync(path === "-" ? 0 : path, "utf8").replace(/\r?\n$/, ""),
      catch: (error) =>
        new Malformed({ variable: fileOf(variable), problem: `names a file that cannot be read (${codeOf(error)}).` }),
    })
    return text === ""
      ? yield* new Malformed({ variable: fileOf(variable), problem: "names a file that is empty." })
      : Redacted.make(text)
  })

/** The text of a variable. */
const textOf = (name: string) => Effect.orDie(read(Config.option(Config.Redacted(name))))

/** The value of a variable, or of the file that its `_FILE` names; an empty one counts as not set. */
const given = (variable: Variable): Effect.Effect<Option.Option<Redacted.Redacted<string>>, Malformed> =>
  Effect.gen(function* () {
    const own = yield* textOf(variable)
    const file = Option.isSome(own) ? Option.none() : yield* textOf(fileOf(variable))
    const value = Option.isSome(file) ? Option.some(yield* contentOf(variable, Redacted.value(file.value))) : own
    const problem = Option.isSome(value) ? problemOf(variable, Redacted.value(value.value)) : undefined
    return problem === undefined ? value : yield* new Malformed({ variable, problem })
  })

/**
 * Fails as `Missing` if some of these variables are not set and nobody is there to be asked. It reads no file.
 *
 * @category guards
 */
export const needed = Effect.fnUntraced(function* (variables: ReadonlyArray<Variable>) {
  if (yield* isSomebodyThere) return
  const unset = yield* Effect.filter(variables, (variable) =>
    Effect.map(Effect.all([textOf(variable), textOf(fileOf(variable))]), (texts) => texts.every(Option.isNone)),
  )
  if (unset.length > 0) yield* new Missing({ variables: unset })
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
    if (!(yield* isSomebodyThere)) return yield* new Missing({ variables: [variable] })
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

/** The value of a variable that is never asked for. */
const otherSecret = (variable: Variable) => Effect.map(given(variable), Option.getOrUndefined)

const otherText = (variable: Variable) => Effect.map(otherSecret(variable), (value) => value && Redacted.value(value))

const words = (line: string): ReadonlyArray<string> => line.split(/\s+/).filter((word) => word !== "")

/** Where the provider is, when no flag says it. */
export const address = otherText("PBX_AUTH_ADDRESS")

/** Where the sealing key is to be, when no flag says it. */
export const keySource = Effect.flatMap(otherText("PBX_AUTH_KEY_SOURCE"), (source) =>
  source === undefined || source === "file" || source === "keyring"
    ? Effect.succeed<"file" | "keyring" | undefined>(source)
    : Effect.fail(new Malformed({ variable: "PBX_AUTH_KEY_SOURCE", problem: "takes file or keyring." })),
)

/** The user name, asked for. */
export const username = text("PBX_AUTH_USERNAME")

/** The password for a user name that is known. */
export const password = secret("PBX_AUTH_PASSWORD")

/**
 * What a sign-in needs to know. A provider asks for what it takes, in its own order.
 *
 * @category models
 */
export interface Answers {
  /** The client's id. */
  readonly clientId: Effect.Effect<string, Unanswered, Questioning>
  readonly clientSecret: Effect.Effect<Redacted.Redacted<string>, Unanswered, Questioning>
  /** A secret that a client may have. */
  readonly otherClientSecret: Effect.Effect<Redacted.Redacted<string> | undefined, Unanswered, Questioning>
  /** An option that a provider declares; `undefined` if it may be left out and nobody said it. */
  readonly own: (
    name: string,
    fields: OptionFields,
  ) => Effect.Effect<string | Redacted.Redacted<string> | undefined, Unanswered, Questioning>
  /** Another client than the shared one, for providers that have a shared one. */
  readonly otherClientId: Effect.Effect<string | undefined, Unanswered, Questioning>
  /** The scopes, for providers that want at least one. */
  readonly scopes: Effect.Effect<ReadonlyArray<string>, Unanswered, Questioning>
  /** Other scopes than the usual ones, for providers that have such. */
  readonly otherScopes: Effect.Effect<ReadonlyArray<string> | undefined, Unanswered, Questioning>
  /** What the session begins with: a user name and a password, or a refresh token. */
  readonly beginning: Effect.Effect<Beginning, Unanswered, Questioning>
  /** Who signs in at a browser, and a refresh token if there is one. */
  readonly atBrowser: Effect.Effect<AtBrowser, Unanswered, Questioning>
}

/**
 * @category models
 */
export interface AtBrowser {
  /** The user's own name for who signs in. */
  readonly user: string
  readonly refreshToken?: Redacted.Redacted<string> | undefined
}

/** Nobody has to say who signs in at a browser: a profile has one person, and a command without a profile keeps nothing. */
const someone = "someone"

/**
 * Who signs in at a browser.
 *
 * @category constructors
 */
export const atBrowser = (username: string | undefined, beginning?: Beginning | undefined): AtBrowser => ({
  user: username ?? someone,
  ...(beginning !== undefined && "refreshToken" in beginning && beginning),
})

/**
 * @category models
 */
export type Beginning =
  | { readonly credentials: { readonly username: string; readonly password: Redacted.Redacted<string> } }
  | { readonly refreshToken: Redacted.Redacted<string> }

/**
 * All answers come from the environment, or from the person at the terminal.
 *
 * @category constants
 */
export const answers: Answers = {
  clientId: text("PBX_AUTH_CLIENT_ID"),
  clientSecret: secret("PBX_AUTH_CLIENT_SECRET"),
  otherClientSecret: otherSecret("PBX_AUTH_CLIENT_SECRET"),
  own: (name, fields) => {
    const variable = ofOption(name)
    const { default: usual, optional, secret: isSecret } = fields[name] ?? {}
    const mayBeLeftOut = optional === true || usual !== undefined
    return isSecret === true
      ? (mayBeLeftOut ? otherSecret : secret)(variable)
      : (mayBeLeftOut ? otherText : text)(variable)
  },
  otherClientId: otherText("PBX_AUTH_CLIENT_ID"),
  scopes: Effect.map(text("PBX_AUTH_SCOPES"), words),
  otherScopes: Effect.map(otherText("PBX_AUTH_SCOPES"), (line) => (line === undefined ? undefined : words(line))),
  beginning: Effect.gen(function* () {
    return { credentials: { username: yield* username, password: yield* password } }
  }),
  atBrowser: Effect.map(otherText("PBX_AUTH_USERNAME"), (name) => atBrowser(name)),
}

/** A refresh token from elsewhere. */
export const refreshToken = secret("PBX_AUTH_REFRESH_TOKEN")

/**
 * The values that are set, and never asked for.
 *
 * @category getters
 */
export const set = {
  username: otherText("PBX_AUTH_USERNAME"),
  password: otherSecret("PBX_AUTH_PASSWORD"),
  clientSecret: otherSecret("PBX_AUTH_CLIENT_SECRET"),
  clientId: answers.otherClientId,
  own: otherText,
  ownSecret: otherSecret,
  scopes: answers.otherScopes,
  passcode: otherSecret("PBX_AUTH_PASSCODE"),
}

/** The answer to a second factor. */
export const passcode = secret("PBX_AUTH_PASSCODE")

/** Whether a refused passcode can be followed by another one: a variable would only give the same again. */
export const canAskAgain = Effect.gen(function* () {
  return (yield* isSomebodyThere) && (yield* set.passcode) === undefined
})
