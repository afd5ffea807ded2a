/**
 * All providers by id, for programs that learn at run time which one they need, such as a command line. It pulls in
 * every provider: an app that knows its provider imports that one alone.
 */
import type { ProviderId } from "./AuthError.ts"
import * as Ipex from "./Ipex.ts"
import * as Landstar from "./Landstar.ts"
import * as NetSapiens from "./NetSapiens.ts"
import type { Provider } from "./Provider.ts"
import * as SangomaCx from "./SangomaCx.ts"
import * as SkySwitch from "./SkySwitch.ts"

/** Every provider by its id. */
export const providers: { readonly [Id in ProviderId]: Provider } = {
  skyswitch: SkySwitch.provider,
  landstar: Landstar.provider,
  ipex: Ipex.provider,
  "sangoma-cx": SangomaCx.provider,
  netsapiens: NetSapiens.provider,
}
