/** A store that writes over whatever is there. */
import * as Effect from "effect/Effect"
import { storing } from "./Stores.ts"

export const lab = storing(import.meta.url, (store) => {
  const overwrite: typeof store.replace = (key, expected, next) =>
    Effect.catchTag(store.replace(key, expected, next), "StoreConflict", () =>
      Effect.flatMap(store.read(key), (seen) => overwrite(key, seen?.version, next)),
    )
  // Two processes never ask at the very same moment. The pause makes both see the record before either one writes.
  return { replace: (key, expected, next) => Effect.delay(overwrite(key, expected, next), "2 seconds") }
})
