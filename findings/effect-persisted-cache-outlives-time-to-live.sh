#!/bin/sh
# effect 4.1.0, seen with Node 20.20 and 24.21.
#
# `PersistedCache` takes a `timeToLive`, which sees each result and so can be the life of a token. It holds for the store alone. Above
# the store is a cache in memory with a life of its own, ten seconds by default, which does not look at what is left of `timeToLive`. So
# a token is handed out for up to ten seconds after its end. A failure whose `timeToLive` is zero was not to be kept, and is given
# for ten seconds. `inMemoryTTL: timeToLive` makes it worse for tokens: one that another process wrote begins its whole life again
# when it is read from the store.
#
# Who it bites: who keeps tokens, or other values that end at a known time, in a `PersistedCache`.
# What helps: `inMemoryTTL: () => Duration.zero`. Each call then reads the store.
#
# Here each token lives 60 seconds. Two caches share a store, as two processes do: the first asks for the token, the other reads it
# 55 seconds later. The clock is Effect's `TestClock`.
#
# Output seen:
#   by default: given until its second 65; a failure is given again 9 s later: true
#   inMemoryTTL as timeToLive: given until its second 115; a failure is given again 9 s later: false
#   inMemoryTTL zero: given until its second 60; a failure is given again 9 s later: false
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund effect@4.1.0

cat >program.mjs <<'PROGRAM'
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Persistable from "effect/persistence/Persistable"
import * as PersistedCache from "effect/persistence/PersistedCache"
import * as Persistence from "effect/persistence/Persistence"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"

class TokenOf extends Persistable.Class()("TokenOf", {
  primaryKey: ({ account }) => account,
  success: Schema.String,
  error: Schema.String,
}) {}
const key = new TokenOf({ account: "1" })
const timeToLive = (exit) => (Exit.isSuccess(exit) ? Duration.seconds(60) : Duration.zero)
const inNewStore = (effect) =>
  effect.pipe(
    Effect.scoped,
    Effect.provide(Layer.mergeAll(Persistence.layerMemory, TestClock.layer())),
    Effect.runPromise,
  )

/** The age at which another process stops giving a token that it read when the token was 55 seconds old. */
const lastAge = (options) =>
  inNewStore(
    Effect.gen(function* () {
      let lookups = 0
      const make = PersistedCache.make(() => Effect.sync(() => `token ${++lookups}`), options)
      const first = yield* make
      const other = yield* make
      const token = yield* first.get(key)
      yield* TestClock.adjust("55 seconds")
      let age = 55
      for (; age < 300 && (yield* other.get(key)) === token; age++) yield* TestClock.adjust("1 second")
      return age
    }),
  )

/** Whether a failure is given again nine seconds later, without a lookup. */
const isFailureKept = (options) =>
  inNewStore(
    Effect.gen(function* () {
      let lookups = 0
      const cache = yield* PersistedCache.make(() => Effect.suspend(() => Effect.fail(`failure ${++lookups}`)), options)
      yield* Effect.exit(cache.get(key))
      yield* TestClock.adjust("9 seconds")
      yield* Effect.exit(cache.get(key))
      return lookups === 1
    }),
  )

const seen = async (title, inMemoryTTL) => {
  const options = { storeId: "tokens", timeToLive, inMemoryTTL }
  const age = await lastAge(options)
  const isKept = await isFailureKept(options)
  console.log(`${title}: given until its second ${age}; a failure is given again 9 s later: ${isKept}`)
  return `${age} ${isKept}`
}

const results = [
  await seen("by default", undefined),
  await seen("inMemoryTTL as timeToLive", timeToLive),
  await seen("inMemoryTTL zero", () => Duration.zero),
]
process.exit(results.join() === "65 true,115 false,60 false" ? 0 : 1)
PROGRAM
node program.mjs
