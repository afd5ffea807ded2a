// A session with credentials at hand: it may sign in without a person.
import { openSkySwitch } from "@pbx-auth/session/Promises"

const open = () =>
  openSkySwitch({
    address: location.origin,
    client: { id: "your-client-id", secret: "your-client-secret" },
    credentials: { username: "111@abc-company", password: "1234" },
  })

// When this very file is edited, the session that is open goes over to its next version.
const kept: ReturnType<typeof open> | undefined = import.meta.hot?.data.session
const opened = kept ?? open()
export const session = await opened
if (import.meta.hot) {
  import.meta.hot.data.session = opened
  import.meta.hot.accept()
}
