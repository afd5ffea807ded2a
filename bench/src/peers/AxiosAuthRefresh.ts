/** axios-auth-refresh: an interceptor that waits for a 401, and runs the app's own renewal once for all calls that wait. */
import axios from "axios"
import { createAuthRefresh } from "axios-auth-refresh"
import { type Peer, tokenPath } from "./Peer.ts"

interface Kept {
  readonly access_token: string
  readonly refresh_token?: string
}

export const peer: Peer = {
  name: "axios-auth-refresh",
  leaves: new Set(["sign_in", "storing", "extensions"]),
  renewsOnCall: true,
  open: async ({ client: { id, secret }, origin, person, saved }) => {
    let kept = saved as Kept | undefined
    const ask = async (fields: Readonly<Record<string, string>>) => {
      const form = new URLSearchParams({ client_id: id, client_secret: secret, ...fields })
      const { data } = await axios.post<Kept>(origin + tokenPath, form)
      kept = { ...kept, ...data }
    }
    const api = axios.create()
    // As its README does it.
    api.interceptors.request.use((request) => {
      request.headers.set("Authorization", `Bearer ${kept?.access_token}`)
      return request
    })
    // Two copies of axios' types do not agree about a request that is not used here.
    createAuthRefresh(api as never, () =>
      ask({ grant_type: "refresh_token", refresh_token: kept?.refresh_token ?? "" }),
    )
    return {
      signIn: () => ask({ grant_type: "password", ...person }),
      // It knows no end of a token: it renews after a 401.
      token: async () => kept?.access_token ?? "",
      call: async (url) => (await api.get(url)).status,
      save: () => structuredClone(kept),
      object: api,
      close: async () => {},
    }
  },
}
