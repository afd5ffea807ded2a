/** A process of its own that shares tokens with others, as the row sees it. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Lab } from "../Lab.ts"
import type { Job, Round, Said } from "./Job.ts"

const program = fileURLToPath(new URL("Process.ts", import.meta.url))

export interface Member {
  /** What it says next that is of this kind; `undefined` if it ends before. */
  readonly next: <Tag extends Said["_tag"]>(tag: Tag) => Promise<Extract<Said, { readonly _tag: Tag }> | undefined>
  /** Tells it to go. */
  readonly go: () => void
  readonly signal: (name: NodeJS.Signals) => void
  /** By which signal it ended, if by one. */
  readonly ended: Promise<NodeJS.Signals | null>
}

/** It is killed with the scope. */
export const start = (lab: Lab, job: Omit<Job, "module">): Effect.Effect<Member, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
          stdio: ["pipe", "pipe", "inherit"],
          env: {
            ...process.env,
            NODE_OPTIONS: "",
            PROCESS_JOB: JSON.stringify({ ...job, module: lab.module.href } satisfies Job),
          },
        }),
      ),
      (child) =>
        Effect.promise(async () => {
          if (child.exitCode !== null || child.signalCode !== null) return
          child.kill("SIGKILL")
          await once(child, "close")
        }),
    ),
    memberOf,
  )

const memberOf = (child: ChildProcess): Member => {
  // What is written to a process that has just died is lost.
  child.stdin?.on("error", () => undefined)
  const said: Array<Said> = []
  let wake = () => {}
  let isOver = false
  const lines = createInterface({ input: child.stdout ?? process.stdin })
  lines.on("line", (line) => {
    // A logger may write there too.
    if (line.startsWith("{")) said.push(JSON.parse(line) as Said)
    wake()
  })
  const ended = once(child, "close").then(([, signal]) => {
    isOver = true
    wake()
    return signal as NodeJS.Signals | null
  })
  const waiters = new Set<() => void>()
  wake = () => {
    for (const one of [...waiters]) one()
  }
  const next = async <Tag extends Said["_tag"]>(tag: Tag) => {
    while (true) {
      const at = said.findIndex(({ _tag }) => _tag === tag)
      if (at >= 0) return said.splice(at, 1)[0] as Extract<Said, { readonly _tag: Tag }>
      if (isOver) return undefined
      await new Promise<void>((resolve) => {
        const woken = () => {
          waiters.delete(woken)
          resolve()
        }
        waiters.add(woken)
      })
    }
  }
  return {
    next,
    go: () => void child.stdin?.write("go\n"),
    signal: (name) => void child.kill(name),
    ended,
  }
}

/** One round of these processes, until each of them has a token or is dead. */
export const round = (members: ReadonlyArray<Member>): Promise<ReadonlyArray<Round>> => {
  for (const { go } of members) go()
  return Promise.all(members.map(({ next }) => next("Round"))).then((all) =>
    all.flatMap((said) => (said === undefined ? [] : [said.round])),
  )
}
