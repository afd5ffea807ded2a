/** This library: the promise face, for SkySwitch. */
import { bearerFetch } from "@pbx-auth/session/BearerFetch"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import { openTokenStore, type PromiseTokenStore } from "@pbx-auth/session/PromiseTokenStore"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Layer from "effect/Layer"
import type { Peer } from "./Peer.ts"

export const peer: Peer = {
  name: "pbx-auth",
  leaves: new Set(),
  open: async ({ client, origin, person, saved }) => {
    const store =
      (saved as PromiseTokenStore | undefined) ??
      (await openTokenStore(Layer.effect(TokenStore.TokenStore, TokenStore.makeMemory)))
    const pbx = await openSkySwitch({ address: origin, client, credentials: person }, { store })
    const api = bearerFetch(pbx)
    return {
      signIn: async () => void (await pbx.signIn()),
      token: () => pbx.accessToken(),
      call: async (url) => (await api(url)).status,
      // The store itself: the next run opens it again.
      save: () => store,
      extension: async (grant, { mask_uid = "" }) => {
        if (grant !== "masquerade") throw new Error("submitPasscode answers a challenge")
        await using acting = await pbx.actAs(mask_uid)
        return acting.accessToken()
      },
      object: pbx,
      close: () => pbx.close(),
    }
  },
}
