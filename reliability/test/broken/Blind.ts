/** A store that takes what it cannot read for a sign-out. */
import * as Effect from "effect/Effect"
import { storing } from "./Stores.ts"

export const lab = storing(import.meta.url, (store) => ({
  read: (key) => Effect.orElseSucceed(store.read(key), () => ({ version: "none", record: undefined })),
}))
