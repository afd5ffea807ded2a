/** A complete client in a tab for a provider of `defineProvider`, which has options, refusals and replies of its own. */
import { provider } from "@pbx-auth/providers/Zoom"
import { open as openSession } from "@pbx-auth/session/PromiseProvider"

export const open = (address: string, accountId: string, secret: string) =>
  openSession(provider, { address, accountId, client: { id: "zoom-client-id", secret } })
