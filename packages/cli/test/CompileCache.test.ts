/** Compiled code is kept in a folder that no other user can write to, or not at all. */
import { execFile } from "node:child_process"
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as CompileCache from "../src/start/CompileCache.ts"
import { bin } from "./Process.ts"

const user = process.geteuid?.()
const isRoot = user === 0

let home: string
beforeEach(() => {
  home = mkdtempSync(join(realpathSync(tmpdir()), "compile-cache-"))
})
afterEach(() => {
  chmodSync(home, 0o700)
  rmSync(home, { recursive: true })
})

const modeOf = (path: string) => lstatSync(path).mode & 0o777

const folder = (env: CompileCache.Surroundings["env"], platform: NodeJS.Platform = "linux", as = user) =>
  CompileCache.folder({ env, platform, user: as })

/** Runs something that loads more than the start does, and tells which temporary files it left. */
const start = async (env: Readonly<Record<string, string>>) => {
  const temporary = join(home, "tmp")
  mkdirSync(temporary, { recursive: true })
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "--completions", "bash"], {
    env: { TMPDIR: temporary, ...env },
  })
  assert.include(stdout, "pbx-auth")
  return readdirSync(temporary)
}

const files = (path: string) =>
  existsSync(path) ? readdirSync(path, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()) : []

describe.skipIf(user === undefined)("the folder", () => {
  it("is the user's own, and nobody else may so much as look into it", () => {
    const own = folder({ HOME: home })
    assert.strictEqual(own, join(home, ".cache", "pbx-auth"))
    for (const path of [join(home, ".cache"), own ?? ""]) assert.strictEqual(modeOf(path), 0o700)
    assert.strictEqual(folder({ HOME: home }), own, "and is found again")
  })

  it("is where the system keeps caches", () => {
    const xdg = join(home, "xdg")
    assert.strictEqual(folder({ HOME: home, XDG_CACHE_HOME: xdg }), join(xdg, "pbx-auth"))
    assert.strictEqual(folder({ HOME: home }, "darwin"), join(home, "Library", "Caches", "pbx-auth"))
    assert.strictEqual(folder({ LOCALAPPDATA: home }, "win32", undefined), join(home, "pbx-auth"))
  })

  it("is not taken from a path that depends on where the command runs, nor from nowhere", () => {
    assert.strictEqual(folder({ HOME: home, XDG_CACHE_HOME: "cache" }), join(home, ".cache", "pbx-auth"))
    for (const env of [{}, { HOME: "" }, { HOME: "home" }]) assert.isUndefined(folder(env))
    assert.isUndefined(folder({ HOME: home }, "win32", undefined))
  })

  it("is none when others may write to it", () => {
    const own = join(home, ".cache", "pbx-auth")
    mkdirSync(own, { recursive: true })
    for (const mode of [0o770, 0o707, 0o777, 0o1777]) {
      chmodSync(own, mode)
      assert.isUndefined(folder({ HOME: home }), mode.toString(8))
    }
    chmodSync(own, 0o755)
    assert.strictEqual(folder({ HOME: home }), own)
  })

  it("is none when others could put another one in its place", () => {
    mkdirSync(join(home, ".cache"))
    chmodSync(join(home, ".cache"), 0o770)
    assert.isUndefined(folder({ HOME: home }))
    assert.deepStrictEqual(readdirSync(join(home, ".cache")), [])
    chmodSync(join(home, ".cache"), 0o700)
    chmodSync(home, 0o777)
    assert.isUndefined(folder({ HOME: home }))
  })

  it("is none behind a link", () => {
    mkdirSync(join(home, "elsewhere"), { mode: 0o700 })
    mkdirSync(join(home, ".cache"), { mode: 0o700 })
    symlinkSync(join(home, "elsewhere"), join(home, ".cache", "pbx-auth"))
    assert.isUndefined(folder({ HOME: home }))
  })

  it("is none where a file is in its place", async () => {
    mkdirSync(join(home, ".cache"), { mode: 0o700 })
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(home, ".cache", "pbx-auth"), resolve))
    assert.isUndefined(folder({ HOME: home }))
    await new Promise((resolve) => server.close(resolve))
  })

  it("is none in the home of somebody else, and nothing is left there", () => {
    if (isRoot) chownSync(home, 65_533, 65_533)
    assert.isUndefined(folder({ HOME: home }, "linux", isRoot ? user : (user ?? 0) + 1))
    assert.deepStrictEqual(readdirSync(home), [])
  })

  it.skipIf(!isRoot)("is none when it belongs to somebody else", () => {
    const own = join(home, ".cache", "pbx-auth")
    mkdirSync(own, { recursive: true, mode: 0o700 })
    chownSync(own, 65_533, 65_533)
    assert.isUndefined(folder({ HOME: home }))
  })
})

describe.skipIf(user === undefined)("the command", () => {
  it("fills it, and leaves nothing in the system's temporary folder", async () => {
    const left = await start({ HOME: home })
    assert.isAbove(files(join(home, ".cache", "pbx-auth")).length, 10)
    assert.deepStrictEqual(left, [])
  })

  it("runs without it where others may write", async () => {
    mkdirSync(join(home, ".cache", "pbx-auth"), { recursive: true })
    chmodSync(join(home, ".cache", "pbx-auth"), 0o777)
    assert.deepStrictEqual(await start({ HOME: home }), [])
    assert.deepStrictEqual(files(join(home, ".cache")), [])
  })

  it("runs without a home, and with one that cannot be written to", async () => {
    assert.deepStrictEqual(await start({}), [])
    assert.deepStrictEqual(await start({ HOME: "/proc" }), [])
    const shut = join(home, "shut")
    mkdirSync(shut, { mode: 0o500 })
    assert.deepStrictEqual(await start({ HOME: shut }), [])
  })

  it("leaves the choice of NODE_COMPILE_CACHE to the user, and has none with NODE_DISABLE_COMPILE_CACHE", async () => {
    await start({ HOME: home, NODE_DISABLE_COMPILE_CACHE: "1" })
    await start({ HOME: home, NODE_COMPILE_CACHE: join(home, "chosen") })
    assert.isFalse(existsSync(join(home, ".cache")))
    assert.isAbove(files(join(home, "chosen")).length, 10)
  })
})
