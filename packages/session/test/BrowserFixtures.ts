/** The folder of fixtures of a made-up vendor where people sign in at a browser. The sections of the RFCs have its requests and replies. */
import { openEmulator } from "@pbx-auth/emulator/OpenEmulator"
import { witness } from "@pbx-auth/emulator/witnesses/BrowserVendor"
import { configure } from "@pbx-auth/providers/Configuration"
import * as FixtureFolder from "@pbx-auth/session/testing/FixtureFolder"
import { provider as value } from "./BrowserSigning.ts"

export const provider = { ...value, configure: (options: { readonly user: string }) => configure(value, options) }

/** A curl of a form. */
const curl = (path: string, fields: Readonly<Record<string, string>>): string =>
  [
    `curl {origin}${path}`,
    ...Object.entries({ ...fields, client_id: "made-up-app" }).map(
      ([name, value]) => `--data-urlencode '${name}=${value}'`,
    ),
  ].join(" ")

const json = (sample: unknown): string => JSON.stringify({ sample })

const tokens = { access_token: "access-1", token_type: "Bearer", expires_in: 3_600, refresh_token: "refresh-1" }

const read = { accessToken: "access_token", refreshToken: "refresh_token", lifetime: 3_600 }

const redirect = {
  code: "code-1",
  code_verifier: "verifier-1-of-43-characters-and-not-one-less",
  redirect_uri: "https://app.example/back",
}

export const files: FixtureFolder.Files = {
  "device.curl": curl("/device_authorization", {}),
  "device-reply.json": json({
    device_code: "device-1",
    user_code: "WDJBMJHT",
    verification_uri: "https://vendor.example/device",
    expires_in: 600,
    interval: 5,
  }),
  "poll.curl": curl("/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    device_code: "device-1",
  }),
  "code.curl": curl("/token", { grant_type: "authorization_code", ...redirect }),
  "refresh.curl": curl("/token", { grant_type: "refresh_token", refresh_token: "refresh-0" }),
  "tokens.json": json(tokens),
  "errors.json": json({
    pending: { status: 400, body: { error: "authorization_pending" } },
    denied: { status: 400, body: { error: "access_denied" } },
    expired: { status: 400, body: { error: "expired_token" } },
    grant: { status: 400, body: { error: "invalid_grant" } },
  }),
}

export const suite: FixtureFolder.Suite = {
  provider: "browser-vendor",
  accounts: [{ user: "maria" }, { user: "noor" }],
  capabilities: ["browser"],
  lifetime: 3_600,
  allowed: { userCode: "user_code", form: { decision: "allow" } },
  exchanges: [
    {
      name: "ask for a code",
      request: "device.curl",
      reply: "device-reply.json",
      challenge: "device_code",
      device: { userCode: "user_code", url: "verification_uri", lifetime: 600, interval: 5 },
    },
    { name: "poll", presents: { device_code: "device-1" }, request: "poll.curl", reply: "tokens.json", tokens: read },
    {
      name: "present a code",
      presents: {
        authorization_code: redirect.code,
        code_verifier: redirect.code_verifier,
        redirect_uri: redirect.redirect_uri,
      },
      request: "code.curl",
      reply: "tokens.json",
      tokens: read,
    },
    {
      name: "renew",
      presents: { refresh_token: "refresh-0" },
      request: "refresh.curl",
      reply: "tokens.json",
      tokens: read,
    },
  ],
  refusals: [
    { of: "poll", reply: "errors.json#pending", reason: "Unavailable", remedy: "retry" },
    { of: "poll", reply: "errors.json#denied", reason: "NotAllowed", code: "access_denied", remedy: "sign_in" },
    { of: "poll", reply: "errors.json#expired", reason: "ChallengeExpired", code: "expired_token", remedy: "sign_in" },
    { of: "present a code", reply: "errors.json#grant", reason: "ChallengeExpired", remedy: "sign_in" },
    { of: "renew", reply: "errors.json#grant", reason: "RenewalRefused", code: "invalid_grant", remedy: "sign_in" },
  ],
}

export const browserFixtures = FixtureFolder.read(provider, files, JSON.stringify(suite))

export const openBrowserVendor = () => openEmulator({ clock: "steered", witnesses: [witness] })
