/** Each provider's value, and what its fixtures say that it can do. `npm run providers -- --write` writes it. */
import type * as EightByEight from "@pbx-auth/providers/EightByEight"
import type * as FreePbx from "@pbx-auth/providers/FreePbx"
import type * as Ipex from "@pbx-auth/providers/Ipex"
import type * as Landstar from "@pbx-auth/providers/Landstar"
import type * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import type * as NetSapiensV2 from "@pbx-auth/providers/NetSapiensV2"
import type * as RingCentral from "@pbx-auth/providers/RingCentral"
import type * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import type * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import type * as ThreeCx from "@pbx-auth/providers/ThreeCx"
import type * as Yeastar from "@pbx-auth/providers/Yeastar"
import type * as Zoom from "@pbx-auth/providers/Zoom"

// biome-ignore format: a line for each
export interface ProviderCapabilities {
  "8x8": [typeof EightByEight.provider, never]
  "freepbx-delegated": [typeof FreePbx.delegated, never]
  "freepbx": [typeof FreePbx.provider, never]
  "ipex": [typeof Ipex.provider, "act_as"]
  "landstar": [typeof Landstar.provider, "inspect" | "revoke"]
  "netsapiens": [typeof NetSapiens.provider, "passcode" | "act_as" | "inspect" | "revoke"]
  "netsapiens-v2-delegated": [typeof NetSapiensV2.delegated, "revoke"]
  "netsapiens-v2": [typeof NetSapiensV2.provider, "passcode" | "inspect" | "revoke"]
  "ringcentral": [typeof RingCentral.provider, "revoke"]
  "sangoma-cx": [typeof SangomaCx.provider, never]
  "skyswitch": [typeof SkySwitch.provider, "passcode" | "act_as" | "inspect" | "revoke"]
  "3cx": [typeof ThreeCx.provider, never]
  "yeastar": [typeof Yeastar.provider, "revoke"]
  "zoom": [typeof Zoom.provider, never]
}
