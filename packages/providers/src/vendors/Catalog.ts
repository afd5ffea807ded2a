/**
 * All providers by id, for programs that learn at run time which one they need, such as a command line. It loads every provider: an
 * app that knows its provider imports only that one.
 */
import type { Provider, Quirk } from "../description/Provider.ts"
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

const isProvider = (value: unknown): value is Provider =>
  typeof value === "object" && value !== null && "dialect" in value && "addresses" in value

/**
 * The values of each provider's file: the `provider`, and after it others of the same vendor, such as one that works for a person with a
 * token from elsewhere.
 */
export const families: ReadonlyArray<ReadonlyArray<Documented>> = modules.map((module: Described) => {
  const { provider, quirks = [], ...rest } = module
  const values = [provider, ...Object.values<unknown>(rest).filter(isProvider)]
  return values.map((value) => ({ ...value, quirks: Object.values(quirks) }))
})

/** Every provider by its id: all values of all files. */
export const providers: Readonly<Record<string, Documented>> = Object.fromEntries(
  families.flat().map((value) => [value.id, value]),
)
