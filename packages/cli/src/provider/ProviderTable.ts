/**
 * What the command must know of each provider before it loads a description. `ProviderIndex.json` says it of the providers of the
 * catalog: `npm run providers -- --write` makes it of their values, and a test compares. A provider from a file is added when it was loaded.
 */

import * as Variable from "../shell/Variable.ts"
import type { Entry } from "./ProviderEntry.ts"
import index from "./ProviderIndex.json" with { type: "json" }

/**
 * The id of a provider of the catalog, or the full path of a file with another one.
 *
 * @category models
 */
export type Chosen = string

const table = new Map(Object.entries(index as Readonly<Record<string, Entry>>))

/** The variables of the options that a provider declares. */
const declare = ({ reads }: Entry): void => {
  for (const { own, variable } of reads) if (own !== undefined) Variable.declare(variable, own)
}

for (const entry of table.values()) declare(entry)

/** The entries of files that were loaded. */
const admitted = new Map<string, Entry>()

/**
 * The ids by which a user chooses a provider.
 *
 * @category constants
 */
export const names: ReadonlyArray<string> = [...table.keys()]

/**
 * The names of the providers that can do something, in words.
 *
 * @category getters
 */
export const whoCan = (what: "actsForOthers" | "inspects" | "takesBasic" | "takesPlainHttp"): string =>
  names
    .filter((name) => table.get(name)?.[what] === true)
    .join(", ")
    .replace(/, (?=[^,]*$)/, " or ")

/**
 * Whether it is the id of a provider of the catalog.
 *
 * @category guards
 */
export const isName = (chosen: string): boolean => table.has(chosen)

/**
 * The entry; `undefined` for a file that was not loaded yet.
 *
 * @category getters
 */
export const find = (chosen: Chosen): Entry | undefined => table.get(chosen) ?? admitted.get(chosen)

/**
 * Adds the entry of a provider from a file.
 *
 * @category constructors
 */
export const admit = (path: string, entry: Entry): void => {
  admitted.set(path, entry)
  declare(entry)
}
