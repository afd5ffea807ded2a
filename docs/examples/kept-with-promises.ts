// Tokens that the next run finds, without Effect: one line opens the store. Run it twice.
//
//   npm run emulator -- --port 4000                     in one terminal
//   npm run node docs/examples/kept-with-promises.ts    in another
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import { openTokenStore } from "@pbx-auth/session/PromiseTokenStore"
import * as NodeTokenStore from "@pbx-auth/store-node/NodeTokenStore"

// An app leaves the directory out: then it is the user's own for such things. The example leaves nothing behind.
const directory = mkdtempSync(join(tmpdir(), "pbx-auth-example-"))

/** One run of the app. Nothing is in memory of the run before. */
const run = async () => {
  // #region store
  await using store = await openTokenStore(NodeTokenStore.layerFile(directory, { key: "file" }))
  await using pbx = await openSkySwitch(
    {
      address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
      client: { id: "your-client-id", secret: "your-client-secret" },
      credentials: { username: "111@abc-company", password: "1234" },
    },
    { store },
  )
  // #endregion
  return await pbx.accessToken()
}

const first = await run()
console.log(`the first run signs in, and has a token with ${first.length} characters`)
console.log(`the second run has the same token: ${first === (await run())}`)
rmSync(directory, { recursive: true })
