/** Every file beside this one that exports a `provider`. `npm run providers -- --write` writes it. */
import * as EightByEight from "./EightByEight.ts"
import * as FreePbx from "./FreePbx.ts"
import * as Ipex from "./Ipex.ts"
import * as Landstar from "./Landstar.ts"
import * as NetSapiens from "./NetSapiens.ts"
import * as NetSapiensV2 from "./NetSapiensV2.ts"
import * as RingCentral from "./RingCentral.ts"
import * as SangomaCx from "./SangomaCx.ts"
import * as SkySwitch from "./SkySwitch.ts"
import * as ThreeCx from "./ThreeCx.ts"
import * as Yeastar from "./Yeastar.ts"
import * as Zoom from "./Zoom.ts"

/** Their modules. */
// biome-ignore format: a line for each
export const modules = [
  EightByEight,
  FreePbx,
  Ipex,
  Landstar,
  NetSapiens,
  NetSapiensV2,
  RingCentral,
  SangomaCx,
  SkySwitch,
  ThreeCx,
  Yeastar,
  Zoom,
]
