/**
 * Tokens on this machine, in one line: the suite of all token stores, and an app that is started again and again.
 *
 * @module-tag slow
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import * as Server from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as TokenStoreTest from "@pbx-auth/session/testing/TokenStoreTest"
import * as NodeTokenStore from "@pbx-auth/store-node/NodeTokenStore"
import * as Effect from "effect/Effect"
import { modeOf, place } from "../../store/test/FileStage.ts"
import { bundleOf } from "./Built.ts"

const app = bundleOf("KeptApp.ts")

describe("tokens on this machine", () => {
  const root = mkdtempSync(join(tmpdir(), "pbx-auth-kept-"))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  const runner = { assert, describe, it }
  TokenStoreTest.suite("files", NodeTokenStore.layerFile(join(root, "files"), { key: "file" }), runner)
  TokenStoreTest.suite("SQLite", NodeTokenStore.layerSqlite(join(root, "tokens.db"), { key: "file" }), runner)
})

const start = (address: string, kind: string, at: string) =>
  Effect.promise(async () => {
    const args = ["--disable-warning=ExperimentalWarning", app, kind, at]
    const env = { ...process.env, NODE_OPTIONS: "", PBX_AUTH_ADDRESS: address }
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 50_000 })
    return stdout.trim()
  })

describe.each(["file", "sqlite"])("an app with a %s store", (kind) => {
  it.live("signs in once, however often it is started, one after the other and four at once", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const at = join(directory, "kept", ...(kind === "file" ? [] : ["tokens.db"]))
      const emulator = yield* Emulator.make({ world: yield* decodeWorld({}) })
      const { origin } = yield* Server.serve({ port: 0, emulator })
      const begun = yield* Effect.forEach([1, 2, 3, 4], () => start(origin, kind, at), { concurrency: "unbounded" })
      const tokens = [...begun, yield* start(origin, kind, at), yield* start(origin, kind, at)]
      assert.match(tokens[0] ?? "", /^[0-9a-f]{12}$/)
      assert.strictEqual(new Set(tokens).size, 1)
      const asked = (yield* emulator.journal).filter(({ path }) => path.includes("oauth2/token"))
      assert.strictEqual(asked.length, 1)

      // What lies there is this user's alone, and nothing of it is a token or a name.
      const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => join(directory, name))
      const whole = files.filter((path) => statSync(path).isFile())
      assert.isAtLeast(whole.length, 2)
      for (const path of whole) {
        assert.strictEqual(modeOf(path), "600", path)
        assert.notInclude(`${path}${readFileSync(path, "latin1")}`, "abc-company")
      }
    }).pipe(Effect.scoped),
  )
})

it.live("the source of the key is that with which the store began", () =>
  Effect.gen(function* () {
    const keyFile = join(yield* place, "key")
    assert.strictEqual(yield* NodeTokenStore.keySource(keyFile, "keyring"), "keyring")
    writeFileSync(keyFile, "")
    assert.strictEqual(yield* NodeTokenStore.keySource(keyFile), "file")
  }).pipe(Effect.provide(NodeFileSystem.layer), Effect.scoped),
)
