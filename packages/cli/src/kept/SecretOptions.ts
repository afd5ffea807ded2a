/** The options of a profile's provider that are secret: they are kept together, sealed as the client's secret is. */

import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Failed, KeptStore } from "./KeptStore.ts"

type Values = Readonly<Record<string, Redacted.Redacted<string>>>

/**
 * The kept ones, by name.
 *
 * @category getters
 */
export const read = (store: KeptStore, id: string): Effect.Effect<Values, Failed> =>
  Effect.map(store.secretOptions(id).read, (text) => {
    const values: Readonly<Record<string, string>> = text === undefined ? {} : JSON.parse(Redacted.value(text))
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Redacted.make(value)]))
  })

/**
 * Keeps those that are secret, in the place of the earlier ones.
 *
 * @category combinators
 */
export const write = (
  store: KeptStore,
  id: string,
  options: Readonly<Record<string, string | Redacted.Redacted<string>>>,
): Effect.Effect<void, Failed> => {
  const values = Object.entries(options).flatMap(([name, value]) =>
    Redacted.isRedacted(value) ? [[name, Redacted.value(value)] as const] : [],
  )
  const cell = store.secretOptions(id)
  return values.length === 0 ? cell.remove : cell.write(Redacted.make(JSON.stringify(Object.fromEntries(values))))
}
