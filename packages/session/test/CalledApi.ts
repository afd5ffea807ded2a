/** An API that is called with a session's bearer. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as BearerHttpClient from "@pbx-auth/session/BearerHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import { harness, people } from "./Harness.ts"

export interface Received {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

/** An API on a port of its own, which keeps what it received. The `call` of an answer counts from 1. */
export const serveApi = async (answer: (received: Received, response: ServerResponse, call: number) => void) => {
  const received: Array<Received> = []
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk) => {
      body += chunk
    })
    request.on("end", () => {
      const { headers, method = "", url = "" } = request
      const one = { method, path: url, authorization: headers.authorization, headers, body }
      received.push(one)
      answer(one, response, received.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { origin: `http://127.0.0.1:${port}`, received, close, [Symbol.asyncDispose]: async () => close() }
}

/** The same until the scope closes. */
export const api = (answer: (received: Received, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.promise(() => serveApi(answer)),
    ({ close }) => Effect.sync(close),
  )

/** A session at the emulator, and a client with its bearer. */
export const stage = Effect.fnUntraced(function* (origins?: ReadonlyArray<string>) {
  const made = yield* harness({ wire: "http" })
  const pbx = yield* made.open(made.accounts.skyswitch({ credentials: people.officeManager }))
  const fetching = Context.get(yield* Layer.build(FetchHttpClient.layer), HttpClient.HttpClient)
  const clientOver = (client: HttpClient.HttpClient) =>
    Effect.provideService(BearerHttpClient.make(pbx, origins && { origins }), HttpClient.HttpClient, client)
  return { ...made, client: yield* clientOver(fetching), clientOver, fetching, pbx }
})
