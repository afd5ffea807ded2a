/** Labs with a broken store, for processes of their own. */
import { TokenStore } from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Lab from "../../src/Lab.ts"

type Store = TokenStore["Service"]

const sound = Lab.make("short")

/** Another store over the sound one. `module` is the URL of the module that exports the lab. */
export const storing = (module: string, change: (store: Store) => Partial<Store>): Lab.Lab => ({
  ...sound,
  module: new URL(module),
  store: Layer.provideMerge(
    Layer.effect(
      TokenStore,
      Effect.map(TokenStore, (store) => ({ ...store, ...change(store) })),
    ),
    sound.store,
  ),
})
