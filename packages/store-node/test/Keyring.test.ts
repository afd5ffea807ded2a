/** The sealing key in a real keyring: GNOME's, on a message bus of its own. */
import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lacking } from "servers/src/Programs.ts"
import { titled } from "servers/src/Server.ts"
import { place } from "../../store/test/FileStage.ts"

const app = fileURLToPath(new URL("./KeyringApp.ts", import.meta.url))
const noKeyring = lacking("dbus-run-session", "gnome-keyring-daemon")

const environment = (home: string) => {
  const { DBUS_SESSION_BUS_ADDRESS: _, DISPLAY: __, ...env } = process.env
  return { ...env, NODE_OPTIONS: "", HOME: home, XDG_DATA_HOME: join(home, "data"), XDG_RUNTIME_DIR: home }
}

const run = (home: string, program: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const { stdout } = await promisify(execFile)(program, args, { env: environment(home), timeout: 50_000 })
    return stdout.trim()
  })

/** A log-in: a bus, the keyring opened by a password, then some runs of the app. Each gives its line. */
const loggedIn = (home: string, ...files: ReadonlyArray<string>) =>
  run(
    home,
    "dbus-run-session",
    ...["--", "/bin/sh", "-c"],
    `printf made-up | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
     for file; do "${process.execPath}" "${app}" "$file"; done`,
    ...["sh", ...files],
  ).pipe(Effect.map((lines) => lines.split("\n")))

describe("a keyring", () => {
  it.live.skipIf(noKeyring !== undefined)(
    titled("keeps a key for each store, also after the user has logged out", noKeyring),
    () =>
      Effect.gen(function* () {
        const home = yield* place
        mkdirSync(join(home, "data"))
        const [one, two] = [join(home, "one", "keyring"), join(home, "two", "keyring")]
        const [first, again, other] = yield* loggedIn(home, one, one, two)
        assert.match(first ?? "", /^keyring [0-9a-f]{16}$/)
        assert.strictEqual(again, first)
        assert.match(other ?? "", /^keyring [0-9a-f]{16}$/)
        assert.notStrictEqual(other, first)
        assert.deepStrictEqual(yield* loggedIn(home, two, one), [other, first])
        // The file beside the store names the account, and holds no key.
        assert.match(readFileSync(one, "utf8"), /^tokens-[0-9a-f-]{36}$/)

        rmSync(join(home, "data"), { recursive: true })
        mkdirSync(join(home, "data"))
        assert.deepStrictEqual(yield* loggedIn(home, one), ["StoreFailed unknown_key"])
      }).pipe(Effect.scoped),
  )

  it.live.skipIf(process.platform !== "linux")("that is not there is told, and nothing is begun", () =>
    Effect.gen(function* () {
      const home = yield* place
      assert.strictEqual(
        yield* run(home, process.execPath, app, join(home, "one", "keyring")),
        "StoreFailed unreachable",
      )
    }).pipe(Effect.scoped),
  )
})
