/** A process of its own that shares tokens with others, as the row sees it. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Lab } from "../Lab.ts"
import * as Child from "./Child.ts"
import type { Job, Round, Said } from "./Job.ts"

const program = new URL("Process.ts", import.meta.url)

export type Member = Child.Child<Said>

/** It is killed with the scope. */
export const start = (lab: Lab, job: Omit<Job, "module">): Effect.Effect<Member, never, Scope.Scope> =>
  Child.start(program, { PROCESS_JOB: JSON.stringify({ ...job, module: lab.module.href } satisfies Job) })

/** One round of these processes, until each of them has a token or is dead. */
export const round = (members: ReadonlyArray<Member>): Promise<ReadonlyArray<Round>> => {
  for (const { go } of members) go()
  return Promise.all(members.map(({ next }) => next("Round"))).then((all) =>
    all.flatMap((said) => (said === undefined ? [] : [said.round])),
  )
}
