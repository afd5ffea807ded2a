// A PBX in a private network that has no certificate: its address begins with http://, and you say that you want that.
//
//   npm run node docs/examples/plain-http.ts
//
// In place of a PBX in your network, the emulator plays one at this address, in the same process.
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { witness } from "@pbx-auth/emulator/witnesses/ThreeCx"
import { isAuthError } from "@pbx-auth/providers/AuthError"
import { provider as threeCx } from "@pbx-auth/providers/ThreeCx"
import { open } from "@pbx-auth/session/PromiseProvider"

await using emulator = openEmulator({ witnesses: [{ ...witness, hosts: ["192.168.1.10"] }] })
const { fetch } = emulator
const client = { id: "apiclient", secret: "3cx-api-key-north" }

// #region session
const address = "http://192.168.1.10:5000"
await using pbx = await open(threeCx, { address, plainHttp: true, client }, { fetch })
// #endregion
console.log(`a token: ${(await pbx.accessToken()).length > 0}`)

const refused = (options: Parameters<typeof threeCx.configure>[0]) =>
  open(threeCx, options, { fetch }).then(
    () => "opened",
    (error: unknown) => {
      if (!isAuthError(error) || error.reason._tag !== "Misconfigured") throw error
      return `${error.reason.field}: ${error.reason.fix}`
    },
  )

console.log(await refused({ address, client }))
console.log(await refused({ address: "http://pbx.example.com", plainHttp: true, client }))
