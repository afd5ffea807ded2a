/** A complete client in a tab for a provider of `defineProvider`, which has options, refusals and replies of its own. */
import { provider } from "@pbx-auth/providers/Zoom"
import { open as openSession } from "@pbx-auth/session/PromiseProvider"

const client = { id: "your-client-id", secret: "your-client-secret" }

export const open = (accountId: string) => openSession(provider, { accountId, client })
