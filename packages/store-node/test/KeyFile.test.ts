import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as KeyRing from "@pbx-auth/store/KeyRing"
import * as KeyFile from "@pbx-auth/store-node/KeyFile"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { modeOf, place } from "../../store/test/FileStage.ts"

const read = (path: string) => Effect.provide(KeyFile.make(path), NodeFileSystem.layer)

describe("a key file", () => {
  it.live("is made once, for this user alone, also by many at once, and holds a key that seals", () =>
    Effect.gen(function* () {
      const path = join(yield* place, "deep", "key")
      const keys = yield* Effect.forEach(Array.from({ length: 16 }), () => read(path), { concurrency: "unbounded" })
      const rings = yield* Effect.forEach([...keys, yield* read(path)], KeyRing.parse)
      assert.strictEqual(new Set(rings.map(({ current }) => current.id)).size, 1)
      if (process.platform !== "win32") assert.strictEqual(modeOf(path), "600")
      assert.deepStrictEqual(readdirSync(join(path, "..")), ["key"])
      // It is in the file, and in nothing that is printed.
      const text = readFileSync(path, "utf8").trim()
      assert.strictEqual(Buffer.from(text, "base64url").length, 32)
      assert.notInclude(JSON.stringify(keys) + String(keys), text)
    }).pipe(Effect.scoped),
  )

  it.live("has no copy beside it for long that a killed process left", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const path = join(directory, "key")
      const left = [0, 1].map(() => `new-${crypto.randomUUID()}`)
      const others = ["new-", "new-plans", "new-0123456789abcdef", "notes"]
      for (const name of [...left, ...others]) writeFileSync(join(directory, name), "a key", { mode: 0o600 })
      const longAgo = Date.now() / 1_000 - 7_200
      for (const name of [left[0] ?? "", ...others]) utimesSync(join(directory, name), longAgo, longAgo)
      yield* read(path)
      assert.sameMembers(readdirSync(directory), ["key", left[1] ?? "", ...others])
    }).pipe(Effect.scoped),
  )

  it.live("may hold old keys, too: a line each", () =>
    Effect.gen(function* () {
      const path = join(yield* place, "key")
      const [old, young] = [yield* KeyRing.generate, yield* KeyRing.generate]
      writeFileSync(path, `${Redacted.value(young)}\n${Redacted.value(old)}\n`, { mode: 0o600 })
      const { current, keys } = yield* KeyRing.parse(yield* read(path))
      assert.strictEqual(keys.size, 2)
      assert.strictEqual(current.id, (yield* KeyRing.make([young])).current.id)
    }).pipe(Effect.scoped),
  )

  it.live("is refused if others may read it, if it is another user's, or no file", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const path = join(directory, "key")
      yield* read(path)
      for (const mode of [0o640, 0o604, 0o620, 0o644]) {
        chmodSync(path, mode)
        const { fix, problem, remedy } = yield* Effect.flip(read(path))
        assert.deepStrictEqual([remedy, problem], ["configure", "forbidden"])
        assert.include(fix, "chmod 600")
      }
      chmodSync(path, 0o600)
      // A link is followed: what it leads to is what is checked.
      symlinkSync(path, join(directory, "link"))
      yield* read(join(directory, "link"))
      if (process.getuid?.() === 0) {
        chownSync(path, 65_534, 65_534)
        assert.include((yield* Effect.flip(read(path))).fix, "another user")
        chownSync(path, 0, 0)
      }
      mkdirSync(join(directory, "folder"))
      assert.strictEqual((yield* Effect.flip(read(join(directory, "folder")))).problem, "unreadable")
      chmodSync(directory, 0o777)
      assert.strictEqual((yield* Effect.flip(read(path))).problem, "forbidden")
    }).pipe(Effect.scoped),
  )
})
