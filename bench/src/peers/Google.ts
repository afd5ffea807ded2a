/** google-auth-library: its `OAuth2Client` with another token endpoint. It has no password grant, so the app brings the first tokens. */
import { type Credentials, OAuth2Client } from "google-auth-library"
import { endOf, type Peer, tokenPath } from "./Peer.ts"

interface Reply {
  readonly access_token: string
  readonly refresh_token?: string
  readonly expires_in?: number
}

export const peer: Peer = {
  name: "google-auth-library",
  leaves: new Set(["sign_in", "storing", "extensions"]),
  open: async ({ client: { id, secret }, origin, person, saved }) => {
    const client = new OAuth2Client({
      clientId: id,
      clientSecret: secret,
      endpoints: { oauth2TokenUrl: origin + tokenPath },
      // Five minutes by default. Here tokens live for seconds, and would be due at once.
      eagerRefreshThresholdMillis: 200,
      forceRefreshOnFailure: true,
    })
    if (saved !== undefined) client.setCredentials(saved as Credentials)
    return {
      signIn: async () => {
        const response = await fetch(origin + tokenPath, {
          method: "POST",
          body: new URLSearchParams({ grant_type: "password", client_id: id, client_secret: secret, ...person }),
        })
        const reply = (await response.json()) as Reply
        client.setCredentials({
          access_token: reply.access_token,
          refresh_token: reply.refresh_token ?? null,
          expiry_date: endOf(reply.expires_in),
        })
      },
      token: async () => (await client.getAccessToken()).token ?? "",
      call: async (url) => (await client.request({ url })).status,
      save: () => structuredClone(client.credentials),
      object: client,
      close: async () => {},
    }
  },
}
