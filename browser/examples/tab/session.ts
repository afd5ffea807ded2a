// A session that lives in this tab: one for the page, outside of all components. So nothing that a screen does to its
// components (StrictMode mounts them twice, a hot reload anew) opens it again.
import { openSkySwitch } from "@pbx-auth/session/Promises"

const open = () =>
  openSkySwitch({
    // The provider itself where it answers this page's origin (CORS); here the page's own server hands requests on to it.
    address: location.origin,
    // Whoever has this page has this secret. A page for strangers keeps the session on a server: see `server/`.
    client: { id: "your-client-id", secret: "your-client-secret" },
  })

// When this very file is edited, the session that is open goes over to its next version.
// #region kept
const kept: ReturnType<typeof open> | undefined = import.meta.hot?.data.session
const opened = kept ?? open()
export const session = await opened
if (import.meta.hot) {
  import.meta.hot.data.session = opened
  import.meta.hot.accept()
}
// #endregion
