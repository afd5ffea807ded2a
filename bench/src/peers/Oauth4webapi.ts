/** oauth4webapi: one function for a request, one for its reply, and nothing that keeps a token. */
import * as oauth from "oauth4webapi"
import { endOf, type Kept, keptByApp, type Peer, tokenPath } from "./Peer.ts"

export const peer: Peer = {
  name: "oauth4webapi",
  leaves: new Set(["keeping", "calls", "storing"]),
  open: async ({ client: { id, secret }, origin, person, saved }, { strict = false } = {}) => {
    const server: oauth.AuthorizationServer = { issuer: origin, token_endpoint: origin + tokenPath }
    const client: oauth.Client = { client_id: id }
    const authentication = oauth.ClientSecretPost(secret)
    const options = strict ? {} : { [oauth.allowInsecureRequests]: true }
    const keep = (reply: oauth.TokenEndpointResponse, before?: Kept): Kept => ({
      access: reply.access_token,
      refresh: reply.refresh_token ?? before?.refresh,
      end: endOf(reply.expires_in),
    })
    const extension = async (grant: string, fields: Readonly<Record<string, string>>) => {
      const parameters = new URLSearchParams({ ...fields })
      const response = await oauth.genericTokenEndpointRequest(
        server,
        client,
        authentication,
        grant,
        parameters,
        options,
      )
      return oauth.processGenericTokenEndpointResponse(server, client, response)
    }
    const renew = async (kept: Kept) => {
      const response = await oauth.refreshTokenGrantRequest(server, client, authentication, kept.refresh ?? "", options)
      return keep(await oauth.processRefreshTokenResponse(server, client, response), kept)
    }
    return {
      ...keptByApp<Kept>({
        signIn: async () => keep(await extension("password", person)),
        isDue: ({ end }) => end <= Date.now(),
        renew,
        accessOf: ({ access }) => access,
        saved: saved as Kept | undefined,
      }),
      extension,
      object: { server, client, authentication },
    }
  },
}
