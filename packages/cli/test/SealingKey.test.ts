/** The sealing key on its way between the file and a keyring that does not work as it should. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { afterAll, assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"
import * as SealingKey from "../src/kept/SealingKey.ts"

/** What the keyring of this machine holds, and whether it does keep what it is given. */
const keyring = { entries: new Map<string, string>(), keeps: true }

class AsyncEntry {
  readonly account: string
  constructor(_service: string, account: string) {
    this.account = account
  }
  async setPassword(password: string) {
    if (keyring.keeps) keyring.entries.set(this.account, password)
  }
  async getPassword() {
    return keyring.entries.get(this.account) ?? null
  }
  async deletePassword() {
    return keyring.entries.delete(this.account)
  }
}

vi.doMock("@napi-rs/keyring", () => ({ AsyncEntry }))

const place = () => {
  const directory = mkdtempSync(join(tmpdir(), "pbx-auth-key-"))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  keyring.entries.clear()
  return {
    has: (name: string) => existsSync(join(directory, name)),
    directory,
    key: () => Effect.map(SealingKey.read(directory), ({ text }) => Redacted.value(text).trim()),
  }
}

describe("a keyring", () => {
  it.effect("that does not keep the key leaves it in its file", () =>
    Effect.gen(function* () {
      const { directory, has, key } = place()
      const first = yield* key()
      keyring.keeps = false
      const notice = yield* SealingKey.move(directory, "keyring")
      assert.include(notice, "does not keep what it is given")
      assert.include(notice, `The key stays in the file ${directory}/key`)
      assert.deepStrictEqual([has("key"), has("keyring")], [true, false])
      assert.strictEqual(yield* key(), first)
      keyring.keeps = true
      assert.isUndefined(yield* SealingKey.move(directory, "keyring"))
      assert.deepStrictEqual([has("key"), has("keyring")], [false, true])
      assert.strictEqual(yield* key(), first)
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("keeps the key while another process has made a file in its place", () =>
    Effect.gen(function* () {
      const { directory, has, key } = place()
      const first = yield* key()
      assert.isUndefined(yield* SealingKey.move(directory, "keyring"))
      const files = yield* FileSystem.FileSystem
      const late: FileSystem.FileSystem = {
        ...files,
        link: (from, to) => {
          writeFileSync(join(directory, "key"), "made by another process", { mode: 0o600 })
          return files.link(from, to)
        },
      }
      const notice = yield* Effect.provideService(SealingKey.move(directory, "file"), FileSystem.FileSystem, late)
      assert.include(notice, "The key stays in the keyring")
      assert.strictEqual(yield* key(), first)
      assert.isUndefined(yield* SealingKey.move(directory, "file"))
      assert.deepStrictEqual([has("key"), has("keyring"), keyring.entries.size], [true, false, 0])
      assert.strictEqual(readFileSync(join(directory, "key"), "utf8").trim(), first)
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )
})
