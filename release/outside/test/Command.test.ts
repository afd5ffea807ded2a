/** The command with this provider's file, against the witness on a port of this machine. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { assert, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import * as Effect from "effect/Effect"
import { witness } from "../src/AcmeWitness.ts"

const manifest = createRequire(import.meta.url).resolve("@pbx-auth/cli/package.json")
const command = join(dirname(manifest), "dist/pbx-auth.cjs")
const variables = {
  PBX_AUTH_TENANT: "north",
  PBX_AUTH_CLIENT_ID: "acme-app",
  PBX_AUTH_CLIENT_SECRET: "made-up-secret",
  PBX_AUTH_USERNAME: "maria",
  PBX_AUTH_PASSWORD: "made-up-password",
}

/** `pbx-auth token --provider ./src/Acme.ts`: what it printed, and its exit code. */
const token = (address: string, changed: Readonly<Record<string, string>> = {}) =>
  Effect.callback<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resume) => {
    const child = execFile(
      process.execPath,
      [command, "token", "--provider", "./src/Acme.ts", "--address", address, "--json"],
      { cwd: dirname(import.meta.dirname), env: { PATH: process.env.PATH, ...variables, ...changed }, timeout: 60_000 },
      (_, stdout, stderr) => resume(Effect.succeed({ code: child.exitCode ?? 1, stdout, stderr })),
    )
  })

it.live(
  "prints a token of the tenant; a wrong password ends it with the vendor's code",
  () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ witnesses: [{ ...witness, hosts: ["127.0.0.1"] }] })
      const { origin } = yield* serve({ port: 0, emulator })

      const right = yield* token(origin)
      assert.deepInclude(right, { code: 0, stderr: "" })
      const { access_token } = JSON.parse(right.stdout)
      const headers = { authorization: `Bearer ${access_token}` }
      const owner = yield* Effect.promise(async () => (await fetch(`${origin}/v1/me`, { headers })).json())
      assert.deepStrictEqual(owner, { tenant: "north", name: "maria" })

      const wrong = yield* token(origin, { PBX_AUTH_PASSWORD: "made-up-mistake" })
      assert.deepInclude(wrong, { code: 3, stdout: "" })
      assert.deepInclude(JSON.parse(wrong.stderr), {
        error: "BadCredentials",
        provider: "acme-voice",
        code: "ACME-1017",
      })
      assert.notInclude(wrong.stderr, "made-up-mistake")
    }).pipe(Effect.scoped),
  60_000,
)

/** `pbx-auth emulator --witness ./src/AcmeWitness.ts`, until the scope closes; gives its origin. */
const emulator = Effect.acquireRelease(
  Effect.promise(async () => {
    const args = [command, "emulator", "--port", "0", "--witness", "./src/AcmeWitness.ts"]
    const child = spawn(process.execPath, args, {
      cwd: dirname(import.meta.dirname),
      stdio: ["ignore", "pipe", "inherit"],
    })
    const [line] = await once(createInterface({ input: child.stdout }), "line")
    return { child, origin: JSON.parse(String(line).slice("READY ".length)).origin as string }
  }),
  ({ child }) =>
    Effect.promise(async () => {
      const ended = once(child, "close")
      child.kill()
      await ended
    }),
)

it.live(
  "plays the witness's file, too: no program of one's own is needed for a token",
  () =>
    Effect.gen(function* () {
      const { origin } = yield* emulator
      const right = yield* token(origin)
      assert.deepInclude(right, { code: 0, stderr: "" })
      const { access_token } = JSON.parse(right.stdout)
      const headers = { authorization: `Bearer ${access_token}` }
      const asked = async () => (await fetch(`${origin}/@acme-voice/v1/me`, { headers })).json()
      assert.deepStrictEqual(yield* Effect.promise(asked), { tenant: "north", name: "maria" })

      const wrong = yield* token(origin, { PBX_AUTH_TENANT: "west" })
      assert.deepInclude(wrong, { code: 2, stdout: "" })
      assert.deepInclude(JSON.parse(wrong.stderr), { error: "Misconfigured", code: "ACME-1020" })
    }).pipe(Effect.scoped),
  60_000,
)
