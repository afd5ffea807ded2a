/**
 * A vendor in a thread of its own. It answers while this thread stands still, as the world does to a process that is stopped,
 * suspended or busy: the reply waits in the socket when this thread goes on.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"

/** What the threads tell each other, in a shared integer. */
const IDLE = 0
const ASKED = 1
const ANSWER = 2
const ANSWERED = 3

/** No thread waits for the other one for longer than this, ms. */
const LONGEST = 20_000

interface Task {
  readonly state: Int32Array
  /** The answer to each request, one after the other; the last one answers all that follow. */
  readonly replies: ReadonlyArray<string>
  readonly isPacked: boolean
}

const serve = ({ isPacked, replies, state }: Task) => {
  let asked = 0
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      Atomics.store(state, 0, ASKED)
      Atomics.wait(state, 0, ASKED, LONGEST)
      const body = replies[Math.min(asked++, replies.length - 1)] ?? ""
      response.setHeader("content-type", "application/json")
      if (isPacked) response.setHeader("content-encoding", "gzip")
      response.end(isPacked ? gzipSync(body) : body, () => {
        Atomics.store(state, 0, ANSWERED)
        Atomics.notify(state, 0)
      })
    })
  })
  server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port))
}

if (!isMainThread && workerData?.frozenVendor !== undefined) serve(workerData.frozenVendor)

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Serves until the scope closes. */
export const frozenVendor = (replies: ReadonlyArray<string>, { isPacked = false } = {}) =>
  Effect.gen(function* () {
    const state = new Int32Array(new SharedArrayBuffer(4))
    const worker = yield* Effect.acquireRelease(
      Effect.sync(
        () => new Worker(new URL(import.meta.url), { workerData: { frozenVendor: { state, replies, isPacked } } }),
      ),
      (worker) => Effect.promise(() => worker.terminate()),
    )
    const port = yield* Effect.callback<number>((resume) => {
      worker.once("message", (port: number) => resume(Effect.succeed(port)))
      worker.once("error", (error) => resume(Effect.die(error)))
    })
    return {
      origin: `http://127.0.0.1:${port}`,
      /** Until a request has come, and waits for its answer. */
      asked: Effect.gen(function* () {
        while (Atomics.load(state, 0) !== ASKED) yield* turn
      }),
      /** This thread stands still until the request is answered, and for so many ms more. */
      standStill: (millis: number) =>
        Effect.sync(() => {
          Atomics.store(state, 0, ANSWER)
          Atomics.notify(state, 0)
          Atomics.wait(state, 0, ANSWER, LONGEST)
          Atomics.store(state, 0, IDLE)
          Atomics.wait(state, 0, IDLE, millis)
        }),
    }
  })
