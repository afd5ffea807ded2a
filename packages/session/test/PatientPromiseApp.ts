/**
 * An app without Effect as a process of its own, whose one caller waits for the end of an outage: nothing else keeps the process
 * alive.
 */
import { openLandstar } from "@pbx-auth/session/Promises"

const pbx = await openLandstar({
  address: process.env.PBX_AUTH_ADDRESS ?? "",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})
const token = await pbx.accessToken({ patience: "1 minute" })
process.stdout.write(`with ${token.length} characters\n`)
await pbx.close()
