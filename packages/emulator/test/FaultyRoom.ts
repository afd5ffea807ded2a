/** A server with a session at it, for the faults that it is told. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Emulator from "../src/emulator/Emulator.ts"
import type { Fault } from "../src/fault/Fault.ts"
import { post, send } from "./RawClient.ts"
import { netsapiens as ns, served } from "./Served.ts"

/** Waits at most four seconds. */
export const until = Effect.fnUntraced(function* (condition: Effect.Effect<boolean>) {
  for (let turn = 0; turn < 2000; turn++) {
    if (yield* condition) return
    yield* Effect.sleep("2 millis")
  }
  assert.fail("waited in vain")
})

/** A served emulator with strict rotation, and a signed-in account whose refresh token tells whether the server acted. */
export const signedIn = Effect.fnUntraced(function* (world: unknown = {}) {
  const room = yield* served({ netsapiens: { rotation: "strict" }, ...(world as object) })
  const first = yield* room.ask(ns.token, { form: ns.password })
  yield* room.emulator.clearJournal
  const refresh: string = first.fields.refresh_token
  const form = ns.refresh(refresh)
  return {
    ...room,
    first,
    refresh,
    renew: room.ask(ns.token, { form }),
    renewRaw: (options?: Parameters<typeof send>[2]) =>
      Effect.promise(() => send(room.origin, post(ns.token, form), options)),
    /** The token is tried at last: strict rotation gives a pair for a fresh one and ends the family for a spent one. */
    isSpent: Effect.map(room.ask(ns.token, { form }), ({ status }) => status !== 200),
  }
})

export type SignedIn = Effect.Success<ReturnType<typeof signedIn>>

export const last = ({ emulator }: SignedIn) => Effect.map(emulator.journal, (journal) => journal.at(-1))

/** What the journal and the world say of a fault that has hit once, and that the server is healthy afterwards. */
export const settle = Effect.fnUntraced(function* (room: SignedIn, fault: Fault, status: number, acted: boolean) {
  const entry = yield* last(room)
  assert.strictEqual(entry?.fault, fault._tag)
  assert.strictEqual(entry?.acted, acted)
  assert.strictEqual(entry?.status, status)
  assert.strictEqual(entry?.outcome, acted ? "renewed" : "not carried out")
  assert.strictEqual(entry?.grant, fault._tag === "reset_before_read" ? undefined : "refresh_token")
  assert.strictEqual(yield* room.isSpent, acted)
  assert.strictEqual((yield* room.ask(ns.token, { form: ns.password })).status, 200)
  assert.strictEqual((yield* last(room))?.fault, undefined)
})

export const form = (fields: Record<string, string>) => new URLSearchParams(fields)

export const signIn = (emulator: Emulator.Emulator, init: RequestInit = {}) =>
  Effect.promise(() =>
    emulator.fetch(`https://a.test${ns.token}`, { method: "POST", body: form(ns.password), ...init }),
  )
