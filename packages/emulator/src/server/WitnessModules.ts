/** Every file of `witnesses`. `npm run providers -- --write` writes it. */
import * as BrowserVendor from "../witnesses/BrowserVendor.ts"
import * as EightByEight from "../witnesses/EightByEight.ts"
import * as FreePbx from "../witnesses/FreePbx.ts"
import * as RingCentral from "../witnesses/RingCentral.ts"
import * as ThreeCx from "../witnesses/ThreeCx.ts"
import * as Yeastar from "../witnesses/Yeastar.ts"
import * as Zoom from "../witnesses/Zoom.ts"

/** Their modules. */
// biome-ignore format: a line for each
export const modules = [
  BrowserVendor,
  EightByEight,
  FreePbx,
  RingCentral,
  ThreeCx,
  Yeastar,
  Zoom,
]
