/** Labs with a broken store, for processes of their own. */
import { TokenStore } from "@pbx-auth/session/TokenStore"
import * as Lab from "../../src/Lab.ts"

type Store = TokenStore["Service"]

const sound = Lab.make("short")

/** Another store over the sound one. `module` is the URL of the module that exports the lab. */
export const storing = (module: string, change: (store: Store) => Partial<Store>): Lab.Lab => ({
  ...sound,
  module: new URL(module),
  store: Lab.changed(TokenStore, sound.store, (store) => ({ ...store, ...change(store) })),
})
