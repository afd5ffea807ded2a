// A person signs in at a browser, and this program has none: it shows a page and a code, and waits. A made-up vendor of the emulator
// plays the other side, and its person enters the code at once.
//
//   npm run node docs/examples/device-sign-in.ts
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { witness } from "@pbx-auth/emulator/witnesses/BrowserVendor"
import { codeGrants } from "@pbx-auth/providers/AuthorizationRequest"
import { defineProvider } from "@pbx-auth/providers/Definition"
import { deviceGrants } from "@pbx-auth/providers/DeviceAuthorization"
import { deviceSignIn } from "@pbx-auth/session/DeviceSignIn"
import { openSessions } from "@pbx-auth/session/PromiseSessions"
import * as Redacted from "effect/Redacted"

// The vendor, in this process. It answers at vendor.example, and no request leaves the process.
const vendor = openEmulator({ witnesses: [witness], world: { witnesses: { [witness.id]: { interval: 1 } } } })

// #region provider
const browserVendor = defineProvider({
  id: "browser-vendor",
  name: "Browser Vendor",
  page: "https://vendor.example/tokens",
  addresses: { standard: "https://vendor.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "made-up-app",
  signsInWith: "browser",
  capabilities: ["browser"],
  defaultLifetime: 3_600_000,
  renewsWith: "refresh_token",
  rotation: "strict",
  // Where a browser is sent. Without it there is only the device code.
  authorization: { path: "/authorize", issuer: "https://vendor.example" },
  grants: {
    ...deviceGrants({ authorization: "/device_authorization", token: "/token" }),
    ...codeGrants({ token: "/token" }),
    RefreshToken: ({ refreshToken }) => ({
      method: "POST",
      path: "/token",
      encoding: "form",
      fields: [
        ["grant_type", "refresh_token"],
        ["refresh_token", refreshToken],
      ],
    }),
  },
})
// #endregion

const sessions = await openSessions({}, { fetch: vendor.fetch })
// #region sign-in
const session = await sessions.session(browserVendor.configure({ user: "maria" }))
session.subscribe(({ awaiting, state }) => console.log(`${state}, awaits ${awaiting}`))

const signingIn = session.signIn(deviceSignIn())
const { url, userCode } = await session.prompt()
// Both are `Redacted`. Show them to the person, and to nobody else.
await show(url, userCode)
await signingIn
// #endregion

async function show(url: Redacted.Redacted, code: Redacted.Redacted | undefined) {
  console.log(`Enter ${code === undefined ? "no code" : "a code"} at ${new URL(Redacted.value(url)).pathname}`)
  const decided = { user_code: code === undefined ? "" : Redacted.value(code), decision: "allow" }
  await vendor.fetch(Redacted.value(url), { method: "POST", body: new URLSearchParams(decided) })
}

console.log(`a token of ${(await session.accessToken()).length} characters`)
await sessions.close()
await vendor.close()
