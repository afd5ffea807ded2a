/** A store with a record that the first version of a provider's value named, and processes of both versions. */
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Driver } from "../src/engine/Driver.ts"
import * as SessionKey from "../src/record/SessionKey.ts"
import { strict } from "./Claiming.ts"
import { client, eventually, harness, people, withoutAlarm } from "./Harness.ts"
import { after, before } from "./SitedVendor.ts"

export const stage = (store?: TokenStore.TokenStore["Service"]) =>
  Effect.gen(function* () {
    const all = yield* harness({ world: strict, ...(store !== undefined && { store }) })
    const credentials = people.officeManager
    const old = Result.getOrThrow(before.configure({ address: all.origin, client, credentials }))
    const of = (site: string) => Result.getOrThrow(after.configure({ address: all.origin, client, credentials, site }))
    const from = yield* SessionKey.make(all.store, old.account, credentials)
    const to = yield* SessionKey.make(all.store, of("main").account, credentials)
    /** A session in a process of its own. */
    const opened = (configured: typeof old) =>
      Effect.gen(function* () {
        return yield* all.drive(configured, withoutAlarm(yield* all.process))
      })
    const recordAt = (key: string) => Effect.map(all.store.read(key), (seen) => seen?.record)
    /** A process of the second version begins to move the record, and dies when the store has taken so many of its writes. */
    const cutAfter = (last: number) =>
      Effect.gen(function* () {
        let writes = 0
        const dying = TokenStore.TokenStore.of({
          ...all.store,
          replace: (...what) => (writes++ < last ? all.store.replace(...what) : Effect.never),
        })
        // As a process that dies: it never goes on.
        yield* Effect.forkDetach(Driver.make(yield* all.processWith(dying), of("main")))
        yield* eventually(
          "the cut",
          Effect.sync(() => writes > last),
        )
        yield* all.clock.adjust("6 seconds")
      })
    return { ...all, credentials, cutAfter, from, of, old, opened, recordAt, to }
  })
