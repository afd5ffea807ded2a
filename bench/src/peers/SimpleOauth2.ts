/** simple-oauth2: an `AccessToken` that knows its end and can refresh itself. Its README asks `expired()` before each use. */
import { type AccessToken, ResourceOwnerPassword } from "simple-oauth2"
import { keptByApp, type Peer, tokenPath } from "./Peer.ts"

export const peer: Peer = {
  name: "simple-oauth2",
  leaves: new Set(["keeping", "calls", "storing"]),
  open: async ({ client, origin, person: account, saved }) => {
    const person = new ResourceOwnerPassword({
      client,
      auth: { tokenHost: origin, tokenPath, refreshPath: tokenPath },
      options: { authorizationMethod: "body" },
    })
    const kept = keptByApp<AccessToken>({
      signIn: () => person.getToken({ ...account }),
      isDue: (token) => token.expired(),
      renew: (token) => token.refresh(),
      accessOf: ({ token }) => String(token.access_token),
      saved: saved === undefined ? undefined : person.createToken(JSON.parse(String(saved))),
    })
    return {
      ...kept,
      // As its README saves it.
      save: () => JSON.stringify(kept.held()),
      get object() {
        return { person, token: kept.held() }
      },
    }
  },
}
