/** Random events for the chart, in a thread of its own: in one thread, a million of them take a minute and a half. */
import { parentPort, Worker, workerData } from "node:worker_threads"
import type { SessionInput } from "@pbx-auth/machine/SessionContext"
import { sessionMachine } from "@pbx-auth/machine/SessionMachine"
// The machine's own witness: its tests run it briefly, the report at length.
import { check, type Mix } from "../../packages/machine/test/Invariants.ts"

export interface Task {
  readonly input: SessionInput
  readonly mix: Mix
  readonly seed: number
  readonly events: number
}

/** How many events were walked, or what did not hold. */
export type Walked = number | string

export const walk = ({ events, input, mix, seed }: Task, machine = sessionMachine): Walked => {
  try {
    return check({ machine }, input, { seed, mix, events }).events
  } catch (failure) {
    return failure instanceof Error ? failure.message : String(failure)
  }
}

export const inThread = (task: Task): Promise<Walked> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { walk: task } })
    worker.once("message", resolve)
    worker.once("error", reject)
  })

const asked: { readonly walk?: Task } | null = workerData
if (asked?.walk !== undefined) parentPort?.postMessage(walk(asked.walk))
