/** An app with promises, as a process of its own, in the middle of a renewal that takes its time; it ends by a signal. */
import { makeOperations } from "@pbx-auth/session/PromiseOperations"
import { openSkySwitch } from "@pbx-auth/session/Promises"

const address = process.env.PBX_AUTH_ADDRESS ?? ""
const credentials = { username: "111@abc-company", password: "1234" }
const { watch } = makeOperations(({ type }) => process.stdout.write(`${type}\n`))

await using pbx = await openSkySwitch(
  { address, client: { id: "your-client-id", secret: "your-client-secret" }, credentials },
  { watch },
)
if (process.argv.includes("--listen")) {
  process.once("SIGTERM", () => void pbx.close().finally(() => process.exit()))
}
const { generation } = await pbx.bearer()
pbx.reject(generation)
// The session's timer keeps the process alive.
await new Promise(() => {})
