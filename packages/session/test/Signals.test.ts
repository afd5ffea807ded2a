/**
 * What a signal does to an app with promises that is in the middle of a renewal.
 *
 * @module-tag slow
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

const app = fileURLToPath(new URL("./SignalledApp.ts", import.meta.url))

/** Sends SIGTERM when the renewal has reached the provider, which answers once the signal was sent. */
const ended = Effect.fnUntraced(function* (...flags: ReadonlyArray<string>) {
  const emulator = yield* Emulator.make({ world: yield* decodeWorld({}) })
  const reached = yield* Deferred.make<void>()
  const signalled = yield* Deferred.make<void>()
  const finish = (deferred: Deferred.Deferred<void>) => Deferred.doneUnsafe(deferred, Effect.void)
  const of = (deferred: Deferred.Deferred<void>) => Effect.runPromise(Deferred.await(deferred))
  const handle: typeof emulator.handle = async (request, line) => {
    if ((await request.clone().text()).includes("grant_type=refresh_token")) {
      finish(reached)
      await of(signalled)
    }
    return emulator.handle(request, line)
  }
  const { origin } = yield* Server.serve({ port: 0, emulator: { ...emulator, handle } })
  return yield* Effect.promise(async () => {
    const child = spawn(process.execPath, [app, ...flags], {
      env: { ...process.env, NODE_OPTIONS: "", PBX_AUTH_ADDRESS: origin },
      stdio: ["ignore", "pipe", "inherit"],
    })
    try {
      let printed = ""
      child.stdout.on("data", (data: Buffer) => {
        printed += data.toString()
      })
      const over = once(child, "close")
      await Promise.race([of(reached), over])
      child.kill("SIGTERM")
      // An app without a signal handler is ended by the signal; one with a handler waits for the provider's answer.
      if (flags.length === 0) await over
      finish(signalled)
      const [code, signal] = await over
      return { code, signal, lines: printed.trimEnd().split("\n") }
    } finally {
      finish(signalled)
      child.kill("SIGKILL")
    }
  })
})

describe("SIGTERM in the middle of a renewal", () => {
  it.live("ends a process with `await using` alone at once", () =>
    Effect.gen(function* () {
      const { code, lines, signal } = yield* ended()
      assert.deepStrictEqual([code, signal], [null, "SIGTERM"])
      assert.deepStrictEqual(lines, ["opened", "signed_in", "rejected"])
    }),
  )

  it.live("and one that listens for it and closes ends when the renewal has", () =>
    Effect.gen(function* () {
      const { code, lines, signal } = yield* ended("--listen")
      assert.deepStrictEqual([code, signal], [0, null])
      assert.deepStrictEqual(lines, ["opened", "signed_in", "rejected", "renewed", "closed"])
    }),
  )
})
