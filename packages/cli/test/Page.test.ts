/** docs/command.md is true where it can be tried: units for a timer, a line for cron, fields, the commands themselves. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { lacking } from "servers/src/Programs.ts"
import { titled } from "servers/src/Server.ts"
import * as BrowserEvent from "../src/browser/BrowserEvent.ts"
import * as Arguments from "../src/grammar/Arguments.ts"
import { commands } from "../src/grammar/Grammar.ts"
import * as KeptState from "../src/kept/KeptState.ts"
import { names, whoCan } from "../src/provider/ProviderTable.ts"
import * as Variable from "../src/shell/Variable.ts"

const page = readFileSync(new URL("../../../docs/command.md", import.meta.url), "utf8")

const block = (name: string): string => {
  const found = new RegExp(`<!-- ${name.replaceAll(".", "\\.")} -->\\s*\`\`\`\\w+\\n([^\`]*)\`\`\``).exec(page)?.[1]
  assert.isDefined(found, name)
  return found ?? ""
}

/** The command of a line, read as the command itself reads it. */
const readable = (line: string): void => {
  const args = line.replace(/^.*?pbx-auth /, "").replace(/ *[>#|].*$/, "")
  const read = Arguments.read(args.split(/\s+/))
  assert.isFalse("problem" in read, `${line}: ${"problem" in read ? read.problem : ""}`)
}

describe("the timer", () => {
  const units = ["pbx-auth-keep.service", "pbx-auth-keep.timer"]

  it("runs a command that can be read", () => {
    const exec = /^ExecStart=(.*)$/m.exec(block("pbx-auth-keep.service"))?.[1] ?? ""
    readable(exec)
    for (const unit of units) {
      for (const line of block(unit).split("\n"))
        assert.match(line, /^(\[(Unit|Service|Timer|Install)\]|[A-Z]\w+=\S.*|)$/)
    }
  })

  const noSystemd = lacking("systemd-analyze")
  it.skipIf(noSystemd !== undefined)(titled("is accepted by systemd", noSystemd), () => {
    const folder = mkdtempSync(join(tmpdir(), "pbx-auth-units-"))
    afterAll(() => rmSync(folder, { recursive: true }))
    const paths = units.map((unit) => join(folder, unit))
    for (const [at, unit] of units.entries()) writeFileSync(paths[at] ?? "", block(unit))
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", ...paths], { encoding: "utf8" })
    assert.strictEqual(status, 0, stderr)
  })
})

it("the line for cron has five fields and a command that can be read", () => {
  const [, fields = "", command = ""] = /^((?:\S+ ){5})(.*)\n$/.exec(block("crontab")) ?? []
  for (const field of fields.trim().split(" ")) assert.match(field, /^(\*|\d+)(\/\d+)?$/)
  readable(command)
})

it("each command of the tutorial can be read, and each command has its line", () => {
  const lines = [...page.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, text = ""]) => text.split("\n"))
  const typed = lines.filter((line) => line.includes("pbx-auth "))
  assert.isAbove(typed.length, 7)
  typed.forEach(readable)
  const table = page.slice(page.indexOf("## Commands"), page.indexOf("## What it reads"))
  for (const name of Object.keys(commands)) assert.match(table, new RegExp(`\`${name}\\b`), name)
})

it("has each field of what is told to a person who signs in at a browser", () => {
  const [, table = ""] = /<!-- fields of BrowserEvent -->(.*?)<!-- \/fields -->/s.exec(page) ?? []
  const url = Redacted.make("https://vendor.example/device")
  const fields = Object.keys(BrowserEvent.of({ kind: "device", until: 0, url }))
  assert.deepStrictEqual(
    [...table.matchAll(/^\| `(\w+)`/gm)].map(([, field]) => field),
    fields,
  )
})

it("has each field and each word of a profile's state", async () => {
  const [, table = ""] = /<!-- fields of KeptState -->(.*?)<!-- \/fields -->/s.exec(page) ?? []
  const profile = { version: 1, id: "0".repeat(32), provider: "ipex" } as const
  const state = await Effect.runPromise(KeptState.of("x", profile, undefined))
  for (const field of Object.keys(state)) assert.include(table, `\`${field}\``)
  for (const word of [
    "signed_in",
    "renewable",
    "ended",
    "signed_out",
    "not_signed_in",
    "unreadable",
    "stated",
    "unknown",
    "none",
  ]) {
    assert.include(table, `\`${word}\``)
  }
})

describe("what the help says of providers", () => {
  it("names no provider in the text of a variable", () => {
    const words = new Set(Variable.help.split(/[^\w-]+/))
    assert.deepStrictEqual(
      names.filter((id) => words.has(id)),
      [],
    )
  })

  it("names each provider that has what the flag is for", () => {
    const { actAs, basicEncoding } = commands.inspect.flags
    assert.include(actAs.says, `(${whoCan("actsForOthers")})`)
    assert.include(basicEncoding.says, `(${whoCan("takesBasic")})`)
  })
})
