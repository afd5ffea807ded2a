// A provider of your own: sessions of the made-up vendor in acme.ts, and a refusal that is a typed error. The emulator plays the vendor in
// this process, by the witness in acme-witness.ts.
//
//   npm run node docs/examples/own-provider.ts
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { open } from "@pbx-auth/session/PromiseProvider"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import acme from "./acme.ts"
import { witness } from "./acme-witness.ts"

// #region session
const vendor = openEmulator({ witnesses: [witness] })
const credentials = { username: "maria", password: "made-up" }
const pbx = await open(acme, { tenant: "north", credentials }, { fetch: vendor.fetch })
console.log(`a token: ${(await pbx.accessToken()).length} characters`)
await pbx.close()
// #endregion

// #region sessions
const sessions = await openSessions({}, { fetch: vendor.fetch })
const of = (tenant: string, password = "made-up") =>
  sessions.session(acme.configure({ tenant, credentials: { username: "maria", password } }))

const tokens = [await (await of("north")).accessToken(), await (await of("south")).accessToken()]
console.log(`2 tenants, ${new Set(tokens).size} tokens`)

const refused = await of("north", "wrong")
await refused.accessToken().catch((error: unknown) => {
  if (!isAuthError(error)) throw error
  const { reason, remedy } = error
  console.log(`${reason._tag} by ${reason.provider}, code ${reason.code}, remedy ${remedy}`)
})

await sessions.close()
// #endregion
await vendor.close()
