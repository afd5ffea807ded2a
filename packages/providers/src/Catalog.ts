/**
 * All providers by id, for programs that learn at run time which one they need, such as a command line. It loads every provider: an
 * app that knows its provider imports only that one.
 */
import type { Provider, Quirk } from "./Provider.ts"
import { modules } from "./ProviderModules.ts"

/** A provider with its known quirks. They are for people: a session does not carry them. */
export interface Documented extends Provider {
  /** What differs from the standard, each with the vendor's sentence. */
  readonly quirks: ReadonlyArray<Quirk>
}

interface Described {
  readonly provider: Provider
  readonly quirks?: ReadonlyArray<Quirk> | Readonly<Record<string, Quirk>>
}

const all: ReadonlyArray<Described> = modules

/** Every provider by its id. */
export const providers: Readonly<Record<string, Documented>> = Object.fromEntries(
  all.map(({ provider, quirks = [] }) => [provider.id, { ...provider, quirks: Object.values(quirks) }]),
)
