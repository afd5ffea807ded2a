// A fetch of your own over node:http, for a server that says `100 Continue` unasked. Node's own fetch gives up there,
// although the server has taken the request. node:http reads on to the reply.
//
//   npm run emulator -- --port 4000            in one terminal
//   npm run node docs/examples/own-fetch.ts    in another
import { request as inClear } from "node:http"
import { request as encrypted } from "node:https"
import { Readable } from "node:stream"
import type { ReadableStream } from "node:stream/web"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { openSkySwitch } from "@pbx-auth/session/Promises"

// #region fetch
// Token calls need two things of a fetch: it follows no redirect, and it ends when `signal` says so.
const overNodeHttp: typeof globalThis.fetch = (input, init = {}) =>
  new Promise((resolve, reject) => {
    const { body, headers, method = "GET", signal } = init
    const url = new URL(String(input))
    const ask = url.protocol === "https:" ? encrypted : inClear
    const options = { method, headers: Object.fromEntries(new Headers(headers)), ...(signal && { signal }) }
    const asking = ask(url, options, (incoming) => {
      const status = incoming.statusCode ?? 0
      const replied = new Headers()
      for (const [name, values] of Object.entries(incoming.headersDistinct)) {
        for (const value of values ?? []) replied.append(name, value)
      }
      const hasBody = ![204, 205, 304].includes(status)
      const stream = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null
      resolve(new Response(stream as BodyInit | null, { status, headers: replied }))
    })
    // Pass its errors on unchanged. Their codes and system calls tell whether anything was sent.
    asking.on("error", reject)
    asking.end(body)
  })
// #endregion

await using pbx = await openSkySwitch(
  {
    address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
    client: { id: "your-client-id", secret: "your-client-secret" },
    credentials: { username: "111@abc-company", password: "1234" },
  },
  { fetch: overNodeHttp },
)

const { scope } = await pbx.inspect().catch((error: unknown) => {
  if (!isAuthError(error)) throw error
  return { scope: `${error.reason._tag}: ${error.message}` }
})
console.log(`over node:http: ${scope}`)
