/** A local HTTP server in a thread of its own, so that it does not answer on its client's time. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { isMainThread, parentPort, Worker } from "node:worker_threads"

export interface Listener extends AsyncDisposable {
  readonly origin: string
}

const BODY = JSON.stringify({ calls: Array.from({ length: 10 }, (_, call) => ({ call, from: "1001", to: "1002" })) })

/** Answers every request with a small list. */
export const listen = async (): Promise<Listener> => {
  const worker = new Worker(new URL(import.meta.url))
  const [port] = await once(worker, "message")
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await worker.terminate()
    },
  }
}

if (!isMainThread) {
  const server = createServer({ keepAliveTimeout: 60_000 }, (_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(BODY) })
    response.end(BODY)
  })
  server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port))
}
