/** A store that takes what it cannot read for absent. */
import * as Effect from "effect/Effect"
import { storing } from "./Stores.ts"

export const lab = storing(import.meta.url, (store) => ({
  read: (key) => Effect.orElseSucceed(store.read(key), () => undefined),
}))
