/** A thread that writes the time into a cell whenever it is asked: the other process of a hand-over. */
import { parentPort, workerData } from "node:worker_threads"
import { Cells } from "@pbx-auth/store/Cells"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { CELL, type StoreName, stores } from "./Neighbours.ts"

const { directory, store } = workerData as { readonly directory: string; readonly store: StoreName }
const runtime = ManagedRuntime.make(Layer.fresh(stores[store](directory)))

const write = Effect.gen(function* () {
  const cells = yield* Cells
  const seen = yield* cells.read(CELL)
  yield* cells.replace(CELL, seen?.version, new TextEncoder().encode(String(process.hrtime.bigint())))
})

parentPort?.on("message", async () => {
  const exit = await runtime.runPromiseExit(write)
  parentPort?.postMessage(Exit.isSuccess(exit))
})
