/** What a watcher of a runtime is told, whatever becomes of its sessions. */
import { assert, describe, it } from "@effect/vitest"
import { SessionRuntime } from "@pbx-auth/session/SessionRuntime"
import type { SessionActivity, Watched } from "@pbx-auth/session/Watcher"
import * as Effect from "effect/Effect"
import { harness, people, subjectOf } from "./Harness.ts"

/** A harness whose sessions are watched, and what was told of each of them. */
const watched = Effect.gen(function* () {
  const made = yield* harness()
  const told = new Map<Watched, Array<SessionActivity["_tag"]>>()
  const runtime = SessionRuntime.of({
    ...made.runtime,
    watcher: (session, { _tag }) => void told.set(session, [...(told.get(session) ?? []), _tag]),
  })
  return { ...made, runtime, told }
})

describe("a watcher", () => {
  it.live("is told once that a session opened, first of all, and once that it closed, last of all", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, runtime, told } = yield* watched
      const account = accounts.skyswitch({ credentials: people.reseller })
      const parent = yield* drive(account, runtime)
      yield* parent.bearer
      const child = yield* parent.child(subjectOf.netsapiens)
      yield* parent.startActing(subjectOf.netsapiens)
      yield* clock.adjust("2 hours")
      yield* parent.bearer
      yield* child.bearer
      const other = yield* drive(account, runtime)
      yield* parent.signOut
      yield* Effect.ignore(other.bearer)
      for (const session of [other, parent, child]) yield* session.close
      assert.deepStrictEqual(new Set(told.keys()), new Set<Watched>([parent, child, other]))
      for (const all of told.values()) {
        assert.strictEqual(all[0], "Opened")
        assert.strictEqual(all.at(-1), "Closed")
        assert.lengthOf(
          all.filter((tag) => tag !== "Stepped"),
          2,
        )
      }
    }),
  )

  it.live("is told so too where the stored token is of no use to the session", () =>
    Effect.gen(function* () {
      const { accounts, clock, drive, runtime, told } = yield* watched
      const usual = accounts.skyswitch({ credentials: people.officeManager })
      const provider = { ...usual.account.provider, renewal: { policy: "never" as const } }
      const account = { ...usual, account: { ...usual.account, provider } }
      const first = yield* drive(account, runtime)
      yield* first.bearer
      yield* first.close
      yield* clock.adjust("3 hours")
      const second = yield* drive(account, runtime)
      assert.deepStrictEqual(told.get(second), ["Opened"])
    }),
  )
})
