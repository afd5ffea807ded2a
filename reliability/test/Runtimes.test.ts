/** The page's table of runtimes: the column of this Node is measured again, and the others have all its lines. */
import { existsSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Page from "../src/Page.ts"
import * as Failures from "../src/runtimes/Failures.ts"
import * as Runtimes from "../src/runtimes/Runtimes.ts"
import * as RuntimeTable from "../src/runtimes/RuntimeTable.ts"

let failures: Failures.Failures
beforeAll(async () => {
  failures = await Failures.open()
})
afterAll(() => failures.close())

describe("the table of runtimes", () => {
  it("says of this Node what it does", async () => {
    const column = await RuntimeTable.column(Runtimes.here, failures.all)
    expect(RuntimeTable.columnOf(Page.read(), Runtimes.here.name)).toEqual(RuntimeTable.cellsOf(failures.all, column))
  })

  // Its bundle has no tables of what other runtimes say (`RuntimeErrorsOfTab`). The page's column was the same with them.
  it.skipIf(!existsSync(Runtimes.chromiumProgram))("says of a tab what it does", { tags: ["matrix"] }, async () => {
    const column = await RuntimeTable.column(Runtimes.tab, failures.all)
    expect(RuntimeTable.columnOf(Page.read(), Runtimes.tab.name)).toEqual(RuntimeTable.cellsOf(failures.all, column))
  })

  it("has every runtime, none of which was skipped or takes for unsent what has arrived", () => {
    for (const { name } of Runtimes.runtimes) {
      const column = RuntimeTable.columnOf(Page.read(), name)
      expect([...column.keys()]).toEqual(failures.all.map((failure) => failure.name))
      for (const cell of column.values()) expect(cell).toMatch(/^(a token|[A-Z]\w+( \(\w+\))?( ¹)?|–)$/)
    }
  })

  it("would say so", () => {
    expect(RuntimeTable.isWrong({ told: "Unavailable", hasArrived: true })).toBe(true)
    expect(RuntimeTable.isWrong({ told: "OutcomeUnknown", hasArrived: true })).toBe(false)
    expect(RuntimeTable.isUntold({ told: "OutcomeUnknown", hasArrived: false })).toBe(true)
    const cells = new Map([["it", { told: "Unavailable", hasArrived: true }]])
    const table = RuntimeTable.render(
      [{ name: "it", address: "", hasArrived: () => true }],
      [{ runtime: "one", cells }],
    )
    expect(RuntimeTable.columnOf(RuntimeTable.write(RuntimeTable.read(""), table), "one").get("it")).toContain("wrong")
  })

  it("names a runtime that is not here, and why", async () => {
    const missing = { name: "missing", start: () => Promise.reject(new Error("it is not installed")) }
    const column = await RuntimeTable.column(missing, failures.all)
    expect(column.cells).toBe("it is not installed")
    expect([...RuntimeTable.cellsOf(failures.all, column).values()]).toContain("skipped")
  })
})
