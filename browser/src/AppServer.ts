/**
 * `node src/AppServer.ts <port> <origin of the pages>`: an app's server as a process of its own, with the emulated vendor in it, so
 * that a test can kill, freeze and restart it. Prints a line once it listens.
 */
import { createServer } from "node:http"
import { argv } from "node:process"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as NodeListener from "@pbx-auth/session/NodeListener"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as ServerSession from "@pbx-auth/session/ServerSession"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"

const [, , port = "0", origin = ""] = argv
const emulator = await Effect.runPromise(Scope.provide(Emulator.make({}), Scope.makeUnsafe()))
const client = { id: "your-client-id", secret: "your-client-secret" }
const pbx = await openSkySwitch({ address: `http://127.0.0.1:${port}`, client })

// The only visitor of this app. After a restart it still knows them, but has forgotten their session.
let isIn = true
const served = ServerSession.open({
  origin,
  path: "/session",
  heartbeat: 500,
  caller: ({ headers }) =>
    isIn && /visit=1/.test(headers.get("cookie") ?? "") ? pbx : new Response(null, { status: 401 }),
})

const handle = async (request: Request): Promise<Response> => {
  const { pathname } = new URL(request.url)
  if (pathname.startsWith("/ns-api/")) return emulator.handle(request)
  if (pathname === "/enter" || pathname === "/leave") {
    isIn = pathname === "/enter"
    const location = "/client/index.html"
    return new Response(null, { status: 302, headers: { location, "set-cookie": "visit=1; HttpOnly; Path=/" } })
  }
  return served.handle(request)
}

createServer(NodeListener.of(handle)).listen(Number(port), "127.0.0.1", () => process.stdout.write("listening\n"))
