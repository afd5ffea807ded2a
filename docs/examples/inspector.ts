// A session in Stately's inspector: each event, and the state that it leads to. No event holds a secret.
//
//   npm run emulator -- --port 4000            in one terminal
//   npm run node docs/examples/inspector.ts    in another
import { openSkySwitch } from "@pbx-auth/session/Promises"
import { createInspector } from "@statelyai/inspect"

// Here the inspector prints. To see the chart move, a page takes `createBrowserInspector()` in its place, and a program in Node takes
// `createWebSocketInspector({ url })` with `createInspectorServer()` of `@statelyai/inspect/server`.
const inspector = createInspector({
  send: (event) => {
    if (event.type === "@xstate.actor") console.log(`an actor, with its chart: ${event.definition !== undefined}`)
    if (event.type !== "@xstate.snapshot") return
    const { value } = event.snapshot as { readonly value?: unknown }
    console.log(`${event.event.type}: ${JSON.stringify(value)}`)
  },
})

const account = {
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}
await using pbx = await openSkySwitch(account, { inspect: inspector.inspect })
await pbx.accessToken()
await pbx.signOut()
