/** A store that writes over whatever is there. */
import * as Effect from "effect/Effect"
import { storing } from "./Stores.ts"

export const lab = storing(import.meta.url, (store) => {
  const replace: typeof store.replace = (key, expected, next) =>
    Effect.catchTag(store.replace(key, expected, next), "StoreConflict", () =>
      Effect.flatMap(store.read(key), (seen) => replace(key, seen?.version, next)),
    )
  return { replace }
})
