/** The command inside of the test's own process: quicker than a process of its own, and with a terminal in the test's hand. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stdio from "effect/Stdio"
import * as Terminal from "effect/Terminal"
import * as Telling from "../src/failure/Telling.ts"
import * as PbxAuth from "../src/PbxAuth.ts"
import * as Answer from "../src/start/Answer.ts"

export interface RanInside {
  /** `interrupted` if the person left the question. */
  readonly code: number | "interrupted"
  readonly stdout: string
  readonly stderr: string
  /** What was drawn on the terminal, escape sequences included. */
  readonly drawn: string
}

const leave = "\u001b"

/**
 * Runs it. With `typed`, a person is at the terminal and types these answers, one after the other, each with the return key; `null`
 * stands for the escape key.
 */
export const inside = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  typed?: ReadonlyArray<string | null>,
  /** The time of the command; the machine's if absent. */
  clock?: Clock.Clock,
): Promise<RanInside> =>
  Effect.gen(function* () {
    const said = { stdout: "", stderr: "", drawn: "" }
    const keys = yield* Queue.unbounded<Terminal.UserInput, Cause.Done>()
    for (const answer of typed ?? []) {
      for (const key of answer === null ? [leave] : [...answer, "\r"]) {
        const name = key === "\r" ? "return" : key === leave ? "escape" : key
        yield* Queue.offer(keys, { input: Option.some(key), key: { name, ctrl: false, meta: false, shift: false } })
      }
    }
    yield* Queue.end(keys)
    const terminal = Terminal.make({
      columns: Effect.succeed(80),
      rows: Effect.succeed(24),
      size: Effect.die("not asked for"),
      readInput: Effect.succeed(keys),
      readLine: Effect.die("not asked for"),
      display: (text) =>
        Effect.sync(() => {
          said.drawn += text
        }),
    })
    const console: Console.Console = {
      ...globalThis.console,
      log: (line: string) => {
        said.stdout += `${line}\n`
      },
      error: (line: string) => {
        said.stderr += `${line}\n`
      },
    }
    const isTerminal = Effect.succeed(typed !== undefined)
    const answer = Answer.of(args, { env, isSomebodyThere: () => typed !== undefined })
    if (Answer.isSaid(answer)) {
      Answer.say(answer, console)
      return { code: answer.code, ...said }
    }
    const exit = yield* PbxAuth.run(answer, Telling.of(args)).pipe(
      Effect.provideService(Terminal.Terminal, terminal),
      Effect.provide(Stdio.layerTest({ stdinIsTerminal: isTerminal, stderrIsTerminal: isTerminal })),
      Effect.provideService(Console.Console, console),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
      Effect.provide(NodeServices.layer),
      clock === undefined ? (effect) => effect : Effect.provideService(Clock.Clock, clock),
      Effect.exit,
    )
    if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.die(exit.cause)
    return { code: Exit.isSuccess(exit) ? exit.value : ("interrupted" as const), ...said }
  }).pipe(Effect.runPromise)
