/**
 * All providers by id, for programs that learn at run time which one they need, such as a command line. It loads every provider: an
 * app that knows its provider imports only that one.
 */
import type { KnownProviderId } from "./AuthError.ts"
import * as Ipex from "./Ipex.ts"
import * as Landstar from "./Landstar.ts"
import * as NetSapiens from "./NetSapiens.ts"
import type { Provider, Quirk } from "./Provider.ts"
import * as SangomaCx from "./SangomaCx.ts"
import * as SkySwitch from "./SkySwitch.ts"

/** A provider with its known quirks. They are for people: a session does not carry them. */
export interface Documented extends Provider {
  /** What differs from the standard, each with the vendor's sentence. */
  readonly quirks: ReadonlyArray<Quirk>
}

const platform = Object.values(NetSapiens.quirks)

/** Every provider by its id. */
export const providers: { readonly [Id in KnownProviderId]: Documented } = {
  skyswitch: { ...SkySwitch.provider, quirks: platform },
  landstar: { ...Landstar.provider, quirks: Landstar.quirks },
  ipex: { ...Ipex.provider, quirks: Ipex.quirks },
  "sangoma-cx": { ...SangomaCx.provider, quirks: SangomaCx.quirks },
  netsapiens: { ...NetSapiens.provider, quirks: platform },
}
