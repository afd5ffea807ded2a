/** A store that forgets the intents that are left behind. */
import * as Effect from "effect/Effect"
import { storing } from "./Stores.ts"

export const lab = storing(import.meta.url, (store) => ({
  read: (key) =>
    Effect.map(
      store.read(key),
      (seen) => seen && { ...seen, record: seen.record && { ...seen.record, intent: undefined } },
    ),
}))
