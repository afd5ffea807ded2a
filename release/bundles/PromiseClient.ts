/** A complete client in a tab, without Effect: chart, session, one provider, the tab's fetch. */
import { openSkySwitch } from "@pbx-auth/session/Promises"

const client = { id: "your-client-id", secret: "your-client-secret" }

export const open = (address: string, username: string, password: string) =>
  openSkySwitch({ address, client, credentials: { username, password } })
