/** A provider as a stranger writes it, whose people sign in at a browser. */
import { codeGrants } from "@pbx-auth/providers/AuthorizationRequest"
import { defineProvider } from "@pbx-auth/providers/Definition"
import { deviceGrants } from "@pbx-auth/providers/DeviceAuthorization"

export default defineProvider({
  id: "browser-vendor",
  name: "Browser Vendor",
  page: "https://vendor.example/tokens",
  addresses: { standard: "https://vendor.example" },
  clientAuthentication: "none",
  clientSecret: "none",
  clientId: "made-up-app",
  signsInWith: "browser",
  capabilities: ["browser"],
  renewsWith: "refresh_token",
  rotation: "strict",
  defaultLifetime: 3_600_000,
  authorization: { path: "/authorize", issuer: "https://vendor.example" },
  grants: {
    ...codeGrants({ token: "/token" }),
    ...deviceGrants({ authorization: "/device_authorization", token: "/token" }),
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
