/** The command looks for a cell by itself, before it loads the store. Both must mean the same folder. */
import { existsSync } from "node:fs"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { MAX_NAME } from "@pbx-auth/store/Cells"
import * as FileCells from "@pbx-auth/store/FileCells"
import * as Effect from "effect/Effect"
import { actingKey, cellFolder, cellsFolder, recordCell, recordKey } from "../src/profile/Place.ts"
import { folder } from "./Folder.ts"

const profile = { id: "0123456789ab4cde8f0123456789abcd", provider: "skyswitch" } as Parameters<typeof recordKey>[0]

const subjects = ["1001@acmecorp.12345.service", "Ann.O'Neil@Acme.example", "zoë@acme.example"]

/** Two letters of three bytes, each of which a file's name spells with five characters. */
const longest = "É.".repeat(MAX_NAME / 3)

describe("the folder of a cell", () => {
  it.effect("is where the store writes it, however long the user's name is", () =>
    Effect.gen(function* () {
      const { PBX_AUTH_DIRECTORY: directory } = folder()
      const cells = yield* FileCells.make({ directory: cellsFolder(directory) })
      const names = [recordKey(profile), ...subjects.map((subject) => actingKey(profile, subject))].map(recordCell)
      for (const name of [...names, longest, "x".repeat(MAX_NAME)]) {
        assert.isFalse(existsSync(cellFolder(directory, name)), name)
        yield* cells.replace(name, undefined, Uint8Array.of(1))
        assert.isTrue(existsSync(cellFolder(directory, name)), name)
      }
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )
})
