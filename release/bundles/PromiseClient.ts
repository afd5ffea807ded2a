/** A complete client in a tab, without Effect: chart, session, one provider, the tab's fetch. */
import { openSkySwitch } from "@pbx-auth/session/Promises"

export const open = (username: string, password: string) =>
  openSkySwitch({ client: { id: "app", secret: "public" }, credentials: { username, password } })
