/** openid-client: requests and replies. Its README shows `refreshTokenGrant` and `expiresIn`, and leaves when to call them to the app. */
import * as openid from "openid-client"
import { endOf, type Kept, keptByApp, type Peer, tokenPath } from "./Peer.ts"

export const peer: Peer = {
  name: "openid-client",
  leaves: new Set(["keeping", "calls", "storing"]),
  open: async ({ client, origin, person, saved }, { strict = false } = {}) => {
    const server = { issuer: origin, token_endpoint: origin + tokenPath }
    const config = new openid.Configuration(server, client.id, undefined, openid.ClientSecretPost(client.secret))
    if (!strict) openid.allowInsecureRequests(config)
    const keep = (reply: openid.TokenEndpointResponse, before?: Kept): Kept => ({
      access: reply.access_token,
      refresh: reply.refresh_token ?? before?.refresh,
      end: endOf(reply.expires_in),
    })
    const extension = (grant: string, fields: Readonly<Record<string, string>>) =>
      openid.genericGrantRequest(config, grant, { ...fields })
    return {
      ...keptByApp<Kept>({
        signIn: async () => keep(await extension("password", person)),
        isDue: ({ end }) => end <= Date.now(),
        renew: async (kept) => keep(await openid.refreshTokenGrant(config, kept.refresh ?? ""), kept),
        accessOf: ({ access }) => access,
        saved: saved as Kept | undefined,
      }),
      extension,
      object: config,
    }
  },
}
