/**
 * `npm run site`: serves the docs on 127.0.0.1, and builds them first when something changed.
 *
 *   npm run site -- --port 4321     on this port; without it on a free one
 *   npm run site -- --build         builds in any case
 */
import { parseArgs } from "node:util"
import { build, isCurrent } from "./BuiltSite.ts"
import { served } from "./LocalServer.ts"

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, build: { type: "boolean", default: false } },
})
const port = Number(values.port)
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  throw new Error(`--port wants a number up to 65535, not ${values.port}`)

if (values.build || !isCurrent()) {
  console.error("Building the docs. This takes about a minute, and only after a change…")
  await build()
}
const { address } = await served(port)
console.log(`The docs are at ${address}/`)
console.log("Ctrl-C ends it.")
