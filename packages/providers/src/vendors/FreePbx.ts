/**
 * FreePBX, the API of its module `api`: an application of the kind Machine-to-Machine, and one that works for a person.
 *
 * FreePBX has no page that prints a request. The facts are those of its sources, at 16.0.13 and 17.0.1
 * (https://github.com/FreePBX/api), and of the library that they use (https://github.com/thephpleague/oauth2-server).
 * docs/providers/freepbx.md has the table.
 *
 * An application has one grant only, so these are two values.
 */
import { defineProvider } from "../definition/Definition.ts"
import { form } from "../description/Presentation.ts"
import type { Fields } from "../wire/TokenRequest.ts"

const page = "https://wiki.freepbx.org/display/FPG/API+Applications"

const posted = (fields: Fields) => form("/token", fields)

const shared = {
  page,
  addresses: { prefix: "/admin/api/api", prefixOption: true, plainHttpOption: true },
  clientIdsBy: "address",
  clientAuthentication: "form",
  clientSecret: "required",
  // `new \DateInterval('PT1H')`
  defaultLifetime: 3_600_000,
  accessLevels: ["gql", "rest"],
} as const

/** An application of the kind Machine-to-Machine: it signs in by itself, and has no refresh token. */
export const provider = defineProvider({
  ...shared,
  id: "freepbx",
  name: "FreePBX",
  signsInWith: "client",
  // Without a scope it gets those of the application: `gql rest`, unless somebody narrowed them.
  scopes: "optional",
  renewsWith: "sign_in",
  rotation: "none",
  grants: {
    ClientCredentials: ({ scopes }) =>
      posted([
        ["grant_type", "client_credentials"],
        ...(scopes.length === 0 ? [] : [["scope", scopes.join(" ")] as const]),
      ]),
  },
})

/**
 * An application that works for a person (Web-server app): a refresh token of the person's sign-in, which was obtained elsewhere, and
 * its successors. There is no way in without the person.
 */
export const delegated = defineProvider({
  ...shared,
  id: "freepbx-delegated",
  name: "FreePBX (delegated)",
  signsInWith: "password",
  scopes: "none",
  renewsWith: "refresh_token",
  // League revokes the refresh token and its access token before it issues the next pair (`RefreshTokenGrant`).
  rotation: "strict",
  grants: {
    RefreshToken: ({ refreshToken }) =>
      posted([
        ["grant_type", "refresh_token"],
        ["refresh_token", refreshToken],
      ]),
  },
  refusals: [
    // `OAuthServerException::invalidRefreshToken`: 401 `invalid_request`, in both releases. 400 is a request that lacks a field.
    {
      on: "RefreshToken",
      status: 401,
      field: "error",
      value: "invalid_request",
      reason: "RenewalRefused",
      code: "invalid_request",
    },
  ],
})
