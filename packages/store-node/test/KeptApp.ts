/**
 * An app that keeps its tokens on this machine. Arguments: `file` or `sqlite`, and the place. It prints the first letters of its token's
 * digest, and ends without signing out.
 */
import { createHash } from "node:crypto"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as NodeTokenStore from "@pbx-auth/store-node/NodeTokenStore"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const [kind, place] = process.argv.slice(2)
const store =
  kind === "file"
    ? NodeTokenStore.layerFile(place, { key: "file" })
    : NodeTokenStore.layerSqlite(place, { key: "file" })

const app = SkySwitch.layer({
  address: process.env.PBX_AUTH_ADDRESS ?? "",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
})

const token = await SkySwitch.pipe(
  Effect.flatMap(({ accessToken }) => accessToken),
  Effect.provide(Layer.provide(app, [store, FetchHttpClient.layer])),
  Effect.runPromise,
)
process.stdout.write(`${createHash("sha256").update(Redacted.value(token)).digest("hex").slice(0, 12)}\n`)
