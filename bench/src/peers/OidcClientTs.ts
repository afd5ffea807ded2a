/** oidc-client-ts: a `UserManager` of a browser, with the password grant and with tokens in memory. */
import { InMemoryWebStorage, UserManager, WebStorageStateStore } from "oidc-client-ts"
import { type Peer, tokenPath } from "./Peer.ts"

export const peer: Peer = {
  name: "oidc-client-ts",
  leaves: new Set(["calls", "extensions"]),
  open: async ({ client: { id, secret }, origin, person, saved }) => {
    const store = new InMemoryWebStorage()
    for (const [key, value] of Object.entries((saved ?? {}) as Record<string, string>)) store.setItem(key, value)
    const manager = new UserManager({
      authority: origin,
      client_id: id,
      client_secret: secret,
      redirect_uri: `${origin}/signed-in`,
      metadata: { issuer: origin, token_endpoint: origin + tokenPath },
      userStore: new WebStorageStateStore({ store }),
      stateStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      automaticSilentRenew: true,
      // A minute by default. Here tokens live for seconds.
      accessTokenExpiringNotificationTimeInSeconds: 1,
      includeIdTokenInSilentRenew: false,
    })
    const token = async () => {
      const user = await manager.getUser()
      if (user === null) return ""
      return (user.expired ? await manager.signinSilent() : user)?.access_token ?? ""
    }
    return {
      signIn: async () => void (await manager.signinResourceOwnerCredentials({ ...person, skipUserInfo: true })),
      token,
      call: async (url) => (await fetch(url, { headers: { authorization: `Bearer ${await token()}` } })).status,
      save: () =>
        Object.fromEntries(Array.from({ length: store.length }, (_, i) => [store.key(i), store.getItem(store.key(i))])),
      object: { manager, user: await manager.getUser() },
      close: async () => manager.stopSilentRenew(),
    }
  },
}
