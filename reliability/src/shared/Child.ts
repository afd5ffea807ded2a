/** A program of Node as a process of its own. It says lines of JSON, and can be told to go. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Child<Said extends { readonly _tag: string }> {
  /** What it says next that is of this kind; `undefined` if it ends before. */
  readonly next: <Tag extends Said["_tag"]>(tag: Tag) => Promise<Extract<Said, { readonly _tag: Tag }> | undefined>
  /** Tells it to go. */
  readonly go: () => void
  readonly signal: (name: NodeJS.Signals) => void
  /** By which signal it ended, if by one. */
  readonly ended: Promise<NodeJS.Signals | null>
}

/** It is killed with the scope. What it is to do is in its environment. */
export const start = <Said extends { readonly _tag: string }>(
  program: URL,
  env: Readonly<Record<string, string>>,
): Effect.Effect<Child<Said>, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--disable-warning=ExperimentalWarning", fileURLToPath(program)], {
          stdio: ["pipe", "pipe", "inherit"],
          env: { ...process.env, NODE_OPTIONS: "", ...env },
        }),
      ),
      (child) =>
        Effect.promise(async () => {
          if (child.exitCode !== null || child.signalCode !== null) return
          child.kill("SIGKILL")
          await once(child, "close")
        }),
    ),
    childOf<Said>,
  )

const childOf = <Said extends { readonly _tag: string }>(child: ChildProcess): Child<Said> => {
  // What is written to a process that has just died is lost.
  child.stdin?.on("error", () => undefined)
  const said: Array<Said> = []
  let isOver = false
  let news = Promise.withResolvers<void>()
  const wake = () => {
    news.resolve()
    news = Promise.withResolvers()
  }
  createInterface({ input: child.stdout ?? process.stdin }).on("line", (line) => {
    // A logger may write there too.
    if (!line.startsWith("{")) return
    said.push(JSON.parse(line) as Said)
    wake()
  })
  const ended = once(child, "close").then(([, signal]) => {
    isOver = true
    wake()
    return signal as NodeJS.Signals | null
  })
  return {
    next: async <Tag extends Said["_tag"]>(tag: Tag) => {
      while (true) {
        const at = said.findIndex(({ _tag }) => _tag === tag)
        if (at >= 0) return said.splice(at, 1)[0] as Extract<Said, { readonly _tag: Tag }>
        if (isOver) return undefined
        await news.promise
      }
    },
    go: () => void child.stdin?.write("go\n"),
    signal: (name) => void child.kill(name),
    ended,
  }
}
