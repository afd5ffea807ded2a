/** @pbx-auth/providers by itself: options checked on entry, and the request that a grant becomes. */
import { password } from "@pbx-auth/providers/Grant"
import { grantRequest } from "@pbx-auth/providers/Provider"
import { configure } from "@pbx-auth/providers/SkySwitch"
import * as Result from "effect/Result"

const client = { id: "your-client-id", secret: "your-client-secret" }
const { account, credentials } = Result.getOrThrow(
  configure({ client, credentials: { username: "111@abc-company", password: "1234" } }),
)
if (credentials === undefined) throw new Error("no credentials")
const request = Result.getOrThrow(grantRequest(account, password(credentials.username, credentials.password)))
if (`${request.method} ${account.address.origin}` !== "POST https://pbx.skyswitch.com") throw new Error(request.path)
if (JSON.stringify(request).includes("1234")) throw new Error("a password that JSON can read")
