/** Sessions at the emulator's Yeastar, which lets eight tokens of a client live. */
import { witness } from "@pbx-auth/emulator/witnesses/Yeastar"
import type { Configured } from "@pbx-auth/providers/Provider"
import { provider as yeastar } from "@pbx-auth/providers/Yeastar"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import { decode, encode } from "@pbx-auth/session/TokenRecordSchema"
import * as TokenStore from "@pbx-auth/session/TokenStore"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { stage } from "./VendorStage.ts"

export const client = { id: "yeastar-client-id", secret: "yeastar-client-secret" }

/** The same provider, whose cap is only told. */
export const unruled = { ...yeastar, liveTokens: { cap: 8 } }

type World = Parameters<typeof stage<(typeof witness)["defaults"]>>[1]

export const staged = (world: World = {}, provider: typeof yeastar = yeastar) =>
  Effect.gen(function* () {
    const all = yield* stage(witness, world)
    const { account, credentials } = Result.getOrThrow(yeastar.configure({ address: all.address, client }))
    const configured: Configured<"revoke"> = { account: { ...account, provider }, credentials }
    /** A session of this process, or of one of its own to which nobody gave a store. */
    const opened = (process?: SessionRuntime["Service"]) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const pbx = yield* Scope.provide(all.open(configured, process ?? (yield* all.processWith())), scope)
        return { pbx, close: Scope.close(scope, Effect.runSync(Effect.exit(Effect.void))) }
      })
    /** A process whose own store this is: nobody gave it. */
    const owning = (store: TokenStore.TokenStore["Service"]) =>
      Effect.map(all.processWith(), (process) => SessionRuntime.of({ ...process, store }))
    const who = (token: string) =>
      Effect.map(all.ask(`/openapi/v1.0/who?access_token=${token}`), ({ fields }) => fields.client)
    const isAlive = (token: string) => Effect.map(who(token), (name) => name === client.id)
    const revoked = () => all.wire.filter(({ url }) => url.startsWith("/openapi/v1.0/del_token")).length
    return { ...all, isAlive, opened, owning, revoked }
  })

/** A store that keeps texts, as one outside the process does. */
export const lasting = Effect.map(TokenStore.makeMemory, (memory) => {
  const texts = new Map<string, string>()
  return TokenStore.TokenStore.of({
    fingerprint: memory.fingerprint,
    read: (key) =>
      Effect.flatMap(memory.read(key), (seen) =>
        seen?.record === undefined
          ? Effect.succeed(seen)
          : Effect.map(decode(texts.get(key) ?? ""), (record) => ({ ...seen, record })),
      ),
    replace: (key, expected, next) =>
      Effect.tap(memory.replace(key, expected, next), () =>
        next === undefined ? Effect.void : Effect.map(Effect.orDie(encode(next)), (text) => void texts.set(key, text)),
      ),
  })
})
