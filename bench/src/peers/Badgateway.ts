/** @badgateway/oauth2-client: `OAuth2Fetch` keeps a token, renews it, and puts it on calls. */
import { OAuth2Client, OAuth2Fetch, type OAuth2Token } from "@badgateway/oauth2-client"
import { type Peer, tokenPath } from "./Peer.ts"

export const peer: Peer = {
  name: "@badgateway/oauth2-client",
  leaves: new Set(),
  open: async ({ client: { id, secret }, origin, person, saved }) => {
    const client = new OAuth2Client({
      server: origin,
      tokenEndpoint: tokenPath,
      clientId: id,
      clientSecret: secret,
      authenticationMethod: "client_secret_post",
    })
    let stored = (saved ?? null) as OAuth2Token | null
    const keeper = new OAuth2Fetch({
      client,
      getNewToken: () => client.password({ ...person }),
      getStoredToken: () => stored,
      storeToken: (token) => {
        stored = token
      },
      // Its timer comes two minutes before the end, and no trial lasts so long.
      scheduleRefresh: false,
    })
    return {
      signIn: async () => void (await keeper.getAccessToken()),
      token: () => keeper.getAccessToken(),
      call: async (url) => (await keeper.fetch(url)).status,
      save: () => structuredClone(stored),
      extension: (grant, fields) => client.request("tokenEndpoint", { ...fields, grant_type: grant } as never),
      object: { client, keeper },
      close: async () => {},
    }
  },
}
