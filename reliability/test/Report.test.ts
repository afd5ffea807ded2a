import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { type Finding, Notes } from "../src/Finding.ts"
import * as Lab from "../src/Lab.ts"
import * as Page from "../src/Page.ts"
import * as Report from "../src/Report.ts"
import { type Row, see } from "../src/Row.ts"
import { rows } from "../src/rows/All.ts"

const row = (finding: Finding): Row => ({
  id: "R0",
  fault: "a fault of many words, so many that a line is not enough for it, and one more has to be begun | with a bar",
  bar: "nothing is lost",
  means: "It looks.",
  run: () => Effect.succeed(finding),
})

const good = new Notes().count("lost", 0).measure("slowest", "1.2 s").must("nothing is lost", true).finding
const bad = new Notes().must("nothing is lost", false).must("all is well", false).must("all is well", false).finding

const line = (finding: Finding) => ({ row: row(finding), finding, seconds: 1.25 })

describe("the report", () => {
  it("is narrow, and without colour where there is no terminal", () => {
    for (const finding of [good, bad]) {
      const block = Report.block(line(finding))
      expect(block).not.toContain("\u001b")
      for (const text of block.split("\n")) expect(text.length).toBeLessThanOrEqual(100)
    }
  })

  it("says what was seen, and what fell short, once", () => {
    expect(Report.block(line(good))).toContain("lost: 0 · slowest: 1.2 s")
    expect(Report.block(line(bad)).match(/not so: all is well/g)).toHaveLength(1)
    expect(Report.summary([line(good), line(bad)])).toContain("1 of 2 rows held; short: R0")
  })

  it("is JSON as well", () => {
    expect(JSON.parse(Report.json([line(good), line(bad)]))).toMatchObject([
      { id: "R0", held: true, figures: { lost: 0, slowest: "1.2 s" } },
      { id: "R0", held: false, why: ["not so: nothing is lost", "not so: all is well"] },
    ])
  })

  it("counts a row that dies as one that falls short", async () => {
    const dying = { ...row(good), run: () => Effect.die(new Error("no such thing")) }
    const finding = await see(dying, Lab.make("short"))
    expect(finding.held).toBe(false)
    expect(finding.why).toContain("no such thing")
  })
})

describe("the page", () => {
  it("leaves out what hangs on the machine, and does not praise what falls short", () => {
    const page = Page.render([line(good)])
    expect(page).toContain("| lost: 0 |")
    expect(page).not.toContain("1.2 s")
    expect(page).toContain("begun \\| with a bar")
    expect(Page.render([line(bad)])).toContain("**falls short**")
  })
})

describe("the rows", () => {
  it("are those of the contract, each once, and then some", () => {
    const ids = rows.map(({ id }) => id)
    expect(ids.filter((id) => id.startsWith("R"))).toEqual(Array.from({ length: 31 }, (_, index) => `R${index + 1}`))
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe("the command", () => {
  const report = fileURLToPath(new URL("../report.ts", import.meta.url))
  const run = (...args: ReadonlyArray<string>) =>
    promisify(execFile)(process.execPath, [report, ...args]).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: "" }),
      ({ code, stderr, stdout }) => ({ code, stdout, stderr }),
    )

  const runs = async (id: string) => {
    const { code, stdout } = await run("--row", id.toLowerCase(), "--json")
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([{ id, held: true }])
  }

  it("runs one row, as JSON", { tags: ["matrix"] }, () => runs("R4"))

  it("runs a short row, as JSON", () => runs("R21"))

  const refuses = async (args: ReadonlyArray<string>, words: string) => {
    const { code, stderr, stdout } = await run(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
    expect(stderr).toContain(words)
  }

  it.each([[["--row", "R99"], "There is no row R99. There are: R1,"]] as const)("says what is wrong with %j", refuses)

  it.each([
    [["--rows"], "Usage: reliability"],
    [["--write", "--row", "R1"], "leave --row out"],
  ] as const)("says what is wrong with %j", { tags: ["matrix"] }, refuses)
})
