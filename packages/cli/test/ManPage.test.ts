/** The manual page: it has everything that can be typed, and the formatter has nothing to say against it. */
import { spawnSync } from "node:child_process"
import { assert, it } from "@effect/vitest"
import { lacking } from "servers/src/Programs.ts"
import { titled } from "servers/src/Server.ts"
import { exitCodes } from "../src/failure/Failure.ts"
import type { Command } from "../src/grammar/Command.ts"
import { commands, typed } from "../src/grammar/Grammar.ts"
import { page } from "../src/grammar/ManPage.ts"
import { described } from "../src/shell/Variable.ts"
import { inside } from "./Inside.ts"

/** What a reader sees, without the marks. */
const seen = page()
  .replaceAll("\\-", "-")
  .replace(/\\f[BIR]/g, "")

it("has every command, flag, variable and exit code", async () => {
  for (const [name, command] of Object.entries<Command>(commands)) {
    assert.include(seen, `pbx-auth ${name}`)
    for (const [flag, { hidden }] of Object.entries(command.flags))
      if (hidden !== true) assert.include(seen, typed(flag))
  }
  for (const variable of Object.keys(described)) assert.include(seen, variable)
  for (const code of Object.values(exitCodes)) assert.match(seen, new RegExp(`^${code}$`, "m"))
  assert.strictEqual((await inside(["man"], {})).stdout, `${page()}\n`)
})

it("has no line that roff would take for a request of its own", () => {
  const known = /^\.(TH|SH|SS|TP|PP|RS|RE|nf|fi)\b/
  for (const line of page().split("\n")) {
    if (line.startsWith(".") || line.startsWith("'")) assert.match(line, known)
    assert.notMatch(line, /[^\x20-\x7e]/, line)
    assert.notMatch(line.replace(/\\(f[BIR]|-|e|&)/g, ""), /\\/, line)
  }
})

const noGroff = lacking("groff")

it.skipIf(noGroff !== undefined)(titled("groff formats it without a warning", noGroff), () => {
  const { status, stderr } = spawnSync("groff", ["-man", "-Tascii", "-ww", "-z"], { input: page(), encoding: "utf8" })
  assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
})
