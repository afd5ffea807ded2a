// A session whose tokens outlive the tab: they are sealed in IndexedDB, and all tabs of the origin share them.
import { SkySwitch } from "@pbx-auth/session/SkySwitch"
import * as IndexedDbCells from "@pbx-auth/store/IndexedDbCells"
import * as IndexedDbKeyRing from "@pbx-auth/store/IndexedDbKeyRing"
import * as SealedTokenStore from "@pbx-auth/store/SealedTokenStore"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"

// #region kept
const Kept = SealedTokenStore.layer.pipe(Layer.provide([IndexedDbCells.layer(), IndexedDbKeyRing.layer()]))
// #endregion

export const SessionLive = SkySwitch.layer({
  address: location.origin,
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "111@abc-company", password: "1234" },
}).pipe(Layer.provide([Kept, FetchHttpClient.layer]))
